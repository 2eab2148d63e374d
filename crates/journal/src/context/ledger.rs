//! Money of one step, through the store.

use async_trait::async_trait;
use copydesk_domain::{MicroUsd, ModelName, StepKey};
use copydesk_store::{Applied, Command, ExchangeParams, StoreError};

use super::stage_context::StageContext;
use crate::models::{Ledger, Reservation};
use crate::progress::ProgressEvent;

pub(super) struct StepLedger<'a> {
    pub(super) ctx: &'a StageContext,
    pub(super) key: &'a str,
    pub(super) task: &'a str,
}

#[async_trait]
impl Ledger for StepLedger<'_> {
    async fn reserve(&self, model: &ModelName, amount: MicroUsd) -> Result<Reservation, StoreError> {
        let params = &self.ctx.params;
        let command = Command::ReserveSpend {
            lease: params.lease.clone(),
            stage: self.ctx.place.stage.clone(),
            round: self.ctx.place.round,
            key: StepKey::new(self.key),
            task: self.task.to_owned(),
            model: model.to_string(),
            amount,
            limits: params.limits.clone(),
            at: params.clock.now(),
        };
        match params.batch.apply(command).await? {
            Applied::Reserved(id) => Ok(Reservation(id)),
            _ => Err(StoreError::Database {
                reason: "a reserve was answered with something else".to_owned(),
            }),
        }
    }

    async fn settle(
        &self,
        reservation: Reservation,
        amount: MicroUsd,
        is_assumed: bool,
    ) -> Result<(), StoreError> {
        let params = &self.ctx.params;
        let command = Command::SettleSpend {
            lease: params.lease.clone(),
            reservation: reservation.0,
            amount,
            is_assumed,
            at: params.clock.now(),
        };
        // The bill is stored with the outcome that it paid for; until then the reserve counts in full.
        params.batch.hold(command);
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
        // It is stored with the outcome that it led to; what a crash loses of it was never promised to anybody.
        params.batch.hold(Command::PutExchange {
            lease: params.lease.clone(),
            stage: self.ctx.place.stage.clone(),
            round: self.ctx.place.round,
            key: StepKey::new(self.key),
            exchange,
            at: params.clock.now(),
        });
    }
}
