//! Ending an unapproved run because a newer slot takes its place.

use copydesk_domain::{RunId, RunState, StageState};
use copydesk_store::{Applied, Command, Lease, Slot, StoreError};

use crate::error::EngineError;
use crate::planner::is_undecided;
use crate::services::Engine;

/// Long enough for the few writes of it.
const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_secs(30);

impl Engine {
    /// Ends a run in favour of the slot `by`, unless its issue was approved meanwhile. An advance under way in this
    /// process loses its lease and changes nothing more.
    pub(crate) async fn supersede(&self, run: &RunId, by: &Slot) -> Result<(), EngineError> {
        let now = self.services.clock.now();
        let owner = self.services.owner.clone();
        let command = Command::LeaseRun {
            run: run.clone(),
            owner,
            now,
            until: now.plus(LEASE),
        };
        let lease = match self.services.store.apply(command).await? {
            Applied::Leased(lease) => lease,
            other => {
                return Err(StoreError::Database {
                    reason: format!("a lease was answered with {other:?}"),
                }
                .into());
            }
        };
        let result = self.end_superseded(&lease, by).await;
        match self.services.store.apply(Command::ReleaseLease { lease }).await {
            Ok(_) | Err(StoreError::LeaseLost { .. }) => result,
            Err(error) => result.and(Err(error.into())),
        }
    }

    async fn end_superseded(&self, lease: &Lease, by: &Slot) -> Result<(), EngineError> {
        let store = &self.services.store;
        let record = self.known_run(&lease.run).await?;
        if record.state.is_final() || !is_undecided(record.issue) {
            return Ok(());
        }
        let at = self.services.clock.now();
        let reason = Some(format!("the slot of {} took its place", by.nominal));
        let stages = store.stages(&lease.run).await?;
        for stage in stages.into_iter().filter(|stage| !stage.state.is_final()) {
            let command = Command::FinishStage {
                lease: lease.clone(),
                stage: stage.stage,
                round: stage.round,
                state: StageState::Cancelled,
                reason: reason.clone(),
                artifacts: Vec::new(),
                bodies: Vec::new(),
                at,
            };
            store.apply(command).await?;
        }
        let command = Command::UpdateRun {
            lease: lease.clone(),
            state: RunState::Superseded,
            waiting_for: Vec::new(),
            issue: None,
            wake_at: None,
            reason,
            at,
        };
        store.apply(command).await?;
        tracing::info!(run = %lease.run, by = %by.nominal, "superseded");
        Ok(())
    }
}
