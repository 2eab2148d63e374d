//! What a person at a terminal sees while stages work.

use copydesk_domain::{RunId, StageName};

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
        /// The stage.
        stage: StageName,
        /// The step's key.
        key: String,
        /// Whether its outcome came from the journal.
        is_stored: bool,
    },
    /// A stage says how far it is.
    Note {
        /// The stage.
        stage: StageName,
        /// In one line.
        text: String,
    },
    /// A stage ended.
    StageFinished {
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
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _event: ProgressEvent) {}
}
