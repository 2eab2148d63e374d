//! The author's gate behind custom stages with `approval = true`, and all that waits for a decision. Pure: no clock, no
//! store.

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{ContentHash, Decision, Instant, IssueState, Round, StageName, StageState};
use copydesk_store::{DecisionRecord, StageRecord, Subject};

use crate::deadline::deadline;
use crate::next::View;
use crate::rounds::{present_round, round_of};

/// How the author's gate behind a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageGate {
    /// No approval is asked for, or there is nothing yet to decide on.
    Open,
    /// The author has not decided.
    Waits,
    /// The author, or time, has decided.
    Decided(Decision),
}

/// Something that waits for the author's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What it is.
    pub subject: Subject,
    /// Its hash.
    pub hash: ContentHash,
    /// When the chance ends.
    pub expires_at: Option<Instant>,
}

/// The gate behind a stage in its present round.
pub fn gate_of(
    pipeline: &Pipeline,
    stage: &StageConfig,
    stages: &[StageRecord],
    decisions: &[DecisionRecord],
) -> StageGate {
    let round = round_of(pipeline, stage, decisions);
    let name = stage.stage_name();
    if !stage.approval || made(stages, &name, round).is_none() {
        return StageGate::Open;
    }
    let subject = Subject::Stage(name);
    let of_round = |record: &&DecisionRecord| record.subject == subject && record.round == Some(round);
    match decisions.iter().rev().find(of_round) {
        Some(record) => StageGate::Decided(record.decision),
        None => StageGate::Waits,
    }
}

/// Whether the author has yet to decide on what a custom stage made.
pub fn is_undecided(pipeline: &Pipeline, stages: &[StageRecord], decisions: &[DecisionRecord]) -> bool {
    let waits = |stage: &StageConfig| gate_of(pipeline, stage, stages, decisions) == StageGate::Waits;
    pipeline.stages.iter().any(waits)
}

/// All that waits for the author's decision, in the order of the pipeline; nothing once the run has ended. `issue`: the
/// newest issue, if there is one.
pub fn waiting(view: &View<'_>, issue: Option<ContentHash>) -> Vec<Waiting> {
    if view.run.state.is_final() {
        return Vec::new();
    }
    undecided(view, issue)
}

/// The same, and what was left undecided when the run ended: a decision on that is refused with how it ended.
pub(crate) fn undecided(view: &View<'_>, issue: Option<ContentHash>) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    if view.run.parent.is_some() {
        // Nobody decides on a replay.
        return waiting;
    }
    for stage in &view.pipeline.stages {
        let name = stage.stage_name();
        let round = present_round(view, stage);
        if gate(view, stage) == StageGate::Waits
            && let Some((record, hash)) = made(view.stages, &name, round)
        {
            waiting.push(Waiting {
                subject: Subject::Stage(name),
                hash,
                expires_at: record.finished_at.map(|at| at.plus(view.expires)),
            });
        } else if name.as_str() == StageName::REVIEW && view.run.issue == IssueState::Reviewed {
            waiting.extend(issue.map(|hash| Waiting {
                subject: Subject::Issue,
                hash,
                expires_at: deadline(view.stages, view.decisions, view.expires),
            }));
        }
    }
    waiting
}

/// Decisions that closed a gate for good, each with its stage.
pub fn refusals<'a>(
    pipeline: &'a Pipeline,
    stages: &'a [StageRecord],
    decisions: &'a [DecisionRecord],
) -> impl Iterator<Item = (StageName, Decision)> + 'a {
    pipeline
        .stages
        .iter()
        .filter_map(move |stage| match gate_of(pipeline, stage, stages, decisions) {
            StageGate::Decided(decision @ (Decision::Rejected | Decision::Expired)) => {
                Some((stage.stage_name(), decision))
            }
            StageGate::Decided(_) | StageGate::Waits | StageGate::Open => None,
        })
}

/// What was decided, for people: of a stage whose artifact nobody may use.
pub const fn refused(decision: Decision) -> &'static str {
    match decision {
        Decision::Expired => "on which nobody decided in time",
        _ => "which the author rejected",
    }
}

pub(crate) fn gate(view: &View<'_>, stage: &StageConfig) -> StageGate {
    gate_of(view.pipeline, stage, view.stages, view.decisions)
}

/// What a stage made in its newest round.
pub(crate) fn newest(stages: &[StageRecord], stage: &StageName) -> Option<ContentHash> {
    let rounds = stages.iter().filter(|record| record.stage == *stage);
    let round = rounds.map(|record| record.round).max()?;
    made(stages, stage, round).map(|(_, hash)| hash)
}

/// What a stage made in a round, with its record.
pub(crate) fn made<'a>(
    stages: &'a [StageRecord],
    stage: &StageName,
    round: Round,
) -> Option<(&'a StageRecord, ContentHash)> {
    let record = stages
        .iter()
        .find(|record| record.stage == *stage && record.round == round)
        .filter(|record| record.state == StageState::Completed)?;
    let is_custom = |kind| kind == ArtifactKind::Custom;
    let artifact = record.artifacts.iter().rfind(|made| is_custom(made.kind))?;
    Some((record, artifact.hash))
}
