//! Reserves whose requests have not gone out.

use std::sync::Arc;

use copydesk_domain::{Clock, MicroUsd};
use copydesk_store::{Applied, Command, Lease, Reserved, StoreError};

use crate::batch::Batch;
use crate::models::Reservation;

/// A reserve before its request goes out. Dropped until then, as when its run is stopped, it is given back: it would
/// count in full for good, and the next try reserves anew.
pub(super) struct Unsent {
    batch: Arc<Batch>,
    clock: Arc<dyn Clock>,
    lease: Lease,
    pub(super) reserved: Reserved,
    is_sent: bool,
}

impl Unsent {
    /// Carries out a [`Command::ReserveSpend`] of `lease`.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn reserve(
        batch: &Arc<Batch>,
        clock: &Arc<dyn Clock>,
        lease: &Lease,
        command: Command,
    ) -> Result<Self, StoreError> {
        let (held_by, clock, lease) = (Arc::clone(batch), Arc::clone(clock), lease.clone());
        let unsent = batch.apply_for(command, move |applied| match applied {
            Applied::Reserved(reserved) => Ok(Self {
                batch: held_by,
                clock,
                lease,
                reserved,
                is_sent: false,
            }),
            _ => Err(StoreError::Database {
                reason: "a reserve was answered with something else".to_owned(),
            }),
        });
        unsent.await?
    }

    /// Whoever takes it sends the request.
    pub(super) fn sent(mut self) -> Reservation {
        self.is_sent = true;
        Reservation(self.reserved.id)
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        if self.is_sent {
            return;
        }
        self.batch.hold(Command::SettleSpend {
            lease: self.lease.clone(),
            reservation: self.reserved.id,
            amount: MicroUsd::ZERO,
            is_assumed: false,
            counted: None,
            at: self.clock.now(),
        });
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{ContentHash, Fence, Instant, Round};
    use copydesk_store::{RunParams, Store};
    use copydesk_store_memory::MemoryStore;

    use super::*;
    use crate::progress::{Progress, ProgressEvent};

    struct Nobody;

    impl Progress for Nobody {
        fn report(&self, _: ProgressEvent) {}
    }

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Instant {
            Instant::from_micros(1)
        }
    }

    async fn scene() -> (MemoryStore, Arc<Batch>, Lease) {
        let store = MemoryStore::new();
        let lease = Lease {
            run: "a".into(),
            fence: Fence(1),
        };
        let run = Command::CreateRun(RunParams {
            id: lease.run.clone(),
            pipeline: "daily".into(),
            slot: None,
            parent: None,
            release: ContentHash::of(b"release"),
            fixed_now: None,
            seed: 1,
            is_scheduled: false,
            at: Instant::from_micros(0),
        });
        let taking = Command::LeaseRun {
            run: lease.run.clone(),
            owner: "worker".to_owned(),
            now: Instant::from_micros(0),
            until: Instant::from_micros(9),
        };
        for answer in store.apply_all(vec![run, taking]).await {
            answer.unwrap();
        }
        let batch = Batch::new(Arc::new(store.clone()), Arc::new(Nobody));
        (store, Arc::new(batch), lease)
    }

    fn reserve(lease: &Lease) -> Command {
        Command::ReserveSpend {
            lease: lease.clone(),
            stage: "draft".into(),
            round: Round::FIRST,
            key: "plan".into(),
            task: "plan_issue".to_owned(),
            model: "far".to_owned(),
            amount: MicroUsd(500),
            limits: Vec::new(),
            at: Instant::from_micros(1),
        }
    }

    async fn booked(store: &MemoryStore) -> Vec<(i64, bool)> {
        let spends = store.spends(Instant::from_micros(0)).await.unwrap();
        spends
            .iter()
            .map(|spend| (spend.amount.0, spend.is_settled))
            .collect()
    }

    #[tokio::test]
    async fn a_reserve_whose_request_never_went_out_is_given_back_wherever_its_caller_stopped() {
        let clock: Arc<dyn Clock> = Arc::new(Stopped);
        for is_on_its_way in [true, false] {
            let (store, batch, lease) = scene().await;
            {
                let reserving = Unsent::reserve(&batch, &clock, &lease, reserve(&lease));
                let mut reserving = std::pin::pin!(reserving);
                if is_on_its_way {
                    assert!(futures::poll!(reserving.as_mut()).is_pending());
                    // Stored by now, and told to nobody.
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                } else {
                    drop(reserving.await.unwrap());
                }
            }
            // The last write of a run that is let go.
            batch.apply(Command::ReleaseLease { lease }).await.unwrap();
            assert_eq!(booked(&store).await, [(0, true)], "{is_on_its_way}");
        }
    }

    #[tokio::test]
    async fn a_reserve_whose_request_went_out_counts_until_its_bill_comes() {
        let clock: Arc<dyn Clock> = Arc::new(Stopped);
        let (store, batch, lease) = scene().await;
        let unsent = Unsent::reserve(&batch, &clock, &lease, reserve(&lease)).await;
        assert_eq!(unsent.unwrap().sent(), Reservation(1));
        batch.apply(Command::ReleaseLease { lease }).await.unwrap();
        assert_eq!(booked(&store).await, [(500, false)]);
    }
}
