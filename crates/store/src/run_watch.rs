//! Who waits for a run, and is woken when it waits too, ends, or is changed from outside.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use copydesk_domain::{RunId, RunState};
use tokio::sync::watch;

use crate::command::Command;

/// Runs that somebody waits for. A store keeps one, and tells it of each commit.
#[derive(Debug, Default)]
pub struct RunWatch {
    waiting: Mutex<HashMap<RunId, watch::Sender<u64>>>,
}

impl RunWatch {
    /// Rises with each change from now on.
    pub fn subscribe(&self, run: &RunId) -> watch::Receiver<u64> {
        self.waiting().entry(run.clone()).or_default().subscribe()
    }

    /// Wakes those who wait for the runs that these commands changed. Runs that nobody waits for are forgotten.
    pub fn committed<'a>(&self, commands: impl IntoIterator<Item = &'a Command>) {
        let mut waiting = self.waiting();
        if waiting.is_empty() {
            return;
        }
        for run in commands.into_iter().filter_map(Command::changed_run) {
            if let Some(version) = waiting.get(run) {
                version.send_modify(|version| *version += 1);
            }
        }
        waiting.retain(|_, version| version.receiver_count() > 0);
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<RunId, watch::Sender<u64>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Command {
    /// The run that this makes wait, ends, or changes from outside; see [`crate::Store::run_changes`].
    pub const fn changed_run(&self) -> Option<&RunId> {
        match self {
            Self::CreateRun(params) => Some(&params.id),
            Self::UpdateRun { lease, state, .. } => match state {
                RunState::Running => None,
                _ => Some(&lease.run),
            },
            Self::Supersede { lease, .. } => Some(&lease.run),
            Self::Decide { run, .. }
            | Self::ChooseDraft { run, .. }
            | Self::SettleUnknown { run, .. }
            | Self::RequestCancel { run, .. }
            | Self::Retry { run, .. }
            | Self::GoOn { run, .. } => Some(run),
            Self::StartStage { .. }
            | Self::FinishStage { .. }
            | Self::SettleIntent { .. }
            | Self::PutRelease { .. }
            | Self::LeaseRun { .. }
            | Self::RenewLease { .. }
            | Self::ReleaseLease { .. }
            | Self::FinishStep { .. }
            | Self::ReserveSpend { .. }
            | Self::SettleSpend { .. }
            | Self::PutSnapshot { .. }
            | Self::KeepSnapshot { .. }
            | Self::WriteLog { .. }
            | Self::PutIntent { .. }
            | Self::ChooseRoute { .. }
            | Self::NoteBreach { .. }
            | Self::SetPaused { .. }
            | Self::SkipDate { .. }
            | Self::KeepDate { .. }
            | Self::SetSchedule { .. }
            | Self::PutSlot { .. }
            | Self::ForgetSlots { .. }
            | Self::AddNote(_)
            | Self::ForgetNotes { .. }
            | Self::PutLabel(_)
            | Self::UndoLabel { .. }
            | Self::PutToken(_)
            | Self::TakeToken { .. }
            | Self::OpenSession { .. }
            | Self::ProlongToken { .. }
            | Self::ForgetTokens { .. }
            | Self::RaiseNotice(_)
            | Self::PutPreflight(_)
            | Self::SettleNotice { .. }
            | Self::TrustTool(_)
            | Self::PutFeedState(_)
            | Self::NoteFeedAnswer { .. }
            | Self::PutArchive(_)
            | Self::ImportIssue(_)
            | Self::PutExchange { .. }
            | Self::PutEndpoint(_)
            | Self::Prune { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Instant;

    use super::*;

    fn cancel(run: &str) -> Command {
        Command::RequestCancel {
            run: run.into(),
            at: Instant::from_micros(0),
        }
    }

    #[test]
    fn whoever_waits_for_a_run_is_woken_by_that_run_alone() {
        let runs = RunWatch::default();
        let mut seen = runs.subscribe(&"a".into());
        runs.committed(&[cancel("b")]);
        assert!(!seen.has_changed().unwrap());
        runs.committed(&[cancel("b"), cancel("a")]);
        assert!(seen.has_changed().unwrap());
        seen.mark_unchanged();
        let note = Command::TakeToken {
            hash: copydesk_domain::ContentHash::of(b"token"),
            now: Instant::from_micros(0),
        };
        runs.committed(&[note]);
        assert!(!seen.has_changed().unwrap());
    }

    #[test]
    fn a_run_that_nobody_waits_for_is_forgotten() {
        let runs = RunWatch::default();
        drop(runs.subscribe(&"a".into()));
        runs.committed(&[cancel("b")]);
        assert!(runs.waiting().is_empty());
    }
}
