use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;
use crate::time::{Instant, PublishedAt};
use crate::untrusted::{Untrusted, persist, persist_list, persist_option};

/// A source as fetched: its main text by hash, and each fetch that gave this text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Snapshot {
    /// SHA-256 of `text`.
    pub hash: ContentHash,
    /// Main text: one block (paragraph, heading, list item, line of code) a line, without the title.
    pub text: Untrusted<String>,
    /// Registrable domain or given owner; the author's own notes are owned by `author`.
    pub owner: String,
    /// The fetches, oldest first, at least one.
    pub fetches: Vec<Fetch>,
}

/// One fetch of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// The address that gave it, after redirects.
    pub url: String,
    /// `ctx.now()` of the stage round that fetched it.
    pub fetched_at: Instant,
    /// The page's own title.
    #[serde(serialize_with = "persist_option")]
    pub title: Option<Untrusted<String>>,
    /// Authors as the page names them.
    #[serde(serialize_with = "persist_list")]
    pub authors: Vec<Untrusted<String>>,
    /// When the page says that it was published.
    pub published_at: Option<PublishedAt>,
    /// Who publishes it, such as the feed's title.
    #[serde(serialize_with = "persist")]
    pub publisher: Untrusted<String>,
}
