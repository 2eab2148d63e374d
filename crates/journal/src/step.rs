//! Why a step produced no result, and what follows.

use copydesk_domain::WaitingFor;
use copydesk_store::StoreError;
use serde::{Deserialize, Serialize};

use crate::models::ModelError;
use crate::tools::ToolError;

/// What the engine does after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Another attempt may help.
    Retry,
    /// A person has to act.
    AwaitAuthor(WaitingFor),
    /// The error is the step's outcome.
    Discard,
    /// The process ends or the run was cancelled; no attempt is counted.
    Stop,
}

/// Why a step produced no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// A tool failed.
    #[error(transparent)]
    Tool(ToolError),
    /// No model answered.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An outcome cannot be read back as its type.
    #[error("the outcome of `{key}` cannot be read: {reason}")]
    Outcome {
        /// The step's key.
        key: String,
        /// Why.
        reason: String,
    },
    /// The step ended with this error in an earlier attempt.
    #[error("{message}")]
    Recorded {
        /// The error as it was recorded.
        message: String,
    },
    /// The process is ending.
    #[error("interrupted by a shutdown")]
    Interrupted,
    /// A person stopped the run.
    #[error("cancelled")]
    Cancelled,
}

/// A fault of the store is the same wherever it is met.
impl From<ToolError> for StepError {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::Store(error) => Self::Store(error),
            error => Self::Tool(error),
        }
    }
}

impl StepError {
    /// Its kind, as a word for counts and traces.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tool(_) => "tool",
            Self::Model(_) => "model",
            Self::Store(StoreError::BudgetSpent { .. }) => "budget",
            Self::Store(_) => "store",
            Self::Outcome { .. } => "outcome",
            Self::Recorded { .. } => "recorded",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }

    /// What the engine does next. No wildcard arm: a new variant must choose.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Tool(ToolError::NotTrusted { .. }) => Disposition::AwaitAuthor(WaitingFor::ToolTrust),
            Self::Tool(error) if error.is_transient() => Disposition::Retry,
            // A store that did not answer says nothing of money.
            Self::Model(ModelError::Reserve(error)) if !matches!(error, StoreError::BudgetSpent { .. }) => {
                Disposition::Stop
            }
            Self::Model(error) => error
                .waiting_for()
                .map_or(Disposition::Discard, Disposition::AwaitAuthor),
            Self::Store(StoreError::BudgetSpent { .. }) => Disposition::AwaitAuthor(WaitingFor::Budget),
            Self::Tool(_) | Self::Outcome { .. } | Self::Recorded { .. } => Disposition::Discard,
            Self::Store(_) | Self::Interrupted | Self::Cancelled => Disposition::Stop,
        }
    }
}

/// A terminal error as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedError {
    pub(crate) error: String,
}

#[cfg(test)]
mod tests {
    use copydesk_domain::MicroUsd;
    use copydesk_store::BudgetScope;

    use super::*;

    /// A fault of the store is the same wherever it is met: nothing is recorded, and the work is done again.
    #[test]
    fn a_store_that_does_not_answer_a_reserve_ends_no_step() {
        let broken = || StoreError::Database {
            reason: "disk I/O error".to_owned(),
        };
        let of_tool = StepError::from(ToolError::Store(broken()));
        for error in [
            StepError::Store(broken()),
            ModelError::Reserve(broken()).into(),
            of_tool,
        ] {
            assert_eq!(error.disposition(), Disposition::Stop, "{error}");
        }
        let spent = StoreError::BudgetSpent {
            scope: BudgetScope::Day,
            limit: MicroUsd(1),
            left: MicroUsd(1),
            needed: MicroUsd(2),
            short: MicroUsd(1),
        };
        let error = StepError::from(ModelError::Reserve(spent));
        assert_eq!(error.disposition(), Disposition::AwaitAuthor(WaitingFor::Budget));
    }
}
