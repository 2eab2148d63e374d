//! Who replays: a store to read and to keep the replays in, and stages. No channel, no outbox, nobody to tell.

use std::collections::HashMap;
use std::sync::Arc;

use copydesk_domain::{Clock, RunId, RunState};
use copydesk_journal::trace::Tracer;
use copydesk_journal::{Models, Progress, Stage, Tools};
use copydesk_store::{Applied, Command, Lease, Store, StoreError};
use tokio::sync::watch;

use super::execute::lease_end;
use crate::start::replay_id;

/// What a replayer works with.
#[derive(Clone)]
pub struct ReplayerOptions {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Stages by agent.
    pub stages: HashMap<&'static str, Arc<dyn Stage>>,
    /// Models, for what is executed anew.
    pub models: Arc<dyn Models>,
    /// Tools, for what is executed anew; those that act are not called.
    pub tools: Arc<dyn Tools>,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// Who this process is, for leases.
    pub owner: String,
    /// Turns true when the process ends.
    pub shutdown: watch::Receiver<bool>,
}

/// Replays runs.
#[derive(Clone)]
pub struct Replayer {
    pub(super) options: ReplayerOptions,
    pub(super) tracer: Option<Tracer>,
}

/// Ids that are drawn at most, as for any run.
const DRAWS_MAX: usize = 8;

impl Replayer {
    /// A replayer over these.
    pub fn new(options: ReplayerOptions) -> Self {
        Self {
            options,
            tracer: None,
        }
    }

    /// Makes spans of what is executed anew. What comes from records was done before, and has none.
    #[must_use]
    pub fn traced_by(mut self, tracer: Tracer) -> Self {
        self.tracer = Some(tracer);
        self
    }

    /// The command that makes the replay of a run, and its id. Its slot is empty: it counts as no day.
    pub(super) async fn new_id(&self, of: &RunId) -> Result<RunId, StoreError> {
        for _ in 0..DRAWS_MAX {
            let id = replay_id(of);
            if self.options.store.run(&id).await?.is_none() {
                return Ok(id);
            }
        }
        let reason = format!("{DRAWS_MAX} ids of new runs were taken");
        Err(StoreError::Database { reason })
    }

    pub(super) fn lease_command(&self, run: &RunId) -> Command {
        let now = self.options.clock.now();
        Command::LeaseRun {
            run: run.clone(),
            owner: self.options.owner.clone(),
            now,
            until: lease_end(now),
        }
    }
}

/// The lease that a store gave.
pub(super) fn leased(applied: Applied) -> Result<Lease, StoreError> {
    match applied {
        Applied::Leased(lease) => Ok(lease),
        other => Err(StoreError::Database {
            reason: format!("a lease was answered with {other:?}"),
        }),
    }
}

/// Why a replay ended that its process did not end.
const DIED: &str = "the program ended before the replay did; replay the run again";

/// Ends replays that a process before this one left at work: nothing else moves them. Call it where no replay of this
/// process is at work, with the owner's name that all processes of the folder share.
///
/// # Errors
/// Those of the store.
pub async fn settle_replays(store: &dyn Store, clock: &dyn Clock, owner: &str) -> Result<(), StoreError> {
    let open = store.open_runs().await?;
    for run in open.into_iter().filter(|run| run.parent.is_some()) {
        let now = clock.now();
        let take = Command::LeaseRun {
            run: run.id.clone(),
            owner: owner.to_owned(),
            now,
            until: lease_end(now),
        };
        let lease = leased(store.apply(take).await?)?;
        let end = Command::UpdateRun {
            lease: lease.clone(),
            state: RunState::Cancelled,
            waiting_for: Vec::new(),
            issue: None,
            wake_at: None,
            reason: Some(DIED.to_owned()),
            at: now,
        };
        store.apply(end).await?;
        store.apply(Command::ReleaseLease { lease }).await?;
    }
    Ok(())
}
