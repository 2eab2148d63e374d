//! Which recorded answers count for a replay. Pure.

use std::collections::BTreeMap;

use copydesk_config::{ModelConfig, Release};
use copydesk_domain::ModelName;
use copydesk_journal::RecordedStep;

use super::recording::RecordedRound;
use crate::stage_run::{CHOSEN_ROUTE, EMBEDDED_ONLY, INPUTS};

/// The recorded answers that count for the release of this replay: where a task is asked of other models than then,
/// only what its first model had answered.
pub(super) fn answers(round: &RecordedRound, then: &Release, now: &Release) -> Vec<RecordedStep> {
    let counts = |step: &&RecordedStep| {
        let is_own = matches!(step.key.as_str(), INPUTS | EMBEDDED_ONLY)
            || step.key.as_str().starts_with(CHOSEN_ROUTE);
        !is_own
            && step.task.as_ref().is_none_or(|task| {
                let (before, after) = (route(then, task), route(now, task));
                before == after
                    || after
                        .first()
                        .is_some_and(|first| before.contains(first) && is_of(step, first))
            })
    };
    round.steps.iter().filter(counts).cloned().collect()
}

type Asked<'a> = (&'a ModelName, Option<&'a ModelConfig>);

/// The models that a task is asked of, as the release describes them.
fn route<'a>(release: &'a Release, task: &str) -> Vec<Asked<'a>> {
    let (routes, models): (_, &BTreeMap<ModelName, ModelConfig>) =
        (&release.config.routes, &release.config.models);
    let names = routes.get(task).or_else(|| routes.get("default"));
    names
        .into_iter()
        .flatten()
        .map(|name| (name, models.get(name)))
        .collect()
}

/// Whether that model gave the answer.
fn is_of(step: &RecordedStep, (name, _): &Asked<'_>) -> bool {
    step.model.as_deref() == Some(name.as_str())
}

#[cfg(test)]
mod tests {
    use copydesk_config::shipped;
    use copydesk_domain::{ContentHash, Instant, Round, StageState, StepKey, StepState};

    use super::*;

    fn release(route: &[&str], url: &str) -> Release {
        let mut config: copydesk_config::Config = toml::from_str(shipped::config()).unwrap();
        let model = format!("base_url = \"{url}\"\nmodel = \"m\"\n");
        config.models = ["a", "b"]
            .map(|name| (ModelName::new(name), toml::from_str(&model).unwrap()))
            .into();
        let names = route.iter().copied().map(ModelName::new).collect();
        config.routes = BTreeMap::from([("default".to_owned(), names)]);
        Release {
            version: "0".to_owned(),
            checker: String::new(),
            config,
            pipeline: toml::from_str("[pipeline]\nname = \"daily\"\n").unwrap(),
            prompts: BTreeMap::new(),
            schemas: BTreeMap::new(),
            voice: String::new(),
        }
    }

    fn step(key: &str, task: Option<&str>, model: Option<&str>) -> RecordedStep {
        RecordedStep {
            key: StepKey::new(key),
            input_hash: ContentHash::of(key.as_bytes()),
            state: StepState::Completed,
            body: "1".to_owned(),
            task: task.map(str::to_owned),
            tool: None,
            model: model.map(str::to_owned),
            answered_by: None,
            tokens_in: None,
            tokens_out: None,
            outcome: "ok".to_owned(),
        }
    }

    fn counted(then: &Release, now: &Release) -> Vec<String> {
        let round = RecordedRound {
            stage: "draft".into(),
            round: Round::FIRST,
            state: StageState::Completed,
            now: Instant::from_micros(0),
            reason: None,
            artifacts: Vec::new(),
            steps: vec![
                step(INPUTS, None, None),
                step("poll", None, None),
                step("by-a", Some("write_title"), Some("a")),
                step("by-b", Some("write_title"), Some("b")),
            ],
        };
        answers(&round, then, now)
            .iter()
            .map(|step| step.key.to_string())
            .collect()
    }

    const URL: &str = "http://127.0.0.1:9/v1";

    #[test]
    fn unchanged_models_have_answered_already() {
        let then = release(&["a", "b"], URL);
        assert_eq!(
            counted(&then, &then),
            ["poll", "by-a", "by-b"],
            "what it worked from is made anew"
        );
    }

    #[test]
    fn another_model_is_asked_but_for_what_it_answered_itself() {
        let then = release(&["a", "b"], URL);
        assert_eq!(counted(&then, &release(&["b"], URL)), ["poll", "by-b"]);
        assert_eq!(counted(&then, &release(&["embedded"], URL)), ["poll"]);
    }

    #[test]
    fn a_model_of_the_same_name_at_another_address_is_another_one() {
        let then = release(&["a", "b"], URL);
        assert_eq!(
            counted(&then, &release(&["a", "b"], "http://127.0.0.1:10/v1")),
            ["poll"]
        );
    }
}
