use serde::{Deserialize, Serialize};

use crate::artifact::brief::Topic;
use crate::artifact::draft::SpanRef;
use crate::hash::ContentHash;
use crate::ids::{AnswerId, SentenceId};
use crate::time::Instant;
use crate::untrusted::{Untrusted, persist};

/// What readers wrote, and the answers drafted for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngagementReport {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// `ctx.now()` of the round.
    pub at: Instant,
    /// Every reply that was read, oldest first; none is hidden.
    pub replies: Vec<Reply>,
    /// Questions that the sources leave open: topics of the next research.
    pub questions: Vec<Topic>,
    /// Replies that could not be read, one line each.
    pub missing: Vec<String>,
    /// Why the mail folder could not be listed, so that nobody knows which replies are not here; none where it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// The models that answered, in order of first use.
    pub models: Vec<String>,
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    /// Asks something.
    Question,
    /// Says that something is wrong.
    Correction,
    /// Answers the closing question of the issue.
    Answer,
    /// Thanks.
    Praise,
    /// A pitch or spam.
    Pitch,
    /// Anything else, such as an automatic reply.
    Other,
}

/// How far a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyState {
    /// Read; it wants no answer.
    Read,
    /// An answer is drafted and wants the author's approval.
    Drafted,
    /// The sources do not tell; the drafted answer says so and wants the author's approval.
    Open,
    /// Belongs to no issue of the last 14 days.
    Unmatched,
}

/// One reply of a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Message id, or the hash of the message.
    #[serde(serialize_with = "persist")]
    pub id: Untrusted<String>,
    /// What it is.
    pub kind: ReplyKind,
    /// Slug of the issue that it answers.
    pub issue: Option<String>,
    /// Who wrote it.
    #[serde(serialize_with = "persist")]
    pub from: Untrusted<String>,
    /// Its subject.
    #[serde(serialize_with = "persist")]
    pub subject: Untrusted<String>,
    /// Its text without quoted lines.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// When it was sent, as it says.
    pub sent_at: Option<Instant>,
    /// The drafted answer.
    pub answer: Option<Answer>,
    /// How far it is.
    pub state: ReplyState,
    /// It holds text that gives orders to a language model. Kept as data.
    pub gives_orders: bool,
}

/// A drafted answer. It goes out only with its own approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its id in this report.
    pub id: AnswerId,
    /// SHA-256 of the mail as it would go out: what the author approves.
    pub hash: ContentHash,
    /// Its text.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// Spans of the issue's snapshots that it cites.
    pub evidence: Vec<SpanRef>,
    /// Sentences of the issue that it cites.
    pub sentences: Vec<SentenceId>,
    /// Whether the sources answer the reader.
    pub is_answered: bool,
    /// Sentences of it of which code cannot tell whether what it cites bears them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsettled: Vec<UnsettledSentence>,
}

/// A sentence of an answer that the author settles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsettledSentence {
    /// Its text.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// Why, one line each.
    pub reasons: Vec<String>,
}
