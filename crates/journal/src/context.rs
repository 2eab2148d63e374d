//! The one way in which a stage has effects.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use copydesk_config::{Pipeline, PromptContext, Release, StageConfig, prompts};
use copydesk_domain::artifact::Artifact;
use copydesk_domain::task::Task;
use copydesk_domain::{
    Clock, ContentHash, Instant, ModelName, Round, RunId, StageName, StepKey, StepState, Untrusted,
};
use copydesk_store::{Command, Lease, SnapshotParams, SnapshotRecord, Store, StoredOutcome};
use futures::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;

use crate::models::{AgentMessage, ModelCall, ModelReply, ModelSpec, Models, ReplyContent};
use crate::outcome::{self, Account};
use crate::progress::{Progress, ProgressEvent};
use crate::stage::StageError;
use crate::step::{Disposition, RecordedError, StepError};
use crate::tools::{ToolName, ToolReply, ToolSpec, Tools};

/// Attempts of one step within one go of a stage, where an error may pass: the first and one more.
const ATTEMPTS_MAX: u32 = 2;

/// Where in a run the context stands.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) stage: StageName,
    pub(crate) round: Round,
}

/// Everything that a context is made of.
pub struct ContextParams {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The machine's clock, for durations only.
    pub clock: Arc<dyn Clock>,
    /// Tool servers.
    pub tools: Arc<dyn Tools>,
    /// Models.
    pub models: Arc<dyn Models>,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// The lease on the run.
    pub lease: Lease,
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
    /// A person chose the embedded model for the rest of the run.
    pub embedded_only: bool,
    /// Extra limits of the run.
    pub limits: Vec<copydesk_store::BudgetLimit>,
    /// Final outcomes of this round, from the journal.
    pub outcomes: Vec<StoredOutcome>,
    /// Turns true when the process ends.
    pub shutdown: watch::Receiver<bool>,
    /// Turns true when a person stops the run.
    pub cancel: watch::Receiver<bool>,
}

/// The one way in which a stage has effects. See the crate's front page.
pub struct StageContext {
    pub(crate) params: ContextParams,
    pub(crate) place: Place,
    outcomes: Mutex<HashMap<StepKey, StoredOutcome>>,
}

/// A model's answer. The request held text of others, so the answer is untrusted too.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<T> {
    /// The typed output.
    pub output: Untrusted<T>,
    /// The model that really answered.
    pub model: ModelName,
}

