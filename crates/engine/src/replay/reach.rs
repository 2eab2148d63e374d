//! Whether a change is seen where a run is executed anew. Pure.

use copydesk_config::{Pipeline, StageConfig};
use copydesk_domain::{StageName, task};

use super::change::{Change, DEFAULT};
use super::plan::is_anew;

/// A change of what no stage asks that is executed anew: the replay would come out as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("from `{from}` on no stage asks `{task}`, so the replay would change nothing")]
pub struct Unreached {
    /// The task.
    pub task: String,
    /// The stage that the replay would begin with.
    pub from: StageName,
    /// Stages that ask it, in the pipeline's order.
    pub by: Vec<StageName>,
    /// Whether one of them works from the first stage of the pipeline, with which a replay begins that names none.
    pub is_after_first: bool,
}

/// What of a change no stage sees that is executed anew from `from` on; none where all of it is seen. A stage that the
/// pipeline does not have is told by whoever plans.
pub fn unreached(pipeline: &Pipeline, change: &Change, from: &StageName) -> Option<Unreached> {
    let first = pipeline.stages.first()?.stage_name();
    let is_known = pipeline.stages.iter().any(|stage| stage.stage_name() == *from);
    changed_tasks(pipeline, change)
        .into_iter()
        .filter(|_| is_known)
        .find_map(|task| {
            let asking: Vec<&StageConfig> = pipeline
                .stages
                .iter()
                .filter(|stage| asks(stage, &task))
                .collect();
            let is_seen_from = |from: &StageName| asking.iter().any(|stage| is_anew(pipeline, stage, from));
            (!is_seen_from(from)).then(|| Unreached {
                from: from.clone(),
                by: asking.iter().map(|stage| stage.stage_name()).collect(),
                is_after_first: is_seen_from(&first),
                task,
            })
        })
}

/// The tasks that a change is about by name. Models for all tasks, and those for tasks without a route of their own, are
/// asked by every stage.
fn changed_tasks(pipeline: &Pipeline, change: &Change) -> Vec<String> {
    let routed = change.model.as_ref().and_then(|choice| choice.task.clone());
    let prompted = change.prompt.as_ref().map(|prompt| {
        let own = task::ALL.iter().find(|(_, path)| *path == prompt.path);
        let is_its = |stage: &&StageConfig| {
            let named = stage.prompt.as_deref();
            named.and_then(|path| path.strip_prefix("prompts/")) == Some(prompt.path.as_str())
        };
        let custom = pipeline.stages.iter().find(is_its);
        match (own, custom) {
            (Some((name, _)), _) => (*name).to_owned(),
            (None, Some(stage)) => stage.stage_name().to_string(),
            (None, None) => prompt.path.clone(),
        }
    });
    let routed = routed.filter(|task| task != DEFAULT);
    routed.into_iter().chain(prompted).collect()
}

/// Whether a stage asks a task. The prompts of the built-in agents lie in folders that are called as they are.
fn asks(stage: &StageConfig, task: &str) -> bool {
    if stage.is_custom() {
        return stage.stage_name().as_str() == task;
    }
    let known = task::ALL.iter().find(|(name, _)| *name == task);
    known.is_some_and(|(_, path)| path.split('/').next() == Some(stage.agent.as_str()))
}

#[cfg(test)]
mod tests {
    use copydesk_domain::ModelName;

    use super::super::change::{ModelChoice, PromptChange};
    use super::*;

    fn pipeline() -> Pipeline {
        let text = "[pipeline]\nname = \"daily\"\n[[stage]]\nagent = \"research\"\n[[stage]]\nagent = \"draft\"\n\
                    [[stage]]\nagent = \"review\"\n[[stage]]\nagent = \"custom\"\nname = \"digest\"\nprompt = \
                    \"prompts/custom/digest.md\"\nneeds = [\"draft\"]\n[[stage]]\nagent = \"engagement\"\n";
        toml::from_str(text).unwrap()
    }

    fn of_task(task: Option<&str>) -> Change {
        let model = Some(ModelChoice {
            task: task.map(str::to_owned),
            models: vec![ModelName::new("embedded")],
        });
        Change { model, prompt: None }
    }

    fn of_prompt(path: &str) -> Change {
        let prompt = Some(PromptChange {
            path: path.to_owned(),
            text: String::new(),
        });
        Change { model: None, prompt }
    }

    fn by(change: &Change, from: &str) -> Option<(Vec<String>, bool)> {
        let unreached = unreached(&pipeline(), change, &from.into())?;
        let by = unreached.by.iter().map(ToString::to_string).collect();
        Some((by, unreached.is_after_first))
    }

    #[test]
    fn a_task_of_a_stage_that_is_taken_over_sees_no_change() {
        let draft = || Some((vec!["draft".to_owned()], true));
        assert_eq!(by(&of_task(Some("write_title")), "review"), draft());
        assert_eq!(by(&of_prompt("draft/write_title.md"), "review"), draft());
        assert_eq!(by(&of_task(Some("write_title")), "draft"), None);
        assert_eq!(by(&of_task(Some("judge_claim")), "draft"), None);
        assert_eq!(by(&of_prompt("custom/digest.md"), "draft"), None);
        assert_eq!(
            by(&of_prompt("custom/digest.md"), "review"),
            Some((vec!["digest".to_owned()], true))
        );
        let of_letters = by(&of_task(Some("draft_answer")), "research");
        assert_eq!(
            of_letters,
            Some((vec!["engagement".to_owned()], false)),
            "the letters were to what was published"
        );
    }

    #[test]
    fn models_for_all_tasks_are_seen_from_every_stage_on() {
        for from in ["research", "review", "engagement", "digest"] {
            assert_eq!(by(&of_task(None), from), None);
            assert_eq!(by(&of_task(Some(DEFAULT)), from), None);
        }
        assert_eq!(by(&of_task(Some("write_title")), "drafd"), None);
    }

    #[test]
    fn the_prompts_of_the_agents_lie_in_their_folders() {
        for (name, _) in task::ALL {
            let asking = pipeline().stages.iter().filter(|stage| asks(stage, name)).count();
            assert_eq!(asking, 1, "{name}");
        }
    }
}
