//! Whether a model is there and does what stages need: for `copydesk models probe`.

use async_trait::async_trait;
use copydesk_config::ModelConfig;
use copydesk_domain::task::{
    FollowUp, FollowUpInput, OpenQuestions, OpenQuestionsInput, QuestionReply, Task,
};
use copydesk_domain::{MicroUsd, ModelName};
use copydesk_journal::{
    Ledger, ModelCall, ModelError, ModelSpec, Models, ReplyContent, Reservation, ToolName, ToolSpec,
};
use copydesk_store::StoreError;
use serde::Serialize;
use serde_json::{Value, json};

use super::ask::Router;
use super::route::person;
use super::tariff::Pay;

/// One answer of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Check {
    /// It works.
    Yes,
    /// It does not.
    No {
        /// Why, in one line.
        reason: String,
    },
    /// It could not be found out.
    Unknown {
        /// Why not.
        reason: String,
    },
}

/// What a probe found. A stage can work with a model that is `reachable` and gives `json`; agent loops want
/// `tool_calls`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeReport {
    /// The model.
    pub model: ModelName,
    /// It can be paid for: free, on loopback, or with both prices.
    pub has_price: bool,
    /// The endpoint answers.
    pub reachable: Check,
    /// Its list of models names this one.
    pub listed: Check,
    /// It answers a small typed task with output that fits.
    pub json: Check,
    /// It calls a tool that it is offered.
    pub tool_calls: Check,
}

impl Router {
    /// Asks a model three small things: its list of models, a typed task, a tool call. What they cost (well below
    /// a cent) is on nobody's budget.
    pub async fn probe(&self, spec: &ModelSpec) -> ProbeReport {
        let config = spec
            .endpoint
            .clone()
            .unwrap_or_else(|| self.embedded_config().clone());
        let has_price = Pay::of(&config) != Pay::Unknown;
        let config = ModelConfig { free: true, ..config };
        let (reachable, listed) = self.probe_list(&spec.name, &config).await;
        let (json, tool_calls) = if reachable == Check::Yes {
            let route = vec![ModelSpec {
                name: spec.name.clone(),
                endpoint: spec.endpoint.as_ref().map(|_| config),
            }];
            let json = self.ask(json_call(route.clone()), &NoLedger).await;
            let calls = self.ask(tool_call(route), &NoLedger).await;
            (
                checked(json.map(|_| true), ""),
                checked(calls.map(|reply| is_call(&reply.content)), NO_CALL),
            )
        } else {
            let unknown = Check::Unknown {
                reason: "the endpoint does not answer".to_owned(),
            };
            (unknown.clone(), unknown)
        };
        ProbeReport {
            model: spec.name.clone(),
            has_price,
            reachable,
            listed,
            json,
            tool_calls,
        }
    }

    /// Whether the endpoint of a model answers, with the key that it has. Asks for its list of models, which costs
    /// nothing anywhere.
    pub async fn reach(&self, spec: &ModelSpec) -> Check {
        let config = spec.endpoint.as_ref().unwrap_or_else(|| self.embedded_config());
        let (reachable, _) = self.probe_list(&spec.name, config).await;
        if reachable != Check::Yes {
            // A key that a person has changed since is to be read anew.
            self.forget(&spec.name);
        }
        reachable
    }

    async fn probe_list(&self, name: &ModelName, config: &ModelConfig) -> (Check, Check) {
        let unknown = || Check::Unknown {
            reason: "the endpoint gives no list of models".to_owned(),
        };
        let endpoint = match self.endpoint(name, config) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                return (
                    Check::No {
                        reason: error.to_string(),
                    },
                    unknown(),
                );
            }
        };
        match endpoint.models().await {
            Ok(received) => (
                Check::Yes,
                is_listed(&received.reply, &config.model).unwrap_or_else(unknown),
            ),
            // Many compatible servers have no list; what the typed task gives then decides.
            Err(crate::wire::Fault::Status {
                status: 404 | 405 | 501,
                ..
            }) => (Check::Yes, unknown()),
            Err(fault) => (
                Check::No {
                    reason: person(name, fault.to_string()).to_string(),
                },
                unknown(),
            ),
        }
    }
}

const NO_CALL: &str = "it answered in words where it could have called the tool";

fn checked(result: Result<bool, ModelError>, otherwise: &str) -> Check {
    match result {
        Ok(true) => Check::Yes,
        Ok(false) => Check::No {
            reason: otherwise.to_owned(),
        },
        Err(error) => Check::No {
            reason: error.to_string(),
        },
    }
}

fn is_call(content: &ReplyContent) -> bool {
    matches!(content, ReplyContent::Calls(_))
}

fn is_listed(body: &Value, model: &str) -> Option<Check> {
    let list = body.get("data").and_then(Value::as_array)?;
    let has_it = list
        .iter()
        .any(|entry| entry.get("id").is_some_and(|id| id == model));
    Some(if has_it {
        Check::Yes
    } else {
        Check::No {
            reason: format!("the endpoint lists {} models, not `{model}`", list.len()),
        }
    })
}

fn json_call(route: Vec<ModelSpec>) -> ModelCall {
    let question = QuestionReply {
        id: "r1".to_owned(),
        question: "When does version two come out?".into(),
        is_answered: false,
    };
    let input = OpenQuestionsInput {
        replies: vec![question],
    };
    call::<OpenQuestions>(
        "List the readers' questions that are not answered yet.",
        &input,
        Vec::new(),
        route,
    )
}

fn tool_call(route: Vec<ModelSpec>) -> ModelCall {
    let input = FollowUpInput {
        story: "s1".to_owned(),
        title: "Version two is out".into(),
        terms: vec!["version".into(), "two".into()],
        topics: Vec::new(),
        opens_max: 1,
    };
    let search = ToolSpec {
        name: ToolName::new("archive", "search"),
        description: "Searches the archive for words.".to_owned(),
        input_schema: json!({"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"],
            "additionalProperties": false}),
        is_read_only: true,
    };
    call::<FollowUp>(
        "Call the tool `search` once with the terms of the story.",
        &input,
        vec![search],
        route,
    )
}

fn call<T: Task>(system: &str, input: &T::Input, tools: Vec<ToolSpec>, route: Vec<ModelSpec>) -> ModelCall {
    ModelCall {
        task: T::NAME.to_owned(),
        version: T::VERSION,
        system: system.to_owned(),
        input: serde_json::to_value(input).expect("inputs of tasks are plain structs with a JSON form"),
        schema: schemars::schema_for!(T::Output).to_value(),
        tools,
        history: Vec::new(),
        route,
        seed: 0,
    }
}

/// A probe belongs to no run.
struct NoLedger;

#[async_trait]
impl Ledger for NoLedger {
    async fn reserve(&self, _: &ModelName, _: MicroUsd) -> Result<Reservation, StoreError> {
        Ok(Reservation(0))
    }

    async fn settle(&self, _: Reservation, _: MicroUsd, _: bool) -> Result<(), StoreError> {
        Ok(())
    }
}
