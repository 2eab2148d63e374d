//! What the tests share: a store in memory, a clock that stands still, the corpus server, a hub.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use copydesk_config::{Blanks, McpServerConfig, Secret};
use copydesk_domain::artifact::Artifact;
use copydesk_domain::{Clock, ContentHash, Instant, PipelineName, Round, RunId, StageName};
use copydesk_journal::{ToolName, ToolReply, Tools};
use copydesk_net::{Allow, GuardedClient, HostPort, Options, trusted_client};
use copydesk_store::{
    Applied, ArchiveRecord, AuthorNote, Command, DecisionRecord, EndpointRecord, ExchangeBodies,
    ExchangeCount, ExchangeRecord, FeedState, ImportedIssue, LabelRecord, LogLine, NoticeRecord,
    OutboxRecord, PipelineControl, PreflightRecord, PruningRecord, RunRecord, SearchHit, SlotRecord,
    SnapshotRecord, SpendRecord, StageRecord, StepRecord, Store, StoreError, StoredOutcome, TokenRecord,
    TrustRecord, WholeRun,
};
use copydesk_tools::{Hub, HubOptions, ServerDeps, bundled};
use serde_json::Value;
use tokio::sync::watch;

/// A clock that a test moves.
#[derive(Debug)]
pub struct Hands(Mutex<Instant>);

impl Hands {
    pub fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(text.parse().unwrap())))
    }

    pub fn forward(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(jiff::SignedDuration::from_secs(seconds));
    }
}

impl Clock for Hands {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }
}

/// The few things of a store that tools use; anything else fails.
#[derive(Debug, Default)]
pub struct Shelf {
    pub feeds: Mutex<HashMap<String, FeedState>>,
    pub trusted: Mutex<BTreeMap<String, TrustRecord>>,
    pub archive: Mutex<Vec<ArchiveRecord>>,
    /// What a search fails with.
    pub fails: Mutex<Option<StoreError>>,
}

const UNUSED: StoreError = StoreError::Closed;

#[async_trait]
impl Store for Shelf {
    async fn apply_all(&self, commands: Vec<Command>) -> Vec<Result<Applied, StoreError>> {
        let apply = |command| match command {
            Command::PutFeedState(state) => {
                self.feeds.lock().unwrap().insert(state.url.clone(), state);
                Ok(Applied::Done)
            }
            Command::NoteFeedAnswer { url, moved_to, at } => {
                let mut feeds = self.feeds.lock().unwrap();
                let state = feeds.get_mut(&url);
                if let Some(state) = state {
                    state.moved_to = moved_to;
                    state.retry_at = None;
                    state.answered_at = at;
                }
                Ok(Applied::Done)
            }
            Command::TrustTool(record) => {
                self.trusted.lock().unwrap().insert(record.tool.clone(), record);
                Ok(Applied::Done)
            }
            _ => Err(UNUSED),
        };
        commands.into_iter().map(apply).collect()
    }

    async fn own_runs(&self, _: &PipelineName, _: u32) -> Result<Vec<RunRecord>, StoreError> {
        Err(UNUSED)
    }

    async fn imported_issues(
        &self,
        _: Instant,
        _: Instant,
        _: u32,
    ) -> Result<Vec<ImportedIssue>, StoreError> {
        Err(UNUSED)
    }

    async fn whole_run(&self, _: &RunId) -> Result<Option<WholeRun>, StoreError> {
        Err(UNUSED)
    }

    fn run_changes(&self, _: &RunId) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    async fn open_notices(&self, _: u32) -> Result<Vec<NoticeRecord>, StoreError> {
        Ok(Vec::new())
    }

    async fn last_pruning(&self) -> Result<Option<PruningRecord>, StoreError> {
        Ok(None)
    }

    async fn preflights(&self, _: &PipelineName, _: Instant) -> Result<Vec<PreflightRecord>, StoreError> {
        Err(UNUSED)
    }

    async fn trusted_tools(&self) -> Result<Vec<TrustRecord>, StoreError> {
        Ok(self.trusted.lock().unwrap().values().cloned().collect())
    }

    async fn exchanges(&self, _: &RunId) -> Result<Vec<ExchangeRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn exchange_bodies(
        &self,
        _: &RunId,
        _: &StageName,
        _: Round,
    ) -> Result<Vec<ExchangeBodies>, StoreError> {
        Err(UNUSED)
    }
    async fn exchange_counts(&self, _: Instant) -> Result<Vec<ExchangeCount>, StoreError> {
        Err(UNUSED)
    }
    async fn endpoints(&self) -> Result<Vec<EndpointRecord>, StoreError> {
        Err(UNUSED)
    }

