//! A run and its replay side by side: for the terminal, for scripts and for the page.

use std::collections::BTreeMap;

use copydesk_domain::artifact::{ArtifactKind, Review};
use copydesk_domain::{MicroUsd, Round, RunId, StageName, StageState, Verdict};
use copydesk_journal::RecordedStep;
use copydesk_store::{ArtifactRef, RunRecord, StageRecord, StepRecord, Store, StoreError, WholeRun};
use serde::Serialize;

use super::change::differences;
use super::compare::listed_once;
use super::texts::text_of;
use super::words::{Op, Piece, pieces};
use crate::chosen::Chosen;
use crate::error::EngineError;
use crate::inputs::newest_artifacts;
use crate::services::Engine;

/// A run and its replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sides {
    /// The run that was replayed.
    pub run: RunId,
    /// The replay.
    pub replay: RunId,
    /// What was changed between them, a line each.
    pub changes: Vec<String>,
    /// Whether every stage of the replay made the same bytes.
    pub same: bool,
    /// Stages in the order of the day.
    pub stages: Vec<StageSides>,
    /// What the guard said of the claims.
    pub verdicts: Pair<Verdicts>,
    /// What they used, over the stages that stand in both.
    pub figures: Pair<Figures>,
    /// Texts word by word, of the kinds of artifacts that both have.
    pub texts: Vec<TextSides>,
}

/// Both sides of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// Of the run.
    pub recorded: Option<T>,
    /// Of its replay.
    pub replayed: Option<T>,
}

/// A stage on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageSides {
    /// The stage.
    pub stage: StageName,
    /// Whether both made the same bytes.
    pub same: bool,
    /// Each side in its newest round.
    #[serde(flatten)]
    pub sides: Pair<StageSide>,
}

/// A stage on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StageSide {
    /// Its newest round.
    pub round: Round,
    /// How that ended.
    pub state: StageState,
    /// What the stage used.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Money, in millionths of a US dollar.
    pub spend_microusd: MicroUsd,
    /// Steps that asked a model.
    pub model_calls: u64,
    /// Steps that called a tool.
    pub tool_calls: u64,
    /// Questions and calls that a recording answered.
    pub from_recording: u64,
    /// Time in steps, in milliseconds; those at the same time add up.
    pub ms: u64,
}

/// Claims by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// In the source.
    pub supported: usize,
    /// For the author to look at.
    pub unsettled: usize,
    /// Left out.
    pub blocked: usize,
}

/// A text on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextSides {
    /// The kind of artifact.
    pub kind: ArtifactKind,
    /// Whether no word differs.
    pub same: bool,
    /// Words that only the run has.
    pub words_removed: usize,
    /// Words that only the replay has.
    pub words_added: usize,
    /// Both texts in one row.
    pub pieces: Vec<Piece>,
}

impl Engine {
    /// A replay beside the run that it replays; none for a run that replays no other.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sides(&self, replay: &RunId) -> Result<Option<Sides>, EngineError> {
        let second = self.whole_run(replay).await?;
        let Some(parent) = &second.run.parent else {
            return Ok(None);
        };
        let first = self.whole_run(parent).await?;
        let changes = differences(
            self.release(&first.run).await?.as_ref(),
            self.release(&second.run).await?.as_ref(),
        );
        let store = self.store().as_ref();
        Ok(Some(sides(store, &first, &second, changes).await?))
    }

    /// The replays of a run, newest first, of the newest runs of its pipeline.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn replays_of(&self, run: &RunRecord) -> Result<Vec<RunRecord>, StoreError> {
        let mut runs = self.store().runs(Some(&run.pipeline), NEAR_MAX).await?;
        runs.retain(|other| other.parent.as_ref() == Some(&run.id));
        Ok(runs)
    }
}

/// Runs among which replays are looked for.
const NEAR_MAX: u32 = 200;

