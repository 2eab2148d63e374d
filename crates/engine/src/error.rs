//! Why the engine could not move a run.

use copydesk_domain::{AnswerId, Instant, RunId};
use copydesk_journal::AnswerOutboxError;
use copydesk_store::StoreError;

use crate::open_claims::OpenClaims;

/// Why the engine could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The run's release cannot be read.
    #[error("the release of run {run} cannot be read: {reason}")]
    Release {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// The pipeline names an agent that is not built in.
    #[error("pipeline stage `{stage}` has the unknown agent `{agent}`")]
    AgentUnknown {
        /// The stage.
        stage: String,
        /// The agent.
        agent: String,
    },
    /// There is nothing to decide on.
    #[error("run {run} has nothing that waits for this decision: {reason}")]
    NothingWaits {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// An approval on the page, of an issue with open claims, says no reason.
    #[error("the issue has {claims}, and no reason is given why it may go out")]
    ReasonWanted {
        /// The run.
        run: RunId,
        /// Its open claims.
        claims: OpenClaims,
    },
    /// The clock shows what cannot be: by it approvals would expire, or holds would be over.
    #[error("the clock shows {clock}, which cannot be right: the last time that was believed is {believed}")]
    ClockDoubted {
        /// What it shows.
        clock: Instant,
        /// The last reading that was believed.
        believed: Instant,
    },
    /// The stage to run alone lacks what it needs.
    #[error("stage `{stage}` cannot run alone: {reason}")]
    StageUnready {
        /// The stage.
        stage: String,
        /// Why.
        reason: String,
    },
    /// An answer could not be put where it waits to be sent.
    #[error("answer `{answer}` cannot be put into the outbox: {source}")]
    Outbox {
        /// The answer.
        answer: AnswerId,
        /// The place and the cause.
        source: AnswerOutboxError,
    },
}
