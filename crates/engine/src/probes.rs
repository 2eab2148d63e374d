//! Money for probes of models: no run asks for them, and the limits of day and month hold for them all the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use copydesk_config::{BudgetConfig, Workspace};
use copydesk_domain::{
    Clock, ContentHash, Fence, Instant, MicroUsd, ModelName, Round, RunState, StageName, StepKey,
};
use copydesk_journal::{Bill, Ledger, Reservation, budget, calendar};
use copydesk_store::{
    Applied, BudgetLimit, BudgetScope, Command, Lease, PROBES, RunParams, Store, StoreError,
};
use jiff::tz::TimeZone;

use crate::lease::LEASE;
use crate::services::Engine;

/// Task, stage and first part of the key that `spend` shows.
const PROBE: &str = "probe";
/// Takings of the run for one write: another probe may take it in between, and each has so few writes that one of these
/// comes through.
const TAKINGS_MAX: u32 = 16;

/// Books what probes cost on the one run that stands for all of them.
pub struct ProbeLedger {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    budget: BudgetConfig,
    /// Where a day may begin: that of each pipeline.
    zones: Vec<TimeZone>,
}

impl Engine {
    /// A ledger for probes of models, bound to the limits of a folder for a call, a day and a month. Those of day and
    /// month hold in the time zone of each pipeline.
    pub fn probe_ledger(&self, workspace: &Workspace) -> ProbeLedger {
        let pipelines = workspace.pipelines.values();
        let names: BTreeSet<&str> = pipelines
            .map(|pipeline| pipeline.pipeline.time_zone.as_str())
            .collect();
        let mut zones: Vec<TimeZone> = names.into_iter().map(calendar::zone).collect();
        if zones.is_empty() {
            zones.push(TimeZone::UTC);
        }
        ProbeLedger {
            store: Arc::clone(self.store()),
            clock: Arc::clone(self.clock()),
            budget: workspace.config.budget.clone(),
            zones,
        }
    }
}

/// The limits that a reserve must fit at `now`. Pure.
fn limits(budget: &BudgetConfig, zones: &[TimeZone], now: Instant) -> Vec<BudgetLimit> {
    let of_zone = |zone| {
        let scopes = [(BudgetScope::Day, budget.day), (BudgetScope::Month, budget.month)];
        scopes.map(|(scope, limit)| BudgetLimit {
            scope,
            since: budget::period(scope, now, zone),
            limit,
        })
    };
    let call = budget.call.map(|limit| BudgetLimit {
        scope: BudgetScope::Call,
        since: None,
        limit,
    });
    zones.iter().flat_map(of_zone).chain(call).collect()
}

impl ProbeLedger {
    /// Carries out a write of the run, whoever took it before.
    async fn write(&self, write: impl Fn(Lease) -> Command + Send + Sync) -> Result<Applied, StoreError> {
        let mut last = StoreError::Closed;
        for _ in 0..TAKINGS_MAX {
            let lease = self.lease().await?;
            match self.store.apply(write(lease)).await {
                Err(error @ StoreError::LeaseLost { .. }) => last = error,
                done => return done,
            }
        }
        Err(last)
    }

    async fn lease(&self) -> Result<Lease, StoreError> {
        match self.store.apply(self.taking()).await {
            Ok(Applied::Leased(lease)) => Ok(lease),
            Ok(_) => Err(odd("a lease")),
            Err(StoreError::RunUnknown { .. }) => self.open().await,
            Err(error) => Err(error),
        }
    }

    /// Makes the run, at its end from the first moment: nothing is to move it.
    async fn open(&self) -> Result<Lease, StoreError> {
        let at = self.clock.now();
        let run = RunParams {
            id: PROBES.into(),
            pipeline: PROBES.into(),
            slot: None,
            parent: None,
            release: ContentHash::of(PROBES.as_bytes()),
            fixed_now: None,
            seed: 0,
            is_scheduled: false,
            at,
        };
        let first = Lease {
            run: PROBES.into(),
            fence: Fence(1),
        };
        let end = Command::UpdateRun {
            lease: first,
            state: RunState::Completed,
            waiting_for: Vec::new(),
            issue: None,
            wake_at: None,
            reason: None,
            at,
        };
        let commands = vec![Command::CreateRun(run), self.taking(), end];
        let mut answers = self.store.apply_all(commands).await.into_iter();
        match (answers.next(), answers.next()) {
            // Where another probe was first, the end is its own already.
            (Some(Ok(_)), Some(Ok(Applied::Leased(lease)))) => Ok(lease),
            (Some(Err(error)), _) | (_, Some(Err(error))) => Err(error),
            _ => Err(odd("a lease")),
        }
    }

    fn taking(&self) -> Command {
        let now = self.clock.now();
        Command::LeaseRun {
            run: PROBES.into(),
            owner: PROBE.to_owned(),
            now,
            until: now.plus(LEASE),
        }
    }
}

fn odd(what: &str) -> StoreError {
    StoreError::Database {
        reason: format!("{what} was answered with something else"),
    }
}

