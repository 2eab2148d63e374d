//! A store, a clock, an engine and a daemon to start and stop.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use copydesk_config::{Pipeline, Release, shipped};
use copydesk_domain::{Instant, PipelineName, RunId, SlotState};
use copydesk_engine::daemon::{Daemon, DaemonHandle, DaemonOptions, Heartbeat, Loaded};
use copydesk_engine::{Engine, Services};
use copydesk_journal::{Silent, Stage};
use copydesk_store::{RunRecord, SlotRecord, Store};
use copydesk_store_memory::MemoryStore;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::ahead::Ahead;
use crate::mails::Mails;
use crate::silence::Silence;
use crate::stubs::{HandClock, Notices, Script, StubChannels, StubStage, StubTools};

/// Longer than any test waits for something that comes.
const PATIENCE: Duration = Duration::from_secs(20);

/// For how long a finished run can be replayed here.
pub const RETENTION: jiff::SignedDuration = jiff::SignedDuration::from_hours(90 * 24);

/// A pipeline `daily` of all stages; `settings` go into `[pipeline]`.
pub fn daily(settings: &str) -> Pipeline {
    let text = format!(
        r#"
        [pipeline]
        name = "daily"
        schedule = "0 5 * * *"
        time_zone = "Europe/Berlin"
        {settings}
        [[stage]]
        agent = "research"
        at = "05:00"
        worth_until = "11:00"
        [[stage]]
        agent = "draft"
        at = "07:00"
        worth_until = "14:00"
        [[stage]]
        agent = "review"
        at = "09:00"
        worth_until = "18:00"
        [[stage]]
        agent = "engagement"
        at = "19:00"
        "#
    );
    toml::from_str(&text).expect("a pipeline")
}

/// A pipeline `own` of two custom stages; the second needs the first, which wants an approval.
pub fn own() -> Pipeline {
    let text = r#"
        [pipeline]
        name = "own"
        [[stage]]
        agent = "custom"
        name = "digest"
        approval = true
        [[stage]]
        agent = "custom"
        name = "posts"
        "#;
    toml::from_str(text).expect("a pipeline")
}

/// The prompt of the one task that a stub stage asks.
const PROMPT: &str = "engagement/open_questions.md";

pub fn release(pipeline: Pipeline) -> Release {
    Release {
        version: "0".to_owned(),
        checker: "3".to_owned(),
        config: toml::from_str(shipped::config()).expect("the shipped config"),
        pipeline,
        prompts: [(
            PROMPT.to_owned(),
            shipped::text(&format!("prompts/{PROMPT}"))
                .expect("it is shipped")
                .to_owned(),
        )]
        .into(),
        schemas: std::collections::BTreeMap::new(),
        voice: String::new(),
    }
}

/// Everything that outlives a process, and the script of the stages.
pub struct House {
    pub store: MemoryStore,
    pub clock: Arc<HandClock>,
    pub script: Arc<Script>,
    pub mails: Arc<Mails>,
    pub notices: Arc<Notices>,
    pub ahead: Arc<Ahead>,
    /// What the loader reads; an error is a broken file.
    pub workspace: Arc<Mutex<Result<Vec<Release>, String>>>,
}

