//! Rows as the rest of the program sees them.

use copydesk_domain::artifact::{ArtifactKind, Fetch, StoryLabel};
use copydesk_domain::{
    AnswerId, ChannelName, ContentHash, Decision, Fence, Instant, IssueState, MicroUsd, ModelName,
    PipelineName, Round, RunId, RunState, SlotState, StageName, StageState, StepKey, StepState, Untrusted,
    WaitingFor,
};
use serde::{Deserialize, Serialize};

use crate::money::{Breach, Counted};

/// One due time of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The due time.
    pub nominal: Instant,
    /// IANA name of the zone that the schedule was read in.
    pub zone: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its id.
    pub id: RunId,
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// Its slot; none for manual and replayed runs.
    pub slot: Option<Slot>,
    /// The run it replays.
    pub parent: Option<RunId>,
    /// The release it is pinned to.
    pub release: ContentHash,
    /// Its state.
    pub state: RunState,
    /// What it waits for.
    pub waiting_for: Vec<WaitingFor>,
    /// How far its issue is.
    pub issue: IssueState,
    /// `ctx.now()` as `--now` fixed it.
    pub fixed_now: Option<Instant>,
    /// Source of all its randomness.
    pub seed: i64,
    /// Whether `at` and `worth_until` of its stages count.
    pub is_scheduled: bool,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// When it wants to be looked at again.
    pub wake_at: Option<Instant>,
    /// Somebody asked to stop it.
    pub cancel_requested: bool,
    /// Why it failed or waits, in one line.
    pub reason: Option<String>,
    /// Extra budget that a person granted.
    pub budget_extra: MicroUsd,
    /// A person chose the embedded model for the rest of the run.
    pub embedded_only: bool,
    /// Models that a person chose for the rest of the run; none = those of its release.
    pub route: Vec<ModelName>,
    /// The call that did not fit a budget, until the run is retried.
    pub breach: Option<Breach>,
    /// Calls to models and tools whose stored outcomes were used when a stage was started anew.
    pub saved_calls: u64,
    /// What those calls had cost.
    pub saved_spend: MicroUsd,
    /// The sequence of the last decision on it, or on an answer of it.
    pub last_decision: Option<i64>,
    /// Since when its step outcomes are gone, so that it can no longer be replayed.
    pub pruned_at: Option<Instant>,
    /// The newest fence.
    pub fence: Fence,
}

/// A stage of a run in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRecord {
    /// Its name.
    pub stage: StageName,
    /// Its round.
    pub round: Round,
    /// Its state.
    pub state: StageState,
    /// How often it was started.
    pub attempts: u32,
    /// `ctx.now()` of this round.
    pub now: Instant,
    /// First start, on the machine's clock.
    pub started_at: Instant,
    /// End, where `state` is final.
    pub finished_at: Option<Instant>,
    /// Why it was skipped, failed or waits; for a completed one, what it did in one line.
    pub reason: Option<String>,
    /// Its artifacts, in the order it made them.
    pub artifacts: Vec<ArtifactRef>,
}

/// An artifact by kind and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRef {
    /// Its kind.
    pub kind: ArtifactKind,
    /// Its hash.
    pub hash: ContentHash,
}

/// A step with its last outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// Rises with each stored step; `logs -f` continues after it.
    pub sequence: i64,
    /// Its stage.
    pub stage: StageName,
    /// Its round.
    pub round: Round,
    /// Its key.
    pub key: StepKey,
    /// Hash of its input.
    pub input_hash: ContentHash,
    /// Its state.
    pub state: StepState,
    /// The task, where a model was asked.
    pub task: Option<String>,
    /// The tool, where one was called, as `server/tool`.
    pub tool: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// What the endpoint itself called the model that answered.
    pub answered_by: Option<String>,
    /// Tokens read.
    pub tokens_in: Option<u64>,
    /// Tokens written.
    pub tokens_out: Option<u64>,
    /// Duration in milliseconds on the machine's clock.
    pub ms: u64,
    /// Money that its attempts cost.
    pub spend: MicroUsd,
    /// Tries that its last attempt took; none where it was answered from the recording of another run.
    pub attempts: u32,
    /// The outcome in one word or line: `ok`, or the error.
    pub outcome: String,
    /// End, on the machine's clock.
    pub finished_at: Instant,
}

