//! Carrying out what [`crate::next`] decides. Re-entrant: a second caller loses the lease and changes nothing.

use std::sync::Arc;
use std::time::Duration;

use copydesk_config::{Release, StageConfig};
use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{
    Decision, Instant, IssueState, Round, RunId, RunState, StageName, StageState, WaitingFor,
};
use copydesk_journal::{
    ContextParams, ProgressEvent, StageContext, StageError, StageInputs, StageOutput, StepError, ToolError,
};
use copydesk_store::{
    Applied, BudgetLimit, BudgetScope, Command, DecisionRecord, Lease, RunRecord, StageRecord, StoreError,
    Subject,
};
use tokio::sync::watch;

use crate::error::EngineError;
use crate::inputs;
use crate::next::{Next, View, next};
use crate::services::Engine;

/// A lease lasts a minute and is renewed every 20 s, so that two renewals may fail before it is lost.
const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
const RENEWAL: Duration = Duration::from_secs(20);

/// How far an advance may go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Stop after this stage.
    pub until: Option<StageName>,
    /// Run this stage alone, once more, whatever the rest of the run says.
    pub only: Option<StageName>,
}

/// What an advance came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advanced {
    /// The run is final, or the asked-for part of it is done.
    Done,
    /// Look again then.
    WakeAt(Instant),
    /// A person has to act; look again at the instant, if one is given.
    WaitFor(Vec<WaitingFor>, Option<Instant>),
    /// The process is ending; the run goes on at its next start.
    Interrupted,
}

/// One consistent look at a run.
struct Look {
    run: RunRecord,
    stages: Vec<StageRecord>,
    decisions: Vec<DecisionRecord>,
    outbox: Vec<copydesk_store::OutboxRecord>,
    answers_open: usize,
}

impl Engine {
    /// Moves a run as far as it can go now.
    pub async fn advance(&self, run: &RunId, scope: &Scope) -> Result<Advanced, EngineError> {
        let turn = self.turn_of(run);
        let _turn = turn.lock().await;
        let record = self.known_run(run).await?;
        if record.state.is_final() {
            return Ok(Advanced::Done);
        }
        let release = Arc::new(self.release(&record).await?);
        let lease = self.lease(run).await?;
        let keeper = LeaseKeeper::start(self, lease.clone());
        let result = self.drive(&lease, &release, scope, &keeper).await;
        drop(keeper);
        match self.services.store.apply(Command::ReleaseLease { lease }).await {
            Ok(_) | Err(StoreError::LeaseLost { .. }) => result,
            Err(error) => result.and(Err(error.into())),
        }
    }

    fn turn_of(&self, run: &RunId) -> Arc<tokio::sync::Mutex<()>> {
        let mut busy = self.busy.lock().expect("no holder of this lock panics");
        busy.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(busy.entry(run.clone()).or_default())
    }

    async fn lease(&self, run: &RunId) -> Result<Lease, EngineError> {
        let now = self.services.clock.now();
        let owner = self.services.owner.clone();
        let command = Command::LeaseRun {
            run: run.clone(),
            owner,
            now,
            until: now.plus(LEASE),
        };
        match self.services.store.apply(command).await? {
            Applied::Leased(lease) => Ok(lease),
            other => Err(StoreError::Database {
                reason: format!("a lease was answered with {other:?}"),
            }
            .into()),
        }
    }

    async fn look(&self, run: &RunId) -> Result<Look, EngineError> {
        let store = &self.services.store;
        Ok(Look {
            run: self.known_run(run).await?,
            stages: store.stages(run).await?,
            decisions: store.decisions(run).await?,
            outbox: store.outbox(run).await?,
            answers_open: self.pending_answers(run).await?.len(),
        })
    }

    async fn drive(
        &self,
        lease: &Lease,
        release: &Arc<Release>,
        scope: &Scope,
        keeper: &LeaseKeeper,
    ) -> Result<Advanced, EngineError> {
        if let Some(only) = &scope.only {
            return self.run_alone(lease, release, only, keeper).await;
        }
        loop {
            let look = self.look(&lease.run).await?;
            let now = self.services.clock.now();
            let view = View {
                run: &look.run,
                pipeline: &release.pipeline,
                stages: &look.stages,
                decisions: &look.decisions,
                outbox: &look.outbox,
                answers_open: look.answers_open,
                expires: release.config.approval.expires,
                now,
                until: scope.until.as_ref(),
            };
            let decided = next(&view);
            tracing::debug!(run = %lease.run, ?decided, "next");
            if let Some(advanced) = self.carry_out(decided, &look, lease, release, keeper).await? {
                return Ok(advanced);
            }
        }
    }

