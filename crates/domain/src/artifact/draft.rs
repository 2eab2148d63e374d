use serde::{Deserialize, Serialize};

use super::label::StoryLabel;
use crate::hash::ContentHash;
use crate::ids::{ModelName, SentenceId, StoryId};
use crate::time::Instant;
use crate::untrusted::{Untrusted, persist, persist_option};

/// The text of an issue, sentence by sentence, each with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// `ctx.now()` of the draft's round.
    pub at: Instant,
    /// Title.
    #[serde(serialize_with = "persist")]
    pub title: Untrusted<String>,
    /// A line under the title.
    #[serde(serialize_with = "persist_option")]
    pub deck: Option<Untrusted<String>>,
    /// How it was made and how many sources were read, written by code.
    pub notice: String,
    /// Sections in order.
    pub sections: Vec<DraftSection>,
    /// Every sentence of every section, in reading order.
    pub sentences: Vec<Sentence>,
    /// Snapshots that the text stands on, in order of first use: their numbers are 1, 2, 3 …
    pub sources: Vec<ContentHash>,
    /// Why there is nothing to say today. Such a draft has no claims but coverage.
    pub nothing_today: Option<String>,
    /// The author's closing words.
    pub sign_off: Option<String>,
    /// The models that wrote it, in order of first use.
    pub models: Vec<String>,
    /// The model of `drafters` that wrote it; none where the pipeline names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drafter: Option<ModelName>,
    /// What the author said of stories, as it was applied to the brief: ids of stories are those of the brief after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<StoryLabel>,
    /// What became of the wishes of the author's note, where the draft before was sent back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<Wish>,
}

/// A wish of the author's note, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The author's words.
    pub text: String,
    /// What became of it.
    pub fate: WishFate,
    /// How it was followed or why not, in one line.
    #[serde(serialize_with = "persist")]
    pub reason: Untrusted<String>,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WishFate {
    /// The draft follows it.
    Followed,
    /// It was understood, and the draft does not follow it.
    NotFollowed,
    /// The writer cannot read it; it is the author's to do.
    NotUnderstood,
}

/// A section of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftSection {
    /// Heading as the pipeline gives it.
    pub heading: String,
    /// Kind as the pipeline gives it.
    pub kind: String,
    /// How widely its story is told, such as `9 posts, 2 publishers`; written by code.
    #[serde(default)]
    pub note: Option<String>,
    /// Stories it tells, in order.
    pub stories: Vec<StoryId>,
    /// Paragraphs of sentence ids.
    pub paragraphs: Vec<Vec<SentenceId>>,
    /// Snapshots to list by title and link only ("Also read").
    pub listed: Vec<ContentHash>,
    /// Angles for the author, where the section is the author's and not written yet.
    pub angles: Vec<Angle>,
    /// Set where the section stays out of the issue until somebody acts.
    pub wanted: Option<Wanted>,
}

/// What a section waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// The author has not written it yet.
    Author,
}

/// A quoted starting point for a section that the author writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Angle {
    /// A reviewed question or prompt, without facts.
    pub prompt: String,
    /// Words of a source.
    #[serde(serialize_with = "persist")]
    pub quote: Untrusted<String>,
    /// Where they stand.
    pub evidence: SpanRef,
}

/// How code treats a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentenceKind {
    /// States a fact; needs evidence.
    Claim,
    /// The author's voice, no fact in it.
    Voice,
    /// A question.
    Question,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// Its id in this draft.
    pub id: SentenceId,
    /// Its text.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// How code treats it.
    pub kind: SentenceKind,
    /// What bears it.
    pub evidence: Vec<Evidence>,
}

/// A byte range of a snapshot's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SpanRef {
    /// The snapshot.
    pub snapshot: ContentHash,
    /// First byte.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
}

/// What bears a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evidence {
    /// Words of a source.
    Span(SpanRef),
    /// A figure that follows from figures of sources; code recomputes it.
    Calc {
        /// The operation.
        calc: CalcKind,
        /// Its operands in order.
        of: Vec<SpanRef>,
    },
    /// Who was read, for a sentence about absence; code recomputes it.
    Coverage {
        /// The reading.
        coverage: Coverage,
    },
}

impl Evidence {
    /// The spans that it names, operands of a calculation included.
    pub fn spans(&self) -> &[SpanRef] {
        match self {
            Self::Span(span) => std::slice::from_ref(span),
            Self::Calc { of, .. } => of,
            Self::Coverage { .. } => &[],
        }
    }
}

/// Operations over spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CalcKind {
    /// Number of spans.
    Count,
    /// Sum of the values.
    Sum,
    /// First value less the second.
    Difference,
    /// First value by the second.
    Ratio,
    /// Days from the first date to the second.
    Days,
}

/// Who was read on a beat, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The beat; `*` for all of them.
    pub beat: String,
    /// Feeds asked.
    pub asked: u32,
    /// Feeds that answered.
    pub answered: u32,
    /// `ctx.now()` of the research.
    pub at: Instant,
}
