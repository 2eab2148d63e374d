//! Looks for what is worth telling and has it told, beside the planner: a receiver that hangs delays no run.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use copydesk_config::Release;
use copydesk_domain::{Instant, IssueState, NoticeKind, PipelineName, RunState, WaitingFor};
use copydesk_journal::{FeedHistory, Notifier};
use copydesk_store::{Applied, Command, NoticeRecord, PreflightRecord, RunRecord, SlotRecord, StoreError};
use tokio::task::JoinSet;
use tokio::time::Instant as Tick;

use crate::daemon::blanks::Blanks;
use crate::daemon::feed_watch::FeedWatch;
use crate::daemon::run_paces::Paces;
use crate::daemon::telling::{Lasting, Telling, Ways};
use crate::error::EngineError;
use crate::notices::{HISTORY, Seen, SeenRun, find, may_be_told, near};
use crate::receipt;
use crate::services::Engine;

/// Commits come in bursts; what is told can wait for a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// At a shutdown, what is being told has so long.
const FINISH_MAX: Duration = Duration::from_secs(2);
/// Spends are read so far back.
const MONTH: jiff::SignedDuration = jiff::SignedDuration::from_hours(32 * 24);
/// Budgets are looked at so often: a month's spends are thousands of rows.
const BUDGETS_EVERY: Duration = Duration::from_secs(30);
/// A receipt of an older slot is no morning's any more.
const RECEIPTS_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Raises notices with each look, and tells what is open in a task of its own.
pub(crate) struct Teller {
    engine: Engine,
    notifier: Arc<dyn Notifier>,
    /// Keys that this process raised, so that a look writes only what is new.
    raised: HashSet<String>,
    looked_at: Option<Tick>,
    /// Whether the outbox failed at the last look, so that it is logged once.
    is_outbox_stuck: bool,
    feeds: FeedWatch,
    paces: Paces,
    blanks: Blanks,
    /// Budgets that were nearly used up at the last look at them, and when that was.
    budgets: (Option<Tick>, Vec<NoticeRecord>),
    /// Address of the desk.
    page: String,
    /// Receipts that this process raised, and those that nobody can ever read.
    receipts: HashSet<String>,
    /// Receipts of which it was logged that they could not be read, so that it is logged once.
    receipts_failed: HashSet<String>,
    ways: Ways,
    telling: JoinSet<()>,
}

/// Who tells what, and of whom.
pub(crate) struct TellerOptions {
    pub(crate) notifier: Arc<dyn Notifier>,
    pub(crate) feeds: Arc<dyn FeedHistory>,
    pub(crate) page: String,
}

/// What a look reads.
struct Read {
    slots: Vec<SlotRecord>,
    runs: Vec<SeenRun>,
    preflights: Vec<PreflightRecord>,
}

impl Teller {
    pub(crate) fn new(engine: Engine, options: TellerOptions) -> Self {
        Self {
            feeds: FeedWatch::new(engine.clone(), options.feeds),
            engine,
            notifier: options.notifier,
            raised: HashSet::new(),
            looked_at: None,
            is_outbox_stuck: false,
            paces: Paces::default(),
            blanks: Blanks::default(),
            budgets: (None, Vec::new()),
            page: options.page,
            receipts: HashSet::new(),
            receipts_failed: HashSet::new(),
            ways: Ways::default(),
            telling: JoinSet::new(),
        }
    }

