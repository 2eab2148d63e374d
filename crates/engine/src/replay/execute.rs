//! A recording executed: the same stages over the same answers, with nobody to ask.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use copydesk_domain::{Clock, ContentHash, Instant, Round, StageName};
use copydesk_journal::{
    Batch, ContextParams, Library, Progress, RecordedStep, Stage, StageContext, StageError, StageInputs,
    StageOutput, StoreLibrary,
};
use copydesk_store::{Applied, Command, Lease, RunParams, Store, StoreError};
use tokio::sync::watch;

use super::fenced::{NoModels, NoTools};
use super::library::Overlay;
use super::recording::{RecordedRound, Recording};
use crate::lease::LEASE;
use crate::stage_run::{INPUTS, with_artifacts};

/// What a recording is executed with.
pub struct World {
    /// What was recorded, to read.
    pub library: Arc<dyn Library>,
    /// Takes what the stages write, and is thrown away after.
    pub scratch: Arc<dyn Store>,
    /// Stages by agent.
    pub stages: HashMap<&'static str, Arc<dyn Stage>>,
    /// The machine's clock, for durations only.
    pub clock: Arc<dyn Clock>,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// Turns true when the process ends.
    pub shutdown: watch::Receiver<bool>,
}

/// A round as it came out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remade {
    /// The stage.
    pub stage: StageName,
    /// Its round.
    pub round: Round,
    /// What it made, or why it ended without.
    pub made: Result<StageOutput, String>,
    /// The first step that the recording has no answer to, in words.
    pub unrecorded: Option<String>,
}

/// Executes the rounds of a recording that were executed then. Rounds that were skipped or cancelled are left out.
///
/// # Errors
/// Those of the scratch store, and [`StoreError::Closed`] where the process is ending.
pub async fn re_execute(recording: &Recording, world: &World) -> Result<Vec<Remade>, StoreError> {
    let lease = open(recording, world).await?;
    let mut remade = Vec::new();
    for round in recording.rounds.iter().filter(|round| round.was_executed()) {
        if *world.shutdown.borrow() {
            return Err(StoreError::Closed);
        }
        remade.push(again(recording, round, world, &lease).await?);
    }
    Ok(remade)
}

/// Makes the run in the scratch store, under its own id: a stage that asks who it is gets the same answer.
async fn open(recording: &Recording, world: &World) -> Result<Lease, StoreError> {
    let at = world.clock.now();
    let run = &recording.run;
    let params = RunParams {
        id: run.run.clone(),
        pipeline: run.pipeline.clone(),
        slot: None,
        parent: None,
        release: run.release,
        fixed_now: run.fixed_now,
        seed: run.seed,
        is_scheduled: false,
        at,
    };
    world.scratch.apply(Command::CreateRun(params)).await?;
    let lease = Command::LeaseRun {
        run: run.run.clone(),
        owner: "replay".to_owned(),
        now: at,
        until: at.plus(LEASE),
    };
    match world.scratch.apply(lease).await? {
        Applied::Leased(lease) => Ok(lease),
        other => Err(StoreError::Database {
            reason: format!("a lease was answered with {other:?}"),
        }),
    }
}

async fn again(
    recording: &Recording,
    round: &RecordedRound,
    world: &World,
    lease: &Lease,
) -> Result<Remade, StoreError> {
    let stages = &recording.release.pipeline.stages;
    let config = stages.iter().find(|stage| stage.stage_name() == round.stage);
    let agent = config.and_then(|config| world.stages.get(config.agent.as_str()));
    let (Some(config), Some(agent)) = (config, agent) else {
        return Ok(ended(
            round,
            Err("this program has no such stage".to_owned()),
            None,
        ));
    };
    let batch = Arc::new(Batch::new(
        Arc::clone(&world.scratch),
        Arc::clone(&world.progress),
    ));
    batch
        .apply(Command::StartStage {
            lease: lease.clone(),
            stage: round.stage.clone(),
            round: round.round,
            now: round.now,
            at: world.clock.now(),
        })
        .await?;
    let ctx = StageContext::new(ContextParams {
        library: Arc::new(Overlay {
            first: Arc::clone(&world.library),
            then: Arc::new(StoreLibrary(Arc::clone(&world.scratch))),
        }),
        batch: Arc::clone(&batch),
        clock: Arc::clone(&world.clock),
        tools: Arc::new(NoTools),
        models: Arc::new(NoModels),
        progress: Arc::clone(&world.progress),
        lease: lease.clone(),
        run: lease.run.clone(),
        release: Arc::new(recording.release.clone()),
        stage: config.clone(),
        round: round.round,
        now: round.now,
        seed: recording.run.seed,
        pinned: BTreeSet::new(),
        embedded_only: round.is_embedded_only(),
        route: round.route(),
        outcomes: Vec::new(),
        recorded: round.steps.clone(),
        patience: None,
        shutdown: world.shutdown.clone(),
        cancel: watch::channel(false).1,
    });
    let made = run(&ctx, agent.as_ref(), &round.stage).await;
    batch.commit().await?;
    let unrecorded = unrecorded(round, lease, world).await?;
    Ok(ended(round, made.map_err(|error| error.to_string()), unrecorded))
}

fn ended(round: &RecordedRound, made: Result<StageOutput, String>, unrecorded: Option<String>) -> Remade {
    Remade {
        stage: round.stage.clone(),
        round: round.round,
        made,
        unrecorded,
    }
}

async fn run(ctx: &StageContext, agent: &dyn Stage, stage: &StageName) -> Result<StageOutput, StageError> {
    let missing = || async {
        Err::<StageInputs, _>(copydesk_journal::StepError::Outcome {
            key: INPUTS.to_owned(),
            reason: "the recording does not say what the round worked from".to_owned(),
        })
    };
    let inputs = ctx.read_once(INPUTS, missing).await?;
    with_artifacts(stage, agent.run(ctx, &inputs).await?)
}

/// The first step that was not answered from the recording.
async fn unrecorded(
    round: &RecordedRound,
    lease: &Lease,
    world: &World,
) -> Result<Option<String>, StoreError> {
    let steps = world.scratch.steps(&lease.run, 0).await?;
    let mut of_round = steps
        .iter()
        .filter(|step| step.stage == round.stage && step.round == round.round);
    let first = of_round.find(|step| step.attempts != RecordedStep::TRIES);
    Ok(first.map(|step| {
        let known = round.steps.iter().find(|recorded| recorded.key == step.key);
        match known {
            Some(recorded) => asks_else(step.key.as_str(), recorded.input_hash, step.input_hash),
            None => format!("the step `{}` was not recorded", step.key),
        }
    }))
}

fn asks_else(key: &str, then: ContentHash, now: ContentHash) -> String {
    format!(
        "the step `{key}` asks something else than was recorded (input {} then, {} now)",
        then.short(12),
        now.short(12)
    )
}

/// The instant at which a lease of a replay ends unless it is renewed.
pub(super) fn lease_end(now: Instant) -> Instant {
    now.plus(LEASE)
}
