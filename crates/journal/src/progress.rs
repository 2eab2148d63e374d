//! What a person at a terminal sees while stages work.

use copydesk_domain::{ModelName, RunId, StageName};
use serde::Serialize;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgressEvent {
    /// A stage began or went on.
    StageStarted {
        /// The run.
        run: RunId,
        /// The stage.
        stage: StageName,
    },
    /// A step ended.
    StepFinished {
        /// The run.
        run: RunId,
        /// The stage.
        stage: StageName,
        /// The step's key.
        key: String,
        /// Whether its outcome came from the journal.
        is_stored: bool,
    },
    /// A model writes.
    Writing {
        /// The run.
        run: RunId,
        /// The stage.
        stage: StageName,
        /// The step's key.
        key: String,
        /// The model.
        model: ModelName,
        /// Tokens that it has written so far, about.
        tokens: u64,
    },
    /// A stage says how far it is.
    Note {
        /// The stage.
        stage: StageName,
        /// In one line.
        text: String,
    },
    /// Something holds the work up that a person may want to know of now.
    Warned {
        /// The run.
        run: RunId,
        /// The stage.
        stage: StageName,
        /// In one line.
        text: String,
    },
    /// A stage ended.
    StageFinished {
        /// The run.
        run: RunId,
        /// The stage.
        stage: StageName,
        /// What it did, in one line.
        summary: String,
    },
}

/// Takes what happened. Must not block.
pub trait Progress: Send + Sync + 'static {
    /// Takes one event.
    fn report(&self, event: ProgressEvent);

    /// Whether somebody looks at this run now, so that it is worth telling how far a model is.
    fn is_watched(&self, _run: &RunId) -> bool {
        false
    }

    /// What models write for a run now. Whoever looks watches the run for the next few seconds.
    fn look(&self, _run: &RunId) -> Vec<InWriting> {
        Vec::new()
    }
}

/// What a model writes now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InWriting {
    /// The stage.
    pub stage: StageName,
    /// The step's key.
    pub key: String,
    /// The model.
    pub model: ModelName,
    /// Tokens that it has written so far, about.
    pub tokens: u64,
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _event: ProgressEvent) {}
}
