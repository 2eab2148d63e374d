//! A machine with its disk, and a day's life on it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use copydesk_config::{Environment, Pipeline, Release, Workspace};
use copydesk_domain::{Decision, Instant, IssueState, MicroUsd, PipelineName, RunId, WaitingFor};
use copydesk_engine::daemon::{Daemon, DaemonHandle, DaemonOptions, Loaded};
use copydesk_engine::{Engine, Services};
use copydesk_journal::{AfterDoubt, Silent, Stage, ToolError};
use copydesk_store::{Command, RunRecord, Store};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::failing::Failing;
use super::{Day, FIRST_DAY, heard};
use crate::ahead::Ahead;
use crate::mails::Mails;
use crate::stubs::{HandClock, Nothing, Notices, Script, StubChannels, StubStage, StubTools};
use crate::targets::{Fault, Target};

/// Longer than anything that comes takes to come; the longest pause after a failure is ten seconds here.
const PATIENCE: Duration = Duration::from_mins(1);
fn pipeline() -> Pipeline {
    serde_json::from_value(json!({
        "pipeline": { "name": "daily", "schedule": "0 5 * * *", "time_zone": "Europe/Berlin" },
        "stage": [
            { "agent": "research", "at": "05:00:00", "worth_until": "11:00:00" },
            { "agent": "draft", "at": "07:00:00", "worth_until": "14:00:00" },
            { "agent": "review", "at": "09:00:00", "worth_until": "18:00:00" },
            { "agent": "engagement", "at": "19:00:00" },
        ],
    }))
    .expect("a pipeline")
}

fn release() -> Release {
    Release {
        version: "0".to_owned(),
        checker: "3".to_owned(),
        config: config(),
        pipeline: pipeline(),
        prompts: BTreeMap::new(),
        schemas: BTreeMap::new(),
        voice: String::new(),
    }
}

/// The shipped config, read as any folder's is.
fn config() -> copydesk_config::Config {
    let folder = tempfile::tempdir().unwrap();
    copydesk_config::init(folder.path()).unwrap();
    Workspace::load(folder.path(), &Environment::empty())
        .unwrap()
        .config
}

/// A machine with its disk, and what its stages do.
pub struct Machine {
    path: PathBuf,
    clock: Arc<HandClock>,
    script: Arc<Script>,
    notices: Arc<Notices>,
    ahead: Arc<Ahead>,
    pub target: Arc<Target>,
    release: Release,
    process: Option<Process>,
    pub date: Date,
}

/// A process on it.
pub struct Process {
    pub store: Arc<Failing>,
    engine: Engine,
    handle: DaemonHandle,
    shutdown: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Machine {
    pub fn new(path: PathBuf) -> Self {
        let script = Arc::new(Script::default());
        let target = Target::new("site", AfterDoubt::LookUp, &[]);
        script.targets.lock().unwrap().push(Arc::clone(&target));
        Self {
            path,
            clock: HandClock::at("2026-02-10T00:00:00Z"),
            script,
            notices: Arc::default(),
            ahead: Arc::default(),
            target,
            release: release(),
            process: None,
            date: FIRST_DAY,
        }
    }

    /// Starts a process: it opens the database anew.
    pub async fn start(&mut self) {
        let store = Arc::new(Failing::open(&self.path).await);
        let stages = ["research", "draft", "review", "engagement"].map(|agent| {
            let script = Arc::clone(&self.script);
            (agent, Arc::new(StubStage { agent, script }) as Arc<dyn Stage>)
        });
        let (shutdown, receiver) = watch::channel(false);
        let engine = Engine::new(Services {
            store: store.clone(),
            clock: Arc::clone(&self.clock) as _,
            tools: Arc::new(StubTools(Arc::clone(&self.script))),
            models: Arc::new(Nothing),
            progress: Arc::new(Silent),
            stages: stages.into_iter().collect(),
            channels: Arc::new(StubChannels(Arc::clone(&self.script))),
            answers: Arc::new(Mails::default()),
            owner: "soak".to_owned(),
            shutdown: receiver.clone(),
        });
        let loaded = Loaded {
            releases: vec![self.release.clone()],
            notes: Vec::new(),
            unread: Vec::new(),
        };
        let daemon = Daemon::new(
            engine.clone(),
            DaemonOptions {
                loader: Arc::new(move || Ok(loaded.clone())),
                notifier: self.notices.clone(),
                preflight: self.ahead.clone(),
                feeds: self.ahead.clone(),
                page: "http://127.0.0.1:7420".to_owned(),
                advances_max: 4,
                // Nothing is pruned, so that what a day stores can be seen.
                retention: jiff::SignedDuration::from_hours(24 * 3650),
            },
        );
        let handle = daemon.handle();
        let task = tokio::spawn(daemon.run(receiver));
        self.process = Some(Process {
            store,
            engine,
            handle,
            shutdown,
            task,
        });
    }

    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("it runs")
    }

