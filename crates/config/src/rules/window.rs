//! Whether the window of a model has room for what it is asked.

use std::collections::BTreeMap;

use copydesk_domain::{ModelName, task, tokens};

use crate::document::{Document, key_path};
use crate::problem::Problem;
use crate::prompts::without_comments;
use crate::settings::{Config, ModelConfig};

/// Tokens that the longest schema of a task takes, with the envelope of the message.
const SCHEMA_TOKENS: u64 = 1_200;
/// Tokens of input below which no task can be answered well: a page of text.
const INPUT_TOKENS_MIN: u64 = 800;

/// A problem for each model whose `context_tokens` has no room for the longest prompt that a route gives it.
///
/// `prompts`: path below `prompts/` to text.
pub(crate) fn windows(
    config: &Config,
    at: &Document<'_>,
    prompts: &BTreeMap<String, String>,
    voice: &str,
) -> Vec<Problem> {
    let given = config
        .models
        .iter()
        .filter(|(_, model)| model.context_tokens.is_some());
    given
        .filter_map(|(name, model)| of_model(name, model, config, at, (prompts, voice)))
        .collect()
}

fn of_model(
    name: &ModelName,
    model: &ModelConfig,
    config: &Config,
    at: &Document<'_>,
    (prompts, voice): (&BTreeMap<String, String>, &str),
) -> Option<Problem> {
    let asked = task::ALL.iter().filter(|(task, _)| is_asked(config, task, name));
    let sizes = asked.filter_map(|(task, path)| Some((tokens_of(prompts.get(*path)?, voice), *task)));
    let (prompt, task) = sizes.max()?;
    let needed = prompt + SCHEMA_TOKENS + INPUT_TOKENS_MIN;
    if model.readable() >= needed {
        return None;
    }
    let out = model.tokens_out_max;
    let message = format!(
        "a window of {} tokens has no room for `{task}`: the model `{name}` may write {out}, the prompt and its schema \
         take about {}, and what is asked needs {INPUT_TOKENS_MIN} besides",
        model.window(),
        prompt + SCHEMA_TOKENS
    );
    // A twentieth of the window is kept back.
    let least = (needed + u64::from(out)) * 20 / 19 + 1;
    let hint = format!(
        "lower `tokens_out_max`, give `context_tokens` at least {least} and run the model with as many, or take the \
         model out of the route of `{task}`"
    );
    let key = key_path!["models", name.as_str(), "context_tokens"];
    Some(at.problem(&key, message).with_hint(hint))
}

fn is_asked(config: &Config, task: &str, model: &ModelName) -> bool {
    let route = config.routes.get(task).or_else(|| config.routes.get("default"));
    route.is_some_and(|route| route.contains(model))
}

/// About the tokens of a prompt when it is rendered.
fn tokens_of(prompt: &str, voice: &str) -> u64 {
    let voice = if prompt.contains("voice") {
        tokens::estimated(&without_comments(voice))
    } else {
        0
    };
    tokens::estimated(prompt) + voice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(model: &str) -> Vec<String> {
        let shipped = crate::shipped::config().replace("\n[models]", "");
        let shipped = shipped.replace("default = [\"embedded\"]", "default = [\"small\", \"embedded\"]");
        let text = format!(
            "{shipped}\n[models.small]\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\n{model}\n"
        );
        let (document, _) = Document::parse("config.toml", &text);
        let config: Config = toml::from_str(&text).unwrap();
        let prompts = crate::shipped::FILES.iter().filter_map(|(path, text)| {
            let path = path.strip_prefix("prompts/")?;
            Some((path.to_owned(), (*text).to_owned()))
        });
        let found = windows(&config, &document, &prompts.collect(), "Plain and calm.");
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_window_without_room_for_a_prompt_is_told_with_its_line_and_what_would_do() {
        let told = problems("context_tokens = 4096");
        assert_eq!(told.len(), 1, "{told:?}");
        let line = crate::shipped::config().replace("\n[models]", "").lines().count() + 5;
        assert!(
            told[0].starts_with(&format!("config.toml:{line}: a window of 4096 tokens")),
            "{}",
            told[0]
        );
        assert!(
            told[0].contains("`write_section`") && told[0].contains("at least 8"),
            "{}",
            told[0]
        );
    }

    #[test]
    fn windows_that_models_really_have_are_fine() {
        for model in [
            "",
            "context_tokens = 8192\ntokens_out_max = 2048",
            "context_tokens = 128000",
        ] {
            assert_eq!(problems(model), [""; 0], "{model}");
        }
    }
}