    /// One look. What is new is logged, whatever other ways there are.
    pub(crate) async fn look(
        &mut self,
        pipelines: &[PipelineName],
        releases: &[Release],
        now: Instant,
    ) -> Result<(), EngineError> {
        if self.looked_at.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return Ok(());
        }
        self.looked_at = Some(Tick::now());
        self.settle_outbox().await;
        let read = self.read(pipelines, now).await?;
        let seen = Seen {
            slots: &read.slots,
            runs: &read.runs,
            preflights: &read.preflights,
            page: &self.page,
            now,
        };
        let mut found = find(&seen);
        self.look_at_budgets(&read.runs, releases, now).await?;
        found.extend(self.budgets.1.iter().cloned());
        let silent = self.feeds.silent(releases, now).await;
        let knows_feeds = silent.is_some();
        found.extend(silent.unwrap_or_default().iter().cloned());
        let keys: HashSet<String> = found.iter().map(|notice| notice.key.clone()).collect();
        // What is no longer found is over, or too old to be found again.
        self.raised.retain(|key| keys.contains(key));
        for notice in found {
            if self.raised.contains(&notice.key) {
                continue;
            }
            self.raise(&notice).await?;
            self.raised.insert(notice.key);
        }
        self.raise_receipts(&read.slots, releases, now).await?;
        self.tell(Lasting {
            keys,
            pipelines: pipelines.iter().cloned().collect(),
            looked_at: now,
            knows_feeds,
        });
        Ok(())
    }

    /// Finds budgets that are nearly used up, not with every look.
    async fn look_at_budgets(
        &mut self,
        runs: &[SeenRun],
        releases: &[Release],
        now: Instant,
    ) -> Result<(), EngineError> {
        if self.budgets.0.is_some_and(|at| at.elapsed() < BUDGETS_EVERY) {
            return Ok(());
        }
        // More than the longest month, so that it began within it in every zone.
        let spends = self.engine.store().spends(now.minus(MONTH)).await?;
        let mut found = Vec::new();
        for release in releases {
            let name = &release.pipeline.pipeline.name;
            let own = runs.iter().map(|seen| &seen.run);
            let own: Vec<&RunRecord> = own
                .filter(|run| run.pipeline == *name && !run.state.is_final())
                .collect();
            found.extend(near(release, &own, &spends, now));
        }
        self.budgets = (Some(Tick::now()), found);
        Ok(())
    }

    /// Has what is open told, and waits for nobody.
    fn tell(&mut self, lasting: Lasting) {
        while self.telling.try_join_next().is_some() {}
        let telling = Telling {
            engine: self.engine.clone(),
            notifier: Arc::clone(&self.notifier),
            ways: self.ways.clone(),
            lasting,
        };
        self.telling.spawn(telling.tell_open());
    }

    /// Lets what is being told come to its end: a message that was taken and is not stored as told comes twice.
    pub(crate) async fn finish(&mut self) {
        let told = async { while self.telling.join_next().await.is_some() {} };
        // A receiver that hangs is not waited for.
        let _ = tokio::time::timeout(FINISH_MAX, told).await;
    }

    /// A receipt for each slot whose day is decided, once a day and pipeline.
    async fn raise_receipts(
        &mut self,
        slots: &[SlotRecord],
        releases: &[Release],
        now: Instant,
    ) -> Result<(), EngineError> {
        let decided = slots.iter().filter(|slot| {
            now.since(slot.slot.nominal) <= RECEIPTS_BACK
                && receipt::has_receipt(slot.state, slot.reason.as_deref())
        });
        for slot in decided {
            let key = receipt::key(slot);
            let release = releases
                .iter()
                .find(|one| one.pipeline.pipeline.name == slot.pipeline);
            let Some(release) = release.filter(|_| !self.receipts.contains(&key)) else {
                continue;
            };
            match self.engine.receipt(slot, release, &self.page).await {
                Ok(receipt) => self.raise(&receipt).await?,
                // One run that cannot be read keeps no other from being told of.
                Err(error) if may_pass(&error) => {
                    if self.receipts_failed.insert(key.clone()) {
                        tracing::warn!(%error, key, "there is no receipt for now; it is tried again");
                    }
                    continue;
                }
                Err(error) => tracing::warn!(%error, key, "there is no receipt"),
            }
            self.receipts.insert(key);
        }
        let is_recent = |key: &String| slots.iter().any(|slot| receipt::key(slot) == *key);
        self.receipts.retain(is_recent);
        self.receipts_failed.retain(is_recent);
        Ok(())
    }

    /// An outbox that cannot be settled is in the way of answers only; the next look tries again.
    async fn settle_outbox(&mut self) {
        let settled = self.engine.settle_outbox().await;
        if let Err(error) = &settled
            && !self.is_outbox_stuck
        {
            tracing::warn!(%error, "the outbox is left as it is");
        }
        self.is_outbox_stuck = settled.is_err();
    }

    /// Stores a notice for each of its ways.
    async fn raise(&self, notice: &NoticeRecord) -> Result<(), EngineError> {
        let ways = self.notifier.ways(notice.kind);
        let mut is_new = ways.is_empty();
        for way in ways {
            let record = NoticeRecord {
                way: way.to_owned(),
                ..notice.clone()
            };
            let raised = self.engine.store().apply(Command::RaiseNotice(record)).await?;
            is_new |= raised == Applied::Taken(true);
        }
        if is_new {
            log(notice);
        }
        Ok(())
    }

    async fn read(&mut self, pipelines: &[PipelineName], now: Instant) -> Result<Read, EngineError> {
        let (mut slots, mut runs, mut preflights) = (Vec::new(), Vec::new(), Vec::new());
        let from = now.minus(HISTORY);
        for pipeline in pipelines {
            slots.extend(self.engine.store().slots(pipeline, from).await?);
            preflights.extend(self.engine.store().preflights(pipeline, from).await?);
        }
        for run in self.scheduled_runs(pipelines, from, now).await? {
            runs.push(self.seen(run).await?);
        }
        Ok(Read {
            slots,
            runs,
            preflights,
        })
    }

    /// Scheduled runs of these pipelines of which there may be something to tell, oldest first: those that are open, and
    /// those that ended since `from`, however old they are.
    async fn scheduled_runs(
        &self,
        pipelines: &[PipelineName],
        from: Instant,
        now: Instant,
    ) -> Result<Vec<RunRecord>, EngineError> {
        let mut runs = self.engine.store().open_runs().await?;
        runs.retain(|run| run.is_scheduled && may_be_told(run, now));
        // Read second: one that ends in between is in both, and as it ended counts.
        let ended = self.engine.store().ended_runs(from).await?;
        runs.retain(|run| ended.iter().all(|other| other.id != run.id));
        runs.extend(ended);
        runs.retain(|run| pipelines.contains(&run.pipeline));
        runs.sort_by_key(|run| run.created_at);
        Ok(runs)
    }

    async fn seen(&mut self, run: RunRecord) -> Result<SeenRun, EngineError> {
        // A decision is stored before the run takes it in.
        let is_undecided = run.issue == IssueState::Reviewed;
        let time = if is_undecided && run.waiting_for.contains(&WaitingFor::Approval) {
            // A release that this version cannot read has no deadline that could be told.
            self.engine.author_time(&run.id).await.unwrap_or_default()
        } else {
            None
        };
        let worked_at = if run.state == RunState::Running {
            let steps = self.engine.store().steps(&run.id, 0).await?;
            steps.last().map(|step| step.finished_at)
        } else {
            None
        };
        let too_fast = self.paces.judge(&self.engine, &run).await;
        let is_blank = self.blanks.of(&self.engine, &run).await?;
        let may_go_on = !run.state.is_final() || run.state == RunState::Failed;
        let stages = if may_go_on {
            self.engine.store().stages(&run.id).await?
        } else {
            Vec::new()
        };
        Ok(SeenRun {
            run,
            time,
            worked_at,
            too_fast,
            is_blank,
            stages,
        })
    }
}

