//! What the requests of one probe cost, beside the ledger that they are booked in.

use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use copydesk_domain::{MicroUsd, ModelName};
use copydesk_journal::{Bill, Ledger, Reservation};
use copydesk_store::{ExchangeParams, StoreError};

/// Passes money on to a ledger and adds it up. A probe belongs to no run, so the exchange is kept for the report alone.
pub(super) struct ProbeBook<'a> {
    ledger: &'a dyn Ledger,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    last: Option<ExchangeParams>,
    requests: u32,
    spent: MicroUsd,
}

impl<'a> ProbeBook<'a> {
    pub(super) fn of(ledger: &'a dyn Ledger) -> Self {
        Self {
            ledger,
            noted: Mutex::default(),
        }
    }

    /// The last exchange, once.
    pub(super) fn take(&self) -> Option<ExchangeParams> {
        self.noted().last.take()
    }

    /// Requests made, and what was booked for them.
    pub(super) fn sum(&self) -> (u32, MicroUsd) {
        let noted = self.noted();
        (noted.requests, noted.spent)
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().expect("no holder of this lock can panic")
    }
}

#[async_trait]
impl Ledger for ProbeBook<'_> {
    async fn reserve(&self, model: &ModelName, amount: MicroUsd) -> Result<Reservation, StoreError> {
        self.ledger.reserve(model, amount).await
    }

    async fn settle(&self, reservation: Reservation, bill: Bill) -> Result<(), StoreError> {
        self.noted().spent += bill.amount;
        self.ledger.settle(reservation, bill).await
    }

    fn keep(&self, exchange: ExchangeParams) {
        let mut noted = self.noted();
        noted.requests += 1;
        noted.last = Some(exchange);
    }
}
