//! Money: reserves and bills.

use copydesk_domain::{Instant, MicroUsd, Round, RunId, StageName};
use copydesk_store::contract::budget_rules;
use copydesk_store::{
    Applied, BudgetLimit, BudgetScope, BudgetUse, Command, Counted, Lease, Reserved, SpendRecord, StoreError,
};

use crate::state::{Result, State};

/// A spend with its round; its place in the list is its number.
#[derive(Debug)]
pub(crate) struct Spend {
    pub(crate) round: Round,
    pub(crate) record: SpendRecord,
}

impl State {
    pub(crate) fn reserve_spend(&mut self, command: Command) -> Result<Applied> {
        let Command::ReserveSpend {
            lease,
            stage,
            round,
            key,
            task,
            model,
            amount,
            limits,
            at,
        } = command
        else {
            unreachable!("called for ReserveSpend alone");
        };
        let run = &self.run(&lease.run)?.record;
        let use_of =
            |limit| budget_rules::used(limit, self.spent(limit, &lease.run, &stage), run.budget_extra);
        let uses: Vec<BudgetUse> = limits.iter().map(use_of).collect();
        budget_rules::fit(&uses, amount)?;
        let record = SpendRecord {
            run: lease.run,
            pipeline: run.pipeline.clone(),
            stage,
            key,
            task,
            model,
            at,
            amount,
            is_assumed: false,
            is_settled: false,
            reserved: amount,
            counted: None,
        };
        self.spends.push(Spend { round, record });
        let id = i64::try_from(self.spends.len()).expect("a list in memory is shorter");
        Ok(Applied::Reserved(Reserved { id, uses }))
    }

    /// Bills and open reserves that count against a limit.
    fn spent(&self, limit: &BudgetLimit, run: &RunId, stage: &StageName) -> MicroUsd {
        let counts = |spend: &&SpendRecord| match limit.scope {
            BudgetScope::Call => false,
            BudgetScope::Stage => spend.run == *run && spend.stage == *stage,
            BudgetScope::Run => spend.run == *run,
            BudgetScope::Day | BudgetScope::Month => limit.since.is_none_or(|since| spend.at >= since),
        };
        self.spends
            .iter()
            .map(|spend| &spend.record)
            .filter(counts)
            .map(|spend| spend.amount)
            .sum()
    }

    pub(crate) fn settle_spend(
        &mut self,
        lease: &Lease,
        reservation: i64,
        amount: MicroUsd,
        is_assumed: bool,
        counted: Option<Counted>,
    ) -> Result<Applied> {
        let place = usize::try_from(reservation)
            .ok()
            .and_then(|number| number.checked_sub(1));
        let spend = place
            .and_then(|place| self.spends.get_mut(place))
            .map(|spend| &mut spend.record);
        let Some(spend) = spend.filter(|spend| spend.run == lease.run) else {
            let id = reservation.to_string();
            return Err(StoreError::Inconsistent {
                table: "spend",
                column: "id",
                id,
            });
        };
        if !spend.is_settled {
            spend.amount = amount;
            spend.is_assumed = is_assumed;
            spend.counted = counted;
            spend.is_settled = true;
        }
        Ok(Applied::Done)
    }

    pub(crate) fn spends_since(&self, since: Instant) -> Vec<SpendRecord> {
        let records = self.spends.iter().map(|spend| &spend.record);
        let mut spends: Vec<SpendRecord> = records.filter(|spend| spend.at >= since).cloned().collect();
        spends.sort_by_key(|spend| spend.at);
        spends
    }

    pub(crate) fn spends_of(&self, run: &RunId) -> Vec<SpendRecord> {
        self.spends
            .iter()
            .map(|spend| &spend.record)
            .filter(|spend| spend.run == *run)
            .cloned()
            .collect()
    }
}
