//! Which open runs want to be moved. Pure.

use copydesk_domain::{Instant, MicroUsd, ModelName, RunState};
use copydesk_store::RunRecord;

/// A fresh manual run belongs to the command or request that made it, which moves it as far as it was asked to;
/// after this the daemon takes it on.
pub(crate) const GRACE: jiff::SignedDuration = jiff::SignedDuration::from_secs(5);

/// What people set on a run, as an advance saw it: nothing that is set later is missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    decision: Option<i64>,
    cancel_requested: bool,
    budget_extra: MicroUsd,
    embedded_only: bool,
    route: Vec<ModelName>,
}

impl Mark {
    pub(crate) fn of(run: &RunRecord) -> Self {
        Self {
            decision: run.last_decision,
            cancel_requested: run.cancel_requested,
            budget_extra: run.budget_extra,
            embedded_only: run.embedded_only,
            route: run.route.clone(),
        }
    }

    /// Whether money and models are those of the other mark.
    pub(crate) fn has_means_of(&self, other: &Self) -> bool {
        let means = |mark: &Self| (mark.budget_extra, mark.embedded_only, mark.route.clone());
        means(self) == means(other)
    }
}

/// Why a run is to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nobody here has looked at it yet, or a person has set something.
    Changed,
    /// Its time has come, or a worker left it.
    Time,
    /// Not now.
    No,
}

/// Whether a run is to be moved. `seen`: its mark at the last advance of this process.
pub(crate) fn is_due(run: &RunRecord, mark: &Mark, seen: Option<&Mark>, now: Instant) -> Due {
    if run.parent.is_some() || run.state.is_final() || is_parked(run) || is_fresh(run, now) {
        return Due::No;
    }
    if seen != Some(mark) {
        return Due::Changed;
    }
    match run.state {
        RunState::Queued | RunState::Running => Due::Time,
        _ if run.wake_at.is_some_and(|at| at <= now) => Due::Time,
        _ => Due::No,
    }
}

/// A manual run that was stopped where its caller asked for; it goes on when the caller says so.
fn is_parked(run: &RunRecord) -> bool {
    !run.is_scheduled && run.state == RunState::Queued && run.reason.is_some()
}

fn is_fresh(run: &RunRecord, now: Instant) -> bool {
    let age = now.since(run.created_at);
    !run.is_scheduled && run.state == RunState::Queued && !age.is_negative() && age < GRACE
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{IssueState, RunId};

    use super::*;
    use crate::any_run::any_run;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn run(state: RunState, is_scheduled: bool) -> RunRecord {
        RunRecord {
            is_scheduled,
            ..any_run(state, IssueState::None)
        }
    }

    fn due(run: &RunRecord, is_seen: bool, now: i64) -> Due {
        let mark = Mark::of(run);
        is_due(run, &mark, is_seen.then_some(&mark), at(now))
    }

    #[test]
    fn every_open_run_is_looked_at_once() {
        assert_eq!(due(&run(RunState::Waiting, true), false, 0), Due::Changed);
        assert_eq!(due(&run(RunState::Waiting, true), true, 0), Due::No);
        assert_eq!(due(&run(RunState::Running, true), true, 0), Due::Time);
        assert_eq!(due(&run(RunState::Completed, true), false, 0), Due::No);
    }

    #[test]
    fn a_wake_time_makes_a_waiting_run_due() {
        let waiting = RunRecord {
            wake_at: Some(at(60)),
            ..run(RunState::Waiting, true)
        };
        assert_eq!(
            (due(&waiting, true, 59), due(&waiting, true, 60)),
            (Due::No, Due::Time)
        );
    }

    #[test]
    fn what_a_person_sets_makes_a_run_due() {
        let before = run(RunState::Waiting, true);
        let cancelled = RunRecord {
            cancel_requested: true,
            ..before.clone()
        };
        let with_route = RunRecord {
            route: vec![ModelName::new("near")],
            ..before.clone()
        };
        let seen = Mark::of(&before);
        for after in [&cancelled, &with_route] {
            assert_eq!(is_due(after, &Mark::of(after), Some(&seen), at(0)), Due::Changed);
        }
        assert!(Mark::of(&cancelled).has_means_of(&seen));
        assert!(!Mark::of(&with_route).has_means_of(&seen));
    }

    #[test]
    fn manual_runs_are_left_to_their_caller_first() {
        assert_eq!(due(&run(RunState::Queued, false), false, 4), Due::No);
        assert_eq!(due(&run(RunState::Queued, false), false, 5), Due::Changed);
        assert_eq!(due(&run(RunState::Queued, true), false, 0), Due::Changed);
        let parked = RunRecord {
            reason: Some("stopped after research".to_owned()),
            ..run(RunState::Queued, false)
        };
        assert_eq!(due(&parked, false, 600), Due::No);
        let replay = RunRecord {
            parent: Some(RunId::new("other")),
            ..run(RunState::Running, false)
        };
        assert_eq!(due(&replay, false, 600), Due::No);
    }
}
