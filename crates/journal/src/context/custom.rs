//! Turns of a custom stage: the author's own prompt and schema, which no type of ours describes.

use copydesk_config::CustomTask;
use copydesk_domain::ContentHash;
use copydesk_domain::task::Shorten;
use serde::Serialize;
use serde_json::Value;

use super::calls::{Turn, account_of};
use super::fitting::{half, unless_too_long};
use super::stage_context::StageContext;
use crate::models::{AgentMessage, ModelCall, ModelError, ModelSpec, ReplyContent};
use crate::outcome::Account;
use crate::step::StepError;
use crate::tools::ToolSpec;
use crate::window::{Frame, Window};

/// The built-in model, which knows the program's own tasks and no other.
const EMBEDDED: &str = "embedded";

/// What one turn asks.
#[derive(Debug, Clone, Copy)]
pub struct CustomQuestion<'a> {
    /// The stage's task.
    pub task: &'a CustomTask,
    /// Its input; texts of others stand in it as JSON.
    pub input: &'a Value,
    /// The tools that this turn offers; none = the answer is wanted now.
    pub tools: &'a [ToolSpec],
    /// Earlier turns.
    pub history: &'a [AgentMessage],
}

impl StageContext {
    /// One turn of a custom stage's agent loop. An answer without any content is no answer: the run waits for the model.
    pub async fn custom_turn(&self, key: &str, asked: CustomQuestion<'_>) -> Result<Turn, StepError> {
        let window = self.window(&asked.task.name);
        let call = self.custom_call(key, asked, window).await?;
        if asked.history.is_empty() {
            // Of the input nothing can be left out: whoever finds it too long finds it so again.
            let identity = self.custom_identity(&call);
            return self
                .accounted_step(key, &identity, || self.custom_asked(key, &call))
                .await;
        }
        let identity = self.custom_identity(&call);
        let first = self.accounted_step(key, &identity, || async {
            unless_too_long(self.custom_asked(key, &call).await)
        });
        if let Some(turn) = first.await? {
            return Ok(turn);
        }
        let window = self.half_of(&call);
        let key = half(key);
        let call = self.custom_call(&key, asked, Some(window)).await?;
        let identity = self.custom_identity(&call);
        self.accounted_step(&key, &identity, || self.custom_asked(&key, &call))
            .await
    }

    /// What the outcome of a turn depends on: of the tools the patterns of the release and not how they are described
    /// now, since a description that a person has trusted anew must not make a paid turn unusable.
    fn custom_identity<'a>(&'a self, call: &'a ModelCall) -> impl Serialize + Sync + 'a {
        let offers: &[String] = if call.tools.is_empty() {
            &[]
        } else {
            &self.params.stage.model_tools
        };
        (
            (&call.task, call.version, &call.input),
            ContentHash::of(call.system.as_bytes()),
            &call.schema,
            (offers, &call.history),
        )
    }

    async fn custom_asked(&self, key: &str, call: &ModelCall) -> (Result<Turn, StepError>, Account) {
        match self.answerable(&call.task, &call.route) {
            Ok(()) => {
                let (result, account) = self.asked(key, &call.task, call).await;
                with_content((result, account))
            }
            Err(error) => with_content(account_of(&call.task, Err(error))),
        }
    }

    /// The call of a turn, with older answers of tools shortened as far as they do not fit.
    async fn custom_call(
        &self,
        key: &str,
        asked: CustomQuestion<'_>,
        window: Option<Window>,
    ) -> Result<ModelCall, StepError> {
        let task = asked.task;
        let system = self.system(key, &task.prompt)?;
        let frame = Frame {
            system: &system,
            schema: &task.schema,
            tools: asked.tools,
        };
        let question = (&Whole(asked.input), asked.history);
        let route = self.language_models(&task.name);
        let fitted = self.fitted(key, &task.name, question, frame, (window, &route));
        let fitted = fitted.await?;
        Ok(ModelCall {
            task: task.name.clone(),
            version: task.version,
            system,
            input: asked.input.clone(),
            schema: task.schema.clone(),
            tools: asked.tools.to_vec(),
            history: fitted.history,
            route,
            seed: self.seed(key),
        })
    }

    /// The route without the embedded model, which would refuse and so hide what the others said.
    fn language_models(&self, task: &str) -> Vec<ModelSpec> {
        let mut route = self.route(task);
        route.retain(|model| model.endpoint.is_some() || model.name.as_str() != EMBEDDED);
        route
    }

    /// That there is a model to ask, or what the author does about it.
    fn answerable(&self, task: &str, route: &[ModelSpec]) -> Result<(), ModelError> {
        if !route.is_empty() {
            return Ok(());
        }
        let pipeline = &self.params.release.pipeline.pipeline.name;
        let next = if self.params.embedded_only {
            format!("`copydesk run {pipeline} --new` starts a run with the models of [routes]")
        } else {
            format!(
                "name a language model under [models] and `{task} = [\"NAME\"]` under [routes] of config.toml, then \
                 start anew: `copydesk run {pipeline} --new`"
            )
        };
        Err(ModelError::NeedsPerson {
            model: EMBEDDED.to_owned(),
            reason: format!("it cannot answer the custom stage `{task}`; {next}"),
        })
    }
}

/// An input of which nothing can be left out: what the author's own prompts are given has no order by weight.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
struct Whole<'a>(&'a Value);

impl Shorten for Whole<'_> {
    fn shorten(&mut self, _: u64) -> Option<&'static str> {
        None
    }
}

/// The same, unless the answer holds nothing.
fn with_content((result, account): (Result<Turn, StepError>, Account)) -> (Result<Turn, StepError>, Account) {
    match result {
        Ok(Turn {
            content: ReplyContent::Output(output),
            model,
            ..
        }) if is_blank(&output) => {
            let reason = format!("the answer of model `{model}` fits its schema and holds nothing");
            let error = ModelError::Exhausted {
                tries: account.tries,
                reason,
            };
            (Err(error.into()), account)
        }
        result => (result, account),
    }
}

/// Whether a value says nothing: no text, no number, no yes or no.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_blank),
        Value::Object(fields) => fields.values().all(is_blank),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_without_words_or_figures_is_blank() {
        for blank in [json!({}), json!({"a": "", "b": [], "c": {"d": [null, " "]}})] {
            assert!(is_blank(&blank), "{blank}");
        }
        for full in [
            json!({"count": 0}),
            json!({"items": [], "reason": "nothing new"}),
            json!([false]),
        ] {
            assert!(!is_blank(&full), "{full}");
        }
    }
}