    async fn feed_state(&self, url: &str) -> Result<Option<FeedState>, StoreError> {
        Ok(self.feeds.lock().unwrap().get(url).cloned())
    }

    async fn search(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        if let Some(error) = &*self.fails.lock().unwrap() {
            return Err(error.clone());
        }
        let archive = self.archive.lock().unwrap();
        let found = archive
            .iter()
            .filter(|record| record.text.inspect().contains(query))
            .take(limit as usize);
        let hit = |record: &ArchiveRecord| SearchHit {
            hash: record.hash,
            kind: record.kind.clone(),
            title: record.title.clone(),
            url: record.url.clone(),
            at: record.at,
            excerpt: record.text.clone(),
        };
        Ok(found.map(hit).collect())
    }

    async fn past_issues(&self, _: u32) -> Result<Vec<SnapshotRecord>, StoreError> {
        Err(UNUSED)
    }

    async fn archived(&self, hash: &ContentHash) -> Result<Option<ArchiveRecord>, StoreError> {
        Ok(self
            .archive
            .lock()
            .unwrap()
            .iter()
            .find(|record| record.hash == *hash)
            .cloned())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    async fn run(&self, _: &RunId) -> Result<Option<RunRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn runs(&self, _: Option<&PipelineName>, _: u32) -> Result<Vec<RunRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn open_runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn ended_runs(&self, _: Instant) -> Result<Vec<RunRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn newest_run_at(&self, _: Instant) -> Result<Option<Instant>, StoreError> {
        Err(UNUSED)
    }
    async fn stages(&self, _: &RunId) -> Result<Vec<StageRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn steps(&self, _: &RunId, _: i64) -> Result<Vec<StepRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn outcomes(&self, _: &RunId, _: &StageName, _: Round) -> Result<Vec<StoredOutcome>, StoreError> {
        Err(UNUSED)
    }
    async fn logs(&self, _: &RunId) -> Result<Vec<LogLine>, StoreError> {
        Err(UNUSED)
    }
    async fn artifact(&self, _: &ContentHash) -> Result<Option<Artifact>, StoreError> {
        Err(UNUSED)
    }
    async fn body(&self, _: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        Err(UNUSED)
    }
    async fn snapshot(&self, _: &ContentHash) -> Result<Option<SnapshotRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn snapshot_of_url(&self, _: &str) -> Result<Option<SnapshotRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn decisions(&self, _: &RunId) -> Result<Vec<DecisionRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn outbox(&self, _: &RunId) -> Result<Vec<OutboxRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn slots(&self, _: &PipelineName, _: Instant) -> Result<Vec<SlotRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn slots_of_interest(&self, _: &PipelineName, _: Instant) -> Result<Option<Instant>, StoreError> {
        Err(UNUSED)
    }
    async fn controls(&self) -> Result<Vec<PipelineControl>, StoreError> {
        Err(UNUSED)
    }
    async fn notes(&self, _: Instant) -> Result<Vec<AuthorNote>, StoreError> {
        Err(UNUSED)
    }
    async fn labels(&self, _: &PipelineName, _: Instant) -> Result<Vec<LabelRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn tokens(&self, _: copydesk_store::TokenKind) -> Result<Vec<TokenRecord>, StoreError> {
        Err(UNUSED)
    }

    async fn counts(&self, _: copydesk_store::CountParams) -> Result<copydesk_store::Counts, StoreError> {
        Err(UNUSED)
    }

    async fn token(&self, _: &ContentHash) -> Result<Option<TokenRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn spends(&self, _: Instant) -> Result<Vec<SpendRecord>, StoreError> {
        Err(UNUSED)
    }
    async fn run_spends(&self, _: &RunId) -> Result<Vec<SpendRecord>, StoreError> {
        Err(UNUSED)
    }
}

/// What each server of a house was given and must not be heard repeating.
pub const PLANTED: &str = "planted-secret-0123";

/// Lines of stderr that are kept: some servers never stop.
const STDERR_LINES_MAX: usize = 1_000;

/// A hub with all bundled servers, and what it stands on.
pub struct House {
    pub hub: Hub,
    pub shelf: Arc<Shelf>,
    pub clock: Arc<Hands>,
    pub deps: ServerDeps,
    pub stderr: Arc<Mutex<Vec<String>>>,
}

/// A house whose guarded client may reach `allow` beside public addresses.
pub fn house(servers: BTreeMap<String, McpServerConfig>, allow: &[&str]) -> House {
    house_on(Arc::new(Shelf::default()), servers, allow)
}

/// A house of a pipeline that names a Maildir.
pub fn house_with_mail(maildir: &Path) -> House {
    let named = maildir.to_str().unwrap().to_owned();
    build(Arc::new(Shelf::default()), BTreeMap::new(), &[], vec![named])
}

/// The same on a given store.
pub fn house_on(shelf: Arc<Shelf>, servers: BTreeMap<String, McpServerConfig>, allow: &[&str]) -> House {
    build(shelf, servers, allow, Vec::new())
}

#[expect(
    clippy::disallowed_methods,
    reason = "python3 is found through the test's own environment"
)]
fn build(
    shelf: Arc<Shelf>,
    servers: BTreeMap<String, McpServerConfig>,
    allow: &[&str],
    maildirs: Vec<String>,
) -> House {
    copydesk_net::install_crypto();
    let clock = Hands::at("2026-08-20T12:00:00Z");
    let client = GuardedClient::new(Options::new(Allow::parse(allow).unwrap(), "copydesk-test/1"));
    let deps = ServerDeps {
        store: shelf.clone(),
        client,
        clock: clock.clone(),
        folder: std::env::temp_dir(),
        maildirs: Arc::new(move || maildirs.clone()),
        desk: None,
    };
    let hosts: Vec<HostPort> = servers
        .values()
        .filter_map(|server| HostPort::of_url(server.url.as_deref()?).ok())
        .collect();
    let stderr: Arc<Mutex<Vec<String>>> = Arc::default();
    let lines = Arc::clone(&stderr);
    let child_env = ["PATH", "HOME"].map(|name| (name.to_owned(), std::env::var(name).unwrap_or_default()));
    let hub = Hub::new(HubOptions {
        servers,
        secrets: Blanks::of([Secret::new(PLANTED)]),
        child_env: child_env.into(),
        guard: None,
        bundled: bundled(&deps),
        store: shelf.clone(),
        http: trusted_client(&hosts).unwrap(),
        clock: clock.clone(),
        stderr: Arc::new(move |server, line| {
            let mut lines = lines.lock().unwrap();
            if lines.len() < STDERR_LINES_MAX {
                lines.push(format!("{server}: {line}"));
            }
        }),
    });
    House {
        hub,
        shelf,
        clock,
        deps,
        stderr,
    }
}