async fn sides(
    store: &dyn Store,
    first: &WholeRun,
    second: &WholeRun,
    mut changes: Vec<String>,
) -> Result<Sides, StoreError> {
    let (then, now) = (chosen(store, first).await?, chosen(store, second).await?);
    changes.extend(choices(&then, &now));
    let (used, used_again) = (used(store, first).await?, used(store, second).await?);
    let stages = stages(first, second, &used, &used_again);
    let mut texts = Vec::new();
    for kind in [
        ArtifactKind::ResearchBrief,
        ArtifactKind::Draft,
        ArtifactKind::EngagementReport,
        ArtifactKind::Custom,
    ] {
        texts.extend(text_sides(store, kind, first, second).await?);
    }
    let is_in_both = |stage: &&StageSides| stage.sides.recorded.is_some() && stage.sides.replayed.is_some();
    let both = || stages.iter().filter(is_in_both);
    Ok(Sides {
        run: first.run.id.clone(),
        replay: second.run.id.clone(),
        changes,
        same: both().all(|stage| stage.same),
        verdicts: Pair {
            recorded: verdicts(store, first).await?,
            replayed: verdicts(store, second).await?,
        },
        figures: Pair {
            recorded: Some(sum(
                both().filter_map(|stage| stage.sides.recorded.map(|side| side.figures))
            )),
            replayed: Some(sum(
                both().filter_map(|stage| stage.sides.replayed.map(|side| side.figures))
            )),
        },
        texts,
        stages,
    })
}

/// Stages in the order in which the run first came to them, then those that only the replay has.
fn stages(
    first: &WholeRun,
    second: &WholeRun,
    used: &BTreeMap<StageName, Figures>,
    used_again: &BTreeMap<StageName, Figures>,
) -> Vec<StageSides> {
    let mut names: Vec<&StageName> = Vec::new();
    for record in first.stages.iter().chain(&second.stages) {
        if record.stage.as_str() != StageName::PUBLISH && !names.contains(&&record.stage) {
            names.push(&record.stage);
        }
    }
    let sides = names.into_iter().map(|name| {
        let (a, b) = (newest(&first.stages, name), newest(&second.stages, name));
        let side = |record: Option<&StageRecord>, used: &BTreeMap<StageName, Figures>| {
            record.map(|record| StageSide {
                round: record.round,
                state: record.state,
                figures: used.get(name).copied().unwrap_or_default(),
            })
        };
        StageSides {
            stage: name.clone(),
            same: a.is_some_and(|a| b.is_some_and(|b| made(a) == made(b))),
            sides: Pair {
                recorded: side(a, used),
                replayed: side(b, used_again),
            },
        }
    });
    sides.collect()
}

fn newest<'a>(rounds: &'a [StageRecord], stage: &StageName) -> Option<&'a StageRecord> {
    rounds
        .iter()
        .filter(|record| record.stage == *stage)
        .max_by_key(|record| record.round)
}

fn made(record: &StageRecord) -> (StageState, Vec<ArtifactRef>) {
    (record.state, listed_once(&record.artifacts))
}

/// The models that a person chose for the newest round of each stage; none where those of the release were asked.
async fn chosen(
    store: &dyn Store,
    run: &WholeRun,
) -> Result<BTreeMap<StageName, Option<Chosen>>, StoreError> {
    let steps = store.steps(&run.run.id, 0).await?;
    let of = |record: &StageRecord| {
        let own = steps
            .iter()
            .filter(|step| step.stage == record.stage && step.round == record.round);
        Chosen::last(own.map(|step| step.key.as_str()))
    };
    let newest = run
        .stages
        .iter()
        .filter_map(|record| newest(&run.stages, &record.stage));
    Ok(newest.map(|record| (record.stage.clone(), of(record))).collect())
}

