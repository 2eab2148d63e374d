use copydesk_domain::ModelName;
use copydesk_domain::task::{PlanIssue, RateDraft, Task, WriteSection, WriteTitle};

use super::models::EMBEDDED;
use crate::document::{Document, key_path};
use crate::nearest::suggestion;
use crate::pipeline::StageConfig;
use crate::problem::Problem;
use crate::settings::{Config, ModelConfig};

/// A key that names models which each do the same work.
struct Voices<'a> {
    key: &'static str,
    agent: &'static str,
    models: &'a [ModelName],
    /// What they are asked.
    tasks: &'static [&'static str],
}

/// Every problem of `drafters` and `raters`.
pub(super) fn voices(stage: &StageConfig, index: usize, config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let drafters = Voices {
        key: "drafters",
        agent: "draft",
        models: &stage.drafters,
        tasks: &[PlanIssue::NAME, WriteSection::NAME, WriteTitle::NAME],
    };
    let raters = Voices {
        key: "raters",
        agent: "review",
        models: &stage.raters,
        tasks: &[RateDraft::NAME],
    };
    let both = [drafters, raters];
    let given = both.iter().filter(|voices| !voices.models.is_empty());
    given
        .flat_map(|voices| of_key(voices, stage, index, config, at))
        .collect()
}

fn of_key(
    voices: &Voices<'_>,
    stage: &StageConfig,
    index: usize,
    config: &Config,
    at: &Document<'_>,
) -> Vec<Problem> {
    let Voices {
        key, agent, models, ..
    } = voices;
    if stage.agent != *agent {
        let message = format!(
            "`{key}` is a key of {agent} stages, and the agent is `{}`",
            stage.agent
        );
        let problem = at.problem(&key_path!["stage", index, *key], message);
        return vec![problem.with_hint(format!("write it in the stage with `agent = \"{agent}\"`"))];
    }
    let mut problems = Vec::new();
    if models.len() > StageConfig::VOICES_MAX {
        let message = format!(
            "`{key}` names {} models, and more than {} are refused",
            models.len(),
            StageConfig::VOICES_MAX
        );
        problems.push(at.problem(&key_path!["stage", index, *key], message));
    }
    for (position, name) in models.iter().enumerate() {
        let place = key_path!["stage", index, *key, position];
        if !is_known(config, name) {
            let mut known: Vec<&str> = config.models.keys().map(ModelName::as_str).collect();
            known.push(EMBEDDED);
            let problem = at.problem(&place, format!("`{key}` names the unknown model `{name}`"));
            problems.push(Problem {
                hint: suggestion(name.as_str(), &known),
                ..problem
            });
        } else if models[..position].contains(name) {
            problems.push(at.problem(&place, format!("`{key}` names `{name}` twice")));
        } else if let Some((task, pinned)) = pin_against(config, voices.tasks, name) {
            let message = format!(
                "`{name}` is not on this machine, and `{task}` is pinned to `{pinned}`, which is `local_only`: what it \
                 asks never leaves this machine"
            );
            let hint = format!("take `{name}` out of `{key}`, or give `{task}` another route");
            problems.push(at.problem(&place, message).with_hint(hint));
        }
    }
    problems
}

fn is_known(config: &Config, name: &ModelName) -> bool {
    name.as_str() == EMBEDDED || config.models.contains_key(name)
}

/// The first task that is pinned to this machine while the model is elsewhere, with the model that pins it.
fn pin_against<'c>(
    config: &'c Config,
    tasks: &[&'static str],
    name: &ModelName,
) -> Option<(&'static str, &'c ModelName)> {
    let model = config.models.get(name)?;
    if ModelConfig::is_on_this_machine(model) {
        return None;
    }
    tasks.iter().find_map(|task| {
        let route = config
            .routes
            .get(*task)
            .or_else(|| config.routes.get("default"))?;
        let first = route.first()?;
        let is_pinned = config.models.get(first).is_some_and(|model| model.local_only);
        is_pinned.then_some((*task, first))
    })
}
