//! One round of one stage: its context and inputs, its agent, and the record of how it ended.

use std::collections::BTreeSet;
use std::sync::Arc;

use copydesk_config::StageConfig;
use copydesk_domain::{Instant, Round, RunState, StageName, StageState};
use copydesk_journal::{
    ContextParams, ModelError, ProgressEvent, Stage, StageContext, StageError, StageInputs, StageOutput,
    StepError, StoreLibrary, ToolError, trace,
};
use copydesk_store::contract::rules::require_done;
use copydesk_store::{ArtifactRef, Breach, Command, StageRecord, StoreError};

use crate::advance::{Advanced, Carried, Drive, Look};
use crate::chosen::Chosen;
use crate::error::EngineError;
use crate::inputs;
use crate::next::{Next, is_ready_to_publish, next_after_alone};
use crate::read_replies;
use crate::rounds::present_round;
use crate::services::Engine;
use crate::starting::{missing_need, patience};

impl Engine {
    /// Runs one stage and begins nothing else; the run then waits for whom that stage made it wait.
    pub(crate) async fn run_alone(&self, drive: &Drive, only: &StageName) -> Result<Advanced, EngineError> {
        let release = &drive.release;
        let look = self.look_again(drive).await?;
        if look.run.cancel_requested {
            let end = Next::End(RunState::Cancelled);
            self.carry_out(end, &look, drive).await?;
            return Ok(Advanced::Done);
        }
        let unready = |reason: &str| EngineError::StageUnready {
            stage: only.to_string(),
            reason: reason.to_owned(),
        };
        let round = if only.as_str() == StageName::PUBLISH {
            is_ready_to_publish(&self.view_of(&look, release, None)).map_err(|reason| unready(&reason))?;
            if !self.hand_over(drive, &look).await? {
                return Ok(Advanced::Interrupted);
            }
            Round::FIRST
        } else {
            let stages = &release.pipeline.stages;
            let stage = stages.iter().find(|stage| stage.stage_name() == *only);
            let stage = stage.ok_or_else(|| unready("the pipeline has no such stage"))?;
            let round = present_round(&self.view_of(&look, release, None), stage);
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
                return Err(unready(&missing));
            }
            if let Carried::Ended(advanced) = self.run_stage(drive, &look, only, round).await? {
                return Ok(advanced);
            }
            round
        };
        let look = self.look_again(drive).await?;
        let after = next_after_alone(&self.view_of(&look, release, None), only, round);
        match self.carry_out(after, &look, drive).await? {
            Carried::Ended(advanced) => Ok(advanced),
            Carried::Again | Carried::Completed(_) => Ok(Advanced::Done),
        }
    }

    /// Runs a round of a stage and records how it ended.
    pub(crate) async fn run_stage(
        &self,
        drive: &Drive,
        look: &Look,
        name: &StageName,
        round: Round,
    ) -> Result<Carried, EngineError> {
        let stages = &drive.release.pipeline.stages;
        let stage = stages.iter().find(|stage| stage.stage_name() == *name);
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
        let note = inputs::send_back_note(&drive.release.pipeline, &config, &look.decisions);
        let (ctx, record, choice) = self.open_stage(drive, look, config, round).await?;
        let ready = match self.ready(&ctx, choice).await {
            Ok(()) => self.inputs(&ctx, drive, look, note, agent.as_ref()).await,
            Err(error) => Err(error),
        };
        let result = match ready {
            Ok(inputs) => trace::of_stage(self.tracer.as_ref(), &ctx, agent.run(&ctx, &inputs)).await,
            Err(error) => Err(error.into()),
        };
        match result.and_then(|output| with_artifacts(name, output)) {
            Ok(output) => Ok(Carried::Completed(self.complete(drive, record, output))),
            Err(error) => self.fail(drive, name, round, error).await,
        }
    }

    /// A tool that a stage lists and nobody trusts as it is now makes the run wait before anything is read. A server
    /// that does not start is no matter of trust: each call to it says so.
    async fn check_trust(&self, ctx: &StageContext) -> Result<(), StepError> {
        let listed = self.services.tools.list(ctx.tools());
        match ctx.unless_stopped(listed).await? {
            Err(error @ (ToolError::NotTrusted { .. } | ToolError::Store(_))) => return Err(error.into()),
            Ok(listed) => ctx.remember_tools(listed),
            Err(_) => {}
        }
        Ok(())
    }

    /// That the round may begin, with what of the run's state it depends on recorded.
    /// `choice`: the step that records a person's choice of models which the round does not tell yet.
    async fn ready(&self, ctx: &StageContext, choice: Option<String>) -> Result<(), StepError> {
        self.check_trust(ctx).await?;
        if let Some(key) = choice {
            ctx.read_once(&key, || async { Ok(true) }).await?;
        }
        Ok(())
    }

    async fn inputs(
        &self,
        ctx: &StageContext,
        drive: &Drive,
        look: &Look,
        note: Option<String>,
        agent: &dyn Stage,
    ) -> Result<StageInputs, StepError> {
        let store = self.services.store.as_ref();
        let (run, stages) = (&look.run, &look.stages);
        ctx.read_once(INPUTS, || async {
            if !agent.reads_history() {
                let notes = drive.noted.read(store, ctx.pipeline(), run).await?;
                return Ok(inputs::without_history(stages, note, notes));
            }
            let mut gathered = inputs::gather(store, ctx.pipeline(), run, stages, note, ctx.now()).await?;
            if !agent.reads_choices() {
                gathered.choices.clear();
            }
            if agent.reads_replies() {
                let own = ctx.stage().stage_name();
                gathered.read_replies = read_replies::gather(store, run, stages, &own, ctx.now()).await?;
            }
            Ok(gathered)
        })
        .await
    }

    /// Opens a round of a stage, or goes on with it. Its start is stored before its first effect.
    async fn open_stage(
        &self,
        drive: &Drive,
        look: &Look,
        stage: StageConfig,
        round: Round,
    ) -> Result<(StageContext, StageRecord, Option<String>), EngineError> {
        let services = &self.services;
        let at = services.clock.now();
        let name = stage.stage_name();
        let known = look
            .stages
            .iter()
            .find(|record| record.stage == name && record.round == round);
        // The first attempt's `now` holds for the whole round.
        let now = known.map_or(look.run.fixed_now.unwrap_or(at), |record| record.now);
        let outcomes = match known {
            Some(_) => services.store.outcomes(&drive.lease.run, &name, round).await?,
            None => Vec::new(),
        };
        let waits_until = patience(&drive.release.pipeline, &look.run, &stage, round);
        let keys = outcomes.iter().map(|outcome| outcome.key.as_str());
        let choice = Chosen::of_run(&look.run).and_then(|chosen| chosen.to_record(keys));
        let record = known.cloned().unwrap_or_else(|| StageRecord {
            stage: name.clone(),
            round,
            state: StageState::Running,
            attempts: 1,
            now,
            started_at: at,
            finished_at: None,
            reason: None,
            artifacts: Vec::new(),
        });
        self.update(drive, RunState::Running, Vec::new(), None, None, None);
        let start = Command::StartStage {
            lease: drive.lease.clone(),
            stage: name.clone(),
            round,
            now,
            at,
        };
        let run = drive.lease.run.clone();
        let event = ProgressEvent::StageStarted { run, stage: name };
        drive.batch.hold_and_show(start, event);
        let ctx = StageContext::new(ContextParams {
            library: Arc::new(StoreLibrary(Arc::clone(&services.store))),
            batch: Arc::clone(&drive.batch),
            clock: Arc::clone(&services.clock),
            tools: Arc::clone(&services.tools),
            models: Arc::clone(&services.models),
            progress: Arc::clone(&services.progress),
            lease: drive.lease.clone(),
            run: drive.lease.run.clone(),
            release: Arc::clone(&drive.release),
            outcomes,
            recorded: Vec::new(),
            stage,
            round,
            now,
            seed: look.run.seed,
            pinned: BTreeSet::new(),
            embedded_only: look.run.embedded_only,
            route: look.run.route.clone(),
            patience: waits_until,
            shutdown: services.shutdown.clone(),
            cancel: drive.keeper.cancel.clone(),
        });
        Ok((ctx, record, choice))
    }

    /// Records a success, and gives the record as it will be stored.
    fn complete(&self, drive: &Drive, record: StageRecord, output: StageOutput) -> StageRecord {
        let artifacts = output.artifacts.iter().map(|artifact| ArtifactRef {
            kind: artifact.kind,
            hash: artifact.hash,
        });
        let artifacts = artifacts.collect();
        let reason = Some(output.summary.clone());
        let place = (&record.stage, record.round);
        let at = self.finish(drive, place, StageState::Completed, reason.clone(), output);
        StageRecord {
            state: StageState::Completed,
            finished_at: Some(at),
            reason,
            artifacts,
            ..record
        }
    }

    /// A stage was told to stop. Where a person has had the run go on since, it is for the next advance, which is told of
    /// nothing.
    async fn cancelled(&self, drive: &Drive) -> Result<Carried, EngineError> {
        drive.batch.commit().await?;
        if self.known_run(&drive.lease.run).await?.cancel_requested {
            return Ok(Carried::Again);
        }
        self.update(drive, RunState::Queued, Vec::new(), None, None, None);
        Ok(Carried::Ended(Advanced::Interrupted))
    }

    /// A stage found what it needs out of reach. It waits without a lease, and is tried again at `at`.
    fn put_off(&self, drive: &Drive, place: (&StageName, Round), at: Instant, reason: String) {
        tracing::warn!(run = %drive.lease.run, stage = %place.0, %reason, "stage put off");
        let (ended, output) = (StageState::Waiting, StageOutput::default());
        self.finish(drive, place, ended, Some(reason.clone()), output);
        self.update(drive, RunState::Waiting, Vec::new(), None, Some(at), Some(reason));
    }

    async fn fail(
        &self,
        drive: &Drive,
        stage: &StageName,
        round: Round,
        error: StageError,
    ) -> Result<Carried, EngineError> {
        match error {
            StageError::Step(StepError::Interrupted) => {
                self.update(drive, RunState::Queued, Vec::new(), None, None, None);
                return Ok(Carried::Ended(Advanced::Interrupted));
            }
            StageError::Step(StepError::Cancelled) => return self.cancelled(drive).await,
            StageError::PutOff { at, .. } => {
                self.put_off(drive, (stage, round), at, error.to_string());
                return Ok(Carried::Again);
            }
            StageError::Step(StepError::Store(error)) => return Err(error.into()),
            StageError::Step(StepError::Model(ModelError::Reserve(error)))
                if !matches!(error, StoreError::BudgetSpent { .. }) =>
            {
                return Err(error.into());
            }
            _ => {}
        }
        if let StageError::Step(StepError::Model(ModelError::OverBudget(breach))) = &error {
            drive.batch.hold(Command::NoteBreach {
                lease: drive.lease.clone(),
                breach: Breach::clone(breach),
            });
        }
        let reason = error.to_string();
        tracing::warn!(run = %drive.lease.run, %stage, %reason, "stage ended without its artifacts");
        let ended = match error.waiting_for() {
            Some(_) => StageState::Waiting,
            None => StageState::Failed,
        };
        let (place, output) = ((stage, round), StageOutput::default());
        self.finish(drive, place, ended, Some(reason.clone()), output);
        if let Some(what) = error.waiting_for() {
            self.update(drive, RunState::Waiting, vec![what], None, None, Some(reason));
        }
        Ok(Carried::Again)
    }
}

/// The step that records what a round works from.
pub(crate) const INPUTS: &str = "inputs";

/// Done means valid artifacts.
pub(crate) fn with_artifacts(stage: &StageName, output: StageOutput) -> Result<StageOutput, StageError> {
    match require_done(stage, StageState::Completed, &output.artifacts) {
        Err(StoreError::NotDone { reason, .. }) => Err(StageError::Invalid { reason }),
        Ok(()) | Err(_) => Ok(output),
    }
}
