//! What is asked, in the form that all models of a route get.

use copydesk_journal::{AgentMessage, ModelCall, ToolSpec};
use serde_json::Value;

use super::message::UserMessage;
use super::strict::Strict;
use super::tool_names::ToolNames;

/// A call, prepared once for all its tries.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// The system message.
    pub(crate) system: &'a str,
    /// The last user message.
    pub(crate) user: String,
    /// `take_notes_v1`
    pub(crate) schema_name: String,
    /// The schema as it is sent.
    pub(crate) strict: Strict,
    /// The schema as the answer is held to.
    pub(crate) schema: &'a Value,
    /// The tools that may be called.
    pub(crate) tools: &'a [ToolSpec],
    /// Their names on the wire.
    pub(crate) names: ToolNames,
    /// Earlier turns.
    pub(crate) history: &'a [AgentMessage],
    /// For models that take one: not negative and below 2³¹, which every known server takes.
    pub(crate) seed: i64,
}

impl<'a> Question<'a> {
    /// Prepares a call; the reason where it cannot be put into a request.
    pub(crate) fn new(call: &'a ModelCall) -> Result<Self, String> {
        let message = UserMessage::of(&call.task, call.version, &call.input);
        let user = serde_json::to_string(&message).map_err(|error| error.to_string())?;
        Ok(Self {
            system: &call.system,
            user,
            schema_name: schema_name(&call.task, call.version),
            strict: Strict::of(&call.schema),
            schema: &call.schema,
            tools: &call.tools,
            names: ToolNames::of(&call.tools),
            history: &call.history,
            seed: call.seed & 0x7fff_ffff,
        })
    }
}

/// Letters, digits, `_` and `-` only, at most 64, as the chat API wants it.
fn schema_name(task: &str, version: u32) -> String {
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let task: String = task.chars().map(allowed).take(50).collect();
    format!("{task}_v{version}")
}
