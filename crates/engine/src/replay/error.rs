//! Why a run cannot be replayed.

use copydesk_domain::{Instant, PipelineName, RunId, RunState};
use copydesk_store::StoreError;

use crate::error::EngineError;

/// Why a run cannot be replayed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store or the release said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The run is still at work.
    #[error("run {run} is {state}: what it does is not recorded to its end")]
    UnderWay {
        /// The run.
        run: RunId,
        /// Its pipeline.
        pipeline: PipelineName,
        /// Its state.
        state: RunState,
        /// Whether the daemon goes on with it by itself.
        is_scheduled: bool,
    },
    /// What the run's steps gave is gone.
    #[error(
        "what the steps of run {run} gave was pruned at {at} ([store] retention); its artifacts, decisions and costs \
         are kept"
    )]
    Pruned {
        /// The run.
        run: RunId,
        /// Since when.
        at: Instant,
    },
    /// None of its stages has ended.
    #[error("run {run} has no stage that ended, so there is nothing to replay")]
    Empty {
        /// The run.
        run: RunId,
    },
    /// The pipeline has no such stage.
    #[error("the pipeline of run {run} has no stage `{stage}`; its stages are: {}", .known.join(", "))]
    StageUnknown {
        /// The run.
        run: RunId,
        /// The stage as given.
        stage: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// An artifact of the run is missing.
    #[error("{what} of run {run} cannot be read: {reason}")]
    Unreadable {
        /// The run.
        run: RunId,
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
}

impl From<StoreError> for ReplayError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}
