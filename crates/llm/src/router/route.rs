//! Which models of a route may be asked at all, before anything is sent.

use copydesk_config::ModelConfig;
use copydesk_domain::ModelName;
use copydesk_journal::{ModelError, ModelSpec};

use super::tariff::{Pay, Tariff};

/// The name of the built-in model.
const EMBEDDED: &str = "embedded";

/// A model that may be asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// Its name.
    pub(crate) name: ModelName,
    /// Its endpoint.
    pub(crate) config: ModelConfig,
    /// Its prices; none where it is free.
    pub(crate) tariff: Option<Tariff>,
    /// It is the built-in one, whose answer to the same question never changes.
    pub(crate) is_embedded: bool,
    /// The words of what it is asked never leave this machine, whichever model answers.
    pub(crate) is_pinned: bool,
}

/// The models of a route that may be asked, in order. `embedded` is the endpoint of the built-in model. Pure.
///
/// A route that starts with a model that is `local_only`, or answers in place of one, is a promise: every model elsewhere
/// is left out.
///
/// # Errors
/// [`ModelError::NoPrice`] and [`ModelError::NeedsPerson`] for the first model that cannot be asked, even where a
/// later one could: a misspelt route should not go on quietly with its fallback.
pub(crate) fn usable(route: &[ModelSpec], embedded: &ModelConfig) -> Result<Vec<Candidate>, ModelError> {
    let first = route.first().and_then(|first| first.endpoint.as_ref());
    let is_pinned = first.is_some_and(|first| first.local_only) || route.iter().any(|spec| spec.is_pinned);
    let mut candidates = Vec::new();
    for spec in route {
        let candidate = Candidate {
            is_pinned,
            ..candidate(spec, embedded)?
        };
        let is_local = candidate.is_embedded || candidate.config.is_on_this_machine();
        if is_pinned && !is_local {
            if candidate.config.local_only {
                let reason = "it is local_only, and its base_url is not on this machine (localhost, 127.0.0.1 or [::1])";
                return Err(person(&spec.name, reason));
            }
            continue;
        }
        candidates.push(priced(candidate)?);
    }
    if candidates.is_empty() {
        return Err(ModelError::Call {
            reason: "its route names no model".to_owned(),
        });
    }
    Ok(candidates)
}

fn candidate(spec: &ModelSpec, embedded: &ModelConfig) -> Result<Candidate, ModelError> {
    let (config, is_embedded) = match &spec.endpoint {
        Some(config) => (config.clone(), false),
        None if spec.name.as_str() == EMBEDDED => (embedded.clone(), true),
        None => {
            return Err(person(
                &spec.name,
                "config.toml has no [models] entry of that name",
            ));
        }
    };
    Ok(Candidate {
        name: spec.name.clone(),
        config,
        tariff: None,
        is_embedded,
        is_pinned: false,
    })
}

fn priced(candidate: Candidate) -> Result<Candidate, ModelError> {
    match Pay::of(&candidate.config) {
        Pay::Free => Ok(candidate),
        Pay::Priced(tariff) => Ok(Candidate {
            tariff: Some(tariff),
            ..candidate
        }),
        Pay::Unknown => Err(ModelError::NoPrice {
            model: candidate.name.to_string(),
        }),
    }
}

pub(crate) fn person(model: &ModelName, reason: impl Into<String>) -> ModelError {
    ModelError::NeedsPerson {
        model: model.to_string(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tariff::tests::config;
    use super::*;

    const AWAY: &str = "https://models.example/v1";
    const HERE: &str = "http://127.0.0.1:8080/v1";

    fn spec(name: &str, endpoint: Option<ModelConfig>) -> ModelSpec {
        ModelSpec {
            name: name.into(),
            endpoint,
            is_pinned: false,
        }
    }

    fn names(route: &[ModelSpec]) -> Result<Vec<String>, ModelError> {
        let embedded = config("http://127.0.0.1:1/v1", None, true);
        Ok(usable(route, &embedded)?
            .into_iter()
            .map(|candidate| candidate.name.to_string())
            .collect())
    }

    #[test]
    fn a_pin_keeps_the_task_on_the_machine() {
        let pinned = ModelConfig {
            local_only: true,
            ..config(HERE, None, false)
        };
        let away = spec("away", Some(config(AWAY, Some(1), false)));
        let route = [
            spec("here", Some(pinned.clone())),
            away.clone(),
            spec("embedded", None),
        ];
        assert_eq!(names(&route).unwrap(), ["here", "embedded"]);
        let unpinned = [away.clone(), spec("here", Some(pinned))];
        assert_eq!(names(&unpinned).unwrap(), ["away", "here"]);
        let embedded = config("http://127.0.0.1:1/v1", None, true);
        let pins = |route: &[ModelSpec]| -> Vec<bool> {
            let usable = usable(route, &embedded).unwrap();
            usable.iter().map(|candidate| candidate.is_pinned).collect()
        };
        assert_eq!(
            pins(&route),
            [true, true],
            "the pin is the task's, whichever model answers"
        );
        assert_eq!(pins(&unpinned), [false, false]);
        let in_place = ModelSpec {
            is_pinned: true,
            ..spec("embedded", None)
        };
        assert_eq!(pins(&[in_place]), [true], "also where no pinned model answers");
    }

    #[test]
    fn a_pin_on_another_machine_is_no_pin() {
        let pinned = ModelConfig {
            local_only: true,
            ..config("http://192.168.1.5:8080/v1", None, true)
        };
        let error = names(&[spec("lan", Some(pinned)), spec("embedded", None)]).unwrap_err();
        assert!(matches!(error, ModelError::NeedsPerson { .. }));
    }

    #[test]
    fn an_endpoint_without_a_price_is_refused_before_any_is_asked() {
        let route = [
            spec("embedded", None),
            spec("away", Some(config(AWAY, None, false))),
        ];
        assert_eq!(
            names(&route).unwrap_err(),
            ModelError::NoPrice {
                model: "away".to_owned()
            }
        );
        assert!(matches!(
            names(&[spec("typo", None)]).unwrap_err(),
            ModelError::NeedsPerson { .. }
        ));
        assert!(matches!(names(&[]).unwrap_err(), ModelError::Call { .. }));
    }
}
