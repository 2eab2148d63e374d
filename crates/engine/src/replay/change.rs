//! What is changed before a run is executed anew. Pure.

use std::collections::BTreeMap;

use copydesk_config::{ModelConfig, Pipeline, Release};
use copydesk_domain::task::Task as _;
use copydesk_domain::{ModelName, task};
use copydesk_journal::{is_pinned, stays_here};

/// The built-in model, which every desk has.
const EMBEDDED: &str = "embedded";
/// The route of tasks that have none of their own.
pub(super) const DEFAULT: &str = "default";

/// What is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Who answers.
    pub model: Option<ModelChoice>,
    /// What a task is told.
    pub prompt: Option<PromptChange>,
}

/// Who answers in place of those that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice {
    /// The task; all where none is given.
    pub task: Option<String>,
    /// The models, in order.
    pub models: Vec<ModelName>,
}

/// A text in place of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptChange {
    /// Path below `prompts/`.
    pub path: String,
    /// The text, with its front matter.
    pub text: String,
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Nobody is called so.
    #[error("there is no model `{model}`; there are: {}", .known.join(", "))]
    ModelUnknown {
        /// The model as given.
        model: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// No stage asks this.
    #[error("no task is called `{task}`; the tasks are: {}", .known.join(", "))]
    TaskUnknown {
        /// The task as given.
        task: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A pin is a promise.
    #[error(
        "the route of `{task}` starts with `{pinned}`, which is local_only: what it asks never leaves this machine, and \
         `{model}` is not on it"
    )]
    Pinned {
        /// The task, or `default`.
        task: String,
        /// The model that it is pinned to.
        pinned: String,
        /// The model as given.
        model: String,
    },
    /// Nothing stands where models should.
    #[error("the route names no model")]
    Empty,
}

impl ModelChoice {
    /// From the words of `--route`: the name of a route of `release` or `routes`, models with commas between, or both
    /// for one task as `TASK=…`.
    ///
    /// # Errors
    /// [`ChangeError::TaskUnknown`], [`ChangeError::Empty`]; whether the models are there is asked by [`changed`].
    pub fn parse(
        words: &str,
        release: &Release,
        routes: &BTreeMap<String, Vec<ModelName>>,
    ) -> Result<Self, ChangeError> {
        let (task, models) = match words.split_once('=') {
            Some((task, models)) => (Some(task.trim().to_owned()), models),
            None => (None, words),
        };
        let known = tasks(release);
        if let Some(task) = &task
            && !known.contains(task)
        {
            let task = task.clone();
            return Err(ChangeError::TaskUnknown { task, known });
        }
        let named = routes
            .get(models.trim())
            .or_else(|| release.config.routes.get(models.trim()));
        let listed = models.split(',').map(str::trim).filter(|name| !name.is_empty());
        let models = named
            .cloned()
            .unwrap_or_else(|| listed.map(ModelName::new).collect());
        if models.is_empty() {
            return Err(ChangeError::Empty);
        }
        Ok(Self { task, models })
    }
}

impl ModelChoice {
    /// Whether it is about this task: all are meant, it alone, or those without a route of their own.
    pub(super) fn is_of(&self, task: &str, routes: &BTreeMap<String, Vec<ModelName>>) -> bool {
        match self.task.as_deref() {
            None => true,
            Some(DEFAULT) => !routes.contains_key(task) || task == DEFAULT,
            Some(named) => named == task,
        }
    }
}

/// The tasks that a route may be of.
pub(super) fn tasks(release: &Release) -> Vec<String> {
    let own = task::ALL.iter().map(|(name, _)| (*name).to_owned());
    let stages = release.pipeline.stages.iter().filter(|stage| stage.is_custom());
    let custom = stages.map(|stage| stage.stage_name().to_string());
    let default = DEFAULT.to_owned();
    std::iter::once(default).chain(own).chain(custom).collect()
}

