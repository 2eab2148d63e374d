use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;
use crate::ids::ChannelName;
use crate::states::Decision;
use crate::time::Instant;

/// The author's decision on one hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// The issue, answer or artifact that was decided on.
    pub hash: ContentHash,
    /// The decision.
    pub decision: Decision,
    /// When.
    pub at: Instant,
    /// The typed reason or note, where one was given.
    pub reason: Option<String>,
}

/// Proof that a channel took a payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// The channel.
    pub channel: ChannelName,
    /// The payload.
    pub hash: ContentHash,
    /// The idempotency key under which it was handed over.
    pub key: String,
    /// When the channel took it.
    pub at: Instant,
    /// Where it can be seen, if the channel says so.
    pub location: Option<String>,
    /// Why the author says that it is out, where no channel did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_reason: Option<String>,
}
