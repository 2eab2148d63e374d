//! Done means an artifact. Pure: no clock, no store.

use copydesk_domain::artifact::{Artifact, check};
use copydesk_domain::{ContentHash, StageName, StageState};

use crate::error::StoreError;

/// That a stage round may end in this state: done means that valid artifacts exist. Publishing makes none; its
/// receipts stand in the outbox.
///
/// # Errors
/// [`StoreError::NotDone`] with what is missing.
pub fn require_done(stage: &StageName, ended: StageState, artifacts: &[Artifact]) -> Result<(), StoreError> {
    let not_done = |reason: String| StoreError::NotDone {
        stage: stage.clone(),
        reason,
    };
    for artifact in artifacts {
        check(artifact.kind, &artifact.bytes).map_err(|fault| not_done(fault.to_string()))?;
        if ContentHash::of(&artifact.bytes) != artifact.hash {
            return Err(not_done(format!(
                "its {} does not bear the hash of its bytes",
                artifact.kind.as_str()
            )));
        }
    }
    let makes_artifacts = stage.as_str() != StageName::PUBLISH;
    if ended == StageState::Completed && makes_artifacts && artifacts.is_empty() {
        return Err(not_done("it made no artifact".to_owned()));
    }
    Ok(())
}
