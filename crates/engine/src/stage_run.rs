//! One round of one stage: its context and inputs, its agent, and the record of how it ended.

use std::sync::Arc;

use copydesk_config::{Release, StageConfig};
use copydesk_domain::{Instant, Round, RunState, StageName, StageState};
use copydesk_journal::{
    ContextParams, ProgressEvent, StageContext, StageError, StageInputs, StageOutput, StepError, ToolError,
};
use copydesk_store::{Applied, BudgetLimit, BudgetScope, Command, Lease, StageRecord, StoreError};

use crate::advance::{Advanced, Look};
use crate::error::EngineError;
use crate::inputs;
use crate::lease::LeaseKeeper;
use crate::next::{is_ready_to_publish, missing_need, next_after_alone};
use crate::services::Engine;

impl Engine {
    /// Runs one stage and begins nothing else; the run then waits for whom that stage made it wait.
    pub(crate) async fn run_alone(
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
        let round = if only.as_str() == StageName::PUBLISH {
            is_ready_to_publish(&self.view_of(&look, release, None)).map_err(|reason| unready(&reason))?;
            self.hand_over(lease, &look, release).await?;
            Round::FIRST
        } else {
            let stages = &release.pipeline.stages;
            let stage = stages.iter().find(|stage| stage.stage_name() == *only);
            let stage = stage.ok_or_else(|| unready("the pipeline has no such stage"))?;
            let round = crate::next::round_of(stage, &look.decisions);
            let is_it = |record: &&StageRecord| record.stage == *only && record.round == round;
            match look.stages.iter().find(is_it).map(|record| record.state) {
                Some(StageState::Completed) => {
                    return Err(unready(
                        "it has its artifacts already; send the issue back, or start a run with --new",
                    ));
                }
                Some(ended) if ended.is_final() => {
                    return Err(unready(&format!(
                        "it is {ended}; `copydesk retry` opens it again"
                    )));
                }
                _ => {}
            }
            if let Some(missing) = missing_need(&self.view_of(&look, release, None), stage) {
                return Err(unready(&format!("it needs {missing}, which has no artifact")));
            }
            if let Some(advanced) = self.run_stage(lease, release, &look, only, round, keeper).await? {
                return Ok(advanced);
            }
            round
        };
        let look = self.look(&lease.run).await?;
        let after = next_after_alone(&self.view_of(&look, release, None), only, round);
        let advanced = self.carry_out(after, &look, lease, release, keeper).await?;
        Ok(advanced.unwrap_or(Advanced::Done))
    }

    /// Runs a round of a stage and records how it ended; none = look again.
    pub(crate) async fn run_stage(
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
        if output.artifacts.is_empty() {
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
