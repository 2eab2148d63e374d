//! The bare loop: the same calls and commits, and nothing else.
//!
//! One thread owns SQLite (WAL, `synchronous = FULL`, prepared statements) and commits what has come in since its last
//! commit. A run waits for the commit of each outcome before its next call.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::driver::{Load, Sample};
use crate::process::{self, Usage};
use crate::stub::StubProcess;

/// Stages of a run.
const STAGES: usize = 4;
/// Writes that share a commit at most, as in the product.
const BATCH_MAX: usize = 64;

/// A call as the product made it.
#[derive(Debug, Clone, Deserialize)]
struct Recorded {
    kind: String,
    body: String,
    session: Option<String>,
    version: Option<String>,
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

/// A load on the bare loop, in a process of its own.
pub fn sample(stub: &StubProcess, at: &Path, load: Load) -> anyhow::Result<Sample> {
    let said = run_process(stub, at, load)?;
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
pub fn first_run(stub: &StubProcess, at: &Path) -> anyhow::Result<Duration> {
    let started = Instant::now();
    run_process(stub, at, Load { at_once: 1, runs: 0 })?;
    Ok(started.elapsed())
}

fn run_process(stub: &StubProcess, at: &Path, load: Load) -> anyhow::Result<Said> {
    let dir = tempfile::tempdir_in(at)?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("bare")
        .arg(&stub.host)
        .arg(dir.path())
        .args([load.at_once.to_string(), load.runs.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut text = String::new();
    child.stdout.take().context("a pipe")?.read_to_string(&mut text)?;
    ensure!(child.wait()?.success(), "the bare loop failed");
    Ok(serde_json::from_str(&text)?)
}

/// The process: `HOST DIR AT_ONCE RUNS`. One run more than asked for warms it up.
pub async fn main(arguments: &[String]) -> anyhow::Result<()> {
    let [host, dir, at_once, runs] = arguments else {
        bail!("HOST DIR AT_ONCE RUNS");
    };
    let client = reqwest::Client::new();
    let recorded = client.get(format!("http://{host}/recorded")).send().await?;
    let calls: Arc<[Recorded]> = recorded.json::<Vec<Recorded>>().await?.into();
    ensure!(!calls.is_empty(), "the product has to run first");
    let (rows, queue) = mpsc::channel(4 * BATCH_MAX);
    let commits = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&commits);
    let path = Path::new(dir).join("bare.db");
    let writer = std::thread::spawn(move || write(&path, queue, &counted));
    let bare = Bare {
        client,
        host: host.clone(),
        calls,
        rows,
        next: Arc::new(AtomicU32::new(0)),
    };
    bare.one_run().await?;
    let (before, used) = (commits.load(Ordering::Relaxed), Usage::of(std::process::id())?);
    let started = Instant::now();
    let left = Arc::new(AtomicUsize::new(runs.parse()?));
    let workers = (0..at_once.parse()?).map(|_| tokio::spawn(bare.clone().work(Arc::clone(&left))));
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
    drop(bare);
    writer.join().expect("the writer does not panic")
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A row to store, and whom to tell.
struct Write {
    run: u32,
    key: String,
    body: Vec<u8>,
    stored: oneshot::Sender<()>,
}

fn write(path: &Path, mut queue: mpsc::Receiver<Write>, commits: &AtomicU64) -> anyhow::Result<()> {
    let db = Connection::open(path)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         CREATE TABLE body (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
         CREATE TABLE step (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, key TEXT NOT NULL,
                            body INTEGER NOT NULL REFERENCES body (id), UNIQUE (run, key));",
    )?;
    let mut body = db.prepare("INSERT INTO body (bytes) VALUES (?1)")?;
    let mut step = db.prepare("INSERT INTO step (run, key, body) VALUES (?1, ?2, ?3)")?;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        db.execute_batch("BEGIN IMMEDIATE")?;
        for row in &batch {
            body.execute(params![row.body])?;
            step.execute(params![row.run, row.key, db.last_insert_rowid()])?;
        }
        db.execute_batch("COMMIT")?;
        commits.fetch_add(1, Ordering::Relaxed);
        for row in batch.drain(..) {
            let _ = row.stored.send(());
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Bare {
    client: reqwest::Client,
    host: String,
    calls: Arc<[Recorded]>,
    rows: mpsc::Sender<Write>,
    next: Arc<AtomicU32>,
}

impl Bare {
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
        self.store(run, "start".to_owned(), Vec::new()).await?;
        for stage in 0..STAGES {
            let mut artifact = Vec::new();
            for (number, call) in self.calls.iter().enumerate() {
                let outcome = self.call(call).await?;
                artifact.clone_from(&outcome);
                self.store(run, format!("{stage}/{number}"), outcome).await?;
            }
            self.store(run, format!("{stage}/artifact"), artifact).await?;
        }
        self.store(run, "approval".to_owned(), Vec::new()).await?;
        self.store(run, "end".to_owned(), Vec::new()).await
    }

    /// Posts what the product posted, and takes out of the answer what a loop needs.
    async fn call(&self, call: &Recorded) -> anyhow::Result<Vec<u8>> {
        let path = if call.kind == "model" {
            "/v1/chat/completions"
        } else {
            "/mcp"
        };
        let mut request = self
            .client
            .post(format!("http://{}{path}", self.host))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(call.body.clone());
        if let Some(session) = &call.session {
            request = request.header("mcp-session-id", session);
        }
        if let Some(version) = &call.version {
            request = request.header("mcp-protocol-version", version);
        }
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        let outcome = if call.kind == "model" {
            &answer["choices"][0]["message"]
        } else {
            &answer["result"]
        };
        Ok(serde_json::to_vec(outcome)?)
    }

    async fn store(&self, run: u32, key: String, body: Vec<u8>) -> anyhow::Result<()> {
        let (stored, told) = oneshot::channel();
        let row = Write {
            run,
            key,
            body,
            stored,
        };
        self.rows.send(row).await.ok().context("the writer has ended")?;
        Ok(told.await?)
    }
}
