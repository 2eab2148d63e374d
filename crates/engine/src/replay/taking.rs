//! The rounds of a replay that is executed anew: those that are taken over, and those that are not.

use std::sync::Arc;

use copydesk_config::StageConfig;
use copydesk_domain::artifact::Artifact;
use copydesk_domain::{StageName, StageState};
use copydesk_journal::{
    ContextParams, ProgressEvent, Stage, StageContext, StageError, StageInputs, StageOutput, StepError,
    StoreLibrary, ToolError, Tools as _, trace,
};
use copydesk_store::{ArtifactRef, Command, StageRecord};

use super::anew::{Going, is_done};
use super::answers::Asked;
use super::error::ReplayError;
use super::fenced::ReadingTools;
use super::pinned::pinned_tasks;
use super::plan::Planned;
use super::recording::RecordedRound;
use super::replayer::Replayer;
use crate::chosen::Chosen;
use crate::inputs;
use crate::noted::noted_since;
use crate::read_replies;
use crate::stage_run::{INPUTS, with_artifacts};

/// The rounds of the replay so far.
#[derive(Default)]
pub(super) struct Taking {
    rounds: Vec<StageRecord>,
}

impl Replayer {
    /// Copies a round as it was, with what its steps gave.
    pub(super) async fn take_over(
        &self,
        going: &Going<'_>,
        planned: &Planned,
        taking: &mut Taking,
    ) -> Result<(), ReplayError> {
        let Some(round) = going.recording.round(&planned.stage, planned.round) else {
            return Ok(());
        };
        let mut artifacts = Vec::new();
        for named in &round.artifacts {
            let found = self.options.store.artifact(&named.hash).await?;
            artifacts.push(found.ok_or_else(|| ReplayError::Unreadable {
                run: going.recording.run.run.clone(),
                what: format!("{} {}", named.kind.as_str(), named.hash.short(12)),
                reason: "it is not stored".to_owned(),
            })?);
        }
        self.start(going, planned);
        let at = self.options.clock.now();
        let lease = &going.hold.lease;
        for step in &round.steps {
            going.hold.batch.hold(Command::FinishStep {
                lease: lease.clone(),
                step: step.taken_over(&round.stage, round.round, at),
            });
        }
        let output = StageOutput {
            artifacts,
            ..StageOutput::default()
        };
        self.finish(
            going,
            planned,
            taking,
            (round.state, round.reason.clone()),
            output,
        );
        Ok(going.hold.batch.commit().await?)
    }