/// The release with the change in it. `models`: those that the desk has now, which come before those that the release
/// knows by the same name.
///
/// # Errors
/// [`ChangeError::ModelUnknown`], [`ChangeError::Pinned`].
pub fn changed(
    release: &Release,
    change: &Change,
    models: &BTreeMap<ModelName, ModelConfig>,
) -> Result<Release, ChangeError> {
    let mut changed = release.clone();
    if let Some(prompt) = &change.prompt {
        changed.prompts.insert(prompt.path.clone(), prompt.text.clone());
    }
    if let Some(choice) = &change.model {
        for name in &choice.models {
            add_model(&mut changed, name, models)?;
        }
        reroute(&mut changed, choice)?;
        set_voices_aside(&mut changed.pipeline, choice.task.as_deref());
    }
    Ok(changed)
}

fn add_model(
    release: &mut Release,
    name: &ModelName,
    models: &BTreeMap<ModelName, ModelConfig>,
) -> Result<(), ChangeError> {
    if let Some(now) = models.get(name) {
        // Tasks that were pinned to it then were never to leave the machine, whatever its name means now.
        let first_of =
            |route: &Vec<ModelName>| route.first() == Some(name) && is_pinned(&release.config, route);
        let pinned = release.config.routes.iter().find(|(_, route)| first_of(route));
        let mut now = now.clone();
        if let Some((task, _)) = pinned
            && !now.is_on_this_machine()
        {
            return Err(ChangeError::Pinned {
                task: task.clone(),
                pinned: name.to_string(),
                model: name.to_string(),
            });
        }
        now.local_only |= pinned.is_some();
        release.config.models.insert(name.clone(), now);
    }
    if name.as_str() == EMBEDDED || release.config.models.contains_key(name) {
        return Ok(());
    }
    let mut known: Vec<String> = release
        .config
        .models
        .keys()
        .chain(models.keys())
        .map(ToString::to_string)
        .collect();
    known.push(EMBEDDED.to_owned());
    known.sort();
    known.dedup();
    Err(ChangeError::ModelUnknown {
        model: name.to_string(),
        known,
    })
}

/// Puts the models where the choice says. A task with a pin of its own keeps it where all tasks were meant; one that
/// was meant itself, or the default, makes the change impossible.
fn reroute(release: &mut Release, choice: &ModelChoice) -> Result<(), ChangeError> {
    let config = &release.config;
    let stranger = choice.models.iter().find(|name| !stays_here(config, name));
    let pin_of = |route: &Vec<ModelName>| route.first().filter(|_| is_pinned(config, route)).cloned();
    let meant = choice.task.clone().unwrap_or_else(|| DEFAULT.to_owned());
    let routes = &config.routes;
    let stands = routes.get(&meant).or_else(|| routes.get(DEFAULT));
    let pinned = stands.and_then(pin_of);
    if let (Some(stranger), Some(pinned)) = (stranger, &pinned) {
        return Err(ChangeError::Pinned {
            task: meant,
            pinned: pinned.to_string(),
            model: stranger.to_string(),
        });
    }
    let is_all = choice.task.is_none();
    let has_pin = pinned.is_some() || (is_all && routes.values().any(|route| pin_of(route).is_some()));
    let mut kept = routes.clone();
    if is_all {
        kept.retain(|_, route| stranger.is_some() && pin_of(route).is_some());
    }
    kept.insert(meant, choice.models.clone());
    release.config.routes = kept;
    if has_pin && stranger.is_none() {
        // Who answers in place of the pinned model is held to its promise.
        for name in &choice.models {
            if let Some(model) = release.config.models.get_mut(name) {
                model.local_only = true;
            }
        }
    }
    Ok(())
}

/// Whoever chooses the models of a task has it answered by them, and not by drafters and raters beside them.
fn set_voices_aside(pipeline: &mut Pipeline, task: Option<&str>) {
    let is_meant = |tasks: &[&str]| task.is_none_or(|task| task == DEFAULT || tasks.contains(&task));
    let is_of_drafters = is_meant(&[
        task::PlanIssue::NAME,
        task::WriteSection::NAME,
        task::WriteTitle::NAME,
    ]);
    let is_of_raters = is_meant(&[task::RateDraft::NAME]);
    for stage in &mut pipeline.stages {
        if is_of_drafters {
            stage.drafters.clear();
        }
        if is_of_raters {
            stage.raters.clear();
        }
    }
}

