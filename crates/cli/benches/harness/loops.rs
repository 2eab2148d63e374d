//! A loop that makes the calls and commits of runs and nothing else, in a process of its own; by which means is its own
//! matter.

use std::future::Future;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use copydesk_store::Shared;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::driver::{Load, Sample};
use crate::process::{self, Usage};
use crate::stub::{CALLS, STAGES, StubProcess};

/// Writes that share a commit at most, as in the product.
pub const BATCH_MAX: usize = 64;

/// A call as the product made it.
#[derive(Debug, Clone, Deserialize)]
pub struct Recorded {
    pub kind: String,
    pub body: String,
    pub session: Option<String>,
    pub version: Option<String>,
}

/// What came of a call.
pub struct Answer {
    /// What a loop needs of it.
    pub outcome: Vec<u8>,
    /// The reply of a model as it came, or as its crate gives it, which its recording keeps; none of a tool.
    pub reply: Option<Vec<u8>>,
}

/// A row to store.
pub struct Row {
    /// The number of its run.
    pub run: u32,
    /// Its name in the run.
    pub key: String,
    /// An outcome or an artifact.
    pub body: Vec<u8>,
    /// The recording of a call to a model: of the request what differs from the one before it in its stage, and the reply.
    /// The words beside it that the product keeps, who answered and when, are left out.
    pub recording: Option<Vec<u8>>,
}

/// A row on its way, and whom to tell.
pub struct Write {
    /// The row.
    pub row: Row,
    /// Told after its commit.
    pub stored: oneshot::Sender<()>,
}

/// By what calls are made and rows are stored.
pub trait Means: Clone + Send + Sync + 'static {
    /// Makes the call at this place of a run.
    fn call(&self, place: usize) -> impl Future<Output = anyhow::Result<Answer>> + Send;

    /// Where rows go.
    fn rows(&self) -> &mpsc::Sender<Write>;
}

/// Where a loop's process works.
pub struct Place {
    /// The stub, `127.0.0.1:PORT`.
    pub host: String,
    /// The database, which is not there yet.
    pub database: std::path::PathBuf,
    /// The calls of a run in their order.
    pub calls: Arc<[Recorded]>,
    /// Commits so far.
    pub commits: Arc<AtomicU64>,
}

/// What the process says at its end.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    times_us: Vec<u64>,
    lasted_us: u64,
    cpu_us: u64,
    written: u64,
    memory: u64,
    commits: u64,
}

/// A load on the loop of this name.
pub fn sample(name: &str, stub: &StubProcess, at: &Path, load: Load) -> anyhow::Result<Sample> {
    let said = run_process(name, stub, at, load)?;
    let times = said
        .times_us
        .iter()
        .map(|us| Duration::from_micros(*us))
        .collect();
    let used = Usage {
        cpu: Duration::from_micros(said.cpu_us),
        written: said.written,
    };
    let lasted = Duration::from_micros(said.lasted_us);
    Ok(Sample::of(times, lasted, used, said.memory, said.commits))
}

/// From the start of the process to the end of its first run.
pub fn first_run(name: &str, stub: &StubProcess, at: &Path) -> anyhow::Result<Duration> {
    let started = Instant::now();
    run_process(name, stub, at, Load { at_once: 1, runs: 0 })?;
    Ok(started.elapsed())
}

