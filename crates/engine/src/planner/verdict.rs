//! Verdicts: a slot never counts as run where no valid artifact exists.

use copydesk_config::Pipeline;
use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{IssueState, RunState, SlotState, StageName, StageState};
use copydesk_store::{RunRecord, SlotRecord, StageRecord};

use crate::planner::facts::{RunFacts, Writing};

/// Opened later than this, a slot counts as late: two of the timer's longest sleeps (60 s each).
pub const LATE_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_secs(120);

/// What is said of a day on which nothing at all could be read.
const BLANK: &str = "no source could be read";

/// How the writing stages of a run went.
pub fn writing(pipeline: &Pipeline, stages: &[StageRecord]) -> Writing {
    let has_issue = |record: &StageRecord| {
        record
            .artifacts
            .iter()
            .any(|made| made.kind == ArtifactKind::Issue)
    };
    if stages
        .iter()
        .any(|record| record.state == StageState::Completed && has_issue(record))
    {
        return Writing::Issue;
    }
    let mut skipped = None;
    let mut has_artifact = false;
    for stage in pipeline
        .stages
        .iter()
        .filter(|stage| stage.agent != StageName::ENGAGEMENT)
    {
        let name = stage.stage_name();
        let rounds = stages.iter().filter(|record| record.stage == name);
        let Some(newest) = rounds.max_by_key(|record| record.round) else {
            return Writing::Open;
        };
        let reason = || {
            format!(
                "{name}: {}",
                newest.reason.as_deref().unwrap_or("no reason is stored")
            )
        };
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
        (Writing::Issue | Writing::Artifact, _) => Some(ran(run)),
        (_, RunState::Superseded) => Some((
            SlotState::Superseded,
            Some("a newer slot took its place".to_owned()),
        )),
        (_, RunState::Cancelled) => skipped("the run was cancelled".to_owned()),
        (Writing::Failed(reason), _) => skipped(format!("the run failed: {reason}")),
        (Writing::Skipped(reason), _) => skipped(reason.clone()),
        (Writing::Open, RunState::Failed) => skipped("the run failed".to_owned()),
        (Writing::Open, RunState::Completed) => skipped("the run ended without an issue".to_owned()),
        (Writing::Open, RunState::Queued | RunState::Running | RunState::Waiting) => None,
    }
}

fn ran(run: &RunFacts) -> (SlotState, Option<String>) {
    let late = run.created_at.since(run.nominal);
    let state = if late > LATE_AFTER {
        SlotState::RanLate
    } else {
        SlotState::Ran
    };
    let how_late = (state == SlotState::RanLate).then(|| format!("{} late", words(late)));
    let reasons: Vec<String> = how_late
        .into_iter()
        .chain(run.is_blank.then(|| BLANK.to_owned()))
        .collect();
    (state, (!reasons.is_empty()).then(|| reasons.join("; ")))
}

/// Whether a newer slot has to care about the run: it still writes, or the author has yet to decide on what it made.
pub fn is_unsettled(run: &RunFacts) -> bool {
    match run.writing {
        _ if run.state.is_final() => false,
        Writing::Open => true,
        Writing::Issue => is_undecided(run.issue),
        Writing::Artifact | Writing::Skipped(_) | Writing::Failed(_) => run.is_undecided,
    }
}

/// Whether a newer slot may take the place of a run whose issue is so far.
pub(crate) const fn is_undecided(issue: IssueState) -> bool {
    matches!(
        issue,
        IssueState::None | IssueState::Drafted | IssueState::Reviewed
    )
}

/// Whether a run has the issue that its slot is for.
pub(crate) const fn has_issue(run: &RunRecord) -> bool {
    !matches!(run.issue, IssueState::None | IssueState::Drafted)
}

/// A slot's outcome as people see it: its row, and what became of its run since. A row is never reopened, but a run
/// may be superseded after it made its issue, and one that failed or was cancelled may be tried again. `has_artifact`:
/// whether the run of a pipeline that makes no issue has made what its slot is for.
pub fn outcome(row: &SlotRecord, run: Option<&RunRecord>, has_artifact: bool) -> (SlotState, Option<String>) {
    let stored = (row.state, row.reason.clone());
    let Some(run) = run else { return stored };
    match row.state {
        _ if run.state == RunState::Superseded => {
            let reason = run
                .reason
                .clone()
                .unwrap_or_else(|| "a newer slot took its place".to_owned());
            (SlotState::Superseded, Some(reason))
        }
        SlotState::Skipped if has_issue(run) || has_artifact => {
            let reason = row.reason.as_deref().unwrap_or("skipped");
            let made = if has_issue(run) {
                "the issue"
            } else {
                "its artifact"
            };
            (
                SlotState::RanLate,
                Some(format!("{reason}; a later attempt made {made}")),
            )
        }
        SlotState::Pending => (SlotState::Pending, Some(waiting(run))),
        _ => stored,
    }
}