#[async_trait]
impl Ledger for ProbeLedger {
    async fn reserve(&self, model: &ModelName, amount: MicroUsd) -> Result<Reservation, StoreError> {
        let at = self.clock.now();
        let limits = limits(&self.budget, &self.zones, at);
        let reserved = self.write(|lease| Command::ReserveSpend {
            lease,
            stage: StageName::new(PROBE),
            round: Round(1),
            key: StepKey::new(format!("{PROBE}/{model}")),
            task: PROBE.to_owned(),
            model: model.to_string(),
            amount,
            limits: limits.clone(),
            at,
        });
        match reserved.await? {
            Applied::Reserved(reserved) => Ok(Reservation(reserved.id)),
            _ => Err(odd("a reserve")),
        }
    }

    async fn settle(&self, reservation: Reservation, bill: Bill) -> Result<(), StoreError> {
        let at = self.clock.now();
        let settled = self.write(|lease| Command::SettleSpend {
            lease,
            reservation: reservation.0,
            amount: bill.amount,
            is_assumed: bill.is_assumed,
            counted: bill.counted,
            at,
        });
        settled.await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use copydesk_store::SpendRecord;
    use copydesk_store_memory::MemoryStore;

    use super::*;

    const fn bill(amount: i64) -> Bill {
        Bill {
            amount: MicroUsd(amount),
            is_assumed: false,
            counted: None,
        }
    }

    struct Stopped(&'static str);

    impl Clock for Stopped {
        fn now(&self) -> Instant {
            self.0.parse().expect("tests give instants")
        }
    }

    fn ledger(store: &MemoryStore, now: &'static str, day: i64) -> ProbeLedger {
        ProbeLedger {
            store: Arc::new(store.clone()),
            clock: Arc::new(Stopped(now)),
            budget: BudgetConfig {
                call: Some(MicroUsd(400)),
                run: MicroUsd(1),
                day: MicroUsd(day),
                month: MicroUsd(5_000),
            },
            zones: ["Europe/Berlin", "America/New_York"].map(calendar::zone).into(),
        }
    }

    async fn spends(store: &MemoryStore) -> Vec<SpendRecord> {
        store.spends(Instant::from_micros(0)).await.unwrap()
    }

    #[tokio::test]
    async fn a_probe_is_booked_on_day_and_month_and_listed_as_no_run() {
        let store = MemoryStore::new();
        let book = ledger(&store, "2026-11-28T12:00:00Z", 1_000);
        let far = ModelName::new("far");
        for amount in [300, 400] {
            let reserved = book.reserve(&far, MicroUsd(amount)).await.unwrap();
            assert!(!spends(&store).await.last().unwrap().is_settled);
            book.settle(reserved, bill(amount - 50)).await.unwrap();
        }
        let spends = spends(&store).await;
        let amounts: Vec<i64> = spends.iter().map(|spend| spend.amount.0).collect();
        assert_eq!(amounts, [250, 350]);
        let spend = &spends[0];
        assert_eq!(
            (
                spend.pipeline.as_str(),
                spend.stage.as_str(),
                spend.task.as_str(),
                spend.model.as_str()
            ),
            (PROBES, "probe", "probe", "far")
        );
        assert!(store.runs(None, 9).await.unwrap().is_empty());
        assert!(
            store.open_runs().await.unwrap().is_empty(),
            "nothing is to move it"
        );
    }

    #[tokio::test]
    async fn a_probe_that_does_not_fit_is_refused_and_the_limit_of_a_run_is_not_its_own() {
        let store = MemoryStore::new();
        let far = ModelName::new("far");
        let book = ledger(&store, "2026-11-28T12:00:00Z", 500);
        let scope = |error: StoreError| match error {
            StoreError::BudgetSpent { scope, .. } => scope,
            other => panic!("{other}"),
        };
        let call = book.reserve(&far, MicroUsd(401)).await.unwrap_err();
        assert_eq!(scope(call), BudgetScope::Call);
        book.reserve(&far, MicroUsd(400)).await.unwrap();
        let day = book.reserve(&far, MicroUsd(101)).await.unwrap_err();
        assert_eq!(scope(day), BudgetScope::Day);
        // Next day in Berlin, still the same one in New York: a day of both must have room.
        let later = ledger(&store, "2026-11-29T00:30:00Z", 500);
        assert_eq!(
            scope(later.reserve(&far, MicroUsd(101)).await.unwrap_err()),
            BudgetScope::Day
        );
        let next = ledger(&store, "2026-11-29T05:30:00Z", 500);
        next.reserve(&far, MicroUsd(101)).await.unwrap();
    }

    #[tokio::test]
    async fn probes_at_the_same_time_book_each_of_their_requests_once() {
        let store = MemoryStore::new();
        let books: Vec<ProbeLedger> = (0..4)
            .map(|_| ledger(&store, "2026-11-28T12:00:00Z", 5_000))
            .collect();
        let far = ModelName::new("far");
        let probes = books.iter().map(|book| async {
            for _ in 0..5 {
                let reserved = book.reserve(&far, MicroUsd(100)).await.unwrap();
                tokio::task::yield_now().await;
                book.settle(reserved, bill(7)).await.unwrap();
            }
        });
        futures::future::join_all(probes).await;
        let spends = spends(&store).await;
        assert_eq!(spends.len(), 20);
        assert!(
            spends
                .iter()
                .all(|spend| spend.is_settled && spend.amount == MicroUsd(7))
        );
    }
}
