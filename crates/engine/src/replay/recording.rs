//! What a run left to be replayed from.

use std::collections::HashMap;

use copydesk_config::Release;
use copydesk_domain::{
    ContentHash, Instant, ModelName, PipelineName, Round, RunId, RunState, StageName, StageState, StepKey,
};
use copydesk_journal::RecordedStep;
use copydesk_store::retention::PRUNED_OUTCOME;
use copydesk_store::{ArtifactRef, RunRecord, StageRecord, StepRecord, Store};
use serde::{Deserialize, Serialize};

use super::error::ReplayError;
use crate::chosen::Chosen;
use crate::error::EngineError;

/// A run with what its stages worked from and what they made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The run.
    pub run: RecordedRun,
    /// What it was pinned to.
    pub release: Release,
    /// Its rounds, in order of first start.
    pub rounds: Vec<RecordedRound>,
}

/// What of a run its stages depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRun {
    /// Its id.
    pub run: RunId,
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// Hash of its release as it is stored.
    pub release: ContentHash,
    /// Its state when it was recorded.
    pub state: RunState,
    /// Source of its randomness.
    pub seed: i64,
    /// `ctx.now()` as `--now` fixed it.
    pub fixed_now: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
}

/// A round of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRound {
    /// The stage.
    pub stage: StageName,
    /// The round.
    pub round: Round,
    /// Its end: a final state, or `waiting` for what an operator does.
    pub state: StageState,
    /// `ctx.now()` of the round.
    pub now: Instant,
    /// What it did, or why it ended so.
    pub reason: Option<String>,
    /// Its artifacts.
    pub artifacts: Vec<ArtifactRef>,
    /// The final ends of its steps.
    #[serde(skip)]
    pub steps: Vec<RecordedStep>,
}

impl RecordedRound {
    /// Whether its stage worked in it and came to an end.
    pub fn was_executed(&self) -> bool {
        matches!(self.state, StageState::Completed | StageState::Failed)
    }

    /// Whether a person had it finished with the embedded model.
    pub fn is_embedded_only(&self) -> bool {
        self.chosen() == Some(Chosen::Embedded)
    }

    /// The models that a person chose for it; none = those of the release.
    pub fn route(&self) -> Vec<ModelName> {
        match self.chosen() {
            Some(Chosen::Route(names)) => names,
            Some(Chosen::Embedded) | None => Vec::new(),
        }
    }

    /// The last choice of models that a person made in it.
    pub(crate) fn chosen(&self) -> Option<Chosen> {
        Chosen::last(self.steps.iter().map(|step| step.key.as_str()))
    }
}

impl Recording {
    /// The recording of a run, as complete as it is: a pruned one has rounds without steps.
    ///
    /// # Errors
    /// [`ReplayError::UnderWay`] where the run is at work, [`ReplayError::Empty`] where nothing of it ended, and those
    /// of the store.
    pub async fn read(store: &dyn Store, id: &RunId) -> Result<Self, ReplayError> {
        let unknown = || copydesk_store::StoreError::RunUnknown { run: id.clone() };
        let run = store.run(id).await?.ok_or_else(unknown)?;
        if matches!(run.state, RunState::Running | RunState::Queued) {
            return Err(ReplayError::UnderWay {
                run: id.clone(),
                pipeline: run.pipeline,
                state: run.state,
                is_scheduled: run.is_scheduled,
            });
        }
        let release = release_of(store, &run).await?;
        let recorded: HashMap<_, _> = by_place(store.steps(id, 0).await?);
        let mut rounds = Vec::new();
        let is_of_stage = |record: &StageRecord| {
            let mut stages = release.pipeline.stages.iter();
            stages.any(|stage| stage.stage_name() == record.stage)
        };
        let begun = |record: &StageRecord| !matches!(record.state, StageState::Pending | StageState::Running);
        let known = store.stages(id).await?.into_iter();
        for record in known.filter(|record| begun(record) && is_of_stage(record)) {
            let steps = steps_of(store, id, &record, &recorded).await?;
            rounds.push(RecordedRound {
                stage: record.stage,
                round: record.round,
                state: record.state,
                now: record.now,
                reason: record.reason,
                artifacts: record.artifacts,
                steps,
            });
        }
        if rounds.is_empty() {
            return Err(ReplayError::Empty { run: id.clone() });
        }
        let run = RecordedRun {
            run: run.id,
            pipeline: run.pipeline,
            release: run.release,
            state: run.state,
            seed: run.seed,
            fixed_now: run.fixed_now,
            created_at: run.created_at,
        };
        Ok(Self { run, release, rounds })
    }

