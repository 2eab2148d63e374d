//! Money of one step, through the store.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use copydesk_domain::{Instant, MicroUsd, ModelName, NoticeKind, StepKey};
use copydesk_store::{Applied, BudgetUse, Command, ExchangeParams, NoticeRecord, Shared, StoreError};
use tokio::sync::watch;

use super::stage_context::StageContext;
use super::unsent::Unsent;
use crate::models::{Bill, Ledger, Reservation};
use crate::progress::ProgressEvent;
use crate::{budget, calendar};

/// The way of a warning that stands in the stage log: its row keeps it from being written twice.
const LOG: &str = "log";

/// So long a reserve waits for the next bill of a call that is under way. A call whose model may take longer stops the
/// run for money that it might have got, and loses nothing.
const BILL_MAX: Duration = Duration::from_mins(10);

/// Reserves of a round whose bills have not come.
#[derive(Debug, Default)]
pub(super) struct OpenReserves {
    now: watch::Sender<Reserves>,
}

#[derive(Debug, Default)]
struct Reserves {
    open: BTreeSet<i64>,
    /// Bills that have come.
    bills: u64,
}

impl Reserves {
    /// Whether a bill after the first `seen` is still to come, and has not.
    fn is_awaited(&self, seen: u64) -> bool {
        self.bills == seen && !self.open.is_empty()
    }
}

impl OpenReserves {
    fn bills(&self) -> u64 {
        self.now.borrow().bills
    }

    /// Whether no bill came since, and none will.
    fn is_last_word(&self, seen: u64) -> bool {
        let now = self.now.borrow();
        now.bills == seen && now.open.is_empty()
    }

    fn opened(&self, id: i64) {
        self.now.send_modify(|now| {
            now.open.insert(id);
        });
    }

    fn settled(&self, id: i64) {
        self.now.send_modify(|now| {
            now.open.remove(&id);
            now.bills += 1;
        });
    }

    async fn next_bill(&self, seen: u64) -> bool {
        let mut reserves = self.now.subscribe();
        let ended = reserves.wait_for(|now| !now.is_awaited(seen));
        let ended = tokio::time::timeout(BILL_MAX, ended).await;
        ended.is_ok_and(|now| now.is_ok_and(|now| now.bills != seen))
    }
}

pub(super) struct StepLedger<'a> {
    pub(super) ctx: &'a StageContext,
    pub(super) key: &'a str,
    pub(super) task: &'a str,
}

impl StepLedger<'_> {
    /// The limit that an error tells of, as it is used up.
    fn full(&self, error: &StoreError, at: Instant) -> Vec<BudgetUse> {
        let StoreError::BudgetSpent {
            scope, limit, left, ..
        } = *error
        else {
            return Vec::new();
        };
        let zone = calendar::zone(&self.ctx.params.release.pipeline.pipeline.time_zone);
        vec![BudgetUse {
            scope,
            since: budget::period(scope, at, &zone),
            limit,
            spent: limit - left,
        }]
    }

    /// Warns of limits that are nearly used up, once for each scope and period. A store that cannot keep the warning
    /// holds up no call: the limit itself holds all the same.
    async fn warn(&self, uses: &[BudgetUse]) {
        let params = &self.ctx.params;
        if params.run != params.lease.run {
            // A replay warns nobody, and its warning would stand in for that of the day's own run.
            return;
        }
        let zone = calendar::zone(&params.release.pipeline.pipeline.time_zone);
        let stage = self.ctx.place.stage.as_str();
        for used in uses.iter().filter(|used| used.is_near()) {
            let Some(key) = budget::warning_key(used, &params.lease.run, stage, &zone) else {
                continue;
            };
            let is_new = self
                .ctx
                .warned
                .lock()
                .expect("no holder of this lock panics")
                .insert(key.clone());
            if !is_new {
                continue;
            }
            let now = params.clock.now();
            let notice = NoticeRecord {
                key: key.clone(),
                way: LOG.to_owned(),
                kind: NoticeKind::BudgetNear,
                pipeline: params.release.pipeline.pipeline.name.clone(),
                run: Some(params.lease.run.clone()),
                message: budget::warning(used),
                body: None,
                details: None,
                raised_at: now,
            };
            if params.batch.apply(Command::RaiseNotice(notice)).await == Ok(Applied::Taken(true)) {
                // The line in the log is the telling.
                let way = LOG.to_owned();
                params.batch.hold(Command::SettleNotice { key, way, at: now });
                self.ctx.log("warn", budget::warning(used));
            }
        }
    }
}

