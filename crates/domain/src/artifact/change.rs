use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;
use crate::untrusted::{Untrusted, persist};

/// A source whose text is no longer what it was: both texts are snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChange {
    /// Its address.
    pub url: String,
    /// Its title.
    #[serde(serialize_with = "persist")]
    pub title: Untrusted<String>,
    /// Who publishes it.
    #[serde(serialize_with = "persist")]
    pub publisher: Untrusted<String>,
    /// The text as it was.
    pub before: ContentHash,
    /// The text as it is.
    pub after: ContentHash,
    /// Slug of the newest issue that cites the text as it was.
    pub told_in: Option<String>,
    /// What differs, in the order of the text as it is.
    pub blocks: Vec<BlockChange>,
    /// Blocks that differ and are not listed: both snapshots have them.
    pub blocks_cut: u32,
}

/// A block that was added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockChange {
    /// What became of it.
    pub kind: BlockChangeKind,
    /// Its words, in order; those of both texts where it was changed.
    pub pieces: Vec<Piece>,
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockChangeKind {
    /// It was not there.
    Added,
    /// It is no longer there.
    Removed,
    /// Some of its words differ.
    Changed,
}

/// Words of a block that share a fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// In which of the two texts they stand.
    pub mark: PieceMark,
    /// The words.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
}

/// In which text words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceMark {
    /// In both.
    Kept,
    /// Only in the text as it was.
    Removed,
    /// Only in the text as it is.
    Added,
}
