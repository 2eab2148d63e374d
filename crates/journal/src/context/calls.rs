//! Questions to models and calls to tools, each a step.

use std::sync::Mutex;

use copydesk_config::{PromptContext, prompts};
use copydesk_domain::task::Task;
use copydesk_domain::{ContentHash, ModelName, StepKey, Untrusted};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ledger::StepLedger;
use super::stage_context::StageContext;
use super::steps::hash_input;
use crate::models::{AgentMessage, ModelCall, ModelError, ModelReply, ModelSpec, ReplyContent};
use crate::outcome::Account;
use crate::step::StepError;
use crate::tools::{ToolName, ToolReply, ToolSpec};

/// A model's answer. The request held text of others, so the answer is untrusted too.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<T> {
    /// The typed output.
    pub output: Untrusted<T>,
    /// The model that really answered.
    pub model: ModelName,
}

impl StageContext {
    /// Calls a tool that the stage's `tools` name. The step's outcome is the tool's answer, errors of the tool included.
    pub async fn call_tool(
        &self,
        key: &str,
        tool: &ToolName,
        arguments: Value,
    ) -> Result<ToolReply, StepError> {
        let patterns = &self.params.stage.tools;
        let stored: StoredReply = self
            .accounted_step(key, &(tool, &arguments), || async {
                let account = Account {
                    tool: Some(tool.to_string()),
                    ..Account::default()
                };
                let result = self.params.tools.call(tool, arguments.clone(), patterns).await;
                (result.map(StoredReply::from).map_err(StepError::from), account)
            })
            .await?;
        Ok(stored.into())
    }

    /// The tools that a model of this stage may call.
    pub async fn model_tools(&self) -> Result<Vec<ToolSpec>, StepError> {
        let patterns = &self.params.stage.model_tools;
        let Some(listed) = self.listed.get() else {
            return Ok(self.params.tools.list(patterns).await?);
        };
        let is_offered = |tool: &&ToolSpec| patterns.iter().any(|pattern| tool.name.is_covered_by(pattern));
        Ok(listed.iter().filter(is_offered).cloned().collect())
    }

    /// Asks one typed question.
    pub async fn ask<T: Task>(&self, key: &str, input: &T::Input) -> Result<Asked<T::Output>, StepError> {
        let reply = self.turn::<T>(key, input, &[], &[]).await?;
        let model = reply.model;
        match reply.content {
            ReplyContent::Output(output) => {
                let output = serde_json::from_value(output).map_err(|error| StepError::Outcome {
                    key: key.to_owned(),
                    reason: error.to_string(),
                })?;
                Ok(Asked {
                    output: Untrusted::new(output),
                    model,
                })
            }
            ReplyContent::Calls(_) => Err(StepError::Outcome {
                key: key.to_owned(),
                reason: "the model called a tool where none was offered".to_owned(),
            }),
        }
    }

    /// One turn of an agent loop: the model answers, or calls some of `tools`.
    pub async fn turn<T: Task>(
        &self,
        key: &str,
        input: &T::Input,
        tools: &[ToolSpec],
        history: &[AgentMessage],
    ) -> Result<Turn, StepError> {
        let call = self.model_call::<T>(key, input, tools, history)?;
        let identity = (
            (&call.task, call.version, &call.input),
            ContentHash::of(call.system.as_bytes()),
            &call.schema,
            (tools, history),
        );
        let step = StepKey::new(key);
        let input_hash = hash_input(&step, &identity)?;
        // The first attempt takes it; another one makes it anew, which is the same.
        let call = Mutex::new(Some(call));
        self.hashed_step(step, input_hash, || async {
            let first = call.lock().expect("no holder of this lock panics").take();
            let call = match first.map_or_else(|| self.model_call::<T>(key, input, tools, history), Ok) {
                Ok(call) => call,
                Err(error) => return (Err(error), Account::default()),
            };
            let ledger = StepLedger {
                ctx: self,
                key,
                task: T::NAME,
            };
            let result = self.params.models.ask(call, &ledger).await;
            account_of(T::NAME, result)
        })
        .await
    }

    fn model_call<T: Task>(
        &self,
        key: &str,
        input: &T::Input,
        tools: &[ToolSpec],
        history: &[AgentMessage],
    ) -> Result<ModelCall, StepError> {
        let wrong = |reason: String| StepError::Outcome {
            key: key.to_owned(),
            reason,
        };
        let system = self.system(key, T::PROMPT)?;
        let schema =
            serde_json::to_value(schemars::schema_for!(T::Output)).map_err(|e| wrong(e.to_string()))?;
        Ok(ModelCall {
            task: T::NAME.to_owned(),
            version: T::VERSION,
            system,
            input: serde_json::to_value(input).map_err(|error| wrong(error.to_string()))?,
            schema,
            tools: tools.to_vec(),
            history: history.to_vec(),
            route: self.route(T::NAME),
            seed: self.seed(key),
        })
    }

    /// The rendered prompt at `path`; the same in all of the round.
    pub(super) fn system(&self, key: &str, path: &str) -> Result<String, StepError> {
        let mut systems = self.systems.lock().expect("no holder of this lock panics");
        if let Some(known) = systems.get(path) {
            return Ok(known.clone());
        }
        let context = PromptContext::of(&self.params.release);
        let system = prompts::render(&self.params.release, path, &context);
        let system = system.map_err(|error| StepError::Outcome {
            key: key.to_owned(),
            reason: error.to_string(),
        })?;
        systems.insert(path.to_owned(), system.clone());
        Ok(system)
    }

    /// Whether a language model may answer a task, beside the embedded extractive one.
    pub fn has_language_model(&self, task: &str) -> bool {
        self.route(task).iter().any(|model| model.endpoint.is_some())
    }

    /// The models that may answer a task, from the release.
    pub(super) fn route(&self, task: &str) -> Vec<ModelSpec> {
        let config = &self.params.release.config;
        let embedded = ModelName::new("embedded");
        let names = match config.routes.get(task).or_else(|| config.routes.get("default")) {
            Some(names) if !self.params.embedded_only => names.clone(),
            _ => vec![embedded],
        };
        names
            .into_iter()
            .map(|name| ModelSpec {
                endpoint: config.models.get(&name).cloned(),
                name,
            })
            .collect()
    }
}

/// A turn's stored outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What the model gave.
    pub content: ReplyContent,
    /// The model that answered.
    pub model: ModelName,
}

/// A tool's answer as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredReply {
    #[serde(serialize_with = "copydesk_domain::untrusted::persist")]
    content: Untrusted<Value>,
    is_error: bool,
}

impl From<ToolReply> for StoredReply {
    fn from(reply: ToolReply) -> Self {
        Self {
            content: reply.content,
            is_error: reply.is_error,
        }
    }
}

impl From<StoredReply> for ToolReply {
    fn from(stored: StoredReply) -> Self {
        Self {
            content: stored.content,
            is_error: stored.is_error,
        }
    }
}

pub(super) fn account_of(
    task: &str,
    result: Result<ModelReply, ModelError>,
) -> (Result<Turn, StepError>, Account) {
    let task = Some(task.to_owned());
    match result {
        Ok(reply) => {
            let account = Account {
                task,
                tool: None,
                model: Some(reply.model.clone()),
                tokens_in: Some(reply.tokens_in),
                tokens_out: Some(reply.tokens_out),
                tries: reply.tries,
            };
            (
                Ok(Turn {
                    content: reply.content,
                    model: reply.model,
                }),
                account,
            )
        }
        Err(error) => (
            Err(error.into()),
            Account {
                task,
                ..Account::default()
            },
        ),
    }
}