/// What a pending slot's run waits for.
fn waiting(run: &RunRecord) -> String {
    let waits_for: Vec<&str> = run.waiting_for.iter().map(|what| what.as_str()).collect();
    match (&run.reason, run.state) {
        (Some(reason), _) => reason.clone(),
        (None, RunState::Waiting) if !waits_for.is_empty() => format!("waits for {}", waits_for.join(", ")),
        (None, state) => format!("its run is {state}"),
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

#[cfg(test)]
mod tests {
    use copydesk_domain::{ContentHash, Instant, Round, WaitingFor};
    use copydesk_store::{ArtifactRef, Slot};

    use super::*;
    use crate::any_run::any_run;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn pipeline() -> Pipeline {
        let stages =
            ["research", "review", "engagement"].map(|agent| format!("[[stage]]\nagent = \"{agent}\"\n"));
        toml::from_str(&format!("[pipeline]\nname = \"p\"\n{}", stages.concat())).unwrap()
    }

    fn stage(name: &str, round: u32, ended: StageState, made: Option<ArtifactKind>) -> StageRecord {
        StageRecord {
            stage: name.into(),
            round: Round(round),
            state: ended,
            attempts: 1,
            now: at(0),
            started_at: at(0),
            finished_at: None,
            reason: Some("because".to_owned()),
            artifacts: made
                .map(|kind| ArtifactRef {
                    kind,
                    hash: ContentHash::of(b""),
                })
                .into_iter()
                .collect(),
        }
    }

    #[test]
    fn only_an_artifact_of_the_last_writing_stage_counts_as_written() {
        use StageState::{Cancelled, Completed, Failed, Running, Skipped, Waiting};
        let brief = || stage("research", 1, Completed, Some(ArtifactKind::ResearchBrief));
        let review = |ended, made| stage("review", 1, ended, made);
        let reason = |name: &str| format!("{name}: because");
        for (stages, expected) in [
            (vec![], Writing::Open),
            (vec![brief()], Writing::Open),
            (vec![brief(), review(Running, None)], Writing::Open),
            (vec![brief(), review(Waiting, None)], Writing::Open),
            (
                vec![brief(), review(Completed, Some(ArtifactKind::Issue))],
                Writing::Issue,
            ),
            (
                vec![brief(), review(Completed, Some(ArtifactKind::Custom))],
                Writing::Artifact,
            ),
            (
                vec![brief(), review(Skipped, None)],
                Writing::Skipped(reason("review")),
            ),
            (
                vec![stage("research", 1, Skipped, None), review(Skipped, None)],
                Writing::Skipped(reason("research")),
            ),
            (
                vec![stage("research", 1, Failed, None)],
                Writing::Failed(reason("research")),
            ),
            (
                vec![brief(), review(Cancelled, None)],
                Writing::Skipped(reason("review")),
            ),
        ] {
            assert_eq!(writing(&pipeline(), &stages), expected, "{stages:?}");
        }
        // A second round that is still written takes nothing back from the first.
        let again = [
            brief(),
            review(Completed, Some(ArtifactKind::Issue)),
            stage("review", 2, Running, None),
        ];
        assert_eq!(writing(&pipeline(), &again), Writing::Issue);
    }

    fn facts(writing: Writing, state: RunState, opened_at: i64) -> RunFacts {
        RunFacts {
            run: "r".into(),
            pipeline: "p".into(),
            nominal: at(0),
            created_at: at(opened_at),
            state,
            issue: IssueState::None,
            writing,
            is_undecided: false,
            is_blank: false,
        }
    }

    #[test]
    fn a_slot_ran_only_where_something_was_made() {
        use RunState::{Cancelled, Completed, Failed, Queued, Running, Superseded, Waiting};
        let state =
            |writing, run, opened_at| verdict(&facts(writing, run, opened_at)).map(|(state, _)| state);
        assert_eq!(state(Writing::Issue, Waiting, 120), Some(SlotState::Ran));
        assert_eq!(state(Writing::Issue, Waiting, 121), Some(SlotState::RanLate));
        assert_eq!(state(Writing::Artifact, Completed, 0), Some(SlotState::Ran));
        for run in [Queued, Running, Waiting] {
            assert_eq!(state(Writing::Open, run, 0), None);
            assert_eq!(
                state(Writing::Failed("f".to_owned()), run, 0),
                Some(SlotState::Skipped)
            );
            assert_eq!(
                state(Writing::Skipped("s".to_owned()), run, 0),
                Some(SlotState::Skipped)
            );
        }
        for run in [Completed, Failed, Cancelled] {
            assert_eq!(state(Writing::Open, run, 0), Some(SlotState::Skipped));
        }
        assert_eq!(state(Writing::Open, Superseded, 0), Some(SlotState::Superseded));
    }

    #[test]
    fn a_day_without_a_source_says_so_in_its_verdict() {
        let reason = |opened_at, is_blank| {
            let made = RunFacts {
                is_blank,
                ..facts(Writing::Issue, RunState::Waiting, opened_at)
            };
            verdict(&made).and_then(|(_, reason)| reason).unwrap_or_default()
        };
        assert_eq!(reason(0, false), "");
        assert_eq!(reason(0, true), "no source could be read");
        assert_eq!(reason(3_600, true), "1 h late; no source could be read");
    }

    #[test]
    fn an_artifact_that_nobody_decided_on_gives_way_to_a_newer_slot() {
        let made = facts(Writing::Artifact, RunState::Waiting, 0);
        assert!(!is_unsettled(&made));
        let waits = RunFacts {
            is_undecided: true,
            ..made
        };
        assert!(is_unsettled(&waits));
    }

    #[test]
    fn what_became_of_a_run_since_is_shown() {
        let row = |state: SlotState, reason: Option<&str>| SlotRecord {
            pipeline: "p".into(),
            slot: Slot {
                nominal: at(0),
                zone: "UTC".to_owned(),
            },
            state,
            reason: reason.map(ToOwned::to_owned),
            run: Some("r".into()),
        };
        let text = |reason: &str| Some(reason.to_owned());
        let ran = row(SlotState::Ran, None);
        assert_eq!(
            outcome(
                &ran,
                Some(&any_run(RunState::Waiting, IssueState::Reviewed)),
                false
            ),
            (SlotState::Ran, None)
        );
        let superseded = outcome(
            &ran,
            Some(&any_run(RunState::Superseded, IssueState::Reviewed)),
            false,
        );
        assert_eq!(
            superseded,
            (SlotState::Superseded, text("a newer slot took its place"))
        );
        let failed = row(SlotState::Skipped, Some("the run failed: no feed"));
        assert_eq!(
            outcome(&failed, Some(&any_run(RunState::Failed, IssueState::None)), false).0,
            SlotState::Skipped
        );
        let retried = outcome(
            &failed,
            Some(&any_run(RunState::Completed, IssueState::Published)),
            false,
        );
        assert_eq!(
            retried,
            (
                SlotState::RanLate,
                text("the run failed: no feed; a later attempt made the issue")
            )
        );
        let cancelled = row(SlotState::Skipped, Some("the run was cancelled"));
        let completed = any_run(RunState::Completed, IssueState::None);
        assert_eq!(
            outcome(&cancelled, Some(&completed), true),
            (
                SlotState::RanLate,
                text("the run was cancelled; a later attempt made its artifact")
            )
        );
        assert_eq!(
            outcome(&cancelled, Some(&completed), false).0,
            SlotState::Skipped,
            "completed, and nothing was made"
        );
        let waiting = RunRecord {
            waiting_for: vec![WaitingFor::Budget],
            ..any_run(RunState::Waiting, IssueState::None)
        };
        let pending = outcome(&row(SlotState::Pending, None), Some(&waiting), false);
        assert_eq!(pending, (SlotState::Pending, text("waits for budget")));
        assert_eq!(
            outcome(&failed, None, false),
            (SlotState::Skipped, text("the run failed: no feed"))
        );
    }

    #[test]
    fn spans_are_said_in_words() {
        let said = [0, 59, 60, 185, 1_440, 1_441, 3_000]
            .map(|minutes| words(jiff::SignedDuration::from_mins(minutes)));
        assert_eq!(
            said,
            ["0 min", "59 min", "1 h", "3 h 5 min", "1 d", "1 d", "2 d 2 h"]
        );
    }
}
