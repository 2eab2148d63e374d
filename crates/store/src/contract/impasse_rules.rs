//! Whether a choice still fits what it was made on. Pure: no clock, no store.

use copydesk_domain::{ContentHash, RunState};

use crate::error::StoreError;
use crate::record::RunRecord;

/// That a run still waits with what a person saw who lets it go on.
///
/// # Errors
/// [`StoreError::DecisionRefused`] where it goes on already, was stopped, or waits with other figures.
pub fn require_impasse(run: &RunRecord, seen: &ContentHash) -> Result<(), StoreError> {
    let state = match run.impasse() {
        Some(now) if now == *seen => return Ok(()),
        Some(_) => "it waits with other figures than those that you saw".to_owned(),
        None if run.state != RunState::Waiting => format!("the run is {}", run.state),
        None if run.cancel_requested => "the run is being stopped".to_owned(),
        None => "the run waits for neither money nor a model".to_owned(),
    };
    Err(StoreError::DecisionRefused {
        decision: "let go on",
        state,
    })
}
