use std::collections::BTreeSet;
use std::path::Path;

use copydesk_domain::{ModelName, task};

use crate::address;
use crate::document::{Document, key_path};
use crate::environment::Environment;
use crate::nearest::suggestion;
use crate::problem::Problem;
use crate::secret::SecretError;
use crate::settings::{Config, ModelConfig};

/// The built-in model's name in routes.
pub(crate) const EMBEDDED: &str = "embedded";

/// Every problem of `[models]`.
pub(crate) fn models(
    config: &Config,
    at: &Document<'_>,
    environment: &Environment,
    dir: &Path,
) -> Vec<Problem> {
    let named = config.models.iter();
    named
        .flat_map(|(name, model)| of_model(name, model, at, environment, dir))
        .collect()
}

fn of_model(
    name: &ModelName,
    model: &ModelConfig,
    at: &Document<'_>,
    environment: &Environment,
    dir: &Path,
) -> Vec<Problem> {
    let key = |key: &str| key_path!["models", name.as_str(), key];
    let mut problems = Vec::new();
    if name.as_str() == EMBEDDED {
        problems.push(at.problem(
            &key_path!["models", EMBEDDED],
            "`embedded` is the name of the built-in model",
        ));
    }
    let is_here = address::is_this_machine(&model.base_url);
    let mut is_address = false;
    if !model.base_url.is_empty() {
        match address::http(&model.base_url) {
            Ok(_) => is_address = true,
            Err(message) => problems.push(at.problem(&key("base_url"), message)),
        }
    }
    let has_price = model.price_in.is_some() && model.price_out.is_some();
    let is_half_priced = model.price_in.is_some() != model.price_out.is_some();
    if is_address && !has_price && !model.free && (!is_here || is_half_priced) {
        let message = format!("the model `{name}` has no price, so its budget cannot be held");
        let absent = if model.price_in.is_none() {
            "price_in"
        } else {
            "price_out"
        };
        let hint = "give `price_in` and `price_out` such as \"$0.15/Mtok\", or `free = true`";
        problems.push(at.problem(&key(absent), message).with_hint(hint));
    }
    if is_address && model.local_only && !is_here {
        let message = format!("the model `{name}` is `local_only` and its address is not on this machine");
        problems.push(at.problem(&key("local_only"), message));
    }
    let has_key = model.api_key_env.is_some() || model.api_key_file.is_some();
    if is_address && has_key && !is_here && model.base_url.starts_with("http://") {
        let message = format!("the key of the model `{name}` would travel unencrypted");
        problems.push(
            at.problem(&key("base_url"), message)
                .as_warning()
                .with_hint("use https"),
        );
    }
    if model.price_cached.is_some() && model.price_cached > model.price_in {
        let message = format!("the model `{name}` reads from a cache for more than without one");
        problems.push(at.problem(&key("price_cached"), message).as_warning());
    }
    if model.timeout.is_zero() {
        problems.push(at.problem(&key("timeout"), "a call without any time cannot be answered"));
    }
    if model.stall_timeout.is_zero() {
        problems.push(at.problem(
            &key("stall_timeout"),
            "a reply without any time between its parts cannot come",
        ));
    }
    problems.extend(of_key(name, model, at, environment, dir));
    problems.extend(of_carried(name, model, at, environment));
    problems
}

/// Headers that hold a secret wherever they are used.
const SECRET_HEADERS: [&str; 4] = ["authorization", "api-key", "x-api-key", "proxy-authorization"];

/// Problems of what each request carries along: `headers`, `query`, `api_key_header`.
fn of_carried(
    name: &ModelName,
    model: &ModelConfig,
    at: &Document<'_>,
    environment: &Environment,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let has_query = model.base_url.contains('?');
    if has_query {
        let hint = "write what stands behind the question mark as `query = { name = \"value\" }`";
        let key = key_path!["models", name.as_str(), "base_url"];
        problems.push(
            at.problem(&key, "`base_url` ends before its parameters")
                .with_hint(hint),
        );
    }
    if let Some(header) = model
        .api_key_header
        .as_deref()
        .filter(|header| !is_header_name(header))
    {
        let key = key_path!["models", name.as_str(), "api_key_header"];
        problems.push(at.problem(&key, format!("`{header}` is no name of a header")));
    }
    for (header, value) in &model.headers {
        let key = key_path!["models", name.as_str(), "headers", header.as_str()];
        if !is_header_name(header) {
            problems.push(at.problem(&key, format!("`{header}` is no name of a header")));
        }
        let is_secret = SECRET_HEADERS.contains(&header.to_ascii_lowercase().as_str());
        if is_secret && !value.contains("${") {
            // Not repeated: it may be the key itself.
            let message = format!("the header `{header}` holds its value in this file");
            let hint = "write \"${NAME}\" in it and set the variable NAME where Copydesk starts";
            problems.push(at.problem(&key, message).as_warning().with_hint(hint));
        }
    }
    for (part, entries) in [("headers", &model.headers), ("query", &model.query)] {
        for (entry, value) in entries {
            if let Err(error) = environment.expand(value) {
                let key = key_path!["models", name.as_str(), part, entry.as_str()];
                let problem = at.problem(&key, error.to_string());
                problems.push(match error {
                    SecretError::NotSet { .. } => {
                        problem.as_warning().with_hint("set it where Copydesk starts")
                    }
                    _ => problem,
                });
            }
        }
    }
    problems
}

