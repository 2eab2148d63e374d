//! What a run and a step are made of.

use copydesk_domain::{ContentHash, Instant, PipelineName, Round, RunId, StageName, StepKey, StepState};

use crate::record::Slot;

/// A run to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunParams {
    /// Its id.
    pub id: RunId,
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// Its slot: at most one run exists for a (pipeline, nominal time).
    pub slot: Option<Slot>,
    /// The run it replays.
    pub parent: Option<RunId>,
    /// The stored release.
    pub release: ContentHash,
    /// Fixed `ctx.now()`.
    pub fixed_now: Option<Instant>,
    /// Source of its randomness.
    pub seed: i64,
    /// Whether `at` and `worth_until` count.
    pub is_scheduled: bool,
    /// Now, on the machine's clock.
    pub at: Instant,
}

/// A step's outcome to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepParams {
    /// Its stage.
    pub stage: StageName,
    /// Its round.
    pub round: Round,
    /// Its key.
    pub key: StepKey,
    /// Hash of its input.
    pub input_hash: ContentHash,
    /// `Completed`, `Discarded`, or `Retryable` / `Suspended` for an attempt that may be followed by another.
    pub state: StepState,
    /// JSON of the outcome or error.
    pub body: Vec<u8>,
    /// The task, where a model was asked.
    pub task: Option<String>,
    /// The tool, as `server/tool`.
    pub tool: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// What the endpoint itself called the model that answered.
    pub answered_by: Option<String>,
    /// Tokens read.
    pub tokens_in: Option<u64>,
    /// Tokens written.
    pub tokens_out: Option<u64>,
    /// Duration in milliseconds.
    pub ms: u64,
    /// Tries of this attempt.
    pub attempts: u32,
    /// `ok` or the error, in one line.
    pub outcome: String,
    /// End.
    pub at: Instant,
}
