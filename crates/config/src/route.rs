//! The route that a person names for one run: `retry RUN --route R`.

use copydesk_domain::ModelName;

use crate::nearest::suggestion;
use crate::rules::models::EMBEDDED;
use crate::settings::Config;

/// A name that is neither a model nor a key of `[routes]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no model or route `{name}`{}", .hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct UnknownRoute {
    /// The name as given.
    pub name: String,
    /// The nearest name, or all of them.
    pub hint: Option<String>,
}

/// The models that `text` names: one, several with commas between them, or the key of a route in `[routes]`.
///
/// # Errors
/// The first name that is unknown, with the nearest known one.
pub fn chosen(config: &Config, text: &str) -> Result<Vec<ModelName>, UnknownRoute> {
    let mut models: Vec<ModelName> = Vec::new();
    for name in text.split(',').map(str::trim) {
        let model = ModelName::new(name);
        let named: Vec<ModelName> = if name == EMBEDDED || config.models.contains_key(&model) {
            vec![model]
        } else if let Some(route) = config.routes.get(name) {
            route.clone()
        } else {
            return Err(unknown(config, name));
        };
        for model in named {
            if !models.contains(&model) {
                models.push(model);
            }
        }
    }
    Ok(models)
}

fn unknown(config: &Config, name: &str) -> UnknownRoute {
    let mut known: Vec<&str> = config.models.keys().map(ModelName::as_str).collect();
    known.push(EMBEDDED);
    known.extend(config.routes.keys().map(String::as_str));
    UnknownRoute {
        name: name.to_owned(),
        hint: suggestion(name, &known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let models = "[models.large]\nbase_url = \"https://a.example\"\nmodel = \"m\"\n\
                      [models.small]\nbase_url = \"https://b.example\"\nmodel = \"m\"\n";
        let shipped = crate::shipped::config().replace("\n[models]", "");
        let routes = shipped.replace("default = [\"embedded\"]", "default = [\"large\", \"embedded\"]");
        toml::from_str(&format!("{routes}\n{models}")).unwrap()
    }

    #[test]
    fn a_route_is_a_model_some_models_or_a_key() {
        let names = |text: &str| -> Vec<String> {
            let models = chosen(&config(), text).unwrap();
            models.iter().map(ToString::to_string).collect()
        };
        assert_eq!(names("small"), ["small"]);
        assert_eq!(names("small, default"), ["small", "large", "embedded"]);
        assert_eq!(names("embedded"), ["embedded"]);
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest() {
        let error = chosen(&config(), "smal").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no model or route `smal`; did you mean `small`?"
        );
        assert!(chosen(&config(), "").is_err());
    }
}