impl StageContext {
    /// A context for one round of a stage.
    pub fn new(mut params: ContextParams) -> Self {
        let outcomes = std::mem::take(&mut params.outcomes);
        let outcomes = outcomes.into_iter().map(|outcome| (outcome.key.clone(), outcome)).collect();
        let place = Place { stage: params.stage.stage_name(), round: params.round };
        Self { params, place, outcomes: Mutex::new(outcomes) }
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

    /// The run.
    pub fn run(&self) -> &RunId {
        &self.params.lease.run
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

    /// Runs an effect once: a stored final outcome is given back, another is stored before this returns.
    ///
    /// `key` names the step within the round, `input` is what its outcome depends on.
    pub async fn step<I, O, F, Fut>(&self, key: &str, input: &I, effect: F) -> Result<O, StepError>
    where
        I: Serialize + Sync + ?Sized,
        O: Serialize + DeserializeOwned,
        F: Fn() -> Fut,
        Fut: Future<Output = Result<O, StepError>>,
    {
        self.accounted_step(key, input, || async { (effect().await, Account::default()) }).await
    }

    pub(crate) async fn accounted_step<I, O, F, Fut>(&self, key: &str, input: &I, effect: F) -> Result<O, StepError>
    where
        I: Serialize + Sync + ?Sized,
        O: Serialize + DeserializeOwned,
        F: Fn() -> Fut,
        Fut: Future<Output = (Result<O, StepError>, Account)>,
    {
        let key = StepKey::new(key);
        let input_hash = hash_input(&key, input)?;
        if let Some(stored) = self.stored(&key, input_hash)? {
            self.report(&key, true);
            return read_outcome(&key, &stored);
        }
        let mut attempt = 1;
        loop {
            self.check_running()?;
            let started_at = self.params.clock.now();
            let (result, account) = self.until_stopped(effect()).await;
            let times = (started_at, self.params.clock.now());
            match result {
                Ok(value) => {
                    let body = outcome::to_json(&value);
                    let row = outcome::completed(&self.place, &key, input_hash, body, account, times);
                    self.finish(row).await?;
                    self.report(&key, false);
                    return Ok(value);
                }
                Err(error) => {
                    let is_last = attempt >= ATTEMPTS_MAX || error.disposition() != Disposition::Retry;
                    let row =
                        outcome::failed(&self.place, &key, input_hash, &error, is_last, account, times);
                    if let Some(row) = row {
                        self.finish(row).await?;
                    }
                    if is_last {
                        self.report(&key, false);
                        return Err(error);
                    }
                    attempt += 1;
                }
            }
        }
    }

    /// Calls a tool that the stage's `tools` name. The step's outcome is the tool's answer, errors of the tool included.
    pub async fn call_tool(&self, key: &str, tool: &ToolName, arguments: Value) -> Result<ToolReply, StepError> {
        let patterns = &self.params.stage.tools;
        let stored: StoredReply = self
            .accounted_step(key, &(tool, &arguments), || async {
                let account = Account { tool: Some(tool.to_string()), ..Account::default() };
                let result = self.params.tools.call(tool, arguments.clone(), patterns).await;
                (result.map(StoredReply::from).map_err(StepError::from), account)
            })
            .await?;
        Ok(stored.into())
    }

    /// The tools that a model of this stage may call.
    pub async fn model_tools(&self) -> Result<Vec<ToolSpec>, StepError> {
        Ok(self.params.tools.list(&self.params.stage.model_tools).await?)
    }

    /// Asks one typed question.
    pub async fn ask<T: Task>(&self, key: &str, input: &T::Input) -> Result<Asked<T::Output>, StepError> {
        let reply = self.turn::<T>(key, input, &[], &[]).await?;
        let model = reply.model;
        match reply.content {
            ReplyContent::Output(output) => {
                let output = serde_json::from_value(output)
                    .map_err(|error| StepError::Outcome { key: key.to_owned(), reason: error.to_string() })?;
                Ok(Asked { output: Untrusted::new(output), model })
            }
            ReplyContent::Calls(_) => Err(StepError::Outcome {
                key: key.to_owned(),
                reason: "the model called a tool where none was offered".to_owned(),
            }),
        }
    }

    /// One turn of an agent loop: the model answers, or calls some of `tools`.
    pub async fn turn<T: Task>(
        &self,
        key: &str,
        input: &T::Input,
        tools: &[ToolSpec],
        history: &[AgentMessage],
    ) -> Result<Turn, StepError> {
        let call = self.model_call::<T>(key, input, tools, history)?;
        let identity = (
            (&call.task, call.version, &call.input),
            ContentHash::of(call.system.as_bytes()),
            &call.schema,
            (tools, history),
        );
        self.accounted_step(key, &identity, || async {
            let ledger = crate::context::ledger::StepLedger { ctx: self, key, task: T::NAME };
            let result = self.params.models.ask(call.clone(), &ledger).await;
            account_of(T::NAME, result)
        })
        .await
    }

    fn model_call<T: Task>(
        &self,
        key: &str,
        input: &T::Input,
        tools: &[ToolSpec],
        history: &[AgentMessage],
    ) -> Result<ModelCall, StepError> {
        let wrong = |reason: String| StepError::Outcome { key: key.to_owned(), reason };
        let context = PromptContext::of(&self.params.release);
        let system = prompts::render(&self.params.release, T::PROMPT, &context)
            .map_err(|error| wrong(error.to_string()))?;
        let schema = serde_json::to_value(schemars::schema_for!(T::Output)).map_err(|e| wrong(e.to_string()))?;
        Ok(ModelCall {
            task: T::NAME.to_owned(),
            version: T::VERSION,
            system,
            input: serde_json::to_value(input).map_err(|error| wrong(error.to_string()))?,
            schema,
            tools: tools.to_vec(),
            history: history.to_vec(),
            route: self.route(T::NAME),
            seed: self.seed(key),
        })
    }

    /// Whether a language model may answer a task, beside the embedded extractive one.
    pub fn has_language_model(&self, task: &str) -> bool {
        self.route(task).iter().any(|model| model.endpoint.is_some())
    }

    /// The models that may answer a task, from the release.
    fn route(&self, task: &str) -> Vec<ModelSpec> {
        let config = &self.params.release.config;
        let embedded = ModelName::new("embedded");
        let names = match config.routes.get(task).or_else(|| config.routes.get("default")) {
            Some(names) if !self.params.embedded_only => names.clone(),
            _ => vec![embedded],
        };
        names
            .into_iter()
            .map(|name| ModelSpec { endpoint: config.models.get(&name).cloned(), name })
            .collect()
    }

    /// Runs `f` over `items`, at most `limit` at once; results stand in input order. The only concurrency of a stage.
    pub async fn for_each<T, R, F, Fut>(&self, items: Vec<T>, limit: usize, f: F) -> Vec<R>
    where
        F: FnMut(T) -> Fut,
        Fut: Future<Output = R>,
    {
        futures::stream::iter(items).map(f).buffered(limit.max(1)).collect().await
    }

    /// Writes a line for the operator's stage log.
    pub async fn log(&self, level: &str, message: String) -> Result<(), StepError> {
        tracing::debug!(stage = %self.place.stage, level, message);
        let command = Command::WriteLog {
            lease: self.params.lease.clone(),
            stage: self.place.stage.clone(),
            round: self.place.round,
            level: level.to_owned(),
            message,
            at: self.params.clock.now(),
        };
        self.params.store.apply(command).await?;
        Ok(())
    }

    /// Shows how far the stage is.
    pub fn note(&self, text: impl Into<String>) {
        self.params
            .progress
            .report(ProgressEvent::Note { stage: self.place.stage.clone(), text: text.into() });
    }

    /// Stores a snapshot and gives its hash.
    pub async fn put_snapshot(&self, snapshot: SnapshotParams) -> Result<ContentHash, StepError> {
        let hash = ContentHash::of(snapshot.text.inspect().as_bytes());
        let lease = Some(self.params.lease.clone());
        self.params.store.apply(Command::PutSnapshot { lease, snapshot }).await?;
        Ok(hash)
    }

    /// A stored snapshot.
    pub async fn snapshot(&self, hash: &ContentHash) -> Result<SnapshotRecord, StageError> {
        let missing = |reason: String| StageError::Input { what: format!("snapshot {}", hash.short(12)), reason };
        let found = self.params.store.snapshot(hash).await.map_err(|error| missing(error.to_string()))?;
        found.ok_or_else(|| missing("it is not stored".to_owned()))
    }

    /// A stored artifact as its type.
    pub async fn artifact<T: DeserializeOwned>(&self, hash: &ContentHash) -> Result<T, StageError> {
        let missing = |reason: String| StageError::Input { what: format!("artifact {}", hash.short(12)), reason };
        let found: Option<Artifact> =
            self.params.store.artifact(hash).await.map_err(|error| missing(error.to_string()))?;
        let artifact = found.ok_or_else(|| missing("it is not stored".to_owned()))?;
        serde_json::from_slice(&artifact.bytes).map_err(|error| missing(error.to_string()))
    }

    fn stored(&self, key: &StepKey, input_hash: ContentHash) -> Result<Option<StoredOutcome>, StepError> {
        let outcomes = self.outcomes.lock().expect("no holder of this lock panics");
        match outcomes.get(key) {
            Some(stored) if stored.input_hash == input_hash => Ok(Some(stored.clone())),
            Some(_) => Err(copydesk_store::StoreError::InputChanged { key: key.to_string() }.into()),
            None => Ok(None),
        }
    }

    async fn finish(&self, step: copydesk_store::StepParams) -> Result<(), StepError> {
        let lease = self.params.lease.clone();
        self.params.store.apply(Command::FinishStep { lease, step }).await?;
        Ok(())
    }

    fn check_running(&self) -> Result<(), StepError> {
        if *self.params.cancel.borrow() {
            return Err(StepError::Cancelled);
        }
        if *self.params.shutdown.borrow() {
            return Err(StepError::Interrupted);
        }
        Ok(())
    }

    /// Drives an effect until it ends or the run is to stop; a stopped effect is dropped and no attempt is counted.
    async fn until_stopped<O>(
        &self,
        effect: impl Future<Output = (Result<O, StepError>, Account)>,
    ) -> (Result<O, StepError>, Account) {
        let mut shutdown = self.params.shutdown.clone();
        let mut cancel = self.params.cancel.clone();
        tokio::select! {
            biased;
            result = effect => result,
            Ok(_) = cancel.wait_for(|is_set| *is_set) => (Err(StepError::Cancelled), Account::default()),
            Ok(_) = shutdown.wait_for(|is_set| *is_set) => (Err(StepError::Interrupted), Account::default()),
        }
    }

    fn report(&self, key: &StepKey, is_stored: bool) {
        self.params.progress.report(ProgressEvent::StepFinished {
            stage: self.place.stage.clone(),
            key: key.to_string(),
            is_stored,
        });
    }
}

/// A turn's stored outcome.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
pub struct Turn {
    /// What the model gave.
    pub content: ReplyContent,
    /// The model that answered.
    pub model: ModelName,
}

/// A tool's answer as it is stored.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
struct StoredReply {
    #[serde(serialize_with = "copydesk_domain::untrusted::persist")]
    content: Untrusted<Value>,
    is_error: bool,
}

impl From<ToolReply> for StoredReply {
    fn from(reply: ToolReply) -> Self {
        Self { content: reply.content, is_error: reply.is_error }
    }
}

impl From<StoredReply> for ToolReply {
    fn from(stored: StoredReply) -> Self {
        Self { content: stored.content, is_error: stored.is_error }
    }
}

fn account_of(
    task: &str,
    result: Result<ModelReply, crate::models::ModelError>,
) -> (Result<Turn, StepError>, Account) {
    let task = Some(task.to_owned());
    match result {
        Ok(reply) => {
            let account = Account {
                task,
                tool: None,
                model: Some(reply.model.clone()),
                tokens_in: Some(reply.tokens_in),
                tokens_out: Some(reply.tokens_out),
                tries: reply.tries,
            };
            (Ok(Turn { content: reply.content, model: reply.model }), account)
        }
        Err(error) => (Err(error.into()), Account { task, ..Account::default() }),
    }
}

fn hash_input<I: Serialize + ?Sized>(key: &StepKey, input: &I) -> Result<ContentHash, StepError> {
    ContentHash::of_json(input)
        .map_err(|error| StepError::Outcome { key: key.to_string(), reason: error.to_string() })
}

fn read_outcome<O: DeserializeOwned>(key: &StepKey, stored: &StoredOutcome) -> Result<O, StepError> {
    let wrong =
        |error: serde_json::Error| StepError::Outcome { key: key.to_string(), reason: error.to_string() };
    if stored.state == StepState::Completed {
        return serde_json::from_slice(&stored.body).map_err(wrong);
    }
    let recorded: RecordedError = serde_json::from_slice(&stored.body).map_err(wrong)?;
    Err(StepError::Recorded { message: recorded.error })
}

mod ledger {
    //! Money of one step, through the store.

    use async_trait::async_trait;
    use copydesk_domain::{MicroUsd, ModelName, StepKey};
    use copydesk_store::{Applied, Command, StoreError};

    use super::StageContext;
    use crate::models::{Ledger, Reservation};

    pub(super) struct StepLedger<'a> {
        pub(super) ctx: &'a StageContext,
        pub(super) key: &'a str,
        pub(super) task: &'static str,
    }

    #[async_trait]
    impl Ledger for StepLedger<'_> {
        async fn reserve(&self, model: &ModelName, amount: MicroUsd) -> Result<Reservation, StoreError> {
            let params = &self.ctx.params;
            let command = Command::ReserveSpend {
                lease: params.lease.clone(),
                stage: self.ctx.place.stage.clone(),
                round: self.ctx.place.round,
                key: StepKey::new(self.key),
                task: self.task.to_owned(),
                model: model.to_string(),
                amount,
                limits: params.limits.clone(),
                at: params.clock.now(),
            };
            match params.store.apply(command).await? {
                Applied::Reserved(id) => Ok(Reservation(id)),
                _ => Err(StoreError::Database { reason: "a reserve was answered with something else".to_owned() }),
            }
        }

        async fn settle(&self, reservation: Reservation, amount: MicroUsd, is_assumed: bool) -> Result<(), StoreError> {
            let params = &self.ctx.params;
            let command = Command::SettleSpend {
                lease: params.lease.clone(),
                reservation: reservation.0,
                amount,
                is_assumed,
                at: params.clock.now(),
            };
            params.store.apply(command).await.map(|_| ())
        }
    }
}
