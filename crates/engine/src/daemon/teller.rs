//! Looks for what is worth telling and has it told, beside the planner: a receiver that hangs delays no run.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use copydesk_domain::{Instant, PipelineName, RunId, RunState, WaitingFor};
use copydesk_journal::Notifier;
use copydesk_store::{Applied, Command, NoticeRecord, RunRecord, SlotRecord};
use tokio::time::Instant as Tick;

use crate::error::EngineError;
use crate::notices::{Seen, SeenRun, find};
use crate::services::Engine;

/// Notices told in one go; the rest follows with the next look.
const TOLD_MAX: u32 = 100;
/// How far back slots are read.
const SLOTS_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);
/// Commits come in bursts; what is told can wait for a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// One notice takes no longer, whatever the receiver does.
const TELL_MAX: Duration = Duration::from_secs(30);

/// After a failure a way is left alone, twice as long each time, at most so long.
const PAUSE_FIRST: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_mins(15);
/// What could not be told for so long is given up: it is history.
const GIVE_UP: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);

/// Raises notices with each look, and tells what is open in a task of its own.
pub(crate) struct Teller {
    engine: Engine,
    notifier: Arc<dyn Notifier>,
    /// Keys that this process raised, so that a look writes only what is new.
    raised: HashSet<String>,
    looked_at: Option<Tick>,
    /// Whether the outbox failed at the last look, so that it is logged once.
    is_outbox_stuck: bool,
    pauses: Arc<Mutex<HashMap<String, Pause>>>,
    telling: Option<tokio::task::JoinHandle<()>>,
}

/// A way that failed.
#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Tick,
    length: Duration,
}

impl Teller {
    pub(crate) fn new(engine: Engine, notifier: Arc<dyn Notifier>) -> Self {
        Self {
            engine,
            notifier,
            raised: HashSet::new(),
            looked_at: None,
            is_outbox_stuck: false,
            pauses: Arc::default(),
            telling: None,
        }
    }

    /// One look. What is new is logged, whatever other ways there are.
    pub(crate) async fn look(&mut self, pipelines: &[PipelineName], now: Instant) -> Result<(), EngineError> {
        if self.looked_at.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return Ok(());
        }
        self.looked_at = Some(Tick::now());
        self.settle_outbox().await;
        let (slots, runs) = self.read(pipelines, now).await?;
        let seen = Seen {
            slots: &slots,
            runs: &runs,
            now,
        };
        let found = find(&seen);
        // What is no longer found is too old to be found again.
        self.raised
            .retain(|key| found.iter().any(|notice| notice.key == *key));
        for notice in found {
            if self.raised.contains(&notice.key) {
                continue;
            }
            self.raise(&notice).await?;
            self.raised.insert(notice.key);
        }
        if self
            .telling
            .as_ref()
            .is_none_or(tokio::task::JoinHandle::is_finished)
        {
            let telling = Telling {
                engine: self.engine.clone(),
                notifier: Arc::clone(&self.notifier),
                pauses: Arc::clone(&self.pauses),
            };
            self.telling = Some(tokio::spawn(telling.tell_open()));
        }
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

    async fn read(
        &self,
        pipelines: &[PipelineName],
        now: Instant,
    ) -> Result<(Vec<SlotRecord>, Vec<SeenRun>), EngineError> {
        let store = self.engine.store();
        let (mut slots, mut runs) = (Vec::new(), Vec::new());
        for pipeline in pipelines {
            slots.extend(store.slots(pipeline, now.minus(SLOTS_BACK)).await?);
        }
        let of_slots: Vec<RunId> = slots.iter().filter_map(|slot| slot.run.clone()).collect();
        for id in of_slots {
            if let Some(run) = store.run(&id).await? {
                runs.push(self.seen(run).await?);
            }
        }
        Ok((slots, runs))
    }

    async fn seen(&self, run: RunRecord) -> Result<SeenRun, EngineError> {
        let waits = if run.waiting_for.contains(&WaitingFor::Approval) {
            // A release that this version cannot read has no deadline that could be told.
            self.engine.author_time(&run).await.unwrap_or_default()
        } else {
            None
        };
        let worked_at = if run.state == RunState::Running {
            let steps = self.engine.store().steps(&run.id, 0).await?;
            steps.last().map(|step| step.finished_at)
        } else {
            None
        };
        Ok(SeenRun {
            run,
            waits,
            worked_at,
        })
    }
}

fn log(notice: &NoticeRecord) {
    use copydesk_domain::NoticeKind::{
        DidNotFinish, DidNotStart, Expired, Failed, NotApproved, Started, Succeeded, Waits,
    };
    match notice.kind {
        Started | Succeeded => tracing::info!(kind = %notice.kind, "{}", notice.message),
        DidNotFinish | DidNotStart | Expired | Failed | NotApproved | Waits => {
            tracing::warn!(kind = %notice.kind, "{}", notice.message);
        }
    }
}

/// Tells what is open.
struct Telling {
    engine: Engine,
    notifier: Arc<dyn Notifier>,
    pauses: Arc<Mutex<HashMap<String, Pause>>>,
}

impl Telling {
    /// Oldest first. A way that fails is left alone for a while; the others are told all the same.
    async fn tell_open(self) {
        let open = match self.engine.store().open_notices(TOLD_MAX).await {
            Ok(open) => open,
            Err(error) => {
                tracing::warn!(%error, "notices cannot be read");
                return;
            }
        };
        for notice in open {
            let is_history = self.engine.clock().now().since(notice.raised_at) > GIVE_UP;
            if is_history || self.tell(&notice).await {
                self.settle(&notice).await;
            }
        }
    }

    /// Whether somebody was told.
    async fn tell(&self, notice: &NoticeRecord) -> bool {
        let pause = self.pause_of(&notice.way);
        if pause.is_some_and(|pause| pause.until > Tick::now()) {
            return false;
        }
        let reason = match tokio::time::timeout(TELL_MAX, self.notifier.tell(notice)).await {
            Ok(Ok(())) => {
                self.pauses().remove(&notice.way);
                return true;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        let length = pause.map_or(PAUSE_FIRST, |pause| (2 * pause.length).min(PAUSE_MAX));
        let until = Tick::now() + length;
        self.pauses().insert(notice.way.clone(), Pause { until, length });
        tracing::warn!(way = %notice.way, key = %notice.key, reason, again_in = ?length, "nobody could be told");
        false
    }

    async fn settle(&self, notice: &NoticeRecord) {
        let settle = Command::SettleNotice {
            key: notice.key.clone(),
            way: notice.way.clone(),
            at: self.engine.clock().now(),
        };
        if let Err(error) = self.engine.store().apply(settle).await {
            tracing::warn!(%error, key = %notice.key, "a notice was told and is not stored as told");
        }
    }

    fn pause_of(&self, way: &str) -> Option<Pause> {
        self.pauses().get(way).copied()
    }

    fn pauses(&self) -> std::sync::MutexGuard<'_, HashMap<String, Pause>> {
        self.pauses.lock().expect("no holder of this lock panics")
    }
}