/// A step's stored outcome, to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOutcome {
    /// Its key.
    pub key: StepKey,
    /// Hash of its input.
    pub input_hash: ContentHash,
    /// `Completed` or `Discarded`.
    pub state: StepState,
    /// JSON of the outcome or of the terminal error.
    pub body: Vec<u8>,
}

/// A line that a stage wrote for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, on the machine's clock.
    pub at: Instant,
    /// The stage.
    pub stage: StageName,
    /// Its round.
    pub round: Round,
    /// `info` or `warn`.
    pub level: String,
    /// The line.
    pub message: String,
}

/// A stored snapshot, with every fetch that gave its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRecord {
    /// SHA-256 of the text.
    pub hash: ContentHash,
    /// The text.
    pub text: Untrusted<String>,
    /// Who owns it.
    pub owner: String,
    /// Its fetches, oldest first.
    pub fetches: Vec<Fetch>,
}

impl SnapshotRecord {
    /// Whether the text is the one that was frozen under this hash.
    pub fn is_whole(&self) -> bool {
        ContentHash::of(self.text.inspect().as_bytes()) == self.hash
    }
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The issue of a run.
    Issue,
    /// A drafted answer.
    Answer(AnswerId),
    /// What a custom stage made.
    Stage(StageName),
}

/// A decision of the author, or of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRecord {
    /// Rises with each decision.
    pub sequence: i64,
    /// What it is about.
    pub subject: Subject,
    /// The round that made it; none for an answer.
    pub round: Option<Round>,
    /// The hash it binds.
    pub hash: ContentHash,
    /// The decision.
    pub decision: Decision,
    /// When, on the machine's clock.
    pub at: Instant,
    /// For an approval: from when on it is acted upon.
    pub effective_at: Option<Instant>,
    /// The note or typed reason.
    pub reason: Option<String>,
}

/// How far a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// To be sent; a call may be under way.
    Intended,
    /// The channel took it.
    Delivered,
    /// The channel cannot tell.
    Unknown,
    /// The channel refused it for good.
    Refused,
    /// The author looked: the channel does not have it. It may be handed over again.
    Absent,
}

impl OutboxState {
    /// All states, in the order in which a payload may take them.
    pub const ALL: &[Self] = &[
        Self::Intended,
        Self::Delivered,
        Self::Unknown,
        Self::Refused,
        Self::Absent,
    ];

    /// Its word, as stores keep it and machines read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Absent => "absent",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == word)
    }
}

/// What the author saw at a channel that cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// It is there.
    There,
    /// It is not there.
    Absent,
}

/// A payload on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRecord {
    /// The channel.
    pub channel: ChannelName,
    /// The payload.
    pub hash: ContentHash,
    /// The idempotency key.
    pub key: String,
    /// How far it is.
    pub state: OutboxState,
    /// When the intent was stored.
    pub intended_at: Instant,
    /// When the channel took it.
    pub delivered_at: Option<Instant>,
    /// Where it can be seen.
    pub location: Option<String>,
    /// The last error.
    pub error: Option<String>,
    /// Why the author says so, where the author and no channel said last whether it is out.
    pub author_reason: Option<String>,
}

/// A slot with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRecord {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The slot.
    pub slot: Slot,
    /// Its outcome.
    pub state: SlotState,
    /// Why.
    pub reason: Option<String>,
    /// Its run.
    pub run: Option<RunId>,
}

/// What a person set for a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineControl {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// Since when it is paused.
    pub paused_at: Option<Instant>,
    /// Local dates to skip.
    pub skipped: Vec<jiff::civil::Date>,
    /// From when on its schedule counts (its first sight, or the last change of its cron).
    pub since: Option<Instant>,
    /// The schedule it was last seen with, as `cron zone`.
    pub schedule: Option<String>,
}

/// A note of the author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorNote {
    /// SHA-256 of its text.
    pub hash: ContentHash,
    /// Its text.
    pub text: String,
    /// Where it came from: `note` or a file below `notes/`.
    pub from: String,
    /// When it was made.
    pub at: Instant,
}

