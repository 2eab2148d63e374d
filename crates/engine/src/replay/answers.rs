//! Which recorded answers count for a replay, and who is asked for the others. Pure.

use copydesk_config::{ModelConfig, Release};
use copydesk_journal::{ModelSpec, RecordedStep, route};
use jiff::SignedDuration;

use super::change::{ModelChoice, tasks};
use super::recording::RecordedRound;
use crate::chosen::Chosen;
use crate::stage_run::INPUTS;

/// What a round is asked of this time.
pub(super) struct Asked<'a> {
    /// The round as it was recorded.
    pub(super) round: &'a RecordedRound,
    /// What the run was pinned to.
    pub(super) then: &'a Release,
    /// What the replay is pinned to.
    pub(super) now: &'a Release,
    /// The models that a person named for the replay. They come before those that a person chose for the round.
    pub(super) choice: Option<&'a ModelChoice>,
}

impl Asked<'_> {
    /// The recorded answers that count: where a task is asked of other models than then, only what the first of them
    /// had answered.
    pub(super) fn answers(&self) -> Vec<RecordedStep> {
        let counts = |step: &&RecordedStep| {
            let key = step.key.as_str();
            let is_own = key == INPUTS || Chosen::parse(key).is_some();
            !is_own && step.task.as_ref().is_none_or(|task| self.is_answered(step, task))
        };
        self.round.steps.iter().filter(counts).cloned().collect()
    }

    fn is_answered(&self, step: &RecordedStep, task: &str) -> bool {
        let (before, after) = (self.route_then(task), self.route_now(task));
        let is_by = |model: &ModelSpec| step.model.as_deref() == Some(model.name.as_str());
        // A choice in the midst of a round leaves answers of models that its last route does not name.
        let is_meant = !self.is_named(task) || step.model.is_none() || after.iter().any(is_by);
        if is_meant && are_same(&before, &after) {
            return true;
        }
        let first = after.first().filter(|first| is_by(first));
        first.is_some_and(|first| {
            let then = self.then.config.models.get(&first.name);
            then.map(answering) == first.endpoint.as_ref().map(answering)
        })
    }

    /// The models that were asked.
    fn route_then(&self, task: &str) -> Vec<ModelSpec> {
        let round = self.round;
        route(&self.then.config, task, &round.route(), round.is_embedded_only())
    }

    /// The models that are asked now.
    fn route_now(&self, task: &str) -> Vec<ModelSpec> {
        if self.is_named(task) {
            return route(&self.now.config, task, &[], false);
        }
        let round = self.round;
        route(&self.now.config, task, &round.route(), round.is_embedded_only())
    }

    /// Whether a person named models for this task of the replay.
    fn is_named(&self, task: &str) -> bool {
        self.choice
            .is_some_and(|choice| choice.is_of(task, &self.now.config.routes))
    }

    /// The choice of models that still holds for all tasks of the round.
    pub(super) fn chosen(&self) -> Option<Chosen> {
        self.round.chosen().filter(|_| self.choice.is_none())
    }

    /// The release with the models that answer in this round: where a person named models for one task only, the
    /// others are asked of those that were chosen for the round.
    pub(super) fn release(&self) -> Release {
        let mut release = self.now.clone();
        if self.choice.is_some() && self.round.chosen().is_some() {
            let names = |task: &String| {
                let names = self.route_now(task).into_iter().map(|model| model.name);
                (task.clone(), names.collect())
            };
            release.config.routes = tasks(self.now).iter().map(names).collect();
        }
        release
    }
}

/// Whether the same models are asked in the same order, under the same promise.
fn are_same(before: &[ModelSpec], after: &[ModelSpec]) -> bool {
    let known = |spec: &ModelSpec| {
        let endpoint = spec.endpoint.as_ref().map(answering);
        (spec.name.clone(), endpoint, spec.is_pinned)
    };
    before.iter().map(known).eq(after.iter().map(known))
}