    fn engine(&self) -> &Engine {
        &self.process().engine
    }

    /// Ends the process as a kill would, and starts the next one.
    async fn kill(&mut self) {
        let process = self.process.take().expect("it runs");
        process.task.abort();
        let _ = process.task.await;
        drop((process.engine, process.store));
        self.start().await;
    }

    /// Ends the process as a service manager would, and starts the next one.
    async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    pub async fn stop(&mut self) {
        let process = self.process.take().expect("it runs");
        process.shutdown.send_replace(true);
        tokio::time::timeout(PATIENCE, process.task)
            .await
            .expect("it stops")
            .expect("it does not panic");
    }

    /// An instant of the day on the clocks of the pipeline's zone.
    pub fn instant(&self, hour: i8, minute: i8) -> Instant {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let local = self.date.at(hour, minute, 0, 0).to_zoned(zone).unwrap();
        Instant::from_timestamp(local.timestamp())
    }

    pub fn set(&self, at: Instant) {
        self.clock.set(&at.to_string());
        self.process().handle.wake();
    }

    async fn newest(&self) -> Option<RunRecord> {
        let runs = self.process().store.runs(None, 3).await.ok()?;
        runs.into_iter()
            .max_by_key(|run| run.slot.as_ref().map(|slot| slot.nominal))
    }

    /// Waits, by notification, until today's run is as asked for.
    async fn until_today(&self, is_there: impl Fn(&RunRecord) -> bool) -> RunId {
        let nominal = self.instant(5, 0);
        self.until(async || {
            let run = self.newest().await?;
            let is_of_today = run.slot.as_ref().map(|slot| slot.nominal) == Some(nominal);
            (is_of_today && is_there(&run)).then_some(run.id)
        })
        .await
    }