/// Whether a text is a token of HTTP (RFC 9110, 5.6.2).
fn is_header_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

fn of_key(
    name: &ModelName,
    model: &ModelConfig,
    at: &Document<'_>,
    environment: &Environment,
    dir: &Path,
) -> Option<Problem> {
    let key = |key: &str| key_path!["models", name.as_str(), key];
    if model.api_key_env.is_some() && model.api_key_file.is_some() {
        let message = format!("the model `{name}` has both `api_key_env` and `api_key_file`");
        return Some(
            at.problem(&key("api_key_file"), message)
                .with_hint("keep one of them"),
        );
    }
    if model
        .api_key_env
        .as_deref()
        .is_some_and(|variable| !is_variable_name(variable))
    {
        // Not repeated: it may be the key itself, which must not come up on a screen again.
        let message =
            "`api_key_env` is the name of a variable such as \"OPENAI_API_KEY\", never the key itself";
        return Some(at.problem(&key("api_key_env"), message));
    }
    let (at_key, hint) = match environment.api_key(model, dir).as_ref().err()? {
        SecretError::NotSet { .. } => ("api_key_env", "set it where Copydesk starts"),
        _ => (
            "api_key_file",
            "the path is relative to the folder of config.toml",
        ),
    };
    let error = environment.api_key(model, dir).err()?;
    Some(
        at.problem(&key(at_key), error.to_string())
            .as_warning()
            .with_hint(hint),
    )
}

/// Whether a text can be the name of an environment variable, and is not a key written in its place.
pub(super) fn is_variable_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(is_plain)
}

/// Every problem of `[routes]`.
pub(crate) fn routes(config: &Config, at: &Document<'_>, custom_stages: &BTreeSet<String>) -> Vec<Problem> {
    let mut tasks: Vec<&str> = vec!["default"];
    tasks.extend(task::ALL.iter().map(|(name, _)| *name));
    tasks.extend(custom_stages.iter().map(String::as_str));
    let mut problems = Vec::new();
    for (task, route) in &config.routes {
        let key = key_path!["routes", task.as_str()];
        if !tasks.contains(&task.as_str()) {
            let mut problem = at.problem(&key, format!("unknown task `{task}` in [routes]"));
            problem.hint = suggestion(task, &tasks);
            problems.push(problem);
        }
        if route.is_empty() {
            problems.push(at.problem(&key, format!("the route of `{task}` names no model")));
        }
        for (index, name) in route.iter().enumerate() {
            problems.extend(of_route_entry(config, at, task, route, index, name));
        }
    }
    problems
}

fn of_route_entry(
    config: &Config,
    at: &Document<'_>,
    task: &str,
    route: &[ModelName],
    index: usize,
    name: &ModelName,
) -> Option<Problem> {
    let key = key_path!["routes", task, index];
    let is_known = |name: &ModelName| name.as_str() == EMBEDDED || config.models.contains_key(name);
    if !is_known(name) {
        let mut known: Vec<&str> = config.models.keys().map(ModelName::as_str).collect();
        known.push(EMBEDDED);
        let problem = at.problem(
            &key,
            format!("the route of `{task}` names the unknown model `{name}`"),
        );
        return Some(Problem {
            hint: suggestion(name.as_str(), &known),
            ..problem
        });
    }
    if route[..index].contains(name) {
        return Some(
            at.problem(&key, format!("the route of `{task}` names `{name}` twice"))
                .as_warning(),
        );
    }
    let first = config.models.get(&route[0])?;
    let leaves = config
        .models
        .get(name)
        .is_some_and(|model| !address::is_this_machine(&model.base_url));
    (first.local_only && leaves).then(|| {
        let message =
            format!("`{name}` is never asked: the route of `{task}` starts with a `local_only` model");
        at.problem(&key, message).as_warning()
    })
}
