//! Which models may answer a task of a run. Pure.

use copydesk_config::{Config, ModelConfig};
use copydesk_domain::ModelName;

use crate::models::ModelSpec;

/// The name of the built-in model.
const EMBEDDED: &str = "embedded";

/// The models that may answer `task`, in order: those of the release, unless a person chose others for the run.
///
/// A task whose own route starts with a `local_only` model keeps that promise: of what a person chose only models on
/// this machine count for it, and where there is none its own route stands.
pub fn route(config: &Config, task: &str, chosen: &[ModelName], embedded_only: bool) -> Vec<ModelSpec> {
    let embedded = [ModelName::new(EMBEDDED)];
    let own: &[ModelName] = config
        .routes
        .get(task)
        .or_else(|| config.routes.get("default"))
        .map_or(&embedded, Vec::as_slice);
    let is_pinned = is_pinned(config, own);
    let names: Vec<&ModelName> = if embedded_only {
        embedded.iter().collect()
    } else if is_pinned {
        let local: Vec<&ModelName> = chosen.iter().filter(|name| stays_here(config, name)).collect();
        if local.is_empty() {
            own.iter().collect()
        } else {
            local
        }
    } else if chosen.is_empty() {
        own.iter().collect()
    } else {
        chosen.iter().collect()
    };
    names
        .into_iter()
        .map(|name| spec(config, name, is_pinned))
        .collect()
}

/// The one model that `task` is directed at, unless a person chose others for the run; empty where the task's own route
/// pins it to this machine and `model` is elsewhere.
pub fn directed(
    config: &Config,
    task: &str,
    model: &ModelName,
    chosen: &[ModelName],
    embedded_only: bool,
) -> Vec<ModelSpec> {
    let own = config.routes.get(task).or_else(|| config.routes.get("default"));
    let is_pinned_here = own.is_some_and(|own| is_pinned(config, own));
    if is_pinned_here && !stays_here(config, model) {
        return Vec::new();
    }
    let alone = [model.clone()];
    let is_promise = is_pinned_here || is_pinned(config, &alone);
    let local: Vec<&ModelName> = chosen.iter().filter(|name| stays_here(config, name)).collect();
    let names: Vec<ModelName> = if embedded_only {
        vec![ModelName::new(EMBEDDED)]
    } else if is_promise && !local.is_empty() {
        local.into_iter().cloned().collect()
    } else if is_promise || chosen.is_empty() {
        alone.to_vec()
    } else {
        chosen.to_vec()
    };
    names.iter().map(|name| spec(config, name, is_promise)).collect()
}

/// A model of a route. Who answers in place of a pinned model is held to its promise.
fn spec(config: &Config, name: &ModelName, is_pinned: bool) -> ModelSpec {
    let mut endpoint = config.models.get(name).cloned();
    if let Some(model) = endpoint.as_mut().filter(|_| is_pinned) {
        model.local_only |= model.is_on_this_machine();
    }
    ModelSpec {
        endpoint,
        name: name.clone(),
        is_pinned,
    }
}

/// Whether a route starts with a model whose tasks never leave the machine.
pub fn is_pinned(config: &Config, route: &[ModelName]) -> bool {
    let first = route.first().and_then(|name| config.models.get(name));
    first.is_some_and(|model| model.local_only)
}

/// Whether a model may answer a pinned task: the embedded one, and those whose address is on this machine.
pub fn stays_here(config: &Config, name: &ModelName) -> bool {
    name.as_str() == EMBEDDED
        || config
            .models
            .get(name)
            .is_some_and(ModelConfig::is_on_this_machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(routes: &str) -> Config {
        let models = r#"
            [models.here]
            base_url = "http://127.0.0.1:8080/v1"
            model = "m"
            local_only = true
            [models.also_here]
            base_url = "http://localhost:8081/v1"
            model = "m"
            [models.away]
            base_url = "https://models.example/v1"
            model = "m"
            free = true
        "#;
        let shipped = copydesk_config::shipped::config()
            .replace("\n[models]", "")
            .replace("default = [\"embedded\"]", routes);
        toml::from_str(&format!("{shipped}\n{models}")).unwrap()
    }

    fn names(config: &Config, task: &str, chosen: &[&str], embedded_only: bool) -> Vec<String> {
        let chosen: Vec<ModelName> = chosen.iter().map(|name| ModelName::new(*name)).collect();
        let specs = route(config, task, &chosen, embedded_only);
        specs.into_iter().map(|spec| spec.name.to_string()).collect()
    }

    #[test]
    fn a_person_chooses_other_models_for_a_run() {
        let config = config("default = [\"away\", \"embedded\"]");
        assert_eq!(names(&config, "take_notes", &[], false), ["away", "embedded"]);
        assert_eq!(names(&config, "take_notes", &["also_here"], false), ["also_here"]);
        assert_eq!(names(&config, "take_notes", &["also_here"], true), ["embedded"]);
    }

    #[test]
    fn a_directed_task_is_asked_of_that_model_alone() {
        let directed = |config: &Config, model: &str, chosen: &[&str], embedded_only: bool| {
            let chosen: Vec<ModelName> = chosen.iter().map(|name| ModelName::new(*name)).collect();
            let specs = directed(
                config,
                "write_title",
                &ModelName::new(model),
                &chosen,
                embedded_only,
            );
            let names = specs.into_iter().map(|spec| spec.name.to_string());
            names.collect::<Vec<_>>()
        };
        let open = config("default = [\"embedded\"]");
        assert_eq!(directed(&open, "away", &[], false), ["away"]);
        assert_eq!(directed(&open, "embedded", &[], false), ["embedded"]);
        assert_eq!(
            directed(&open, "away", &["also_here"], false),
            ["also_here"],
            "a person chose"
        );
        assert_eq!(directed(&open, "away", &[], true), ["embedded"]);
        assert_eq!(
            directed(&open, "here", &["away"], false),
            ["here"],
            "its own pin holds against what a person chooses"
        );
        assert_eq!(directed(&open, "here", &["also_here"], false), ["also_here"]);
        let pinned = config("default = [\"here\"]");
        assert!(directed(&pinned, "away", &[], false).is_empty());
        assert_eq!(directed(&pinned, "also_here", &["away"], false), ["also_here"]);
    }

    #[test]
    fn a_pin_holds_against_what_a_person_chooses() {
        let config = config("default = [\"away\"]\ntake_notes = [\"here\", \"away\"]");
        assert_eq!(names(&config, "take_notes", &["away"], false), ["here", "away"]);
        assert_eq!(
            names(&config, "take_notes", &["away", "also_here", "embedded"], false),
            ["also_here", "embedded"]
        );
        let chosen = route(&config, "take_notes", &["also_here".into()], false);
        assert!(
            chosen[0].endpoint.as_ref().unwrap().local_only,
            "the promise is carried on"
        );
        let pins = |task: &str| -> Vec<bool> {
            let embedded = route(&config, task, &[], true);
            embedded.iter().map(|spec| spec.is_pinned).collect()
        };
        assert_eq!(
            (pins("take_notes"), pins("write_title")),
            (vec![true], vec![false]),
            "also where the embedded model answers in its place"
        );
        let unpinned = route(&config, "write_title", &["also_here".into()], false);
        assert!(!unpinned[0].endpoint.as_ref().unwrap().local_only);
        assert_eq!(names(&config, "write_title", &["away"], false), ["away"]);
        let default = super::tests::config("default = [\"here\"]");
        assert_eq!(
            names(&default, "write_title", &["away"], false),
            ["here"],
            "also where the pin is the default's"
        );
    }
}