#[async_trait]
impl Ledger for StepLedger<'_> {
    async fn reserve(&self, model: &ModelName, amount: MicroUsd) -> Result<Reservation, StoreError> {
        let params = &self.ctx.params;
        let at = params.clock.now();
        let limits = budget::limits(&params.release, &params.stage, at);
        let command = Command::ReserveSpend {
            lease: params.lease.clone(),
            stage: self.ctx.place.stage.clone(),
            round: self.ctx.place.round,
            key: StepKey::new(self.key),
            task: self.task.to_owned(),
            model: model.to_string(),
            amount,
            limits,
            at,
        };
        let open = &self.ctx.open_reserves;
        let seen = open.bills();
        match Unsent::reserve(&params.batch, &params.clock, &params.lease, command).await {
            Ok(unsent) => {
                open.opened(unsent.reserved.id);
                self.warn(&unsent.reserved.uses).await;
                Ok(unsent.sent())
            }
            Err(error) => {
                if open.is_last_word(seen) {
                    self.warn(&self.full(&error, at)).await;
                }
                Err(error)
            }
        }
    }

    fn bills(&self) -> u64 {
        self.ctx.open_reserves.bills()
    }

    async fn next_bill(&self, seen: u64) -> bool {
        self.ctx.open_reserves.next_bill(seen).await
    }

    async fn settle(&self, reservation: Reservation, bill: Bill) -> Result<(), StoreError> {
        let params = &self.ctx.params;
        let command = Command::SettleSpend {
            lease: params.lease.clone(),
            reservation: reservation.0,
            amount: bill.amount,
            is_assumed: bill.is_assumed,
            counted: bill.counted,
            at: params.clock.now(),
        };
        // The bill is stored with the outcome that it paid for; until then the reserve counts in full.
        params.batch.hold(command);
        self.ctx.open_reserves.settled(reservation.0);
        Ok(())
    }

    fn is_watched(&self) -> bool {
        self.ctx.params.progress.is_watched(self.ctx.run())
    }

    fn writing(&self, model: &ModelName, tokens: u64) {
        self.ctx.params.progress.report(ProgressEvent::Writing {
            run: self.ctx.run().clone(),
            stage: self.ctx.place.stage.clone(),
            key: self.key.to_owned(),
            model: model.clone(),
            tokens,
        });
    }

    fn keep(&self, exchange: ExchangeParams) {
        let params = &self.ctx.params;
        // Held under the same lock, so that the exchange before it is that before it in the store too.
        let mut before = self.ctx.requested.lock().expect("no holder of this lock panics");
        let shared = Shared::of(&before, &exchange.request);
        before.clone_from(&exchange.request);
        // It is stored with the outcome that it led to; what a crash loses of it was never promised to anybody.
        params.batch.hold(Command::PutExchange {
            lease: params.lease.clone(),
            stage: self.ctx.place.stage.clone(),
            round: self.ctx.place.round,
            key: StepKey::new(self.key),
            exchange,
            shared,
            at: params.clock.now(),
        });
    }

    fn say(&self, level: &str, message: String) {
        if level == "warn" {
            self.ctx.params.progress.report(ProgressEvent::Warned {
                run: self.ctx.run().clone(),
                stage: self.ctx.place.stage.clone(),
                text: message.clone(),
            });
        }
        self.ctx.log(level, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_room_hears_of_a_bill_and_never_waits_for_one_that_cannot_come() {
        let reserves = OpenReserves::default();
        let begun = tokio::time::Instant::now();
        assert!(!reserves.next_bill(0).await, "no call is under way");
        assert_eq!(begun.elapsed(), Duration::ZERO, "so none is waited for");
        reserves.opened(1);
        reserves.opened(2);
        let seen = reserves.bills();
        assert!(!reserves.is_last_word(seen));
        let bill = async { reserves.settled(1) };
        let (came, ()) = tokio::join!(reserves.next_bill(seen), bill);
        assert!(came);
        assert!(
            reserves.next_bill(seen).await,
            "one that came before the wait counts"
        );
        let begun = tokio::time::Instant::now();
        assert!(
            !reserves.next_bill(reserves.bills()).await,
            "the other one never comes"
        );
        assert_eq!(begun.elapsed(), BILL_MAX);
        reserves.settled(2);
        assert!(reserves.is_last_word(reserves.bills()));
    }
}
