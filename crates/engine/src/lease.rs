//! The lease on a run: one worker at a time, within this process and beside others.

use std::sync::Arc;
use std::time::Duration;

use copydesk_domain::RunId;
use copydesk_store::{Applied, Command, Lease, StoreError};
use tokio::sync::watch;

use crate::error::EngineError;
use crate::services::Engine;

/// A lease lasts a minute and is renewed every 20 s, so that two renewals may fail before it is lost.
const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
const RENEWAL: Duration = Duration::from_secs(20);

impl Engine {
    /// The right to work on a run within this process: one caller at a time.
    pub(crate) fn turn_of(&self, run: &RunId) -> Arc<tokio::sync::Mutex<()>> {
        let mut busy = self.busy.lock().expect("no holder of this lock panics");
        busy.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(busy.entry(run.clone()).or_default())
    }

    /// Takes the lease on a run.
    pub(crate) async fn lease(&self, run: &RunId) -> Result<Lease, EngineError> {
        let now = self.services.clock.now();
        let owner = self.services.owner.clone();
        let command = Command::LeaseRun {
            run: run.clone(),
            owner,
            now,
            until: now.plus(LEASE),
        };
        match self.services.store.apply(command).await? {
            Applied::Leased(lease) => Ok(lease),
            other => Err(StoreError::Database {
                reason: format!("a lease was answered with {other:?}"),
            }
            .into()),
        }
    }
}

/// Renews a lease and watches for a cancel, until dropped.
pub(crate) struct LeaseKeeper {
    /// Turns true when a person cancels the run, or the lease is lost.
    pub(crate) cancel: watch::Receiver<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl LeaseKeeper {
    pub(crate) fn start(engine: &Engine, lease: Lease) -> Self {
        let (sender, cancel) = watch::channel(false);
        let services = Arc::clone(&engine.services);
        let task = tokio::spawn(async move {
            let mut changes = services.store.changes();
            let mut renewal = tokio::time::interval(RENEWAL);
            loop {
                tokio::select! {
                    _ = renewal.tick() => {
                        let until = services.clock.now().plus(LEASE);
                        let renewed = services.store.apply(Command::RenewLease { lease: lease.clone(), until }).await;
                        if matches!(renewed, Err(StoreError::LeaseLost { .. })) {
                            let _ = sender.send(true);
                            return;
                        }
                    }
                    notified = changes.changed() => {
                        let run = services.store.run(&lease.run).await;
                        if matches!(run, Ok(Some(run)) if run.cancel_requested) || notified.is_err() {
                            let _ = sender.send(true);
                            return;
                        }
                    }
                }
            }
        });
        Self { cancel, task }
    }
}

impl Drop for LeaseKeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}