/// Whether the next look may read what this one could not: the store failed, not what is stored.
fn may_pass(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::Store(
            StoreError::Database { .. }
                | StoreError::DiskFull { .. }
                | StoreError::Damaged { .. }
                | StoreError::Closed
        )
    )
}

fn log(notice: &NoticeRecord) {
    match notice.kind {
        NoticeKind::Started | NoticeKind::Succeeded | NoticeKind::Receipt | NoticeKind::Test => {
            tracing::info!(kind = %notice.kind, "{}", notice.message);
        }
        NoticeKind::Failed
        | NoticeKind::DidNotStart
        | NoticeKind::DidNotFinish
        | NoticeKind::SuspiciouslyFast
        | NoticeKind::FeedSilent
        | NoticeKind::BudgetNear
        | NoticeKind::Waits
        | NoticeKind::NotApproved
        | NoticeKind::Expired
        | NoticeKind::Superseded
        | NoticeKind::Preflight => tracing::warn!(kind = %notice.kind, "{}", notice.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_fails_costs_no_receipt_and_a_row_that_cannot_be_read_is_not_read_for_ever() {
        let failed = StoreError::Database {
            reason: "disk I/O error".to_owned(),
        };
        assert!(may_pass(&failed.into()));
        let broken = StoreError::Inconsistent {
            table: "artifact",
            column: "kind",
            id: "1".to_owned(),
        };
        assert!(!may_pass(&broken.into()));
        assert!(!may_pass(&EngineError::Release {
            run: "r".into(),
            reason: "it is not stored".to_owned(),
        }));
    }
}