/// What of a model decides what it answers: neither what it costs, nor how fast and for whom it is asked, nor that it is
/// held to a pin. Every field is named, so that a new one has to choose.
fn answering(model: &ModelConfig) -> ModelConfig {
    ModelConfig {
        base_url: model.base_url.clone(),
        model: model.model.clone(),
        api_key_header: model.api_key_header.clone(),
        headers: model.headers.clone(),
        query: model.query.clone(),
        context_tokens: model.context_tokens,
        tokens_out_max: model.tokens_out_max,
        api_key_env: None,
        api_key_file: None,
        organization: None,
        project: None,
        price_in: None,
        price_out: None,
        price_cached: None,
        price_as_of: None,
        concurrency_max: None,
        requests_per_minute: None,
        tokens_per_minute: None,
        free: false,
        local_only: false,
        timeout: SignedDuration::ZERO,
        stall_timeout: SignedDuration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use copydesk_config::shipped;
    use copydesk_domain::{ContentHash, Instant, MicroUsd, ModelName, Round, StageState, StepKey, StepState};

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

    /// A round whose first answer came before a person's choices of models, and its second after them.
    fn round(choices: &[&str]) -> RecordedRound {
        let mut steps = vec![
            step(INPUTS, None, None),
            step("poll", None, None),
            step("by-a", Some("write_title"), Some("a")),
        ];
        steps.extend(choices.iter().map(|key| step(key, None, None)));
        steps.push(step("by-b", Some("write_title"), Some("b")));
        RecordedRound {
            stage: "draft".into(),
            round: Round::FIRST,
            state: StageState::Completed,
            now: Instant::from_micros(0),
            reason: None,
            artifacts: Vec::new(),
            steps,
        }
    }

    fn named(task: Option<&str>, models: &[&str]) -> ModelChoice {
        ModelChoice {
            task: task.map(str::to_owned),
            models: models.iter().copied().map(ModelName::new).collect(),
        }
    }

    fn keys(asked: &Asked<'_>) -> Vec<String> {
        let answers = asked.answers();
        answers.iter().map(|step| step.key.to_string()).collect()
    }

    /// `now` has other models than `then` because a person named them.
    fn counted(then: &Release, now: &Release) -> Vec<String> {
        let choice = named(None, &[]);
        keys(&Asked {
            round: &round(&[]),
            then,
            now,
            choice: Some(&choice).filter(|_| then != now),
        })
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

    #[test]
    fn prices_limits_and_timeouts_make_no_other_model() {
        let then = release(&["a", "b"], URL);
        let named = |now: &Release| {
            let choice = named(None, &["a", "b"]);
            keys(&Asked {
                round: &round(&[]),
                then: &then,
                now,
                choice: Some(&choice),
            })
        };
        let mut now = then.clone();
        for model in now.config.models.values_mut() {
            model.price_in = Some(MicroUsd(150_000));
            // The stored release does not know it.
            model.price_as_of = Some(jiff::civil::date(2026, 8, 20));
            model.concurrency_max = Some(2);
            model.requests_per_minute = Some(60);
            model.timeout = SignedDuration::from_secs(7);
            model.api_key_env = Some("OTHER_KEY".to_owned());
        }
        assert_eq!(named(&now), ["poll", "by-a", "by-b"]);
        // Alone, the first of a changed route is compared by itself.
        now.config.routes = release(&["b"], URL).config.routes;
        assert_eq!(named(&now), ["poll", "by-b"]);
        let first = now.config.models.get_mut(&ModelName::new("b")).unwrap();
        first.tokens_out_max = 16;
        assert_eq!(named(&now), ["poll"], "it would be cut off elsewhere");
    }

    #[test]
    fn a_model_that_is_named_answers_in_place_of_those_that_a_person_chose_for_the_round() {
        let (then, round) = (release(&["a"], URL), round(&["route/b"]));
        let asked = |choice: Option<&ModelChoice>| {
            let asked = Asked {
                round: &round,
                then: &then,
                now: &then,
                choice,
            };
            (keys(&asked), asked.chosen().is_some())
        };
        let all = || vec!["poll".to_owned(), "by-a".to_owned(), "by-b".to_owned()];
        assert_eq!(asked(None), (all(), true), "as then, whoever was asked");
        let (a, b) = (named(None, &["a"]), named(None, &["b"]));
        assert_eq!(
            asked(Some(&a)),
            (vec!["poll".to_owned(), "by-a".to_owned()], false),
            "the release's own model is another one than was chosen"
        );
        let to_b = release(&["b"], URL);
        let asked = Asked {
            round: &round,
            then: &then,
            now: &to_b,
            choice: Some(&b),
        };
        assert_eq!(
            keys(&asked),
            ["poll", "by-b"],
            "what another model had answered before the choice is asked anew"
        );
    }

    #[test]
    fn a_model_that_is_named_for_one_task_leaves_the_others_to_those_that_were_chosen() {
        let (then, round) = (release(&["a"], URL), round(&["route/b"]));
        let mut now = then.clone();
        let names = vec![ModelName::new("a")];
        now.config.routes.insert("take_notes".to_owned(), names);
        let choice = named(Some("take_notes"), &["a"]);
        let asked = Asked {
            round: &round,
            then: &then,
            now: &now,
            choice: Some(&choice),
        };
        assert_eq!(keys(&asked), ["poll", "by-a", "by-b"]);
        let routes = asked.release().config.routes;
        assert_eq!(
            (&routes["take_notes"], &routes["write_title"]),
            (&vec![ModelName::new("a")], &vec![ModelName::new("b")])
        );
    }

    #[test]
    fn of_several_choices_in_a_round_the_last_one_counts() {
        let then = release(&["c"], URL);
        for (choices, route) in [
            (&["route/a", "route@2/b", "route@3/a"][..], vec!["a"]),
            (&["embedded_only", "route@2/b"][..], vec!["b"]),
            (&["route/b", "embedded_only@2"][..], vec![]),
        ] {
            let round = round(choices);
            let names: Vec<ModelName> = route.into_iter().map(ModelName::new).collect();
            assert_eq!(
                (round.route(), round.is_embedded_only()),
                (names.clone(), names.is_empty())
            );
            let asked = Asked {
                round: &round,
                then: &then,
                now: &then,
                choice: None,
            };
            assert_eq!(
                keys(&asked),
                ["poll", "by-a", "by-b"],
                "and no choice is an answer"
            );
        }
    }
}
