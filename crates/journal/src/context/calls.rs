//! Questions to models and calls to tools, each a step.

use copydesk_config::{PromptContext, prompts};
use copydesk_domain::task::Task;
use copydesk_domain::{ContentHash, ModelName, Untrusted};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fitting::Question;
use super::stage_context::StageContext;
use crate::models::{AgentMessage, ModelCall, ModelError, ModelReply, ModelSpec, ReplyContent};
use crate::outcome::Account;
use crate::route;
use crate::step::StepError;
use crate::tools::{ToolName, ToolReply, ToolSpec};
use crate::trace;

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
                let call = self.params.tools.call(tool, arguments.clone(), patterns);
                let result = trace::of_tool(key, tool, call).await;
                (result.map(StoredReply::from).map_err(StepError::from), account)
            })
            .await?;
        Ok(stored.into())
    }

    /// The tools that a model of this stage may call.
    ///
    /// They are part of what the model is asked, so they are recorded: a server that describes them anew changes no
    /// round that has begun, and a replay needs no server.
    pub async fn model_tools(&self) -> Result<Vec<ToolSpec>, StepError> {
        if let Some(offered) = self.offered.get() {
            return Ok(offered.clone());
        }
        let offered: Vec<OfferedTool> = self
            .read_once("model_tools", || async {
                Ok(self
                    .listed_tools()
                    .await?
                    .into_iter()
                    .map(OfferedTool::from)
                    .collect())
            })
            .await?;
        let offered: Vec<ToolSpec> = offered.into_iter().map(ToolSpec::from).collect();
        Ok(self.offered.get_or_init(|| offered).clone())
    }

    async fn listed_tools(&self) -> Result<Vec<ToolSpec>, StepError> {
        let patterns = &self.params.stage.model_tools;
        let Some(listed) = self.listed.get() else {
            return Ok(self.unless_stopped(self.params.tools.list(patterns)).await??);
        };
        let is_offered = |tool: &&ToolSpec| patterns.iter().any(|pattern| tool.name.is_covered_by(pattern));
        Ok(listed.iter().filter(is_offered).cloned().collect())
    }

    /// Asks one typed question. What has no room in the smallest window of its route is left out, least telling first.
    pub async fn ask<T: Task>(&self, key: &str, input: &T::Input) -> Result<Asked<T::Output>, StepError> {
        let question = Question {
            key,
            input,
            tools: &[],
            history: &[],
        };
        typed(key, self.fitted_turn::<T>(&question).await?)
    }

    /// One turn of an agent loop: the model answers, or calls some of `tools`.
    pub async fn turn<T: Task>(
        &self,
        key: &str,
        input: &T::Input,
        tools: &[ToolSpec],
        history: &[AgentMessage],
    ) -> Result<Turn, StepError> {
        let question = Question {
            key,
            input,
            tools,
            history,
        };
        self.fitted_turn::<T>(&question).await
    }

    /// The same as [`StageContext::turn`] for a loop that can end with what it has: none where the turn does not fit a
    /// budget or a window, or an endpoint finds it too long. That is the turn's outcome for good, so that the loop ends
    /// there in every later attempt and replay.
    pub async fn loop_turn<T: Task>(
        &self,
        key: &str,
        input: &T::Input,
        tools: &[ToolSpec],
        history: &[AgentMessage],
    ) -> Result<Option<Turn>, StepError> {
        let question = Question {
            key,
            input,
            tools,
            history,
        };
        let models = (self.window(T::NAME), self.route(T::NAME));
        let Ok(call) = self.fitted_or_never::<T>(&question, models).await? else {
            return Ok(None);
        };
        self.accounted_step(key, &identity(&call), || async {
            at_its_ceiling(self.asked(key, T::NAME, &call).await)
        })
        .await
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
        let params = &self.params;
        let route = route::route(&params.release.config, task, &params.route, params.embedded_only);
        self.held_to_pins(task, route)
    }

    /// The same models, bound by a pin that the run had which is replayed.
    pub(super) fn held_to_pins(&self, task: &str, mut route: Vec<ModelSpec>) -> Vec<ModelSpec> {
        if self.params.pinned.contains(task) {
            for model in &mut route {
                model.is_pinned = true;
            }
        }
        route
    }
}

/// A turn's stored outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What the model gave.
    pub content: ReplyContent,
    /// The model that answered.
    pub model: ModelName,
    /// What its endpoint itself calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
}

/// A turn as the output of its task.
pub(super) fn typed<T: DeserializeOwned>(key: &str, turn: Turn) -> Result<Asked<T>, StepError> {
    let wrong = |reason: String| StepError::Outcome {
        key: key.to_owned(),
        reason,
    };
    match turn.content {
        ReplyContent::Output(output) => Ok(Asked {
            output: Untrusted::new(serde_json::from_value(output).map_err(|error| wrong(error.to_string()))?),
            model: turn.model,
        }),
        ReplyContent::Calls(_) => Err(wrong("the model called a tool where none was offered".to_owned())),
    }
}

/// A tool as it was offered. [`ToolSpec`] leaves out whether it only reads, which no model is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OfferedTool {
    spec: ToolSpec,
    is_read_only: bool,
}

impl From<ToolSpec> for OfferedTool {
    fn from(spec: ToolSpec) -> Self {
        let is_read_only = spec.is_read_only;
        Self { spec, is_read_only }
    }
}

impl From<OfferedTool> for ToolSpec {
    fn from(offered: OfferedTool) -> Self {
        Self {
            is_read_only: offered.is_read_only,
            ..offered.spec
        }
    }
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

/// What the outcome of a turn depends on.
pub(super) fn identity(call: &ModelCall) -> impl Serialize + Sync + '_ {
    (
        (&call.task, call.version, &call.input),
        ContentHash::of(call.system.as_bytes()),
        &call.schema,
        (&call.tools, &call.history),
    )
}

/// A turn that does not fit a budget or a window as the end of its loop.
fn at_its_ceiling(
    (result, mut account): (Result<Turn, StepError>, Account),
) -> (Result<Option<Turn>, StepError>, Account) {
    match result {
        Ok(turn) => (Ok(Some(turn)), account),
        Err(StepError::Model(error @ (ModelError::OverBudget(_) | ModelError::TooLong { .. }))) => {
            account.outcome = Some(format!("ended with what it has: {error}"));
            (Ok(None), account)
        }
        Err(error) => (Err(error), account),
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
                answered_by: reply.answered_by.clone(),
                tokens_in: Some(reply.tokens_in),
                tokens_out: Some(reply.tokens_out),
                tries: reply.tries,
                outcome: None,
            };
            (
                Ok(Turn {
                    content: reply.content,
                    model: reply.model,
                    answered_by: reply.answered_by,
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
