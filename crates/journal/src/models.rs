//! Models as a stage sees them.

use async_trait::async_trait;
use copydesk_config::ModelConfig;
use copydesk_domain::{MicroUsd, ModelName, WaitingFor};
use copydesk_store::{Breach, Counted, ExchangeParams, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tools::ToolSpec;

/// A model of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSpec {
    /// Its name in config.toml.
    pub name: ModelName,
    /// Its endpoint; none for the embedded model.
    pub endpoint: Option<ModelConfig>,
    /// The task is pinned to this machine, whoever answers it: no word of it leaves.
    pub is_pinned: bool,
}

/// One typed question, or one turn of an agent loop.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCall {
    /// The task's name.
    pub task: String,
    /// Its version.
    pub version: u32,
    /// The rendered prompt file: the system message.
    pub system: String,
    /// The typed input: becomes `{"task","version","input"}` in the last user message.
    pub input: Value,
    /// JSON schema of the output.
    pub schema: Value,
    /// Tools that the model may call in this turn.
    pub tools: Vec<ToolSpec>,
    /// Earlier turns of the loop, after the user message.
    pub history: Vec<AgentMessage>,
    /// The models that may answer, in order.
    pub route: Vec<ModelSpec>,
    /// For models that take a seed.
    pub seed: i64,
}

/// A turn of an agent loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentMessage {
    /// The model called tools.
    Calls(Vec<ToolCall>),
    /// What one tool gave.
    Result {
        /// Id of the call.
        id: String,
        /// JSON text.
        content: String,
    },
}

/// A tool call that a model asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The call's id.
    pub id: String,
    /// The tool's name as it was offered.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
}

/// What a model gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyContent {
    /// Output that fits the schema.
    Output(Value),
    /// Tool calls.
    Calls(Vec<ToolCall>),
}

/// A reply with its account.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelReply {
    /// What it gave.
    pub content: ReplyContent,
    /// The model that really answered.
    pub model: ModelName,
    /// What its endpoint itself calls the model that answered.
    pub answered_by: Option<String>,
    /// Tokens read, over all tries.
    pub tokens_in: u64,
    /// Tokens written, over all tries.
    pub tokens_out: u64,
    /// Tries: transport, re-asks and fallbacks together, at most four.
    pub tries: u32,
}

/// Why no model gave a usable reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// A person has to look: wrong key, wrong address, unknown model, a schema that the endpoint refuses.
    #[error("model `{model}` needs a person: {reason}")]
    NeedsPerson {
        /// The model.
        model: String,
        /// What the endpoint said, in one line.
        reason: String,
    },
    /// Every model of the route was tried, up to four tries.
    #[error("{}: {reason}", exhausted(*tries))]
    Exhausted {
        /// Tries made.
        tries: u32,
        /// The last failure, in one line.
        reason: String,
    },
    /// Its reserve could not be stored.
    #[error(transparent)]
    Reserve(#[from] StoreError),
    /// The call does not fit a budget.
    #[error("the {} budget of {} has {} left, and `{}` by model `{}` needs {}", .0.scope, .0.limit, .0.left, .0.task, .0.model, .0.needed)]
    OverBudget(Box<Breach>),
    /// An endpoint that costs money has no price.
    #[error(
        "model `{model}` has no price: set price_in and price_out or free = true, or name it in prices.toml"
    )]
    NoPrice {
        /// The model.
        model: String,
    },
    /// The endpoint turned the call away because it is longer than its model's window.
    #[error(
        "what was asked is longer than the window of model `{model}`: {reason}; go on with a larger one (`copydesk retry \
         RUN --route NAME`), and set `context_tokens` of [models.{model}] in config.toml to the window that it has"
    )]
    TooLong {
        /// The model.
        model: String,
        /// What the endpoint said, in one line.
        reason: String,
    },
    /// What cannot be left out of the call is longer than the smallest window of its route.
    #[error(
        "`{task}` needs about {needed} tokens, and model `{model}` can read {readable}: go on with a larger one (`copydesk \
         retry RUN --route NAME`); for later runs raise `context_tokens` of [models.{model}] in config.toml if its window \
         is larger, lower its `tokens_out_max`, or take another model for `{task}` in [routes]"
    )]
    NoRoom {
        /// The task.
        task: String,
        /// The model with the smallest window.
        model: String,
        /// Tokens that it can read, by the estimate of [`copydesk_domain::tokens`].
        readable: u64,
        /// Tokens of prompt, schema, tools and what is left of the input.
        needed: u64,
    },
    /// A bug of ours: the call cannot be put into a request.
    #[error("the call cannot be made: {reason}")]
    Call {
        /// Why.
        reason: String,
    },
}

