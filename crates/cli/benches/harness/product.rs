//! The daemon under measurement.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::folder::{self, PROGRAM};
use crate::process;
use crate::stub::StubProcess;

/// Until the daemon listens.
const START_MAX: Duration = Duration::from_secs(20);
/// A daemon that has been asked to stop.
const STOP_MAX: Duration = Duration::from_secs(15);

/// A running daemon in a folder of its own.
pub struct Product {
    child: Child,
    base: String,
    token: String,
    client: reqwest::Client,
    dir: tempfile::TempDir,
}

impl Product {
    /// Starts one in a new folder below `at`, and makes a run to warm it up.
    pub async fn start(stub: &StubProcess, at: &Path) -> anyhow::Result<Self> {
        let product = Self::start_cold(stub, at).await?;
        product.one_run().await?;
        Ok(product)
    }

    async fn start_cold(stub: &StubProcess, at: &Path) -> anyhow::Result<Self> {
        let (dir, port, token) = prepare(stub, at)?;
        let child = spawn(dir.path())?;
        let product = Self {
            child,
            base: format!("http://127.0.0.1:{port}"),
            token,
            client: reqwest::Client::new(),
            dir,
        };
        product.until_it_listens().await?;
        Ok(product)
    }

    /// Ends it, and starts another in its folder: what is left is what the database holds.
    pub async fn start_anew(&mut self) -> anyhow::Result<()> {
        self.end()?;
        self.child = spawn(self.dir.path())?;
        self.until_it_listens().await?;
        self.one_run().await
    }

    async fn until_it_listens(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_MAX {
            if self
                .client
                .get(format!("{}/readyz", self.base))
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the daemon does not listen")
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts a run, awaits its gate, approves it, awaits its end.
    pub async fn one_run(&self) -> anyhow::Result<()> {
        let started = self.post("/api/runs", &json!({ "pipeline": "bench" })).await?;
        let run = started["run"].as_str().context("a run has an id")?;
        let waiting = self
            .get(&format!("/api/runs/{run}?wait=waiting&timeout_s=300"))
            .await?;
        ensure!(waiting["waiting_for"] == json!(["approval"]), "{waiting}");
        let hash = json!({ "hash": waiting["approval"]["hash"] });
        self.post(&format!("/api/runs/{run}/approve"), &hash).await?;
        let done = self
            .get(&format!("/api/runs/{run}?wait=completed&timeout_s=300"))
            .await?;
        ensure!(done["state"] == "completed", "{done}");
        ensure!(
            (&done["model_calls"], &done["tool_calls"]) == (&json!(12), &json!(12)),
            "{done}"
        );
        Ok(())
    }

    /// Commits of the store so far.
    pub async fn commits(&self) -> anyhow::Result<u64> {
        let text = self
            .client
            .get(format!("{}/metrics", self.base))
            .send()
            .await?
            .text()
            .await?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("copydesk_store_commits_total "));
        let count = line.context("the metrics count commits")?;
        Ok(count.trim().parse()?)
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(self.client.get(format!("{}{path}", self.base))).await
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(self.client.post(format!("{}{path}", self.base)).json(body))
            .await
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let response = request.bearer_auth(&self.token).send().await?;
        let status = response.status();
        let body: Value = response.json().await?;
        ensure!(status.is_success(), "{status}: {body}");
        Ok(body)
    }

    /// Ends it as a service manager would.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.end()
    }

    fn end(&mut self) -> anyhow::Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let asked = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(asked.elapsed() < STOP_MAX, "the daemon does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn prepare(stub: &StubProcess, at: &Path) -> anyhow::Result<(tempfile::TempDir, u16, String)> {
    let dir = tempfile::tempdir_in(at)?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    folder::make(dir.path(), &stub.host, port)?;
    let token = folder::token(dir.path())?;
    Ok((dir, port, token))
}

fn spawn(dir: &Path) -> anyhow::Result<Child> {
    let mut command = Command::new(PROGRAM);
    command.arg("-C").arg(dir).arg("daemon");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.spawn()?)
}

/// From the start of the process to the end of its first run.
pub async fn first_run(stub: &StubProcess, at: &Path) -> anyhow::Result<Duration> {
    let (dir, port, token) = prepare(stub, at)?;
    // The client loads the system's certificates; that is no part of the product's start.
    let client = reqwest::Client::new();
    let started = Instant::now();
    let product = Product {
        child: spawn(dir.path())?,
        base: format!("http://127.0.0.1:{port}"),
        token,
        client,
        dir,
    };
    product.until_it_listens().await?;
    product.one_run().await?;
    let lasted = started.elapsed();
    product.stop()?;
    Ok(lasted)
}

/// Memory of a daemon that nobody has asked for anything, in bytes.
pub async fn idle(stub: &StubProcess, at: &Path, after: Duration) -> anyhow::Result<u64> {
    let product = Product::start_cold(stub, at).await?;
    tokio::time::sleep(after).await;
    process::memory(product.id())
}