    pub async fn until<T>(&self, look: impl AsyncFn() -> Option<T>) -> T {
        let mut changes = self.process().store.changes();
        let found = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = look().await {
                    return found;
                }
                let _ = tokio::time::timeout(Duration::from_millis(50), changes.changed()).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, found).await;
        let Ok(found) = waited else {
            panic!("{}: it never came: {:#?}", self.date, self.newest().await);
        };
        found
    }

    /// Waits until today's slot is skipped because its run failed; the run still has its evening to come.
    async fn skipped_today(&self) -> RunId {
        let nominal = self.instant(5, 0);
        self.until(async || {
            let name = PipelineName::new("daily");
            let rows = self.process().store.slots(&name, nominal).await.ok()?;
            let row = rows.into_iter().find(|row| row.slot.nominal == nominal)?;
            let has_failed = row.reason.as_deref()?.starts_with("the run failed");
            row.run.filter(|_| has_failed)
        })
        .await
    }

    /// Half past nine: the night was slept through, so research, draft and review run in one go.
    async fn at_the_gate(&self) -> RunId {
        self.set(self.instant(9, 30));
        self.until_today(|run| run.waiting_for == [WaitingFor::Approval])
            .await
    }

    async fn approve(&self, run: &RunId) {
        let now = Some(jiff::SignedDuration::ZERO);
        // A disk that fails just then is for the author to try again.
        while self.engine().approve(run, None, None, now).await.is_err() {}
    }

    async fn published(&self, run: &RunId) {
        self.until(async || {
            let run = self.process().store.run(run).await.ok()??;
            (run.issue == IssueState::Published).then_some(())
        })
        .await;
    }

    async fn approved_and_published(&self, run: &RunId) {
        self.approve(run).await;
        self.published(run).await;
    }

    /// Has research hang and waits for it.
    async fn hang_in_research(&self) {
        self.script.holds_research.send_replace(true);
        self.set(self.instant(9, 30));
        self.until(async || (self.script.diary.count("research/2 begun") > 0).then_some(()))
            .await;
    }

    /// Research is let go on, by the next process.
    async fn go_on(&self) {
        self.script.holds_research.send_replace(false);
        let run = self
            .until_today(|run| run.waiting_for == [WaitingFor::Approval])
            .await;
        self.approved_and_published(&run).await;
    }

    /// Lives one day.
    pub async fn live(&mut self, day: Day) {
        self.script.diary.clear();
        self.notices.told.lock().unwrap().clear();
        self.notices.receipts.lock().unwrap().clear();
        match day {
            Day::Approved => {
                let run = self.at_the_gate().await;
                self.approved_and_published(&run).await;
            }
            Day::Unapproved => _ = self.at_the_gate().await,
            Day::SentBack => self.send_back().await,
            Day::Rejected => {
                let run = self.at_the_gate().await;
                let no = self.engine().decide_issue(&run, Decision::Rejected, None, None);
                no.await.unwrap();
            }
            Day::ResearchFails => self.fail_in_research().await,
            Day::ToolFails => self.fail_at_a_tool().await,
            Day::KilledInResearch => {
                self.hang_in_research().await;
                self.kill().await;
                self.go_on().await;
            }
            Day::StoppedInResearch => {
                self.hang_in_research().await;
                self.restart().await;
                self.go_on().await;
            }
            Day::StagePanics => self.panic_in_research().await,
            Day::StoreFails => self.fail_at_the_disk().await,
            Day::ClockBack | Day::ClockTo2038 | Day::ClockADayAhead => self.jump(day).await,
            Day::AsleepForThreeDays => {
                self.date = self.date.checked_add(jiff::Span::new().days(3)).unwrap();
                let run = self.at_the_gate().await;
                self.approved_and_published(&run).await;
            }
            Day::CutOnTheWayBack | Day::CutOnTheWayThere | Day::KilledAfterTheCall => {
                self.break_the_channel(day).await;
            }
        }
    }

    async fn fail_in_research(&self) {
        self.script.fails_research.send_replace(true);
        self.set(self.instant(9, 30));
        self.skipped_today().await;
        self.script.fails_research.send_replace(false);
    }

    async fn panic_in_research(&self) {
        self.script.panics_research.send_replace(true);
        self.set(self.instant(9, 30));
        self.until(async || (self.script.diary.count("research panics") > 0).then_some(()))
            .await;
        self.script.panics_research.send_replace(false);
        self.go_on().await;
    }

    async fn send_back(&self) {
        let run = self.at_the_gate().await;
        let note = Some("shorter".to_owned());
        let sent_back = self.engine().decide_issue(&run, Decision::SentBack, None, note);
        sent_back.await.unwrap();
        self.until(async || (self.script.diary.count("review/3") == 2).then_some(()))
            .await;
        self.until_today(|run| run.waiting_for == [WaitingFor::Approval])
            .await;
        self.approved_and_published(&run).await;
    }

    async fn fail_at_a_tool(&self) {
        let error = ToolError::Closed {
            server: "other".to_owned(),
            reason: "it ended".to_owned(),
            is_repeatable: false,
        };
        *self.script.tool_error.lock().unwrap() = Some(error);
        self.set(self.instant(9, 30));
        let run = self.skipped_today().await;
        assert!(
            self.script.diary.count("called other/post") > 0,
            "the tool failed"
        );
        *self.script.tool_error.lock().unwrap() = None;
        let retry = Command::Retry {
            run: run.clone(),
            budget_extra: MicroUsd::ZERO,
            embedded_only: false,
            at: self.instant(9, 31),
        };
        self.process().store.apply(retry).await.unwrap();
        self.until_today(|run| run.waiting_for == [WaitingFor::Approval])
            .await;
        self.approved_and_published(&run).await;
    }

    async fn fail_at_the_disk(&self) {
        let store = &self.process().store;
        let before = store.fired.load(Ordering::SeqCst);
        store.left.store(2, Ordering::SeqCst);
        let run = self.at_the_gate().await;
        assert_eq!(
            store.fired.load(Ordering::SeqCst),
            before + 2,
            "the disk failed twice"
        );
        self.approved_and_published(&run).await;
    }

    async fn jump(&mut self, day: Day) {
        let run = self.at_the_gate().await;
        match day {
            Day::ClockBack => self.look_at(self.instant(8, 30)).await,
            Day::ClockTo2038 => {
                let before = heard::doubted();
                self.look_at("2038-01-19T03:14:08Z".parse().unwrap()).await;
                self.until(async || (heard::doubted() > before).then_some(()))
                    .await;
            }
            _ => {
                // The next day begins by a wrong clock, and its run takes the place of today's.
                self.date = self.date.tomorrow().unwrap();
                let next = self.at_the_gate().await;
                self.date = self.date.yesterday().unwrap();
                self.look_at(self.instant(9, 30)).await;
                self.approved_and_published(&next).await;
                self.date = self.date.tomorrow().unwrap();
                return;
            }
        }
        self.look_at(self.instant(9, 31)).await;
        self.approved_and_published(&run).await;
    }

    /// Sets the clock and waits until the daemon has looked at it and found it set.
    async fn look_at(&self, at: Instant) {
        let before = heard::moved();
        self.set(at);
        self.until(async || (heard::moved() > before).then_some(())).await;
    }

    async fn break_the_channel(&mut self, day: Day) {
        let before = self.target.fired().len();
        self.target.break_next(match day {
            Day::CutOnTheWayBack => Fault::CutAfter,
            Day::CutOnTheWayThere => Fault::CutBefore,
            _ => Fault::DeathAfter,
        });
        let run = self.at_the_gate().await;
        self.approve(&run).await;
        if day == Day::KilledAfterTheCall {
            tokio::time::timeout(PATIENCE, self.target.dying.notified())
                .await
                .expect("the call is made");
            self.kill().await;
        }
        self.published(&run).await;
        assert_eq!(self.target.fired().len(), before + 1, "the fault fired");
    }
}
