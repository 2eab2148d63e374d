//! The loop.

use std::sync::Arc;
use std::time::Duration;

use copydesk_domain::{Instant, PipelineName, RunId, SlotState};
use copydesk_store::{Command, RunRecord, Slot};
use tokio::sync::{Notify, watch};
use tokio::time::Instant as Tick;

use crate::daemon::beat::Beat;
use crate::daemon::desk::Desk;
use crate::daemon::heartbeat::{Beating, Heartbeat};
use crate::daemon::in_order::InOrder;
use crate::daemon::ledger::LedgerReader;
use crate::daemon::options::DaemonOptions;
use crate::daemon::outage::{Failed, Outage};
use crate::daemon::pace::Pace;
use crate::daemon::pool::Pool;
use crate::daemon::preflights::Preflights;
use crate::daemon::pruner::Pruner;
use crate::daemon::ready::GRACE;
use crate::daemon::teller::{Teller, TellerOptions};
use crate::error::EngineError;
use crate::planner::{Action, Ledger, ScheduleView, ahead, due, jump, next_wake};
use crate::services::Engine;
use crate::start::StartParams;

/// After a failed look, such as one at a store whose disk is full.
const PAUSE: Duration = Duration::from_secs(5);
/// While the clock is not believed.
const DOUBT: Duration = Duration::from_secs(30);
/// How long in-flight advances get to end at a shutdown.
const DRAIN_MAX: Duration = Duration::from_secs(9);
/// Plans in a row within one look: verdict, supersede, open, and the verdict on what was superseded.
const PLANS_MAX: usize = 6;

/// Runs the day by itself.
pub struct Daemon {
    engine: Engine,
    desk: Desk,
    ledger: LedgerReader,
    pool: Pool,
    preflights: Preflights,
    teller: Teller,
    pruner: Pruner,
    beating: Beating,
    outage: Outage,
    wake: Arc<Notify>,
    looked_at: (Instant, Tick),
    /// Whether the clock was believed at the last look, so that a doubt is logged once.
    is_clock_doubted: bool,
    /// Why a slot could not be handled in this look.
    left: Option<String>,
}

/// Wakes a running daemon.
#[derive(Clone)]
pub struct DaemonHandle {
    wake: Arc<Notify>,
}

impl DaemonHandle {
    /// Asks for a look now, at the workspace too.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

impl Daemon {
    /// A daemon over an engine.
    pub fn new(engine: Engine, options: DaemonOptions) -> Self {
        let looked_at = (engine.clock().now(), Tick::now());
        let teller = TellerOptions {
            notifier: Arc::clone(&options.notifier),
            feeds: Arc::clone(&options.feeds),
            page: options.page,
        };
        Self {
            desk: Desk::new(options.loader),
            ledger: LedgerReader::default(),
            pool: Pool::new(engine.clone(), options.advances_max),
            outage: Outage::new(engine.clone(), options.notifier),
            pruner: Pruner::new(engine.clone(), options.retention),
            beating: Beating::new(),
            preflights: Preflights::new(engine.clone(), options.preflight, Arc::clone(&options.feeds)),
            teller: Teller::new(engine.clone(), teller),
            wake: Arc::new(Notify::new()),
            engine,
            is_clock_doubted: false,
            left: None,
            looked_at,
        }
    }

    /// A handle on it.
    pub fn handle(&self) -> DaemonHandle {
        DaemonHandle {
            wake: Arc::clone(&self.wake),
        }
    }

    /// Where its pulse can be felt.
    pub fn heartbeat(&self) -> Heartbeat {
        self.beating.heartbeat()
    }

