//! What a probe found.

use copydesk_domain::{MicroUsd, ModelName};
use copydesk_store::ExchangeParams;
use serde::{Deserialize, Serialize};

use super::listing::Listing;
use super::route::Candidate;
use crate::request::Format;

/// One answer of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Check {
    /// It works.
    Yes,
    /// It does not.
    No {
        /// Why, in one line.
        reason: String,
        /// What to do about it, in one line.
        next: String,
    },
    /// It could not be found out.
    Unknown {
        /// Why not.
        reason: String,
    },
}

/// How a model is told which output is wanted, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The endpoint holds the model to a JSON schema.
    JsonSchema,
    /// The model calls a tool whose arguments are the output.
    ToolCall,
    /// The prompt holds the schema and the output is looked for in the text.
    Prompt,
}

impl Way {
    pub(crate) const fn of(format: Format) -> Self {
        match format {
            Format::Schema => Self::JsonSchema,
            Format::Tool => Self::ToolCall,
            Format::Object | Format::Text => Self::Prompt,
        }
    }

    /// As `--json` writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "json_schema",
            Self::ToolCall => "tool_call",
            Self::Prompt => "prompt",
        }
    }
}

/// What a probe found. A stage can work with a model that is `reachable` and gives `json`; agent loops want
/// `tool_calls`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// How outputs are asked for; none where no way gave one.
    pub way: Option<Way>,
    /// It answers in parts when asked to.
    pub streams: Check,
    /// It calls a tool that it is offered.
    pub tool_calls: Check,
    /// It counts the tokens of a call.
    pub usage: Check,
    /// Tokens that it can read and write in one call, where its list says so.
    pub context_window: Option<u64>,
    /// The model that it says it is, where that is another name than the one asked for.
    pub answered_by: Option<String>,
    /// Time of the small typed task, in milliseconds.
    pub latency_ms: Option<u64>,
    /// Requests to the model itself.
    #[serde(default)]
    pub requests: u32,
    /// What was booked for them, in millionths of a US dollar.
    #[serde(default)]
    pub spend_microusd: MicroUsd,
}

/// An answer that is no.
pub(super) fn no(reason: String, next: String) -> Check {
    Check::No { reason, next }
}

pub(super) fn listed_check(list: Option<&Listing>, candidate: &Candidate) -> Check {
    let Some(list) = list else {
        return Check::Unknown {
            reason: "the endpoint gives no list of models".to_owned(),
        };
    };
    if list.is_listed {
        return Check::Yes;
    }
    let (model, name) = (&candidate.config.model, &candidate.name);
    let near: Vec<String> = list.near.iter().map(|near| format!("`{near}`")).collect();
    let next = match near.as_slice() {
        [] => format!("set `model` of [models.{name}] to one that it lists"),
        near => format!(
            "set `model` of [models.{name}]; near names are {}",
            near.join(", ")
        ),
    };
    no(
        format!("the endpoint lists {} models, not `{model}`", list.length),
        next,
    )
}

pub(super) fn usage_check(kept: Option<&ExchangeParams>) -> Check {
    match kept {
        Some(kept) if kept.tokens_in.is_some() => Check::Yes,
        _ => no(
            "it counts no tokens".to_owned(),
            "nothing; each call is booked at its reserve, the most that it can cost".to_owned(),
        ),
    }
}
