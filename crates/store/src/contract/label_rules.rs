//! The decision behind a label. Pure: no clock, no store.

use copydesk_domain::{ContentHash, PipelineName, RunId};

use crate::error::StoreError;
use crate::record::LabelRecord;

/// That stories are labelled in a run that replays no other: what the author says of a replay counts nowhere.
///
/// # Errors
/// [`StoreError::LabelRefused`] that names the run to say it of.
pub fn require_own_run(run: &RunId, parent: Option<&RunId>) -> Result<(), StoreError> {
    let Some(parent) = parent else { return Ok(()) };
    let reason = format!("run {run} is a replay; say it of the stories of {parent}");
    Err(StoreError::LabelRefused { reason })
}

/// That a label may be put: its run is one of its pipeline (`pipeline`: what the run's row says), both sides are as its
/// kind wants them, and `missing` names none of its snapshots.
///
/// # Errors
/// [`StoreError::LabelRefused`] with what is wrong.
pub fn require_label(
    record: &LabelRecord,
    pipeline: &PipelineName,
    missing: Option<ContentHash>,
) -> Result<(), StoreError> {
    let refused = |reason: String| Err(StoreError::LabelRefused { reason });
    if record.pipeline != *pipeline {
        return refused(format!("run {} is of pipeline `{pipeline}`", record.run));
    }
    if !record.label.is_whole() {
        return refused("the stories of the label are missing, too long or the same".to_owned());
    }
    match missing {
        Some(hash) => refused(format!("snapshot {} is not stored", hash.short(12))),
        None => Ok(()),
    }
}
