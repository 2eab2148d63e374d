//! Runs that a request has just made or decided on: the daemon moves them at once, without a look at all the others.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};

use copydesk_domain::RunId;
use tokio::sync::Notify;

use crate::services::Engine;

/// Runs to be moved at once.
#[derive(Debug, Default)]
pub(crate) struct Nudges {
    runs: Mutex<BTreeSet<RunId>>,
    notify: Notify,
}

impl Nudges {
    /// Ends with the runs nudged since the last time, at least one. Cancel safe.
    pub(crate) async fn next(&self) -> BTreeSet<RunId> {
        loop {
            let runs = std::mem::take(&mut *self.runs());
            if !runs.is_empty() {
                return runs;
            }
            self.notify.notified().await;
        }
    }

    fn runs(&self) -> MutexGuard<'_, BTreeSet<RunId>> {
        self.runs.lock().expect("no holder of this lock panics")
    }
}

impl Engine {
    /// Asks the daemon of this process, if there is one, to move a run now.
    pub fn nudge(&self, run: &RunId) {
        self.nudges.runs().insert(run.clone());
        self.nudges.notify.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nudges_before_and_during_the_wait_arrive_once() {
        let nudges = std::sync::Arc::new(Nudges::default());
        let nudge = |run: &str| {
            nudges.runs().insert(run.into());
            nudges.notify.notify_one();
        };
        nudge("a");
        nudge("a");
        nudge("b");
        let runs = nudges.next().await;
        assert_eq!(Vec::from_iter(runs), [RunId::from("a"), RunId::from("b")]);
        let waiting = tokio::spawn({
            let nudges = std::sync::Arc::clone(&nudges);
            async move { nudges.next().await }
        });
        tokio::task::yield_now().await;
        nudge("c");
        assert_eq!(Vec::from_iter(waiting.await.unwrap()), [RunId::from("c")]);
    }
}
