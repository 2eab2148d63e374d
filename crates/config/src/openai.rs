//! The model that the environment names: `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_MODEL`.

use copydesk_domain::ModelName;

use crate::address::is_this_machine;
use crate::environment::Environment;
use crate::prices::PriceList;
use crate::problem::Problem;
use crate::settings::{Config, ModelConfig};

/// The variables that count where `[models]` is empty.
pub(crate) const VARIABLES: &[&str] = &["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"];

/// Name of that model in routes.
pub(crate) const NAME: &str = "openai";

/// The model where `OPENAI_MODEL` names none.
const MODEL: &str = "gpt-4.1-mini";

/// Address where `OPENAI_BASE_URL` names none.
const BASE_URL: &str = "https://api.openai.com/v1";

/// Adds the environment's model to a config without models, in front of the routes' default.
///
/// A key or an address is needed; `OPENAI_MODEL` alone makes no model.
///
/// # Errors
/// A problem where the model would cost money and its price is not known here.
pub(crate) fn add(config: &mut Config, environment: &Environment, prices: &PriceList) -> Result<(), Problem> {
    let key = environment.get("OPENAI_API_KEY");
    let address = environment.get("OPENAI_BASE_URL");
    if !config.models.is_empty() || (key.is_none() && address.is_none()) {
        return Ok(());
    }
    let base_url = address.unwrap_or(BASE_URL).trim_end_matches('/');
    let name = environment.get("OPENAI_MODEL").unwrap_or(MODEL);
    let listed = prices.find(base_url, name);
    if listed.is_none() && !is_this_machine(base_url) {
        return Err(unpriced(base_url, name));
    }
    let model = ModelConfig {
        base_url: base_url.to_owned(),
        model: name.to_owned(),
        api_key_env: key.map(|_| "OPENAI_API_KEY".to_owned()),
        api_key_file: None,
        price_in: listed.map(|listed| listed.price_in),
        price_out: listed.map(|listed| listed.price_out),
        price_cached: listed.and_then(|listed| listed.price_cached),
        price_as_of: listed.and_then(|listed| listed.as_of),
        concurrency_max: None,
        requests_per_minute: None,
        tokens_per_minute: None,
        free: false,
        local_only: false,
        context_tokens: None,
        tokens_out_max: crate::settings::default_tokens_out_max(),
        timeout: crate::settings::default_timeout(),
        stall_timeout: crate::settings::default_stall_timeout(),
        organization: None,
        project: None,
        api_key_header: None,
        headers: std::collections::BTreeMap::new(),
        query: std::collections::BTreeMap::new(),
    };
    config.models.insert(ModelName::new(NAME), model);
    let default = config.routes.entry("default".to_owned()).or_default();
    default.insert(0, ModelName::new(NAME));
    Ok(())
}

fn unpriced(base_url: &str, name: &str) -> Problem {
    let message = format!("the environment names the model `{name}` at {base_url}, whose price is not known");
    Problem::error("config.toml", message).with_hint(
        "write it as [models.NAME] with `price_in` and `price_out` or `free = true`, \
         or name it in prices.toml, or unset OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL",
    )
}

#[cfg(test)]
mod tests {
    use copydesk_domain::MicroUsd;

    use super::*;

    fn add(config: &mut Config, environment: &Environment) -> Result<(), Problem> {
        super::add(
            config,
            environment,
            &crate::prices::read(std::path::Path::new("/nowhere")).0,
        )
    }

    fn shipped() -> Config {
        toml::from_str(crate::shipped::config()).unwrap()
    }

    fn route(config: &Config) -> Vec<&str> {
        config.routes["default"].iter().map(ModelName::as_str).collect()
    }

    #[test]
    fn a_key_alone_brings_a_model_with_its_price() {
        let mut config = shipped();
        add(&mut config, &Environment::of([("OPENAI_API_KEY", "k")])).unwrap();
        let model = &config.models[&ModelName::new("openai")];
        assert_eq!(
            (model.model.as_str(), model.price_in),
            ("gpt-4.1-mini", Some(MicroUsd(400_000)))
        );
        assert_eq!(route(&config), ["openai", "embedded"]);
    }

    #[test]
    fn a_server_on_this_machine_needs_neither_key_nor_price() {
        let mut config = shipped();
        let environment = Environment::of([
            ("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1/"),
            ("OPENAI_MODEL", "any"),
        ]);
        add(&mut config, &environment).unwrap();
        let model = &config.models[&ModelName::new("openai")];
        assert_eq!(
            (model.base_url.as_str(), &model.api_key_env),
            ("http://127.0.0.1:8080/v1", &None)
        );
    }

    #[test]
    fn another_model_without_a_price_is_refused() {
        let environment = Environment::of([("OPENAI_API_KEY", "k"), ("OPENAI_MODEL", "large")]);
        let problem = add(&mut shipped(), &environment).unwrap_err();
        assert!(
            problem
                .to_string()
                .contains("`large` at https://api.openai.com/v1, whose price"),
            "{problem}"
        );
        assert!(!problem.to_string().contains("k at"), "{problem}");
    }

    #[test]
    fn a_model_in_the_file_switches_the_environment_off() {
        let mut config = shipped();
        add(
            &mut config,
            &Environment::of([("OPENAI_BASE_URL", "http://localhost:1")]),
        )
        .unwrap();
        let before = config.clone();
        add(&mut config, &Environment::of([("OPENAI_API_KEY", "k")])).unwrap();
        assert_eq!(config, before);
    }
}