    /// The recording of a run that still has all of it.
    ///
    /// # Errors
    /// Those of [`Recording::read`], [`ReplayError::Pruned`], and [`ReplayError::Empty`] where no round was executed to
    /// its end.
    pub async fn read_whole(store: &dyn Store, id: &RunId) -> Result<Self, ReplayError> {
        let pruned_at = store.run(id).await?.and_then(|run| run.pruned_at);
        if let Some(at) = pruned_at {
            return Err(ReplayError::Pruned { run: id.clone(), at });
        }
        let recording = Self::read(store, id).await?;
        if recording.has_executed() {
            return Ok(recording);
        }
        Err(ReplayError::Empty { run: id.clone() })
    }

    /// Whether a round of it was executed to its end. Without one a replay compares nothing.
    pub fn has_executed(&self) -> bool {
        self.rounds.iter().any(RecordedRound::was_executed)
    }

    /// A round of it.
    pub fn round(&self, stage: &StageName, round: Round) -> Option<&RecordedRound> {
        self.rounds
            .iter()
            .find(|record| record.stage == *stage && record.round == round)
    }
}

async fn release_of(store: &dyn Store, run: &RunRecord) -> Result<Release, ReplayError> {
    let wrong = |reason: String| EngineError::Release {
        run: run.id.clone(),
        reason,
    };
    let body = store.body(&run.release).await?;
    let body = body.ok_or_else(|| wrong(format!("{} is not stored", run.release.short(12))))?;
    Ok(serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?)
}

type StepPlace = (StageName, Round, StepKey);

fn by_place(steps: Vec<StepRecord>) -> HashMap<StepPlace, StepRecord> {
    let placed = steps
        .into_iter()
        .map(|step| ((step.stage.clone(), step.round, step.key.clone()), step));
    placed.collect()
}

async fn steps_of(
    store: &dyn Store,
    run: &RunId,
    record: &StageRecord,
    recorded: &HashMap<StepPlace, StepRecord>,
) -> Result<Vec<RecordedStep>, ReplayError> {
    let mut steps = Vec::new();
    for ended in store.outcomes(run, &record.stage, record.round).await? {
        if ended.body == PRUNED_OUTCOME {
            continue;
        }
        let body = String::from_utf8(ended.body).map_err(|error| ReplayError::Unreadable {
            run: run.clone(),
            what: format!("step `{}`", ended.key),
            reason: error.to_string(),
        })?;
        let place = (record.stage.clone(), record.round, ended.key.clone());
        let line = recorded.get(&place);
        steps.push(RecordedStep {
            key: ended.key,
            input_hash: ended.input_hash,
            state: ended.state,
            body,
            task: line.and_then(|line| line.task.clone()),
            tool: line.and_then(|line| line.tool.clone()),
            model: line.and_then(|line| line.model.clone()),
            answered_by: line.and_then(|line| line.answered_by.clone()),
            tokens_in: line.and_then(|line| line.tokens_in),
            tokens_out: line.and_then(|line| line.tokens_out),
            outcome: line.map_or_else(|| "ok".to_owned(), |line| line.outcome.clone()),
        });
    }
    Ok(steps)
}
