//! What the engine works with, as `cli` hands it over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use copydesk_config::Release;
use copydesk_domain::{Clock, ContentHash, RunId};
use copydesk_journal::trace::Tracer;
use copydesk_journal::{AnswerOutbox, Channel, Models, Progress, Stage, Tools};
use copydesk_store::{RunRecord, Store, StoreError, WholeRun};
use tokio::sync::watch;

use crate::clock_watch::ClockWatch;
use crate::error::EngineError;
use crate::nudges::Nudges;

/// Opens the channels of a release.
pub trait Channels: Send + Sync + 'static {
    /// The channels of its pipeline, in the pipeline's order.
    fn open(&self, release: &Release) -> Vec<Arc<dyn Channel>>;
}

/// What the engine works with.
pub struct Services {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Tool servers.
    pub tools: Arc<dyn Tools>,
    /// Models.
    pub models: Arc<dyn Models>,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// Stages by agent.
    pub stages: HashMap<&'static str, Arc<dyn Stage>>,
    /// Channels.
    pub channels: Arc<dyn Channels>,
    /// Where approved answers go.
    pub answers: Arc<dyn AnswerOutbox>,
    /// Who this process is, for leases.
    pub owner: String,
    /// Turns true when the process ends.
    pub shutdown: watch::Receiver<bool>,
}

/// Moves runs forward.
#[derive(Clone)]
pub struct Engine {
    pub(crate) services: Arc<Services>,
    /// One advance of a run at a time within this process.
    pub(crate) busy: Arc<Mutex<HashMap<RunId, Arc<tokio::sync::Mutex<()>>>>>,
    /// One mail at a time on its way into the outbox.
    pub(crate) mailing: Arc<tokio::sync::Mutex<()>>,
    pub(crate) nudges: Arc<Nudges>,
    pub(crate) clock_watch: Arc<ClockWatch>,
    /// Who makes spans of what stages do; none where nobody watches.
    pub(crate) tracer: Option<Tracer>,
    /// Releases of late, since reading one takes longer than many a step.
    releases: Arc<Mutex<HashMap<ContentHash, Arc<Release>>>>,
    /// The author's notes as the last start stored them, by one hash.
    noted: Arc<Mutex<Option<ContentHash>>>,
}

/// One for each pipeline that is at work, and those before the last edit of its files.
const RELEASES_MAX: usize = 8;

impl Engine {
    /// An engine over these services.
    pub fn new(services: Services) -> Self {
        Self {
            services: Arc::new(services),
            busy: Arc::default(),
            mailing: Arc::default(),
            nudges: Arc::default(),
            clock_watch: Arc::default(),
            tracer: None,
            releases: Arc::default(),
            noted: Arc::default(),
        }
    }

    /// The same, with what its stages do made into spans.
    #[must_use]
    pub fn traced_by(mut self, tracer: Tracer) -> Self {
        self.tracer = Some(tracer);
        self
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.services.store
    }

    /// Who watches the stages.
    pub fn progress(&self) -> &Arc<dyn Progress> {
        &self.services.progress
    }

    /// The machine's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.services.clock
    }

    pub(crate) async fn known_run(&self, run: &RunId) -> Result<RunRecord, EngineError> {
        let found = self.services.store.run(run).await?;
        found.ok_or_else(|| StoreError::RunUnknown { run: run.clone() }.into())
    }

    pub(crate) async fn whole_run(&self, run: &RunId) -> Result<WholeRun, EngineError> {
        let found = self.services.store.whole_run(run).await?;
        found.ok_or_else(|| StoreError::RunUnknown { run: run.clone() }.into())
    }

    /// The release that a run is pinned to.
    ///
    /// # Errors
    /// [`EngineError::Release`] when it is missing or was written by a version that this one cannot read.
    pub async fn release(&self, run: &RunRecord) -> Result<Arc<Release>, EngineError> {
        if let Some(known) = self.releases().get(&run.release) {
            return Ok(Arc::clone(known));
        }
        let wrong = |reason: String| EngineError::Release {
            run: run.id.clone(),
            reason,
        };
        let body = self.services.store.body(&run.release).await?;
        let body = body.ok_or_else(|| wrong(format!("{} is not stored", short(&run.release))))?;
        let release: Release = serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?;
        let release = Arc::new(release);
        let mut releases = self.releases();
        if releases.len() >= RELEASES_MAX {
            releases.clear();
        }
        releases.insert(run.release, Arc::clone(&release));
        Ok(release)
    }

    /// Whether a release was read back from the store; what is there once stays.
    pub(crate) fn is_stored(&self, release: &ContentHash) -> bool {
        self.releases().contains_key(release)
    }

    /// Whether the author's notes are stored as this hash of all of them says: nobody else writes them while this process
    /// owns the folder.
    pub(crate) fn is_noted(&self, notes: &ContentHash) -> bool {
        self.noted().as_ref() == Some(notes)
    }

    pub(crate) fn remember_noted(&self, notes: ContentHash) {
        *self.noted() = Some(notes);
    }

    fn noted(&self) -> MutexGuard<'_, Option<ContentHash>> {
        self.noted.lock().expect("no holder of this lock panics")
    }

    fn releases(&self) -> MutexGuard<'_, HashMap<ContentHash, Arc<Release>>> {
        self.releases.lock().expect("no holder of this lock panics")
    }
}

fn short(hash: &ContentHash) -> String {
    hash.short(12)
}
