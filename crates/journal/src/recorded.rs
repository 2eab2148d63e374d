//! Steps of another run that a round may use in place of an effect.

use std::collections::HashMap;

use copydesk_domain::{ContentHash, Instant, Round, StageName, StepKey, StepState};
use copydesk_store::{StepParams, StepRecord, StoredOutcome};
use serde::{Deserialize, Serialize};

/// A step with the end that it had in the run that is replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedStep {
    /// Its key.
    pub key: StepKey,
    /// Hash of its input.
    pub input_hash: ContentHash,
    /// `Completed` or `Discarded`.
    pub state: StepState,
    /// JSON of the outcome or of the terminal error.
    pub body: String,
    /// The task, where a model was asked.
    pub task: Option<String>,
    /// The tool, as `server/tool`.
    pub tool: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// What the endpoint itself called it.
    #[serde(default)]
    pub answered_by: Option<String>,
    /// Tokens read.
    pub tokens_in: Option<u64>,
    /// Tokens written.
    pub tokens_out: Option<u64>,
    /// `ok` or the error, in one line.
    pub outcome: String,
}

impl RecordedStep {
    /// Tries of a step that was answered from a recording: none. Nothing else has so few.
    pub const TRIES: u32 = 0;

    /// Whether a step of a run was answered from a recording. One that a retry opened has no tries either, and no end.
    pub fn has_answered(step: &StepRecord) -> bool {
        step.attempts == Self::TRIES && step.state.is_final()
    }

    /// The step as it is stored in a round that took its end over.
    pub fn taken_over(&self, stage: &StageName, round: Round, at: Instant) -> StepParams {
        StepParams {
            stage: stage.clone(),
            round,
            key: self.key.clone(),
            input_hash: self.input_hash,
            state: self.state,
            body: self.body.clone().into_bytes(),
            task: self.task.clone(),
            tool: self.tool.clone(),
            model: self.model.clone(),
            answered_by: self.answered_by.clone(),
            tokens_in: self.tokens_in,
            tokens_out: self.tokens_out,
            ms: 0,
            attempts: Self::TRIES,
            outcome: self.outcome.clone(),
            at,
        }
    }

    pub(crate) fn stored(&self) -> StoredOutcome {
        StoredOutcome {
            key: self.key.clone(),
            input_hash: self.input_hash,
            state: self.state,
            body: self.body.clone().into_bytes(),
        }
    }
}

/// Steps by what they asked.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    by_key: HashMap<(StepKey, ContentHash), RecordedStep>,
}

impl Recorded {
    pub(crate) fn of(steps: Vec<RecordedStep>) -> Self {
        let keyed = steps
            .into_iter()
            .map(|step| ((step.key.clone(), step.input_hash), step));
        Self {
            by_key: keyed.collect(),
        }
    }

    /// Whether there are answers to a task.
    pub(crate) fn has_task(&self, task: &str) -> bool {
        self.by_key
            .values()
            .any(|step| step.task.as_deref() == Some(task))
    }

    /// The step of this key that asked the same.
    pub(crate) fn find(&self, key: &StepKey, input_hash: ContentHash) -> Option<&RecordedStep> {
        self.by_key.get(&(key.clone(), input_hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_answers_only_what_it_was_asked() {
        let (key, asked) = (StepKey::new("write_title"), ContentHash::of(b"asked"));
        let recorded = Recorded::of(vec![RecordedStep {
            key: key.clone(),
            input_hash: asked,
            state: StepState::Completed,
            body: "1".to_owned(),
            task: None,
            tool: None,
            model: None,
            answered_by: None,
            tokens_in: None,
            tokens_out: None,
            outcome: "ok".to_owned(),
        }]);
        assert!(recorded.find(&key, asked).is_some());
        assert!(recorded.find(&key, ContentHash::of(b"other")).is_none());
        assert!(recorded.find(&StepKey::new("other"), asked).is_none());
        assert!(!recorded.has_task("write_title"), "it is no answer of a model");
    }
}