    /// Runs until `shutdown` turns true or its sender is gone, and then at most ten seconds more. `shutdown` is to be
    /// the signal that the engine's services were given too, so that no step begins any more, and those under way end
    /// within a few seconds or as interrupted.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let _beat = Beat::start(Arc::clone(&self.wake));
        let mut changes = self.engine.store().changes();
        let mut pace = Pace::default();
        while !*shutdown.borrow() {
            if pace.is_due() {
                changes.borrow_and_update();
                if pace.takes_reload() {
                    self.desk.reload().await;
                }
                let sleep = self.look_or_log().await;
                pace.looked(sleep);
            }
            let nudges = Arc::clone(&self.engine.nudges);
            tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                () = self.wake.notified() => pace.asked(),
                runs = nudges.next() => {
                    self.pool.put_off(runs);
                    self.move_nudged();
                }
                () = self.pool.next_ended() => {
                    pace.changed();
                    self.move_nudged();
                }
                Ok(()) = changes.changed() => {
                    self.outage.over();
                    pace.changed();
                }
                () = tokio::time::sleep_until(pace.next()) => {}
            }
        }
        tokio::join!(self.pool.drain(DRAIN_MAX), self.teller.finish());
    }

    async fn look_or_log(&mut self) -> Duration {
        match self.look().await {
            Ok(sleep) => sleep,
            Err(error) => {
                tracing::error!(%error, "the planner could not look; it tries again");
                self.beating.failed(error.to_string());
                if let Some(pipeline) = self.desk.pipelines(&[]).into_iter().min() {
                    self.outage.see(&error, Failed { pipeline, run: None });
                }
                PAUSE
            }
        }
    }

    /// One look: plan, carry out, move runs. Answers how long to sleep.
    async fn look(&mut self) -> Result<Duration, EngineError> {
        self.notice_jump();
        self.engine.watch_clock().await?;
        if !self.believes_clock() {
            return Ok(DOUBT);
        }
        self.pool.refill();
        self.left = None;
        let schedules = self.plan().await?;
        let now = self.engine.clock().now();
        let open = self.engine.store().open_runs().await?;
        let again = self.pool.advance_due(&open, now);
        if let Some((run, error)) = self.pool.take_failure()
            && let Some(record) = open.iter().find(|record| record.id == run)
        {
            let pipeline = record.pipeline.clone();
            self.outage.see(
                &error,
                Failed {
                    pipeline,
                    run: Some(run),
                },
            );
        }
        let pipelines: Vec<PipelineName> = schedules.iter().map(|view| view.pipeline.clone()).collect();
        let releases = self.desk.releases();
        if let Err(error) = self.preflights.begin_due(&schedules, releases, now).await {
            tracing::warn!(%error, "there is no look ahead for now");
        }
        if let Err(error) = self.teller.look(&pipelines, releases, now).await {
            // Nobody is told for now; the day itself goes on.
            tracing::warn!(%error, "what is worth telling could not be looked for");
        }
        self.pruner.look(now);
        let is_waiting = |run: &&RunRecord| !run.waiting_for.is_empty();
        let waiting = open.iter().filter(is_waiting).count();
        self.beating.looked(open.len(), waiting, self.left.take());
        let fresh = open
            .iter()
            .filter(|run| !run.is_scheduled)
            .map(|run| run.created_at.plus(GRACE));
        let wakes: Vec<Instant> = open.iter().filter_map(|run| run.wake_at).chain(fresh).collect();
        let sleep = next_wake(&schedules, &wakes, now).since(now);
        let sleep = Duration::try_from(sleep).unwrap_or(PAUSE);
        Ok(again.map_or(sleep, |again| again.min(sleep)))
    }

    fn notice_jump(&mut self) {
        let (wall, tick) = (self.engine.clock().now(), Tick::now());
        let (wall_before, tick_before) = std::mem::replace(&mut self.looked_at, (wall, tick));
        if let Some(moved) = jump(wall_before, wall, tick.duration_since(tick_before)) {
            self.pruner.doubt(moved, wall);
            tracing::warn!(%moved, from = %wall_before, to = %wall, "the clock was set, or the machine slept; planning anew");
            self.preflights.clock_moved(moved, wall);
            self.ledger.start_over();
        }
    }

    /// Moves what was nudged, unless the clock shows what cannot be: that waits for the next look by a better one.
    fn move_nudged(&mut self) {
        if self.engine.require_clock().is_ok() {
            self.pool.refill();
        }
    }

    /// While the clock shows what cannot be, nothing is planned and no run is moved: what a wrong time skips or expires
    /// would stay so. The loop goes round all the same, and says so.
    fn believes_clock(&mut self) -> bool {
        let was_doubted = self.is_clock_doubted;
        let Err(doubt) = self.engine.require_clock() else {
            self.is_clock_doubted = false;
            if was_doubted {
                tracing::info!(clock = %self.looked_at.0, "the clock is believed again");
            }
            return true;
        };
        self.is_clock_doubted = true;
        if !was_doubted {
            tracing::error!("{doubt}; nothing is planned until it is set, or has stood for ten minutes");
        }
        self.beating.doubted(doubt.to_string());
        false
    }

    /// Plans and carries out until nothing is left to do.
    async fn plan(&mut self) -> Result<Vec<ScheduleView>, EngineError> {
        let mut schedules = Vec::new();
        for _ in 0..PLANS_MAX {
            let now = self.engine.clock().now();
            let controls = self.engine.store().controls().await?;
            schedules = self.desk.schedules(&self.engine, &controls, now).await?;
            let open = self.engine.store().open_runs().await?;
            let pipelines = self.desk.pipelines(&controls);
            let ledger = self.ledger.read(&self.engine, &pipelines, &open, now).await?;
            if self.forget_the_future(&ledger, now).await? {
                continue;
            }
            let actions = due(&schedules, &ledger, now);
            if actions.is_empty() {
                return Ok(schedules);
            }
            if !self.carry_out_all(actions).await {
                return Ok(schedules);
            }
        }
        // What is left is planned by the next look, which the commits just made wake at once.
        Ok(schedules)
    }

    /// Removes rows that a clock which was ahead made; whether there were any.
    async fn forget_the_future(&self, ledger: &Ledger, now: Instant) -> Result<bool, EngineError> {
        let pipelines = ahead(ledger, now);
        for pipeline in &pipelines {
            tracing::warn!(%pipeline, "slots after now have verdicts without a run; they are forgotten");
            let forget = Command::ForgetSlots {
                pipeline: pipeline.clone(),
                after: now,
            };
            self.engine.store().apply(forget).await?;
        }
        Ok(!pipelines.is_empty())
    }

    /// Carries out what was planned, in its order; whether all of it worked.
    async fn carry_out_all(&mut self, actions: Vec<Action>) -> bool {
        let mut order = InOrder::of(actions);
        while let Some(some) = order.next() {
            let pipelines: Vec<_> = some.iter().map(|action| action.pipeline().clone()).collect();
            let result = match <[Action; 1]>::try_from(some) {
                Ok([action]) => self.carry_out(action).await,
                Err(verdicts) => self.settle(&verdicts).await,
            };
            if !self.note(pipelines[0].clone(), result) {
                order.fail(pipelines);
            }
        }
        order.has_worked()
    }

    /// Verdicts in one commit.
    async fn settle(&self, verdicts: &[Action]) -> Result<(), EngineError> {
        let commands = verdicts.iter().filter_map(verdict_row).collect();
        let answers = self.engine.store().apply_all(commands).await;
        answers.into_iter().try_for_each(|answer| Ok(answer.map(|_| ())?))
    }

    /// Whether an action worked; one that did not is tried again with the next look.
    fn note(&mut self, pipeline: PipelineName, result: Result<(), EngineError>) -> bool {
        let Err(error) = result else { return true };
        tracing::warn!(%error, "a slot could not be handled; it is tried again");
        self.left = Some(error.to_string());
        self.outage.see(&error, Failed { pipeline, run: None });
        false
    }

    async fn carry_out(&self, action: Action) -> Result<(), EngineError> {
        match action {
            Action::OpenSlot {
                pipeline,
                slot,
                is_late,
            } => self.open_slot(pipeline, slot, is_late).await,
            Action::Queue {
                pipeline,
                slot,
                reason,
            } => {
                self.put_slot(pipeline, slot, SlotState::Pending, Some(reason), None)
                    .await
            }
            action @ Action::Settle { .. } => self.settle(&[action]).await,
            Action::Supersede { run, by, .. } => self.engine.supersede(&run, &by).await,
        }
    }

    /// Row first, then the run, then the run in the row: after a death in between the row is found without its run,
    /// and the slot's one run is made or found again.
    async fn open_slot(&self, pipeline: PipelineName, slot: Slot, is_late: bool) -> Result<(), EngineError> {
        let Some(start) = self.desk.start(&pipeline) else {
            return Ok(());
        };
        self.put_slot(pipeline.clone(), slot.clone(), SlotState::Pending, None, None)
            .await?;
        let run = self
            .engine
            .start(StartParams {
                slot: Some(slot.clone()),
                ..start
            })
            .await?;
        tracing::info!(%pipeline, nominal = %slot.nominal, is_late, %run, "slot opened");
        self.put_slot(pipeline, slot, SlotState::Pending, None, Some(run))
            .await
    }

    async fn put_slot(
        &self,
        pipeline: PipelineName,
        slot: Slot,
        state: SlotState,
        reason: Option<String>,
        run: Option<RunId>,
    ) -> Result<(), EngineError> {
        self.engine
            .store()
            .apply(Command::PutSlot {
                pipeline,
                slot,
                state,
                reason,
                run,
            })
            .await?;
        Ok(())
    }
}

/// The row of a verdict; none for what is no verdict.
fn verdict_row(action: &Action) -> Option<Command> {
    let Action::Settle {
        pipeline,
        slot,
        state,
        reason,
        run,
    } = action.clone()
    else {
        return None;
    };
    tracing::info!(%pipeline, nominal = %slot.nominal, %state, ?reason, "slot settled");
    Some(Command::PutSlot {
        pipeline,
        slot,
        state,
        reason,
        run,
    })
}

/// Ends when the signal is set, or when nobody is left to set it.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|is_set| *is_set).await;
}