/// `no model of the route gave a usable answer in 1 try`
fn exhausted(tries: u32) -> String {
    match tries {
        0 => "no model of the route could be asked".to_owned(),
        1 => "no model of the route gave a usable answer in 1 try".to_owned(),
        _ => format!("no model of the route gave a usable answer in {tries} tries"),
    }
}

impl ModelError {
    /// Whether the model asked is at fault, so that another could be heard in its place. Money is a matter of the run.
    pub fn is_of_model(&self) -> bool {
        match self {
            Self::NeedsPerson { .. }
            | Self::NoPrice { .. }
            | Self::Exhausted { .. }
            | Self::TooLong { .. }
            | Self::NoRoom { .. } => true,
            Self::OverBudget(_) | Self::Reserve(_) | Self::Call { .. } => false,
        }
    }

    /// What the run waits for after this error, if a person can help.
    pub fn waiting_for(&self) -> Option<WaitingFor> {
        match self {
            Self::NeedsPerson { .. }
            | Self::NoPrice { .. }
            | Self::Exhausted { .. }
            | Self::TooLong { .. }
            | Self::NoRoom { .. } => Some(WaitingFor::Model),
            Self::OverBudget(_) | Self::Reserve(StoreError::BudgetSpent { .. }) => Some(WaitingFor::Budget),
            Self::Reserve(_) | Self::Call { .. } => None,
        }
    }
}

/// A reserve that was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation(pub i64);

/// What a call cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bill {
    /// The money.
    pub amount: MicroUsd,
    /// Booked in full because nobody counted.
    pub is_assumed: bool,
    /// What the endpoint counted, where it did.
    pub counted: Option<Counted>,
}

/// Books money for the calls of one step, and keeps what is worth telling of them.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Reserves before a call; fails at once where it does not fit. Whoever holds a place at an endpoint gives it back
    /// before waiting for [`Ledger::next_bill`].
    async fn reserve(&self, model: &ModelName, amount: MicroUsd) -> Result<Reservation, StoreError>;
    /// How many bills have come that may have made room for a reserve.
    fn bills(&self) -> u64 {
        0
    }
    /// Waits for a bill after the first `seen`: bills are far smaller than reserves as a rule, and whether a run stops
    /// must not hang on how many of its calls are made at once. False where none will come, or none came in time.
    async fn next_bill(&self, _seen: u64) -> bool {
        false
    }
    /// Books the bill.
    async fn settle(&self, reservation: Reservation, bill: Bill) -> Result<(), StoreError>;
    /// Writes a line for the operator's stage log.
    fn say(&self, _level: &str, _message: String) {}

    /// Whether somebody watches the step, so that a reply is worth asking for in parts.
    fn is_watched(&self) -> bool {
        false
    }

    /// Hears how many tokens a model has written so far; an estimate, for those who watch. Must not block.
    fn writing(&self, _model: &ModelName, _tokens: u64) {}

    /// Keeps one exchange with an endpoint, whatever came of it. Must not block.
    fn keep(&self, _exchange: ExchangeParams) {}
}

/// Who answers tasks. Implemented in `llm`.
#[async_trait]
pub trait Models: Send + Sync + 'static {
    /// Asks the models of the call's route, in order.
    async fn ask(&self, call: ModelCall, ledger: &dyn Ledger) -> Result<ModelReply, ModelError>;
    /// A person has a run go on: endpoints that are left alone after failures may be asked again at once.
    fn reconsider(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_in_words() {
        let said = |tries| {
            let reason = "HTTP 503".to_owned();
            ModelError::Exhausted { tries, reason }.to_string()
        };
        assert_eq!(said(0), "no model of the route could be asked: HTTP 503");
        assert_eq!(
            said(1),
            "no model of the route gave a usable answer in 1 try: HTTP 503"
        );
        assert_eq!(
            said(4),
            "no model of the route gave a usable answer in 4 tries: HTTP 503"
        );
    }
}