    /// Executes a round anew. Gives the reason where it ended without its artifacts.
    pub(super) async fn round_anew(
        &self,
        going: &Going<'_>,
        planned: &Planned,
        taking: &mut Taking,
    ) -> Result<Option<String>, ReplayError> {
        let stages = &going.release.pipeline.stages;
        let config = stages.iter().find(|stage| stage.stage_name() == planned.stage);
        let agent = config.and_then(|config| self.options.stages.get(config.agent.as_str()));
        let (Some(config), Some(agent)) = (config, agent) else {
            return Ok(Some("this program has no such stage".to_owned()));
        };
        if let Some(missing) = missing_need(going, config, taking) {
            return Ok(Some(missing));
        }
        self.start(going, planned);
        let tools = Arc::new(ReadingTools::of(Arc::clone(&self.options.tools)));
        let ctx = self.context(going, planned, config, Arc::clone(&tools));
        let result = match trusted(&ctx, &tools).await {
            Ok(()) => match self.record_choice(&ctx, going).await {
                Ok(()) => self.run(&ctx, going, agent.as_ref(), taking).await,
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        };
        let (ended, output) = match result.and_then(|output| with_artifacts(&planned.stage, output)) {
            Ok(output) => ((StageState::Completed, Some(output.summary.clone())), output),
            Err(StageError::Step(StepError::Store(error))) if !is_budget(&error) => return Err(error.into()),
            Err(error @ StageError::Step(StepError::Interrupted | StepError::Cancelled)) => (
                (StageState::Cancelled, Some(error.to_string())),
                StageOutput::default(),
            ),
            Err(error) => (
                (StageState::Failed, Some(error.to_string())),
                StageOutput::default(),
            ),
        };
        let failed = (!is_done(ended.0)).then(|| ended.1.clone()).flatten();
        self.finish(going, planned, taking, ended, output);
        going.hold.batch.commit().await?;
        Ok(failed)
    }

    /// A replay of this replay asks the models that it asked.
    async fn record_choice(&self, ctx: &StageContext, going: &Going<'_>) -> Result<(), StepError> {
        let round = going.recording.round(&ctx.stage().stage_name(), ctx.round());
        let chosen = round
            .and_then(RecordedRound::chosen)
            .filter(|_| going.choice.is_none());
        if let Some(key) = chosen.and_then(|chosen| chosen.to_record(std::iter::empty())) {
            ctx.read_once(&key, || async { Ok(true) }).await?;
        }
        Ok(())
    }

    async fn run(
        &self,
        ctx: &StageContext,
        going: &Going<'_>,
        agent: &dyn Stage,
        taking: &Taking,
    ) -> Result<StageOutput, StageError> {
        let inputs = ctx
            .read_once(INPUTS, || async {
                Ok(self.inputs(ctx, going, agent, taking).await?)
            })
            .await?;
        trace::of_stage(self.tracer.as_ref(), ctx, agent.run(ctx, &inputs)).await
    }

    /// What the round worked from, but with what this replay made. A pruned run has it gathered anew, as of then.
    async fn inputs(
        &self,
        ctx: &StageContext,
        going: &Going<'_>,
        agent: &dyn Stage,
        taking: &Taking,
    ) -> Result<StageInputs, copydesk_store::StoreError> {
        let round = going.recording.round(&ctx.stage().stage_name(), ctx.round());
        let mut steps = round.iter().flat_map(|round| &round.steps);
        let recorded = steps.find(|step| step.key.as_str() == INPUTS);
        let recorded = recorded.and_then(|step| serde_json::from_str::<StageInputs>(&step.body).ok());
        if let Some(recorded) = recorded {
            return Ok(StageInputs {
                artifacts: inputs::newest_artifacts(&taking.rounds),
                ..recorded
            });
        }
        let (store, pipeline) = (self.options.store.as_ref(), ctx.pipeline());
        let (run, rounds) = (&going.parent.run, &taking.rounds);
        let note = inputs::send_back_note(pipeline, ctx.stage(), &going.parent.decisions);
        if !agent.reads_history() {
            let notes = inputs::author_notes(store, noted_since(store, pipeline, run).await?).await?;
            return Ok(inputs::without_history(rounds, note, notes));
        }
        let mut gathered = inputs::gather(store, pipeline, run, rounds, note, ctx.now()).await?;
        if !agent.reads_choices() {
            gathered.choices.clear();
        }
        if agent.reads_replies() {
            let own = ctx.stage().stage_name();
            gathered.read_replies = read_replies::gather(store, run, rounds, &own, ctx.now()).await?;
        }
        Ok(gathered)
    }

    fn context(
        &self,
        going: &Going<'_>,
        planned: &Planned,
        config: &StageConfig,
        tools: Arc<ReadingTools>,
    ) -> StageContext {
        let options = &self.options;
        let round = going.recording.round(&planned.stage, planned.round);
        let asked = round.map(|round| Asked {
            round,
            then: &going.recording.release,
            now: &going.release,
            choice: going.choice.as_ref(),
        });
        let chosen = asked.as_ref().and_then(Asked::chosen);
        let release = asked.as_ref().map(|asked| Arc::new(asked.release()));
        StageContext::new(ContextParams {
            library: Arc::new(StoreLibrary(Arc::clone(&options.store))),
            batch: Arc::clone(&going.hold.batch),
            clock: Arc::clone(&options.clock),
            tools,
            models: Arc::clone(&options.models),
            progress: Arc::clone(&options.progress),
            lease: going.hold.lease.clone(),
            run: going.recording.run.run.clone(),
            release: release.unwrap_or_else(|| Arc::clone(&going.release)),
            stage: config.clone(),
            round: planned.round,
            now: planned.now,
            seed: going.recording.run.seed,
            pinned: pinned_tasks(&going.recording.release),
            embedded_only: chosen == Some(Chosen::Embedded),
            route: match chosen {
                Some(Chosen::Route(names)) => names,
                Some(Chosen::Embedded) | None => Vec::new(),
            },
            outcomes: Vec::new(),
            recorded: asked.map(|asked| asked.answers()).unwrap_or_default(),
            patience: None,
            shutdown: options.shutdown.clone(),
            cancel: going.hold.cancel.clone(),
        })
    }

    fn start(&self, going: &Going<'_>, planned: &Planned) {
        let start = Command::StartStage {
            lease: going.hold.lease.clone(),
            stage: planned.stage.clone(),
            round: planned.round,
            now: planned.now,
            at: self.options.clock.now(),
        };
        let event = ProgressEvent::StageStarted {
            run: going.hold.lease.run.clone(),
            stage: planned.stage.clone(),
        };
        going.hold.batch.hold_and_show(start, event);
    }

    fn finish(
        &self,
        going: &Going<'_>,
        planned: &Planned,
        taking: &mut Taking,
        (state, reason): (StageState, Option<String>),
        output: StageOutput,
    ) {
        let at = self.options.clock.now();
        taking.rounds.push(StageRecord {
            stage: planned.stage.clone(),
            round: planned.round,
            state,
            attempts: 1,
            now: planned.now,
            started_at: at,
            finished_at: Some(at),
            reason: reason.clone(),
            artifacts: output.artifacts.iter().map(named).collect(),
        });
        let finish = Command::FinishStage {
            lease: going.hold.lease.clone(),
            stage: planned.stage.clone(),
            round: planned.round,
            state,
            reason: reason.clone(),
            artifacts: output.artifacts,
            bodies: output.bodies,
            at,
        };
        let event = ProgressEvent::StageFinished {
            run: going.recording.run.run.clone(),
            stage: planned.stage.clone(),
            summary: reason.unwrap_or_default(),
        };
        going.hold.batch.hold_and_show(finish, event);
    }
}

fn named(artifact: &Artifact) -> ArtifactRef {
    ArtifactRef {
        kind: artifact.kind,
        hash: artifact.hash,
    }
}

fn is_budget(error: &copydesk_store::StoreError) -> bool {
    matches!(error, copydesk_store::StoreError::BudgetSpent { .. })
}

/// That the stage's tools are trusted as they are: a step that is not recorded may call them.
async fn trusted(ctx: &StageContext, tools: &ReadingTools) -> Result<(), StepError> {
    match ctx.unless_stopped(tools.list(ctx.tools())).await? {
        Err(error @ (ToolError::NotTrusted { .. } | ToolError::Store(_))) => Err(error.into()),
        Ok(listed) => {
            ctx.remember_tools(listed);
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

/// Why a stage cannot be executed; none where all that it needs is there.
fn missing_need(going: &Going<'_>, stage: &StageConfig, taking: &Taking) -> Option<String> {
    let newest = |need: &StageName| {
        let rounds = taking.rounds.iter().filter(|record| record.stage == *need);
        rounds
            .max_by_key(|record| record.round)
            .map(|record| record.state)
    };
    let mut needs = going.release.pipeline.needs_of(stage).into_iter();
    let missing = needs.find(|need| !newest(need).is_some_and(is_done))?;
    Some(format!("it needs {missing}, which has no artifact"))
}