/// A label that the author put on stories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRecord {
    /// Names it: the hash of its pipeline, kind and snapshots. The same label twice is one.
    pub id: ContentHash,
    /// The pipeline whose stories it is about.
    pub pipeline: PipelineName,
    /// The run in whose brief the author saw them.
    pub run: RunId,
    /// What was said.
    pub label: StoryLabel,
}

impl LabelRecord {
    /// Labels of a pipeline that are read at most, the newest: several a day for as long as they count.
    pub const LIST_MAX: u32 = 200;

    /// A label with its id.
    pub fn of(run: &RunRecord, label: StoryLabel) -> Self {
        let sides = |side: &[ContentHash]| {
            let all: Vec<String> = side.iter().map(ToString::to_string).collect();
            all.join(" ")
        };
        let name = [
            run.pipeline.as_str(),
            label.kind.as_str(),
            &sides(&label.snapshots),
            &sides(&label.others),
        ];
        Self {
            id: ContentHash::of(name.join("\n").as_bytes()),
            pipeline: run.pipeline.clone(),
            run: run.id.clone(),
            label,
        }
    }
}

/// A trusted tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRecord {
    /// `server/tool`.
    pub tool: String,
    /// Its fingerprint.
    pub fingerprint: ContentHash,
    /// When a person trusted it.
    pub at: Instant,
}

/// What is kept of a feed between polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// Its address as the pipeline names it.
    pub url: String,
    /// Where it moved for good.
    pub moved_to: Option<String>,
    /// Validator.
    pub etag: Option<String>,
    /// Validator.
    pub last_modified: Option<String>,
    /// The media type it came with.
    pub content_type: Option<String>,
    /// Its bytes at the last full answer.
    pub body: Vec<u8>,
    /// Not to be asked before.
    pub retry_at: Option<Instant>,
    /// Last answer of which something is kept: a full one, or one that names a time to come back.
    pub fetched_at: Instant,
    /// Last answer of any kind that shows that it is there: a full one, or that nothing changed.
    pub answered_at: Instant,
}

/// One spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendRecord {
    /// The run.
    pub run: RunId,
    /// The pipeline of the run.
    pub pipeline: PipelineName,
    /// The stage.
    pub stage: StageName,
    /// The step.
    pub key: StepKey,
    /// The task.
    pub task: String,
    /// The model.
    pub model: String,
    /// When the reserve was made.
    pub at: Instant,
    /// Money: the bill where it is settled, else the reserve.
    pub amount: MicroUsd,
    /// Booked in full because the bill never came.
    pub is_assumed: bool,
    /// Whether the bill is settled.
    pub is_settled: bool,
    /// What was reserved.
    pub reserved: MicroUsd,
    /// What the endpoint counted, where it did.
    pub counted: Option<Counted>,
}

/// A hit of full-text search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// Snapshot, or body of a past issue.
    pub hash: ContentHash,
    /// `snapshot` or `issue`.
    pub kind: String,
    /// Title.
    pub title: Untrusted<String>,
    /// Address, or slug.
    pub url: String,
    /// When it was published.
    pub at: Option<Instant>,
    /// Words around the hit.
    pub excerpt: Untrusted<String>,
}

/// A document of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveRecord {
    /// SHA-256 of its text.
    pub hash: ContentHash,
    /// `snapshot` or `issue`.
    pub kind: String,
    /// Title.
    pub title: Untrusted<String>,
    /// Address, or slug.
    pub url: String,
    /// When it was published.
    pub at: Option<Instant>,
    /// Its text.
    pub text: Untrusted<String>,
}

/// A run with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeRun {
    /// The run.
    pub run: RunRecord,
    /// Its stage rounds, in order of first start.
    pub stages: Vec<StageRecord>,
    /// Decisions on it, in order.
    pub decisions: Vec<DecisionRecord>,
    /// Its payloads on their way out.
    pub outbox: Vec<OutboxRecord>,
    /// Steps that asked a model; those answered from a recording do not count.
    pub model_calls: u64,
    /// Steps that called a tool, counted alike.
    pub tool_calls: u64,
    /// Bills and open reserves.
    pub spend: MicroUsd,
}
