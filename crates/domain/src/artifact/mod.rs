//! Artifact types: what a stage leaves behind, immutable and addressed by the hash of its canonical JSON.
//!
//! Each carries `"format": "1.0"`. No artifact holds a run id, a latency, a spend or a wall time other than
//! `ctx.now()`, so a replay of the same records gives the same bytes.

mod brief;
mod change;
mod check;
mod custom;
mod decision;
mod draft;
mod engagement;
mod issue;
mod label;
mod ratings;
mod review;
mod snapshot;

use serde::{Deserialize, Serialize};

pub use brief::{
    BeatReading, FeedReading, Missing, Note, NoteKind, NoteRole, OutsidePost, OutsideWhy, ReadFrom,
    ResearchBrief, Source, Story, Topic, Unread, UnreadPost, Window,
};
pub use change::{BlockChange, BlockChangeKind, Piece, PieceMark, SourceChange};
pub use check::{ArtifactFault, check};
pub use custom::CustomResult;
pub use decision::{Approval, Receipt};
pub use draft::{
    Angle, CalcKind, Coverage, Draft, DraftSection, Evidence, Sentence, SentenceKind, SpanRef, Wanted, Wish,
    WishFate,
};
pub use engagement::{Answer, EngagementReport, Reply, ReplyKind, ReplyState, UnsettledSentence};
pub use issue::{Issue, Payload};
pub use label::{LabelKind, StoryLabel};
pub use ratings::{DraftRating, RatedDraft, Ratings, Unrated, draft_label};
pub use review::{
    ClaimVerdict, Contradicted, Measure, Opinion, PastRange, Rating, Review, Suggestion, SuggestionKind,
    Tenths,
};
pub use snapshot::{Fetch, Snapshot};

use crate::hash::ContentHash;

/// Version of every exported format, `major.minor`. History: 1.0 first.
pub const FORMAT: &str = "1.0";

/// The kinds of artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// [`ResearchBrief`]
    ResearchBrief,
    /// [`Draft`]
    Draft,
    /// [`Review`]
    Review,
    /// [`Issue`]
    Issue,
    /// [`EngagementReport`]
    EngagementReport,
    /// [`CustomResult`]
    Custom,
    /// [`Ratings`]
    Ratings,
}

impl ArtifactKind {
    /// The word for it in JSON and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResearchBrief => "research_brief",
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Issue => "issue",
            Self::EngagementReport => "engagement_report",
            Self::Custom => "custom",
            Self::Ratings => "ratings",
        }
    }

    /// The kind that `word` names.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::ResearchBrief,
            Self::Draft,
            Self::Review,
            Self::Issue,
            Self::EngagementReport,
            Self::Custom,
            Self::Ratings,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}

/// An artifact as bytes, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What it is.
    pub kind: ArtifactKind,
    /// SHA-256 of `bytes`.
    pub hash: ContentHash,
    /// Canonical JSON.
    pub bytes: Vec<u8>,
}

impl Artifact {
    /// The canonical bytes of `value`.
    ///
    /// # Errors
    /// Fails when the value has no JSON form.
    pub fn of<T: Serialize + ?Sized>(kind: ArtifactKind, value: &T) -> Result<Self, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(value)?;
        bytes.push(b'\n');
        Ok(Self {
            kind,
            hash: ContentHash::of(&bytes),
            bytes,
        })
    }
}