/// What differs between two releases, a line each, for people.
pub fn differences(first: &Release, second: &Release) -> Vec<String> {
    let mut lines = Vec::new();
    let shown = |route: Option<&Vec<ModelName>>| {
        route.map_or_else(
            || "as default".to_owned(),
            |route| {
                route
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            },
        )
    };
    let (old, new) = (&first.config.routes, &second.config.routes);
    let tasks = old
        .keys()
        .chain(new.keys().filter(|task| !old.contains_key(*task)));
    for task in tasks.filter(|task| old.get(*task) != new.get(*task)) {
        lines.push(format!(
            "route {task}: {} → {}",
            shown(old.get(task)),
            shown(new.get(task))
        ));
    }
    for (then, now) in first.pipeline.stages.iter().zip(&second.pipeline.stages) {
        for (key, then, now) in [
            ("drafters", &then.drafters, &now.drafters),
            ("raters", &then.raters, &now.raters),
        ] {
            if then != now {
                lines.push(format!("{key}: {} → as routed", shown(Some(then))));
            }
        }
    }
    for (path, text) in &second.prompts {
        if first.prompts.get(path) != Some(text) {
            lines.push(format!("prompts/{path}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use copydesk_config::shipped;

    use super::*;

    /// One on this machine that is `local_only`, or one elsewhere.
    fn model(local_only: bool) -> ModelConfig {
        let host = if local_only {
            "127.0.0.1:9"
        } else {
            "models.example"
        };
        model_at(host, local_only)
    }

    fn model_at(host: &str, local_only: bool) -> ModelConfig {
        let text = format!("base_url = \"http://{host}/v1\"\nmodel = \"x\"\nlocal_only = {local_only}\n");
        toml::from_str(&text).unwrap()
    }

    fn release(routes: &[(&str, &[&str])], models: &[(&str, bool)]) -> Release {
        let mut config: copydesk_config::Config = toml::from_str(shipped::config()).unwrap();
        config.routes = routes
            .iter()
            .map(|(task, names)| {
                (
                    (*task).to_owned(),
                    names.iter().copied().map(ModelName::new).collect(),
                )
            })
            .collect();
        config.models = models
            .iter()
            .map(|(name, is_local)| (ModelName::new(*name), model(*is_local)))
            .collect();
        Release {
            version: "0".to_owned(),
            checker: String::new(),
            config,
            pipeline: toml::from_str("[pipeline]\nname = \"daily\"\n[[stage]]\nagent = \"draft\"\n").unwrap(),
            prompts: BTreeMap::new(),
            schemas: BTreeMap::new(),
            voice: String::new(),
        }
    }

    fn with(release: &Release, words: &str) -> Result<BTreeMap<String, Vec<ModelName>>, ChangeError> {
        let model = Some(ModelChoice::parse(words, release, &BTreeMap::new())?);
        let change = Change { model, prompt: None };
        let now = BTreeMap::from([(ModelName::new("new"), model_now())]);
        changed(release, &change, &now).map(|changed| changed.config.routes)
    }

    fn model_now() -> ModelConfig {
        model(false)
    }

    fn names(names: &[&str]) -> Vec<ModelName> {
        names.iter().copied().map(ModelName::new).collect()
    }

    #[test]
    fn a_model_that_is_chosen_answers_in_place_of_drafters_and_raters() {
        let mut release = release(&[("default", &["old"])], &[("old", false)]);
        release.pipeline.stages[0].drafters = names(&["old", "embedded"]);
        release.pipeline.stages[0].raters = names(&["old"]);
        let voices = |words: &str| {
            let model = Some(ModelChoice::parse(words, &release, &BTreeMap::new()).unwrap());
            let now = BTreeMap::from([(ModelName::new("new"), model_now())]);
            let change = Change { model, prompt: None };
            let again = changed(&release, &change, &now).unwrap();
            let stage = &again.pipeline.stages[0];
            (stage.drafters.len(), stage.raters.len())
        };
        assert_eq!(voices("new"), (0, 0));
        assert_eq!(voices("default=new"), (0, 0));
        assert_eq!(voices("write_section=new"), (0, 1));
        assert_eq!(voices("rate_draft=new"), (2, 0));
        assert_eq!(voices("take_notes=new"), (2, 1));
    }

    #[test]
    fn a_model_of_today_answers_every_task() {
        let release = release(
            &[("default", &["old"]), ("write_title", &["old", "embedded"])],
            &[("old", false)],
        );
        let routes = with(&release, "new").unwrap();
        assert_eq!(routes, BTreeMap::from([("default".to_owned(), names(&["new"]))]));
    }

    #[test]
    fn a_route_may_be_named_listed_or_of_one_task() {
        let release = release(
            &[("default", &["old"]), ("write_title", &["old", "embedded"])],
            &[("old", false)],
        );
        assert_eq!(
            with(&release, "write_title").unwrap()["default"],
            names(&["old", "embedded"])
        );
        assert_eq!(
            with(&release, "new, embedded").unwrap()["default"],
            names(&["new", "embedded"])
        );
        let one = with(&release, "write_title=new").unwrap();
        assert_eq!(
            (one["default"].clone(), one["write_title"].clone()),
            (names(&["old"]), names(&["new"]))
        );
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let release = release(&[], &[("old", false)]);
        let Err(ChangeError::ModelUnknown { known, .. }) = with(&release, "gone") else {
            panic!("it is not there");
        };
        assert_eq!(known, ["embedded", "new", "old"]);
        assert!(matches!(
            with(&release, "write_poem=new"),
            Err(ChangeError::TaskUnknown { .. })
        ));
        assert_eq!(with(&release, " , "), Err(ChangeError::Empty));
    }

    #[test]
    fn a_pin_of_then_holds_where_its_model_is_elsewhere_now() {
        let then = release(
            &[("default", &["old"]), ("take_notes", &["new"])],
            &[("old", false), ("new", true)],
        );
        let refused = with(&then, "new");
        assert!(
            matches!(&refused, Err(ChangeError::Pinned { task, .. }) if task == "take_notes"),
            "{refused:?}"
        );
        let unpinned = release(&[("default", &["old", "new"])], &[("old", false), ("new", true)]);
        assert_eq!(with(&unpinned, "new").unwrap()["default"], names(&["new"]));
    }

    #[test]
    fn a_model_on_this_machine_takes_over_the_promise_with_the_task() {
        let mut pinned = release(
            &[("default", &["old"]), ("take_notes", &["near"])],
            &[("old", false), ("near", true)],
        );
        let also = ModelName::new("also_near");
        pinned
            .config
            .models
            .insert(also.clone(), model_at("localhost:9", false));
        let parsed = ModelChoice::parse("take_notes=also_near", &pinned, &BTreeMap::new());
        let change = Change {
            model: Some(parsed.unwrap()),
            prompt: None,
        };
        let now = changed(&pinned, &change, &BTreeMap::new()).unwrap();
        assert_eq!(now.config.routes["take_notes"], names(&["also_near"]));
        assert!(now.config.models[&also].local_only);
        let now = changed(&pinned, &Change::default(), &BTreeMap::new()).unwrap();
        assert!(!now.config.models[&also].local_only, "only with the task");
    }

    #[test]
    fn a_pin_is_kept_whoever_else_is_chosen() {
        let pinned = release(
            &[("default", &["old"]), ("take_notes", &["near"])],
            &[("old", false), ("near", true)],
        );
        let routes = with(&pinned, "new").unwrap();
        assert_eq!(
            (routes["default"].clone(), routes["take_notes"].clone()),
            (names(&["new"]), names(&["near"]))
        );
        assert!(matches!(
            with(&pinned, "take_notes=new"),
            Err(ChangeError::Pinned { .. })
        ));
        let all = release(&[("default", &["near"])], &[("near", true)]);
        assert!(matches!(with(&all, "new"), Err(ChangeError::Pinned { .. })));
        assert_eq!(with(&all, "embedded").unwrap()["default"], names(&["embedded"]));
    }

    #[test]
    fn what_was_changed_is_said_in_lines() {
        let before = release(&[("default", &["old"])], &[("old", false)]);
        let mut after = before.clone();
        after.config.routes.insert("default".to_owned(), names(&["new"]));
        after
            .prompts
            .insert("draft/write_title.md".to_owned(), "x".to_owned());
        assert_eq!(
            differences(&before, &after),
            ["route default: old → new", "prompts/draft/write_title.md"]
        );
    }
}
