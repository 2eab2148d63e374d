//! Tool calls of a reply.

use std::collections::BTreeSet;

use copydesk_journal::ToolCall;
use serde_json::{Map, Value};

use super::chat::RawCall;
use super::fit::fit;
use crate::request::Question;

/// Most calls of one turn; some models repeat themselves to the limit of their output.
const CALLS_MAX: usize = 8;

/// The calls, under the tools' own names. The problem where one cannot be made.
pub(crate) fn read_calls(raw: &[RawCall], question: &Question<'_>) -> Result<Vec<ToolCall>, String> {
    let mut calls: Vec<ToolCall> = Vec::new();
    let mut ids = BTreeSet::new();
    for (at, call) in raw.iter().enumerate() {
        let mut call = read_call(call, question)?;
        let is_repeat = calls
            .iter()
            .any(|made| made.name == call.name && made.arguments == call.arguments);
        if is_repeat || calls.len() == CALLS_MAX {
            continue;
        }
        if call.id.is_empty() || !ids.insert(call.id.clone()) {
            // Turns before this one have ids too; their number keeps this one apart from them.
            call.id = format!("call_{}_{at}", question.history.len());
            ids.insert(call.id.clone());
        }
        calls.push(call);
    }
    Ok(calls)
}

fn read_call(raw: &RawCall, question: &Question<'_>) -> Result<ToolCall, String> {
    let function = raw.function.as_ref();
    let name = function
        .and_then(|function| function.name.as_deref())
        .unwrap_or_default();
    let tool = question
        .names
        .tool(name)
        .ok_or("it calls a tool that was not offered")?;
    let arguments = match function.map(|function| &function.arguments) {
        Some(Value::String(text)) if text.trim().is_empty() => Value::Object(Map::new()),
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| {
            format!(
                "the arguments of the call of `{}` are no JSON",
                question.names.wire(&tool.to_string())
            )
        })?,
        Some(Value::Null) | None => Value::Object(Map::new()),
        Some(value) => value.clone(),
    };
    let schema = question
        .tools
        .iter()
        .find(|spec| &spec.name == tool)
        .map(|spec| &spec.input_schema);
    let schema = schema.filter(|schema| schema.is_object());
    let arguments = schema.map_or_else(|| Ok(arguments.clone()), |schema| fit(arguments.clone(), schema));
    let arguments = arguments.map_err(|problem| {
        format!(
            "the arguments of the call of `{}` do not fit: {problem}",
            question.names.wire(&tool.to_string())
        )
    })?;
    Ok(ToolCall {
        id: raw.id.clone().unwrap_or_default(),
        name: tool.to_string(),
        arguments,
    })
}
