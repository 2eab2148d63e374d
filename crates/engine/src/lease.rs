//! The lease on a run: one worker at a time, within this process and beside others.

use std::sync::Arc;
use std::time::Duration;

use copydesk_domain::{Clock, Fence, RunId};
use copydesk_journal::Batch;
use copydesk_store::{Command, Lease, RunRecord, Store, StoreError};
use tokio::sync::watch;

use crate::services::Engine;

/// A lease lasts a minute and is renewed every 20 s, so that two renewals may fail before it is lost.
pub(crate) const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
const RENEWAL: Duration = Duration::from_secs(20);

impl Engine {
    /// The right to work on a run within this process: one caller at a time.
    pub(crate) fn turn_of(&self, run: &RunId) -> Arc<tokio::sync::Mutex<()>> {
        let mut busy = self.busy.lock().expect("no holder of this lock panics");
        busy.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(busy.entry(run.clone()).or_default())
    }

    /// The lease on a run as it was seen, the taking of which is the first write of `batch`.
    pub(crate) fn lease(&self, seen: &RunRecord, batch: &Batch) -> Lease {
        let now = self.services.clock.now();
        let lease = Lease {
            run: seen.id.clone(),
            fence: Fence(seen.fence.0 + 1),
        };
        batch.hold(Command::LeaseRun {
            run: seen.id.clone(),
            owner: self.services.owner.clone(),
            now,
            until: now.plus(LEASE),
        });
        lease
    }
}

/// What is held waits at most so long for another write to share its commit.
const HELD_MAX: Duration = Duration::from_millis(10);

/// Renews a lease, watches for a cancel and stores what was held for long enough, until dropped.
pub(crate) struct LeaseKeeper {
    /// Turns true when a person cancels the run, or the lease is lost.
    pub(crate) cancel: watch::Receiver<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl LeaseKeeper {
    pub(crate) fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        lease: Lease,
        batch: Arc<Batch>,
    ) -> Self {
        let (sender, cancel) = watch::channel(false);
        let task = tokio::spawn(async move {
            keep(store.as_ref(), clock.as_ref(), lease, &batch).await;
            let _ = sender.send(true);
        });
        Self { cancel, task }
    }
}

/// Ends when the run is to be stopped.
async fn keep(store: &dyn Store, clock: &dyn Clock, lease: Lease, batch: &Batch) {
    let mut changes = store.run_changes(&lease.run);
    let mut renewal = tokio::time::interval_at(tokio::time::Instant::now() + RENEWAL, RENEWAL);
    loop {
        tokio::select! {
            _ = renewal.tick() => {
                let until = clock.now().plus(LEASE);
                let renew = Command::RenewLease { lease: lease.clone(), until };
                if matches!(store.apply(renew).await, Err(StoreError::LeaseLost { .. })) {
                    return;
                }
            }
            notified = changes.changed() => {
                let run = store.run(&lease.run).await;
                if matches!(run, Ok(Some(run)) if run.cancel_requested) || notified.is_err() {
                    return;
                }
            }
            () = batch.is_waiting() => {
                tokio::time::sleep(HELD_MAX).await;
                // Whoever writes next learns of a failure.
                let _ = batch.commit().await;
            }
        }
    }
}

impl Drop for LeaseKeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}
