//! Looks for what is worth telling and has it told, beside the planner: a receiver that hangs delays no run.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use copydesk_domain::{Instant, PipelineName, WaitingFor};
use copydesk_journal::Notifier;
use copydesk_store::{Applied, Command, NoticeRecord, Store};

use crate::error::EngineError;
use crate::notices::{Seen, SeenRun, find};
use crate::services::Engine;

/// Slots and runs that are looked at: more than two days of any sensible schedule.
const RUNS_MAX: u32 = 50;
/// Notices told in one go; the rest follows with the next look.
const TOLD_MAX: u32 = 20;
/// How far back slots are read.
const SLOTS_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);
/// Commits come in bursts; what is told can wait for a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// One notice takes no longer, whatever the receiver does.
const TELL_MAX: Duration = Duration::from_secs(30);

/// Raises notices with each look, and tells what is open in a task of its own.
pub(crate) struct Teller {
    engine: Engine,
    notifier: Arc<dyn Notifier>,
    /// Keys that this process raised, so that a look writes only what is new.
    raised: HashSet<String>,
    looked_at: Option<tokio::time::Instant>,
    telling: Option<tokio::task::JoinHandle<()>>,
}

impl Teller {
    pub(crate) fn new(engine: Engine, notifier: Arc<dyn Notifier>) -> Self {
        Self {
            engine,
            notifier,
            raised: HashSet::new(),
            looked_at: None,
            telling: None,
        }
    }

    /// One look. What is new is logged, whatever other ways there are.
    pub(crate) async fn look(&mut self, pipelines: &[PipelineName], now: Instant) -> Result<(), EngineError> {
        if self.looked_at.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return Ok(());
        }
        self.looked_at = Some(tokio::time::Instant::now());
        let (slots, runs) = self.read(pipelines, now).await?;
        let seen = Seen {
            slots: &slots,
            runs: &runs,
            now,
        };
        let store = self.engine.store();
        for notice in find(&seen) {
            if !self.raised.insert(notice.key.clone()) {
                continue;
            }
            let raised = store.apply(Command::RaiseNotice(notice.clone())).await?;
            if raised == Applied::Taken(true) {
                log(&notice);
            }
        }
        if self
            .telling
            .as_ref()
            .is_none_or(tokio::task::JoinHandle::is_finished)
        {
            let (store, notifier) = (Arc::clone(store), Arc::clone(&self.notifier));
            self.telling = Some(tokio::spawn(tell_open(store, notifier, now)));
        }
        Ok(())
    }

    async fn read(
        &self,
        pipelines: &[PipelineName],
        now: Instant,
    ) -> Result<(Vec<copydesk_store::SlotRecord>, Vec<SeenRun>), EngineError> {
        let store = self.engine.store();
        let mut slots = Vec::new();
        for pipeline in pipelines {
            slots.extend(store.slots(pipeline, now.minus(SLOTS_BACK)).await?);
        }
        let mut runs = Vec::new();
        let newest = store.runs(None, RUNS_MAX).await?;
        for run in newest.into_iter().filter(|run| run.is_scheduled) {
            let waits = if run.waiting_for.contains(&WaitingFor::Approval) {
                self.engine.author_time(&run).await?
            } else {
                None
            };
            runs.push(SeenRun { run, waits });
        }
        Ok((slots, runs))
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

/// Tells what is open, oldest first. What cannot be told stays open and is told with a later look.
async fn tell_open(store: Arc<dyn Store>, notifier: Arc<dyn Notifier>, now: Instant) {
    let open = match store.open_notices(TOLD_MAX).await {
        Ok(open) => open,
        Err(error) => {
            tracing::warn!(%error, "notices cannot be read");
            return;
        }
    };
    for notice in open {
        let told = tokio::time::timeout(TELL_MAX, notifier.tell(&notice)).await;
        match told {
            Ok(Ok(())) => {
                let settle = Command::SettleNotice {
                    key: notice.key.clone(),
                    at: now,
                };
                if let Err(error) = store.apply(settle).await {
                    tracing::warn!(%error, key = %notice.key, "a notice was told and is not stored as told");
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, key = %notice.key, "nobody could be told; it is tried again");
                return;
            }
            Err(_) => {
                tracing::warn!(key = %notice.key, "telling took too long; it is tried again");
                return;
            }
        }
    }
}