/// A daemon at work.
pub struct Process {
    pub engine: Engine,
    pub handle: DaemonHandle,
    pub heartbeat: Heartbeat,
    shutdown: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl House {
    pub fn new(now: &str, pipeline: Pipeline) -> Self {
        Self {
            store: MemoryStore::new(),
            clock: HandClock::at(now),
            script: Arc::new(Script::default()),
            mails: Arc::default(),
            notices: Arc::default(),
            ahead: Arc::default(),
            workspace: Arc::new(Mutex::new(Ok(vec![release(pipeline)]))),
        }
    }

    pub fn engine(&self, shutdown: watch::Receiver<bool>) -> Engine {
        let stages = ["research", "draft", "review", "engagement", "custom"].map(|agent| {
            let stage: Arc<dyn Stage> = Arc::new(StubStage {
                agent,
                script: Arc::clone(&self.script),
            });
            (agent, stage)
        });
        Engine::new(Services {
            store: Arc::new(self.store.clone()),
            clock: Arc::clone(&self.clock) as _,
            tools: Arc::new(StubTools(Arc::clone(&self.script))),
            models: Arc::new(Silence(Arc::clone(&self.script))),
            progress: Arc::new(Silent),
            stages: stages.into_iter().collect(),
            channels: Arc::new(StubChannels(Arc::clone(&self.script))),
            answers: self.mails.clone(),
            owner: "house".to_owned(),
            shutdown,
        })
    }

    /// Starts a process.
    pub fn start(&self) -> Process {
        let (shutdown, receiver) = watch::channel(false);
        let engine = self.engine(receiver.clone());
        let workspace = Arc::clone(&self.workspace);
        let loader = Arc::new(move || {
            let releases = workspace.lock().expect("no holder panics").clone()?;
            Ok(Loaded {
                releases,
                notes: Vec::new(),
                unread: Vec::new(),
            })
        });
        let daemon = Daemon::new(
            engine.clone(),
            DaemonOptions {
                loader,
                notifier: self.notices.clone(),
                retention: RETENTION,
                preflight: self.ahead.clone(),
                feeds: self.ahead.clone(),
                page: "http://127.0.0.1:7420".to_owned(),
                advances_max: 4,
            },
        );
        let handle = daemon.handle();
        let heartbeat = daemon.heartbeat();
        let task = tokio::spawn(daemon.run(receiver));
        Process {
            engine,
            handle,
            heartbeat,
            shutdown,
            task,
        }
    }

    /// Notices that wait for a way.
    pub async fn open_by(&self, way: &str) -> usize {
        let open = self.store.open_notices(100).await.expect("notices");
        open.iter().filter(|notice| notice.way == way).count()
    }

    pub async fn rows(&self) -> Vec<SlotRecord> {
        self.store
            .slots(&PipelineName::new("daily"), Instant::from_micros(0))
            .await
            .expect("slots")
    }

    /// Outcomes of the slots, as `05-12:03:00 ran`: day, hour and minute in UTC.
    pub async fn outcomes(&self) -> Vec<String> {
        let rows = self.rows().await;
        let line = |row: &SlotRecord| {
            format!(
                "{} {}",
                row.slot.nominal.timestamp().strftime("%m-%d:%H:%M"),
                row.state
            )
        };
        rows.iter().map(line).collect()
    }

    pub async fn runs(&self) -> Vec<RunRecord> {
        let mut runs = self.store.runs(None, 100).await.expect("runs");
        runs.sort_by_key(|run| run.slot.as_ref().map(|slot| slot.nominal));
        runs
    }

    /// Waits until the newest run is as asked for.
    pub async fn until_run(&self, is_there: impl Fn(&RunRecord) -> bool) -> RunId {
        self.until(|| async {
            self.runs()
                .await
                .last()
                .filter(|run| is_there(run))
                .map(|run| run.id.clone())
        })
        .await
    }

    /// Waits until the newest slot has this state.
    pub async fn until_slot(&self, state: SlotState) {
        self.until(|| async {
            self.rows()
                .await
                .last()
                .filter(|row| row.state == state)
                .map(|_| ())
        })
        .await;
    }

    /// Waits, by notification, until `look` finds something.
    pub async fn until<T, F: Future<Output = Option<T>>>(&self, look: impl Fn() -> F) -> T {
        let mut changes = self.store.changes();
        let found = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = look().await {
                    return found;
                }
                // Steps of a stub are not all commits.
                let _ = tokio::time::timeout(Duration::from_millis(100), changes.changed()).await;
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(found) => found,
            Err(error) => panic!(
                "{error}: it never came: {:#?} {:?}",
                self.runs().await,
                self.outcomes().await
            ),
        }
    }
}

impl Process {
    /// Sets the clock and has the daemon look.
    pub fn at(&self, house: &House, now: &str) {
        house.clock.set(now);
        self.handle.wake();
    }

    /// Lets the daemon look a few times, to see that nothing happens.
    pub async fn idle(&self) {
        for _ in 0..3 {
            self.handle.wake();
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Ends it as a kill would: the daemon's task is gone, and with it those that it started.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// Ends it; the time it took.
    pub async fn stop(self) -> Duration {
        let started = std::time::Instant::now();
        let _ = self.shutdown.send(true);
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("it stops")
            .expect("it does not panic");
        started.elapsed()
    }
}