    /// Carries one decision out; none = look again.
    async fn carry_out(
        &self,
        decided: Next,
        look: &Look,
        lease: &Lease,
        release: &Arc<Release>,
        keeper: &LeaseKeeper,
    ) -> Result<Option<Advanced>, EngineError> {
        match decided {
            Next::Run(stage, round) => self.run_stage(lease, release, look, &stage, round, keeper).await,
            Next::Skip(stage, round, reason) => {
                self.skip(lease, stage, round, reason).await?;
                Ok(None)
            }
            Next::Publish => {
                let channels = self.services.channels.open(release);
                self.update(lease, RunState::Running, Vec::new(), None, None, None)
                    .await?;
                let issue = self
                    .publish(lease, &look.stages, &look.decisions, &channels)
                    .await?;
                let failed = issue == IssueState::Approved;
                let state = if failed {
                    RunState::Failed
                } else {
                    RunState::Running
                };
                let reason = failed.then(|| "a channel refused the issue; see `copydesk logs`".to_owned());
                self.update(lease, state, Vec::new(), Some(issue), None, reason)
                    .await?;
                Ok(None)
            }
            Next::Expire => {
                self.expire(lease, look).await?;
                Ok(None)
            }
            Next::WakeAt(at) => {
                self.update(lease, RunState::Waiting, Vec::new(), None, Some(at), None)
                    .await?;
                Ok(Some(Advanced::WakeAt(at)))
            }
            Next::WaitFor(who, at) => {
                let reason = look.run.reason.clone();
                self.update(lease, RunState::Waiting, who.clone(), None, at, reason)
                    .await?;
                let now = self.look(&lease.run).await?;
                let is_settled = now.decisions.len() == look.decisions.len();
                Ok(is_settled.then_some(Advanced::WaitFor(who, at)))
            }
            Next::Stopped => {
                // The reason tells a run that was stopped on purpose from one that waits for its worker.
                let reason = Some("stopped where it was asked to; `copydesk run` goes on".to_owned());
                self.update(lease, RunState::Queued, Vec::new(), None, None, reason)
                    .await?;
                Ok(Some(Advanced::Done))
            }
            Next::End(state) => {
                self.end(lease, look, state).await?;
                Ok(Some(Advanced::Done))
            }
        }
    }

    async fn end(&self, lease: &Lease, look: &Look, state: RunState) -> Result<(), EngineError> {
        let failed = look
            .stages
            .iter()
            .find(|record| record.state == StageState::Failed);
        let reason = match state {
            RunState::Failed => failed.and_then(|record| record.reason.clone()),
            _ => None,
        };
        let open = look.stages.iter().filter(|record| !record.state.is_final());
        for record in open.filter(|_| state == RunState::Cancelled) {
            self.finish(
                lease,
                &record.stage,
                record.round,
                StageState::Cancelled,
                Some("cancelled".to_owned()),
                None,
            )
            .await?;
        }
        self.update(lease, state, Vec::new(), None, None, reason).await
    }

