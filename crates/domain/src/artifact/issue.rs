use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;
use crate::ids::ChannelName;
use crate::time::Instant;
use crate::untrusted::{Untrusted, persist};

/// The manifest that the author approves: its hash binds every rendered payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// Title of the issue.
    #[serde(serialize_with = "persist")]
    pub title: Untrusted<String>,
    /// Path of the issue on a site, such as `2026-08-20-supply-chain-attack`.
    pub slug: String,
    /// The date that it bears.
    pub date: jiff::civil::Date,
    /// The draft that was rendered.
    pub draft: ContentHash,
    /// The rendered payloads, in the pipeline's order of channels.
    pub payloads: Vec<Payload>,
}

/// One rendered payload of one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// The channel that takes it.
    pub channel: ChannelName,
    /// Who receives it: `public`, or a list's name.
    pub audience: String,
    /// Not to be sent before this instant; none = after the hold.
    pub not_before: Option<Instant>,
    /// SHA-256 of the payload's bytes.
    pub hash: ContentHash,
    /// Media type of the payload's bytes.
    pub media_type: String,
}
