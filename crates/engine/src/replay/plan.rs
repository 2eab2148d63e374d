//! Which rounds of a run are taken over and which are executed anew. Pure.

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::{Instant, Round, RunId, StageName, StageState};

use super::error::ReplayError;
use super::recording::RecordedRound;

/// What becomes of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It stays as it was.
    TakeOver,
    /// It is executed anew.
    Anew,
}

/// A round of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The stage.
    pub stage: StageName,
    /// The round.
    pub round: Round,
    /// `ctx.now()`.
    pub now: Instant,
    /// What becomes of it.
    pub course: Course,
}

/// The rounds of a replay of `run` from `from` on, in their order: that stage and those that work from it are executed
/// anew in their newest round; what came before, and what does not depend on it (as a rule the letters of readers, who
/// read what was published), stays as it was.
///
/// # Errors
/// [`ReplayError::StageUnknown`] with the stages that there are.
pub fn plan(
    pipeline: &Pipeline,
    run: &RunId,
    rounds: &[RecordedRound],
    from: &StageName,
) -> Result<Vec<Planned>, ReplayError> {
    let known: Vec<String> = pipeline
        .stages
        .iter()
        .map(|stage| stage.stage_name().to_string())
        .collect();
    if !known.iter().any(|stage| stage == from.as_str()) {
        return Err(ReplayError::StageUnknown {
            run: run.clone(),
            stage: from.to_string(),
            known,
        });
    }
    let anew: Vec<StageName> = pipeline
        .stages
        .iter()
        .filter(|stage| is_anew(pipeline, stage, from))
        .map(StageConfig::stage_name)
        .collect();
    let newest = |stage: &StageName| {
        let of_stage = rounds.iter().filter(|round| round.stage == *stage);
        of_stage.map(|round| round.round).max()
    };
    let mut planned: Vec<Planned> = rounds
        .iter()
        .filter_map(|round| {
            let is_anew = anew.contains(&round.stage) && newest(&round.stage) == Some(round.round);
            let is_kept = matches!(round.state, StageState::Completed | StageState::Skipped);
            let course = if is_anew { Course::Anew } else { Course::TakeOver };
            (is_anew || is_kept).then(|| Planned {
                stage: round.stage.clone(),
                round: round.round,
                now: round.now,
                course,
            })
        })
        .collect();
    // Stages that the run did not come to.
    let now = rounds.iter().map(|round| round.now).max();
    let unreached = anew.into_iter().filter(|stage| newest(stage).is_none());
    planned.extend(unreached.filter_map(|stage| {
        let (round, course) = (Round::FIRST, Course::Anew);
        now.map(|now| Planned {
            stage,
            round,
            now,
            course,
        })
    }));
    Ok(planned)
}

/// Whether a stage is executed anew in a replay from `from` on.
pub(super) fn is_anew(pipeline: &Pipeline, stage: &StageConfig, from: &StageName) -> bool {
    stage.stage_name() == *from || pipeline.is_after(stage, &|other| other.stage_name() == *from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline() -> Pipeline {
        let stages = ["research", "draft", "review", "engagement"];
        let stages: Vec<String> = stages
            .iter()
            .map(|stage| format!("[[stage]]\nagent = \"{stage}\"\n"))
            .collect();
        toml::from_str(&format!("[pipeline]\nname = \"daily\"\n{}", stages.concat())).unwrap()
    }

    fn round(name: &str, round: u32, state: StageState) -> RecordedRound {
        RecordedRound {
            stage: name.into(),
            round: Round(round),
            state,
            now: Instant::from_micros(i64::from(round)),
            reason: None,
            artifacts: Vec::new(),
            steps: Vec::new(),
        }
    }

    fn shown(rounds: &[RecordedRound], from: &str) -> Vec<String> {
        let planned = plan(&pipeline(), &"r".into(), rounds, &from.into()).unwrap();
        let shown = planned.iter().map(|planned| {
            let mark = if planned.course == Course::Anew { "!" } else { "" };
            format!("{}{}{mark}", planned.stage, planned.round.0)
        });
        shown.collect()
    }

    #[test]
    fn a_stage_and_what_works_from_it_are_executed_anew_in_their_newest_round() {
        let done = StageState::Completed;
        let rounds = [
            round("research", 1, done),
            round("draft", 1, done),
            round("review", 1, done),
            round("draft", 2, done),
            round("review", 2, done),
            round("engagement", 1, done),
        ];
        assert_eq!(
            shown(&rounds, "draft"),
            [
                "research1",
                "draft1",
                "review1",
                "draft2!",
                "review2!",
                "engagement1"
            ]
        );
        assert_eq!(shown(&rounds, "review")[4], "review2!");
        assert_eq!(shown(&rounds, "engagement")[5], "engagement1!");
    }

    #[test]
    fn a_stage_that_failed_or_was_never_reached_is_executed_too() {
        let rounds = [
            round("research", 1, StageState::Completed),
            round("draft", 1, StageState::Failed),
        ];
        assert_eq!(shown(&rounds, "draft"), ["research1", "draft1!", "review1!"]);
        assert_eq!(shown(&rounds, "review"), ["research1", "review1!"]);
    }

    #[test]
    fn an_unknown_stage_is_named_with_those_that_there_are() {
        let error = plan(&pipeline(), &"r".into(), &[], &"drafd".into()).unwrap_err();
        assert!(
            error.to_string().ends_with("research, draft, review, engagement"),
            "{error}"
        );
    }
}