    async fn expire(&self, lease: &Lease, look: &Look) -> Result<(), EngineError> {
        let hash = crate::outbox::issue_bytes(self, &look.stages).await?;
        let hash = hash.map(|bytes| copydesk_domain::ContentHash::of(&bytes));
        let Some(hash) = hash else { return Ok(()) };
        let command = Command::Decide {
            run: lease.run.clone(),
            subject: Subject::Issue,
            hash,
            decision: Decision::Expired,
            effective_at: None,
            reason: Some("nobody decided in time".to_owned()),
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(())
    }

    async fn skip(
        &self,
        lease: &Lease,
        stage: StageName,
        round: Round,
        reason: String,
    ) -> Result<(), EngineError> {
        let now = self.services.clock.now();
        let start = Command::StartStage {
            lease: lease.clone(),
            stage: stage.clone(),
            round,
            now,
            at: now,
        };
        self.services.store.apply(start).await?;
        self.finish(lease, &stage, round, StageState::Skipped, Some(reason), None)
            .await
    }

    async fn run_alone(
        &self,
        lease: &Lease,
        release: &Arc<Release>,
        only: &StageName,
        keeper: &LeaseKeeper,
    ) -> Result<Advanced, EngineError> {
        let look = self.look(&lease.run).await?;
        let unready = |reason: &str| EngineError::StageUnready {
            stage: only.to_string(),
            reason: reason.to_owned(),
        };
        let stage = release
            .pipeline
            .stages
            .iter()
            .find(|stage| stage.stage_name() == *only);
        let stage = stage.ok_or_else(|| unready("the pipeline has no such stage"))?;
        let round = crate::next::round_of(stage, &look.decisions);
        let done = look
            .stages
            .iter()
            .any(|record| record.stage == *only && record.round == round && record.state.is_final());
        if done {
            return Err(unready(
                "it has its artifacts already; send the issue back, or start a run with --new",
            ));
        }
        let advanced = self.run_stage(lease, release, &look, only, round, keeper).await?;
        if let Some(advanced) = advanced {
            return Ok(advanced);
        }
        let reason = Some(format!("{only} was run alone; `copydesk run` goes on"));
        self.update(lease, RunState::Queued, Vec::new(), None, None, reason)
            .await?;
        Ok(Advanced::Done)
    }

    async fn run_stage(
        &self,
        lease: &Lease,
        release: &Arc<Release>,
        look: &Look,
        name: &StageName,
        round: Round,
        keeper: &LeaseKeeper,
    ) -> Result<Option<Advanced>, EngineError> {
        let stage = release
            .pipeline
            .stages
            .iter()
            .find(|stage| stage.stage_name() == *name);
        let unknown = |agent: &str| EngineError::AgentUnknown {
            stage: name.to_string(),
            agent: agent.to_owned(),
        };
        let config = stage.cloned().ok_or_else(|| unknown("?"))?;
        let agent = self
            .services
            .stages
            .get(config.agent.as_str())
            .ok_or_else(|| unknown(&config.agent))?;
        self.update(lease, RunState::Running, Vec::new(), None, None, None)
            .await?;
        let tools = config.tools.clone();
        let ctx = self.context(lease, release, look, config, round, keeper).await?;
        self.services.progress.report(ProgressEvent::StageStarted {
            run: lease.run.clone(),
            stage: name.clone(),
        });
        let ready = match self.check_trust(&tools).await {
            Ok(()) => self.inputs(&ctx, look).await,
            Err(error) => Err(error),
        };
        let result = match ready {
            Ok(inputs) => agent.run(&ctx, &inputs).await,
            Err(error) => Err(error.into()),
        };
        match result {
            Ok(output) => self.complete(lease, name, round, output).await,
            Err(error) => self.fail(lease, name, round, error).await,
        }
    }

    /// A tool that a stage lists and nobody trusts as it is now makes the run wait before anything is read. A server
    /// that does not start is no matter of trust: each call to it says so.
    async fn check_trust(&self, tools: &[String]) -> Result<(), StepError> {
        match self.services.tools.list(tools).await {
            Err(error @ ToolError::NotTrusted { .. }) => Err(StepError::Tool(error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn inputs(&self, ctx: &StageContext, look: &Look) -> Result<StageInputs, StepError> {
        let store = self.services.store.as_ref();
        ctx.step("inputs", &(), || async {
            Ok(inputs::gather(store, &look.run, &look.stages, &look.decisions, ctx.now()).await?)
        })
        .await
    }

    async fn context(
        &self,
        lease: &Lease,
        release: &Arc<Release>,
        look: &Look,
        stage: StageConfig,
        round: Round,
        keeper: &LeaseKeeper,
    ) -> Result<StageContext, EngineError> {
        let services = &self.services;
        let at = services.clock.now();
        let name = stage.stage_name();
        let now = look.run.fixed_now.unwrap_or(at);
        let start = Command::StartStage {
            lease: lease.clone(),
            stage: name.clone(),
            round,
            now,
            at,
        };
        let now = match services.store.apply(start).await? {
            Applied::StageNow(now) => now,
            other => {
                return Err(StoreError::Database {
                    reason: format!("a stage start gave {other:?}"),
                }
                .into());
            }
        };
        let limits = limits(release, &stage, at);
        Ok(StageContext::new(ContextParams {
            store: Arc::clone(&services.store),
            clock: Arc::clone(&services.clock),
            tools: Arc::clone(&services.tools),
            models: Arc::clone(&services.models),
            progress: Arc::clone(&services.progress),
            lease: lease.clone(),
            release: Arc::clone(release),
            outcomes: services.store.outcomes(&lease.run, &name, round).await?,
            stage,
            round,
            now,
            seed: look.run.seed,
            embedded_only: look.run.embedded_only,
            limits,
            shutdown: services.shutdown.clone(),
            cancel: keeper.cancel.clone(),
        }))
    }

    async fn complete(
        &self,
        lease: &Lease,
        stage: &StageName,
        round: Round,
        output: StageOutput,
    ) -> Result<Option<Advanced>, EngineError> {
        let summary = output.summary.clone();
        let kinds: Vec<_> = output.artifacts.iter().map(|artifact| artifact.kind).collect();
        if kinds.is_empty() {
            let error = StageError::Invalid {
                reason: "the stage made no artifact".to_owned(),
            };
            return self.fail(lease, stage, round, error).await;
        }
        self.finish(
            lease,
            stage,
            round,
            StageState::Completed,
            Some(summary.clone()),
            Some(output),
        )
        .await?;
        let issue = match () {
            () if kinds.contains(&ArtifactKind::Issue) => Some(IssueState::Reviewed),
            () if kinds.contains(&ArtifactKind::Draft) => Some(IssueState::Drafted),
            () => None,
        };
        self.update(lease, RunState::Running, Vec::new(), issue, None, None)
            .await?;
        self.services.progress.report(ProgressEvent::StageFinished {
            stage: stage.clone(),
            summary,
        });
        Ok(None)
    }

    async fn fail(
        &self,
        lease: &Lease,
        stage: &StageName,
        round: Round,
        error: StageError,
    ) -> Result<Option<Advanced>, EngineError> {
        match &error {
            StageError::Step(StepError::Interrupted) => {
                self.update(lease, RunState::Queued, Vec::new(), None, None, None)
                    .await?;
                return Ok(Some(Advanced::Interrupted));
            }
            StageError::Step(StepError::Cancelled) => return Ok(None),
            StageError::Step(StepError::Store(error)) => return Err(error.clone().into()),
            _ => {}
        }
        let reason = error.to_string();
        tracing::warn!(run = %lease.run, %stage, %reason, "stage ended without its artifacts");
        if let Some(what) = error.waiting_for() {
            self.finish(
                lease,
                stage,
                round,
                StageState::Waiting,
                Some(reason.clone()),
                None,
            )
            .await?;
            self.update(lease, RunState::Waiting, vec![what], None, None, Some(reason))
                .await?;
            return Ok(None);
        }
        self.finish(lease, stage, round, StageState::Failed, Some(reason), None)
            .await?;
        Ok(None)
    }

    async fn finish(
        &self,
        lease: &Lease,
        stage: &StageName,
        round: Round,
        ended: StageState,
        reason: Option<String>,
        output: Option<StageOutput>,
    ) -> Result<(), EngineError> {
        let output = output.unwrap_or_default();
        let command = Command::FinishStage {
            lease: lease.clone(),
            stage: stage.clone(),
            round,
            state: ended,
            reason,
            artifacts: output.artifacts,
            bodies: output.bodies,
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(())
    }

    async fn update(
        &self,
        lease: &Lease,
        state: RunState,
        waiting_for: Vec<WaitingFor>,
        issue: Option<IssueState>,
        wake_at: Option<Instant>,
        reason: Option<String>,
    ) -> Result<(), EngineError> {
        let at = self.services.clock.now();
        let lease = lease.clone();
        let command = Command::UpdateRun {
            lease,
            state,
            waiting_for,
            issue,
            wake_at,
            reason,
            at,
        };
        self.services.store.apply(command).await?;
        Ok(())
    }
}

/// The limits that every reserve of a stage must fit.
fn limits(release: &Release, stage: &StageConfig, now: Instant) -> Vec<BudgetLimit> {
    let budget = &release.config.budget;
    let zone =
        jiff::tz::TimeZone::get(&release.pipeline.pipeline.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let today = now.timestamp().to_zoned(zone.clone()).date();
    let start = |date: jiff::civil::Date| {
        date.to_zoned(zone.clone())
            .ok()
            .map(|zoned| Instant::from_timestamp(zoned.timestamp()))
    };
    let mut limits = vec![
        BudgetLimit {
            scope: BudgetScope::Run,
            since: None,
            limit: budget.run,
        },
        BudgetLimit {
            scope: BudgetScope::Day,
            since: start(today),
            limit: budget.day,
        },
        BudgetLimit {
            scope: BudgetScope::Month,
            since: start(today.first_of_month()),
            limit: budget.month,
        },
    ];
    limits.extend(stage.budget.map(|limit| BudgetLimit {
        scope: BudgetScope::Stage,
        since: None,
        limit,
    }));
    limits
}

/// Renews a lease and watches for a cancel, until dropped.
struct LeaseKeeper {
    cancel: watch::Receiver<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl LeaseKeeper {
    fn start(engine: &Engine, lease: Lease) -> Self {
        let (sender, cancel) = watch::channel(false);
        let services = Arc::clone(&engine.services);
        let task = tokio::spawn(async move {
            let mut changes = services.store.changes();
            let mut renewal = tokio::time::interval(RENEWAL);
            loop {
                tokio::select! {
                    _ = renewal.tick() => {
                        let until = services.clock.now().plus(LEASE);
                        let renewed = services.store.apply(Command::RenewLease { lease: lease.clone(), until }).await;
                        if matches!(renewed, Err(StoreError::LeaseLost { .. })) {
                            let _ = sender.send(true);
                            return;
                        }
                    }
                    notified = changes.changed() => {
                        let run = services.store.run(&lease.run).await;
                        if matches!(run, Ok(Some(run)) if run.cancel_requested) || notified.is_err() {
                            let _ = sender.send(true);
                            return;
                        }
                    }
                }
            }
        });
        Self { cancel, task }
    }
}

impl Drop for LeaseKeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}
