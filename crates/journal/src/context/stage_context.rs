//! What a round of a stage is pinned to, what it may read, and what it tells.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock};

use copydesk_config::{Pipeline, Release, StageConfig};
use copydesk_domain::artifact::Artifact;
use copydesk_domain::{Clock, ContentHash, Instant, ModelName, Round, RunId, StageName, StepKey};
use copydesk_store::{Command, Lease, SnapshotParams, SnapshotRecord, StoredOutcome};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::ledger::OpenReserves;
use crate::batch::Batch;
use crate::library::Library;
use crate::models::Models;
use crate::progress::{Progress, ProgressEvent};
use crate::recorded::{Recorded, RecordedStep};
use crate::stage::StageError;
use crate::step::StepError;
use crate::tools::{ToolSpec, Tools};

/// Where in a run the context stands.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) stage: StageName,
    pub(crate) round: Round,
}

/// Everything that a context is made of.
pub struct ContextParams {
    /// What is stored, to read.
    pub library: Arc<dyn Library>,
    /// The writes of the advance.
    pub batch: Arc<Batch>,
    /// The machine's clock, for durations only.
    pub clock: Arc<dyn Clock>,
    /// Tool servers.
    pub tools: Arc<dyn Tools>,
    /// Models.
    pub models: Arc<dyn Models>,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// The lease on the run that is written.
    pub lease: Lease,
    /// Who the stage takes itself for: the run, or the one that it replays.
    pub run: RunId,
    /// What the run is pinned to.
    pub release: Arc<Release>,
    /// The stage, as its pipeline defines it.
    pub stage: StageConfig,
    /// The round.
    pub round: Round,
    /// `ctx.now()` of the round.
    pub now: Instant,
    /// The run's seed.
    pub seed: i64,
    /// Tasks that are pinned to this machine, beside those of the release's own routes: a replay may have others.
    pub pinned: BTreeSet<String>,
    /// A person chose the embedded model for the rest of the run.
    pub embedded_only: bool,
    /// Models that a person chose for the rest of the run; none = those of the release.
    pub route: Vec<ModelName>,
    /// Final outcomes of this round, from the journal.
    pub outcomes: Vec<StoredOutcome>,
    /// Steps of the run that is replayed: one that asks the same has the same end, without its effect.
    pub recorded: Vec<RecordedStep>,
    /// Until when the stage may be tried again by itself; none where whoever started it wants an answer at once.
    pub patience: Option<Instant>,
    /// Turns true when the process ends.
    pub shutdown: watch::Receiver<bool>,
    /// Turns true when a person stops the run.
    pub cancel: watch::Receiver<bool>,
}

/// The one way in which a stage has effects. See the crate's front page.
pub struct StageContext {
    pub(crate) params: ContextParams,
    pub(crate) place: Place,
    pub(super) outcomes: Mutex<HashMap<StepKey, StoredOutcome>>,
    pub(super) recorded: Recorded,
    /// The tools that the stage lists, as they were when the round was begun or gone on with.
    pub(super) listed: OnceLock<Vec<ToolSpec>>,
    /// Rendered prompts by their paths.
    pub(super) systems: Mutex<HashMap<String, String>>,
    /// The tools that the model of the round is offered.
    pub(super) offered: OnceLock<Vec<ToolSpec>>,
    /// Effects under way.
    pub(super) under_way: AtomicUsize,
    /// Reserves whose bills have not come.
    pub(super) open_reserves: OpenReserves,
    /// The request of the exchange that was kept last.
    pub(super) requested: Mutex<Vec<u8>>,
    /// Warnings of budgets that were looked after in this round.
    pub(super) warned: Mutex<BTreeSet<String>>,
}

impl StageContext {
    /// A context for one round of a stage.
    pub fn new(mut params: ContextParams) -> Self {
        let outcomes = std::mem::take(&mut params.outcomes);
        let recorded = Recorded::of(std::mem::take(&mut params.recorded));
        let outcomes = outcomes
            .into_iter()
            .map(|outcome| (outcome.key.clone(), outcome))
            .collect();
        let place = Place {
            stage: params.stage.stage_name(),
            round: params.round,
        };
        Self {
            params,
            place,
            outcomes: Mutex::new(outcomes),
            recorded,
            listed: OnceLock::new(),
            systems: Mutex::default(),
            offered: OnceLock::new(),
            under_way: AtomicUsize::new(0),
            open_reserves: OpenReserves::default(),
            requested: Mutex::default(),
            warned: Mutex::default(),
        }
    }

    /// The instant that this round calls now: recorded once, the same in every attempt and replay.
    pub fn now(&self) -> Instant {
        self.params.now
    }

    /// A number for `key` that derives from the run's recorded seed.
    pub fn seed(&self, key: &str) -> i64 {
        let hash = ContentHash::of(format!("{}/{key}", self.params.seed).as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.as_bytes()[..8]);
        i64::from_le_bytes(bytes) & i64::from(u32::MAX)
    }

