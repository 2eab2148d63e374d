//! What a stage is given and what it gives back.

use async_trait::async_trait;
use copydesk_domain::artifact::{Artifact, ArtifactKind, ReplyState, StoryLabel, Topic};
use copydesk_domain::untrusted::persist;
use copydesk_domain::{ContentHash, Instant, Round, RunId, StageName, Untrusted, WaitingFor};
use serde::{Deserialize, Serialize};

use crate::context::StageContext;
use crate::step::{Disposition, StepError};

/// One agent of a pipeline.
#[async_trait]
pub trait Stage: Send + Sync + 'static {
    /// The word in `agent = "…"`.
    fn agent(&self) -> &'static str;

    /// Whether it works from issues that were made before, and from open questions of readers. Looking for them reads
    /// the last weeks' runs.
    fn reads_history(&self) -> bool {
        true
    }

    /// Whether it learns from what the author chose in issues older than those.
    fn reads_choices(&self) -> bool {
        false
    }

    /// Whether it reads what readers wrote, and so has to know what of that earlier runs read.
    fn reads_replies(&self) -> bool {
        false
    }

    /// Does the stage's work for one round. Every effect goes through `ctx`.
    async fn run(&self, ctx: &StageContext, inputs: &StageInputs) -> Result<StageOutput, StageError>;
}

/// What a stage works from, recorded at the start of the round.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageInputs {
    /// Artifacts of this run's stages, newest round of each.
    pub artifacts: Vec<StageArtifact>,
    /// The author's note of the send-back that opened this round.
    pub note: Option<String>,
    /// Issues of the last 14 days that were published or still wait for the author, newest first.
    pub issues: Vec<PastIssue>,
    /// Notes of the author since the last run's research.
    pub author_notes: Vec<AuthorNoteInput>,
    /// Open questions of readers.
    pub topics: Vec<Topic>,
    /// Older issues that the author approved, newest first, for a stage that learns from them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<PastIssue>,
    /// What the author said of stories of this pipeline, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<StoryLabel>,
    /// What the pipelines that this one reads made within its window, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<ReadRun>,
    /// The author's issues from outside, of the last half year, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imported: Vec<ImportedInput>,
    /// Replies that earlier reports of this pipeline hold, newest report first, for a stage that reads replies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_replies: Vec<ReadReply>,
}

/// A reply that an earlier report of this pipeline holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadReply {
    /// Its id, as its report has it.
    #[serde(serialize_with = "persist")]
    pub id: Untrusted<String>,
    /// SHA-256 of its text, which tells it from a later mail that says to have the same id.
    pub text: ContentHash,
    /// The run of that report.
    pub run: RunId,
    /// How far it was there.
    pub state: ReplyState,
}

/// An issue of the author's that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedInput {
    /// Its text, as a snapshot.
    pub snapshot: ContentHash,
    /// Its address.
    pub url: String,
    /// When it was published.
    pub at: Instant,
}

impl StageInputs {
    /// The newest artifact of a kind.
    pub fn newest(&self, kind: ArtifactKind) -> Option<ContentHash> {
        self.artifacts
            .iter()
            .rev()
            .find(|artifact| artifact.kind == kind)
            .map(|artifact| artifact.hash)
    }
}

/// An artifact of this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageArtifact {
    /// The stage that made it.
    pub stage: StageName,
    /// Its round.
    pub round: Round,
    /// Its kind.
    pub kind: ArtifactKind,
    /// Its hash.
    pub hash: ContentHash,
}

/// An issue that this pipeline made before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastIssue {
    /// Its run.
    pub run: RunId,
    /// Its slug.
    pub slug: String,
    /// Its `issue` artifact.
    pub issue: ContentHash,
    /// Its draft.
    pub draft: ContentHash,
    /// Its research brief.
    pub brief: ContentHash,
    /// When it was published; none while it waits.
    pub published_at: Option<Instant>,
    /// What review says of that draft; none in what older versions recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ContentHash>,
    /// The draft of its first round, where the author sent it back and got another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_draft: Option<ContentHash>,
    /// The author approved it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_approved: bool,
}

/// A run of a pipeline that this one reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRun {
    /// The run.
    pub run: RunId,
    /// Its research brief.
    pub brief: ContentHash,
    /// Its draft, where its issue was published.
    pub published: Option<ContentHash>,
}

/// A note of the author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorNoteInput {
    /// Its text.
    pub text: String,
    /// `note`, or a file below `notes/`.
    pub from: String,
    /// When it was made.
    pub at: Instant,
}

/// What a stage leaves behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageOutput {
    /// Its artifacts; at least one.
    pub artifacts: Vec<Artifact>,
    /// Rendered payloads and drafted mails that the artifacts name by hash.
    pub bodies: Vec<Vec<u8>>,
    /// What it did, in one line for people.
    pub summary: String,
}

/// Why a stage ended without its artifacts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StageError {
    /// A step failed and the stage cannot go on without it.
    #[error(transparent)]
    Step(#[from] StepError),
    /// An artifact that the stage needs is not there or cannot be read.
    #[error("{what} is missing or cannot be read: {reason}")]
    Input {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// The stage's own result is not valid; nothing is stored as success.
    #[error("the result is not valid: {reason}")]
    Invalid {
        /// Why.
        reason: String,
    },
    /// What the stage needs is out of reach for now: it is tried again by itself.
    /// Made by [`StageContext::put_off`] alone, which keeps in the journal that this go is over.
    #[error("{reason}; tried again by itself at {at}, and until {until}")]
    PutOff {
        /// When it is tried again.
        at: Instant,
        /// When that ends.
        until: Instant,
        /// Why.
        reason: String,
    },
}

impl StageError {
    /// Its kind, as a word for counts and traces.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Step(error) => error.kind(),
            Self::Input { .. } => "input",
            Self::Invalid { .. } => "invalid",
            Self::PutOff { .. } => "put_off",
        }
    }

    /// What the engine does next. No wildcard arm: a new variant must choose.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Step(error) => error.disposition(),
            Self::Input { .. } | Self::Invalid { .. } => Disposition::Discard,
            Self::PutOff { .. } => Disposition::Retry,
        }
    }

    /// What the run waits for, if a person can help.
    pub fn waiting_for(&self) -> Option<WaitingFor> {
        match self.disposition() {
            Disposition::AwaitAuthor(what) => Some(what),
            Disposition::Retry | Disposition::Discard | Disposition::Stop => None,
        }
    }
}
