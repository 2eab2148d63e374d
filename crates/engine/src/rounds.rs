//! The rounds of a stage: a send-back opens the next. Pure.

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::{Decision, Round, StageName, StageState};
use copydesk_store::{DecisionRecord, Subject};

use crate::next::{View, record};

/// The round that a writing stage is in: a send-back opens the next.
pub fn writing_round(decisions: &[DecisionRecord]) -> Round {
    Round(1 + sent_back(decisions, &Subject::Issue))
}

/// How often something was sent back.
fn sent_back(decisions: &[DecisionRecord], subject: &Subject) -> u32 {
    let count = decisions
        .iter()
        .filter(|record| record.subject == *subject && record.decision == Decision::SentBack)
        .count();
    u32::try_from(count).unwrap_or(u32::MAX / 4)
}

/// The round of a stage, as decisions open it: research and engagement have one. A custom stage has one more for each time
/// that it was sent back, or that the issue was whose writing it works from.
pub fn round_of(pipeline: &Pipeline, stage: &StageConfig, decisions: &[DecisionRecord]) -> Round {
    match stage.agent.as_str() {
        "draft" | "review" => writing_round(decisions),
        StageConfig::CUSTOM => {
            let own = sent_back(decisions, &Subject::Stage(stage.stage_name()));
            let first = if works_from_writing(pipeline, stage) {
                writing_round(decisions)
            } else {
                Round::FIRST
            };
            Round(first.0 + own)
        }
        _ => Round::FIRST,
    }
}

/// Whether a stage works from what a send-back of the issue makes anew.
pub(crate) fn works_from_writing(pipeline: &Pipeline, stage: &StageConfig) -> bool {
    pipeline.is_after(stage, &|other| matches!(other.agent.as_str(), "draft" | "review"))
}

/// The round that a stage is in. Where research could read nothing at all and the author sent back what was made of that,
/// it has one more: its sources are asked again. What it did read stays read, whatever is sent back.
pub(crate) fn present_round(view: &View<'_>, stage: &StageConfig) -> Round {
    if stage.agent != StageName::RESEARCH {
        return round_of(view.pipeline, stage, view.decisions);
    }
    let name = stage.stage_name();
    let rounds = view.stages.iter().filter(|record| record.stage == name);
    let newest = rounds.map(|record| record.round).max().unwrap_or(Round::FIRST);
    let is_done = record(view, &name, newest).is_some_and(|record| record.state == StageState::Completed);
    if view.is_blank && is_done && newest < writing_round(view.decisions) {
        Round(newest.0 + 1)
    } else {
        newest
    }
}