    /// The run; of a replay, the one that is replayed.
    pub fn run(&self) -> &RunId {
        &self.params.run
    }

    /// The stage, as its pipeline defines it.
    pub fn stage(&self) -> &StageConfig {
        &self.params.stage
    }

    /// The round.
    pub fn round(&self) -> Round {
        self.place.round
    }

    /// The release that the run is pinned to.
    pub fn release(&self) -> &Release {
        &self.params.release
    }

    /// The pipeline of the release.
    pub fn pipeline(&self) -> &Pipeline {
        &self.params.release.pipeline
    }

    /// Tools that the stage's code may call, as its pipeline lists them.
    pub fn tools(&self) -> &[String] {
        &self.params.stage.tools
    }

    /// Keeps the list of tools that was looked at when the round was begun or gone on with, so that nobody asks again.
    pub fn remember_tools(&self, listed: Vec<ToolSpec>) {
        // A second list is as good as the first.
        let _ = self.listed.set(listed);
    }

    /// Runs `f` over `items`, at most `limit` at once; results stand in input order. The only concurrency of a stage.
    pub async fn for_each<T, R, F, Fut>(&self, items: Vec<T>, limit: usize, f: F) -> Vec<R>
    where
        F: FnMut(T) -> Fut,
        Fut: Future<Output = R>,
    {
        futures::stream::iter(items)
            .map(f)
            .buffered(limit.max(1))
            .collect()
            .await
    }

    /// Writes a line for the operator's stage log.
    pub fn log(&self, level: &str, message: String) {
        tracing::debug!(stage = %self.place.stage, level, message);
        let command = Command::WriteLog {
            lease: self.params.lease.clone(),
            stage: self.place.stage.clone(),
            round: self.place.round,
            level: level.to_owned(),
            message,
            at: self.params.clock.now(),
        };
        self.params.batch.hold(command);
    }

    /// Shows how far the stage is.
    pub fn note(&self, text: impl Into<String>) {
        self.params.progress.report(ProgressEvent::Note {
            stage: self.place.stage.clone(),
            text: text.into(),
        });
    }

    /// Stores a snapshot and gives its hash.
    pub async fn put_snapshot(&self, snapshot: SnapshotParams) -> Result<ContentHash, StepError> {
        let hash = ContentHash::of(snapshot.text.inspect().as_bytes());
        let lease = self.params.lease.clone();
        let command = if self.params.run == lease.run {
            let lease = Some(lease);
            Command::PutSnapshot { lease, snapshot }
        } else {
            Command::KeepSnapshot { lease, snapshot }
        };
        self.params.batch.apply(command).await?;
        Ok(hash)
    }

    /// A stored snapshot.
    pub async fn snapshot(&self, hash: &ContentHash) -> Result<SnapshotRecord, StageError> {
        let missing = |reason: String| StageError::Input {
            what: format!("snapshot {}", hash.short(12)),
            reason,
        };
        self.settled().await?;
        let found = self.params.library.snapshot(hash).await;
        let found = found.map_err(|error| missing(error.to_string()))?;
        found.ok_or_else(|| missing("it is not stored".to_owned()))
    }

    /// The newest snapshot of each address, as it was when this was first asked under `key` in the round.
    pub async fn newest_snapshots(
        &self,
        key: &str,
        urls: &[String],
    ) -> Result<Vec<Option<ContentHash>>, StepError> {
        self.read_once(key, || async {
            self.settled().await?;
            let mut newest = Vec::with_capacity(urls.len());
            for url in urls {
                let found = self.params.library.snapshot_of_url(url).await?;
                newest.push(found.map(|record| record.hash));
            }
            Ok(newest)
        })
        .await
    }

    /// What was held is stored, so that a read sees it.
    async fn settled(&self) -> Result<(), StepError> {
        Ok(self.params.batch.commit().await?)
    }

    /// A stored artifact as its type.
    pub async fn artifact<T: DeserializeOwned>(&self, hash: &ContentHash) -> Result<T, StageError> {
        let artifact = self.stored_artifact(hash).await?;
        serde_json::from_slice(&artifact.bytes).map_err(|error| missing(hash, error.to_string()))
    }

    /// A stored artifact byte for byte, for a stage that lists it once more: another version may have written it.
    pub async fn stored_artifact(&self, hash: &ContentHash) -> Result<Artifact, StageError> {
        if let Some(made) = self.params.batch.made(hash) {
            return Ok(made);
        }
        self.settled().await?;
        let found = self.params.library.artifact(hash).await;
        let found: Option<Artifact> = found.map_err(|error| missing(hash, error.to_string()))?;
        found.ok_or_else(|| missing(hash, "it is not stored".to_owned()))
    }
}

fn missing(hash: &ContentHash, reason: String) -> StageError {
    StageError::Input {
        what: format!("artifact {}", hash.short(12)),
        reason,
    }
}
