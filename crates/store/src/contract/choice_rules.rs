//! Which of several drafts of one round the author may put first. Pure: no clock, no store.

use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{IssueState, RunState};

use crate::error::StoreError;
use crate::record::ArtifactRef;

/// What a draft has to do with the list of the newest round of review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// It stands first already.
    First,
    /// It is listed behind another.
    Behind,
}

/// Whether the author can put `given`, a draft with what belongs to it, in the first place. `listed`: what the newest
/// round of review lists, the newest last.
///
/// # Errors
/// [`StoreError::HashChanged`] where the round has no such issue, [`StoreError::DecisionRefused`] if nothing waits.
pub fn choose_draft(
    (run, issue): (RunState, IssueState),
    listed: &[ArtifactRef],
    given: &[ArtifactRef],
) -> Result<Chosen, StoreError> {
    let is_issue = |artifact: &&ArtifactRef| artifact.kind == ArtifactKind::Issue;
    let refused = |state: String| {
        Err(StoreError::DecisionRefused {
            decision: "chosen",
            state,
        })
    };
    let Some(chosen) = given.last().filter(is_issue) else {
        return refused("it is no draft with an issue".to_owned());
    };
    if !given.iter().all(|artifact| listed.contains(artifact)) {
        return Err(StoreError::HashChanged {
            given: chosen.hash,
            current: listed.iter().rfind(is_issue).map(|artifact| artifact.hash),
        });
    }
    match (run, issue) {
        (RunState::Cancelled | RunState::Superseded, _) => refused(format!("the run is {run}")),
        (_, IssueState::Reviewed) if listed.ends_with(given) => Ok(Chosen::First),
        (_, IssueState::Reviewed) => Ok(Chosen::Behind),
        (_, state) => refused(format!("its issue is {state}")),
    }
}