impl House {
    /// Calls a tool that everything allows.
    pub async fn call(&self, tool: &str, arguments: Value) -> ToolReply {
        self.try_call(tool, arguments).await.unwrap()
    }

    /// The same with its error.
    pub async fn try_call(
        &self,
        tool: &str,
        arguments: Value,
    ) -> Result<ToolReply, copydesk_journal::ToolError> {
        let name: ToolName = tool.parse().unwrap();
        let pattern = format!("{}/*", name.server);
        self.hub.call(&name, arguments, &[pattern]).await
    }

    /// The content of a call that succeeds.
    pub async fn value(&self, tool: &str, arguments: Value) -> Value {
        let reply = self.call(tool, arguments).await;
        assert!(!reply.is_error, "{}", reply.content.inspect());
        reply.content.inspect().clone()
    }

    /// Why a call failed, in the tool's own words.
    pub async fn why(&self, tool: &str, arguments: Value) -> String {
        let reply = self.call(tool, arguments).await;
        assert!(reply.is_error, "{}", reply.content.inspect());
        reply.content.inspect()["error"].as_str().unwrap().to_owned()
    }
}

/// The folder of shared test data: `COPYDESK_SHARED`, else `../shared` beside the workspace.
#[expect(clippy::disallowed_methods, reason = "says where the shared test data lies")]
pub fn shared_folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var_os("COPYDESK_SHARED").map_or_else(beside, PathBuf::from)
}

/// The corpus server; ends with this value.
pub struct Corpus {
    process: Child,
    /// `http://127.0.0.1:PORT`
    pub base: String,
}

impl Corpus {
    /// Starts it, or says which test is skipped.
    pub fn start(test: &str, arguments: &[&str]) -> Option<Self> {
        let script = shared_folder().join("corpus/serve.py");
        if !script.exists() {
            println!("skipped: {test}: no shared data");
            return None;
        }
        let mut process = Process::new("python3")
            .arg(script)
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let at = line.find("http://").unwrap();
        let base = line[at..]
            .split_whitespace()
            .next()
            .unwrap()
            .trim_end_matches('/')
            .to_owned();
        Some(Self { process, base })
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The server's own log.
    pub async fn log(&self) -> Vec<Value> {
        let client = trusted_client(&[HostPort::parse(self.host()).unwrap()]).unwrap();
        client
            .get(format!("{}/_control/log", self.base))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