/// Where other models were chosen for a stage, a line each, for people.
fn choices(
    then: &BTreeMap<StageName, Option<Chosen>>,
    now: &BTreeMap<StageName, Option<Chosen>>,
) -> Vec<String> {
    let shown = |chosen: &Option<Chosen>| match chosen {
        Some(chosen) => format!("{chosen}, as chosen"),
        None => "those of its release".to_owned(),
    };
    let both = then
        .iter()
        .filter_map(|(stage, then)| now.get(stage).map(|now| (stage, then, now)));
    both.filter(|(_, then, now)| then != now)
        .map(|(stage, then, now)| format!("models of {stage}: {} → {}", shown(then), shown(now)))
        .collect()
}

/// What each stage used, over all its rounds.
async fn used(store: &dyn Store, run: &WholeRun) -> Result<BTreeMap<StageName, Figures>, StoreError> {
    let mut used: BTreeMap<StageName, Figures> = BTreeMap::new();
    for step in store.steps(&run.run.id, 0).await? {
        count(used.entry(step.stage.clone()).or_default(), &step);
    }
    for spend in store.run_spends(&run.run.id).await? {
        used.entry(spend.stage).or_default().spend_microusd += spend.amount;
    }
    Ok(used)
}

fn count(figures: &mut Figures, step: &StepRecord) {
    figures.ms += step.ms;
    if step.task.is_none() && step.tool.is_none() {
        return;
    }
    if RecordedStep::has_answered(step) {
        figures.from_recording += 1;
    } else if step.task.is_some() {
        figures.model_calls += 1;
    } else {
        figures.tool_calls += 1;
    }
}

fn sum(all: impl Iterator<Item = Figures>) -> Figures {
    all.fold(Figures::default(), |sum, one| Figures {
        spend_microusd: sum.spend_microusd + one.spend_microusd,
        model_calls: sum.model_calls + one.model_calls,
        tool_calls: sum.tool_calls + one.tool_calls,
        from_recording: sum.from_recording + one.from_recording,
        ms: sum.ms + one.ms,
    })
}

/// The bytes of the newest artifact of a kind.
async fn bytes_of(
    store: &dyn Store,
    run: &WholeRun,
    kind: ArtifactKind,
) -> Result<Option<Vec<u8>>, StoreError> {
    let newest = newest_artifacts(&run.stages);
    let Some(found) = newest.iter().rev().find(|artifact| artifact.kind == kind) else {
        return Ok(None);
    };
    Ok(store.artifact(&found.hash).await?.map(|artifact| artifact.bytes))
}

async fn text_sides(
    store: &dyn Store,
    kind: ArtifactKind,
    first: &WholeRun,
    second: &WholeRun,
) -> Result<Option<TextSides>, StoreError> {
    let (a, b) = (
        bytes_of(store, first, kind).await?,
        bytes_of(store, second, kind).await?,
    );
    let text = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| text_of(kind, &bytes));
    let (Some(a), Some(b)) = (text(a), text(b)) else {
        return Ok(None);
    };
    let pieces = pieces(&a, &b);
    let words = |op: Op| {
        pieces
            .iter()
            .filter(|piece| piece.op == op)
            .map(|piece| piece.words)
            .sum()
    };
    let (words_removed, words_added) = (words(Op::Removed), words(Op::Added));
    Ok(Some(TextSides {
        kind,
        same: words_removed == 0 && words_added == 0,
        words_removed,
        words_added,
        pieces,
    }))
}

async fn verdicts(store: &dyn Store, run: &WholeRun) -> Result<Option<Verdicts>, StoreError> {
    let bytes = bytes_of(store, run, ArtifactKind::Review).await?;
    let review = bytes.and_then(|bytes| serde_json::from_slice::<Review>(&bytes).ok());
    Ok(review.map(|review| {
        let mut counted = Verdicts::default();
        for claim in &review.verdicts {
            match claim.verdict {
                Verdict::Supported => counted.supported += 1,
                Verdict::Unsettled => counted.unsettled += 1,
                Verdict::Blocked => counted.blocked += 1,
            }
        }
        counted
    }))
}
