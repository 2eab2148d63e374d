//! Ending an unapproved run because a newer slot takes its place.

use copydesk_domain::RunId;
use copydesk_store::{Applied, Command, Lease, Slot, StoreError};

use crate::error::EngineError;
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

    /// Whether the run gives way is decided where that is written: an approval that comes meanwhile holds.
    async fn end_superseded(&self, lease: &Lease, by: &Slot) -> Result<(), EngineError> {
        let command = Command::Supersede {
            lease: lease.clone(),
            reason: format!("the slot of {} took its place", by.nominal),
            at: self.services.clock.now(),
        };
        if self.services.store.apply(command).await? == Applied::Taken(true) {
            tracing::info!(run = %lease.run, by = %by.nominal, "superseded");
        }
        Ok(())
    }
}