fn run_process(name: &str, stub: &StubProcess, at: &Path, load: Load) -> anyhow::Result<Said> {
    let dir = tempfile::tempdir_in(at)?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg(name)
        .arg(&stub.host)
        .arg(dir.path())
        .args([load.at_once.to_string(), load.runs.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut text = String::new();
    child.stdout.take().context("a pipe")?.read_to_string(&mut text)?;
    ensure!(child.wait()?.success(), "the loop `{name}` failed");
    Ok(serde_json::from_str(&text)?)
}

/// The process: `HOST DIR AT_ONCE RUNS`. One run more than asked for warms it up.
pub async fn main<M: Means>(
    arguments: &[String],
    open: impl AsyncFnOnce(Place) -> anyhow::Result<M>,
) -> anyhow::Result<()> {
    let [host, dir, at_once, runs] = arguments else {
        bail!("HOST DIR AT_ONCE RUNS");
    };
    let recorded = reqwest::get(format!("http://{host}/recorded")).await?;
    let calls: Arc<[Recorded]> = recorded.json::<Vec<Recorded>>().await?.into();
    ensure!(calls.len() == STAGES * CALLS, "the product has to run first");
    let commits = Arc::new(AtomicU64::new(0));
    let place = Place {
        host: host.clone(),
        database: Path::new(dir).join("loop.db"),
        calls,
        commits: Arc::clone(&commits),
    };
    let own = own_parts(&place.calls);
    let worker = Worker {
        means: open(place).await?,
        own,
        next: Arc::new(AtomicU32::new(0)),
    };
    worker.one_run().await?;
    let (before, used) = (commits.load(Ordering::Relaxed), Usage::of(std::process::id())?);
    let started = Instant::now();
    let left = Arc::new(AtomicUsize::new(runs.parse()?));
    let workers = (0..at_once.parse()?).map(|_| tokio::spawn(worker.clone().work(Arc::clone(&left))));
    let mut times_us = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        times_us.extend(worker.await??);
    }
    let lasted = started.elapsed();
    let used = Usage::of(std::process::id())?.since(used);
    let said = Said {
        times_us,
        lasted_us: micros(lasted),
        cpu_us: micros(used.cpu),
        written: used.written,
        memory: process::memory(std::process::id())?,
        commits: commits.load(Ordering::Relaxed) - before,
    };
    println!("{}", serde_json::to_string(&said)?);
    Ok(())
}

/// Of each request to a model what the one before it in its stage does not have, as the product keeps it; found once, which
/// the product has to do for each call.
fn own_parts(calls: &[Recorded]) -> Arc<[Vec<u8>]> {
    let stage = |calls: &[Recorded]| {
        let mut before: &[u8] = &[];
        let own = calls.iter().map(|call| {
            if call.kind != "model" {
                return Vec::new();
            }
            let request = call.body.as_bytes();
            let shared = Shared::of(before, request);
            before = request;
            let own = shared.own(request);
            own.map(<[u8]>::to_vec).unwrap_or_default()
        });
        own.collect::<Vec<_>>()
    };
    calls.chunks(CALLS).flat_map(stage).collect()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[derive(Clone)]
struct Worker<M> {
    means: M,
    /// By place of a call.
    own: Arc<[Vec<u8>]>,
    next: Arc<AtomicU32>,
}

impl<M: Means> Worker<M> {
    async fn work(self, left: Arc<AtomicUsize>) -> anyhow::Result<Vec<u64>> {
        let mut times = Vec::new();
        let take = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        while take().is_ok() {
            let started = Instant::now();
            self.one_run().await?;
            times.push(micros(started.elapsed()));
        }
        Ok(times)
    }

    /// A run: its row, each outcome, each artifact, the approval and the end.
    async fn one_run(&self) -> anyhow::Result<()> {
        let run = self.next.fetch_add(1, Ordering::Relaxed);
        let store = |key: String, body, recording| {
            let row = Row {
                run,
                key,
                body,
                recording,
            };
            self.store(row)
        };
        store("start".to_owned(), Vec::new(), None).await?;
        for stage in 0..STAGES {
            let mut artifact = Vec::new();
            for number in 0..CALLS {
                let place = stage * CALLS + number;
                let answer = self.means.call(place).await?;
                let own = self.own[place].as_slice();
                let recording = answer.reply.map(|reply| [own, reply.as_slice()].concat());
                artifact.clone_from(&answer.outcome);
                store(format!("{stage}/{number}"), answer.outcome, recording).await?;
            }
            store(format!("{stage}/artifact"), artifact, None).await?;
        }
        store("approval".to_owned(), Vec::new(), None).await?;
        store("end".to_owned(), Vec::new(), None).await
    }

    /// Stores a row, durably.
    async fn store(&self, row: Row) -> anyhow::Result<()> {
        let (stored, told) = oneshot::channel();
        let write = Write { row, stored };
        let sent = self.means.rows().send(write).await;
        sent.ok().context("the writer has ended")?;
        Ok(told.await?)
    }
}
