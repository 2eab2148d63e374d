//! Verdicts: a slot never counts as run where no valid artifact exists.

use copydesk_config::Pipeline;
use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{Instant, IssueState, RunState, SlotState, StageName, StageState};
use copydesk_store::{RunRecord, SlotRecord, StageRecord};

use crate::planner::facts::{RunFacts, Writing};

/// Opened later than this, a slot counts as late: two of the timer's longest sleeps (60 s each).
pub const LATE_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_secs(120);

/// How the writing stages of a run went.
pub fn writing(pipeline: &Pipeline, stages: &[StageRecord]) -> Writing {
    let has_issue = |record: &StageRecord| record.artifacts.iter().any(|made| made.kind == ArtifactKind::Issue);
    if stages.iter().any(|record| record.state == StageState::Completed && has_issue(record)) {
        return Writing::Issue;
    }
    let mut skipped = None;
    let mut has_artifact = false;
    for stage in pipeline.stages.iter().filter(|stage| stage.agent != StageName::ENGAGEMENT) {
        let name = stage.stage_name();
        let rounds = stages.iter().filter(|record| record.stage == name);
        let Some(newest) = rounds.max_by_key(|record| record.round) else { return Writing::Open };
        let reason = || format!("{name}: {}", newest.reason.as_deref().unwrap_or("no reason is stored"));
        match newest.state {
            StageState::Pending | StageState::Running | StageState::Waiting => return Writing::Open,
            StageState::Failed => return Writing::Failed(reason()),
            StageState::Skipped | StageState::Cancelled => {
                skipped.get_or_insert_with(reason);
                has_artifact = false;
            }
            StageState::Completed => has_artifact = !newest.artifacts.is_empty(),
        }
    }
    match skipped {
        _ if has_artifact => Writing::Artifact,
        Some(reason) => Writing::Skipped(reason),
        None => Writing::Skipped("the pipeline has no writing stage".to_owned()),
    }
}

/// The verdict on the slot of a run; none while the run may still make its issue.
pub fn verdict(run: &RunFacts) -> Option<(SlotState, Option<String>)> {
    let skipped = |reason: String| Some((SlotState::Skipped, Some(reason)));
    match (&run.writing, run.state) {
        (Writing::Issue | Writing::Artifact, _) => Some(ran(run.nominal, run.created_at)),
        (_, RunState::Superseded) => Some((SlotState::Superseded, Some("a newer slot took its place".to_owned()))),
        (_, RunState::Cancelled) => skipped("the run was cancelled".to_owned()),
        (Writing::Failed(reason), _) => skipped(format!("the run failed: {reason}")),
        (Writing::Skipped(reason), _) => skipped(reason.clone()),
        (Writing::Open, RunState::Failed) => skipped("the run failed".to_owned()),
        (Writing::Open, RunState::Completed) => skipped("the run ended without an issue".to_owned()),
        (Writing::Open, RunState::Queued | RunState::Running | RunState::Waiting) => None,
    }
}

fn ran(nominal: Instant, opened_at: Instant) -> (SlotState, Option<String>) {
    let late = opened_at.since(nominal);
    if late > LATE_AFTER { (SlotState::RanLate, Some(format!("{} late", words(late)))) } else { (SlotState::Ran, None) }
}

/// Whether a newer slot has to care about the run: it still writes, or its issue waits for the author.
pub fn is_unsettled(run: &RunFacts) -> bool {
    let is_undecided = matches!(run.issue, IssueState::None | IssueState::Drafted | IssueState::Reviewed);
    match run.writing {
        _ if run.state.is_final() => false,
        Writing::Open => true,
        Writing::Issue => is_undecided,
        Writing::Artifact | Writing::Skipped(_) | Writing::Failed(_) => false,
    }
}

/// A slot's outcome as people see it: its row, and what became of its run since. A row is never reopened, but a run
/// may be superseded after it made its issue, and a failed one may be tried again.
pub fn outcome(row: &SlotRecord, run: Option<&RunRecord>) -> (SlotState, Option<String>) {
    let stored = (row.state, row.reason.clone());
    let Some(run) = run else { return stored };
    let has_issue = !matches!(run.issue, IssueState::None | IssueState::Drafted);
    match row.state {
        _ if run.state == RunState::Superseded => {
            let reason = run.reason.clone().unwrap_or_else(|| "a newer slot took its place".to_owned());
            (SlotState::Superseded, Some(reason))
        }
        SlotState::Skipped if has_issue => {
            let reason = row.reason.as_deref().unwrap_or("skipped");
            (SlotState::RanLate, Some(format!("{reason}; a later attempt made the issue")))
        }
        SlotState::Pending => (SlotState::Pending, waiting(run).or(stored.1)),
        _ => stored,
    }
}

/// What a pending slot's run waits for.
fn waiting(run: &RunRecord) -> Option<String> {
    let waits_for: Vec<&str> = run.waiting_for.iter().map(|what| what.as_str()).collect();
    match (&run.reason, run.state) {
        (Some(reason), _) => Some(reason.clone()),
        (None, RunState::Waiting) if !waits_for.is_empty() => Some(format!("waits for {}", waits_for.join(", "))),
        (None, state) => Some(format!("its run is {state}")),
    }
}

/// A span in words, to the minute: `3 h 5 min`.
pub(crate) fn words(span: jiff::SignedDuration) -> String {
    let minutes = span.as_mins().max(0);
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
