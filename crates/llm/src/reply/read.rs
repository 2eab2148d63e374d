//! What a reply says.

use copydesk_journal::ReplyContent;
use serde_json::Value;

use super::calls::read_calls;
use super::chat::{ChatReply, Choice, RawCall, ReplyMessage};
use super::fit::fit;
use super::json_text::candidates;
use crate::request::Question;
use crate::wire::Fault;

/// The content of a reply: tool calls where tools were offered, or output that fits the schema. Pure.
pub(crate) fn read(reply: &ChatReply, question: &Question<'_>) -> Result<ReplyContent, Fault> {
    let choice = reply.choices.as_ref().and_then(|choices| choices.first());
    let Some(choice) = choice else {
        return Err(invalid("there is no answer in the reply", None));
    };
    let empty = ReplyMessage::default();
    let message = choice.message.as_ref().unwrap_or(&empty);
    if message.refusal.as_ref().is_some_and(|text| !text.is_empty()) || finished(choice, "content_filter") {
        return Err(Fault::Refused);
    }
    let text = text_of(&message.content);
    if finished(choice, "length") || finished(choice, "max_tokens") {
        return Err(invalid(
            "it was cut off at the limit of tokens; a shorter answer is needed",
            None,
        ));
    }
    let calls = message.tool_calls.as_deref().unwrap_or_default();
    if !calls.is_empty() && !question.tools.is_empty() {
        let calls = read_calls(calls, question).map_err(|problem| invalid(&problem, text))?;
        return Ok(ReplyContent::Calls(calls));
    }
    if let Some(arguments) = answer_call(calls, question) {
        return match arguments {
            Value::String(text) => output(candidates(text), question, Some(text.clone())),
            other => output(vec![other.clone()], question, None),
        };
    }
    if let Value::Object(_) = message.content {
        return output(vec![message.content.clone()], question, None);
    }
    match text {
        Some(text) => output(candidates(&text), question, Some(text)),
        None if !calls.is_empty() => Err(invalid("it calls a tool where none is offered", None)),
        None => Err(invalid("the answer is empty", None)),
    }
}

/// The arguments of a call that is the answer itself.
fn answer_call<'a>(calls: &'a [RawCall], question: &Question<'_>) -> Option<&'a Value> {
    let functions = calls.iter().filter_map(|call| call.function.as_ref());
    let mut named =
        functions.filter(|function| function.name.as_deref().map(str::trim) == Some(&question.schema_name));
    named.next().map(|function| &function.arguments)
}

/// The first candidate that fits.
fn output(
    candidates: Vec<Value>,
    question: &Question<'_>,
    said: Option<String>,
) -> Result<ReplyContent, Fault> {
    let mut first_problem = None;
    for candidate in candidates {
        match fit(candidate, question.schema) {
            Ok(output) => return Ok(ReplyContent::Output(output)),
            Err(problem) => first_problem = first_problem.or(Some(problem)),
        }
    }
    Err(invalid(
        first_problem
            .as_deref()
            .unwrap_or("there is no JSON object in the answer"),
        said,
    ))
}

fn finished(choice: &Choice, reason: &str) -> bool {
    choice
        .finish_reason
        .as_ref()
        .is_some_and(|given| given.eq_ignore_ascii_case(reason))
}

/// The text of a message: itself, or its parts in a row.
fn text_of(content: &Value) -> Option<String> {
    let text = match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.as_str().or_else(|| part.get("text")?.as_str()))
            .collect(),
        _ => return None,
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

fn invalid(problem: &str, said: Option<String>) -> Fault {
    Fault::Invalid {
        problem: problem.to_owned(),
        said,
    }
}
