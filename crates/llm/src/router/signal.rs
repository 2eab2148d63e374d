//! A try as a span `chat`, with the attribute names of OpenTelemetry's conventions for generative AI.

use copydesk_journal::trace::{self, OpenSpan};
use copydesk_net::HostPort;
use serde_json::{Value, json};

use super::attempt::Attempted;
use super::route::Candidate;
use crate::reply::ChatReply;
use crate::wire::{Fault, line_of};

/// Characters of one part of a message that a span keeps.
const PART_CHARS_MAX: usize = 8_000;
/// Messages of a request that a span keeps: the first ones, with the prompt, and the last ones.
const MESSAGES_MAX: usize = 40;

/// Providers by the end of their host's name, as the conventions write them.
const PROVIDERS: &[(&str, &str)] = &[
    ("openai.azure.com", "azure.ai.openai"),
    ("services.ai.azure.com", "azure.ai.inference"),
    ("models.inference.ai.azure.com", "azure.ai.inference"),
    ("amazonaws.com", "aws.bedrock"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("api.anthropic.com", "anthropic"),
    ("api.cohere.com", "cohere"),
    ("api.deepseek.com", "deepseek"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral_ai"),
    ("api.perplexity.ai", "perplexity"),
    ("api.x.ai", "x_ai"),
];

/// The span of a try, if somebody watches.
pub(super) struct Signal(Option<OpenSpan>);

impl Signal {
    /// The try begins. `body`: the request as it goes out.
    pub(super) fn open(candidate: &Candidate, body: &str) -> Self {
        let config = &candidate.config;
        let Some(mut span) = trace::open_client(|| format!("chat {}", config.model)) else {
            return Self(None);
        };
        span.set("gen_ai.operation.name", "chat");
        span.set("gen_ai.request.model", config.model.as_str());
        span.set("gen_ai.request.max_tokens", config.tokens_out_max);
        span.set("gen_ai.output.type", "json");
        span.set("copydesk.model", candidate.name.as_str());
        let host = HostPort::of_url(&config.base_url).ok();
        let address = host.as_ref().map_or("", HostPort::host);
        let provider = if candidate.is_embedded {
            "copydesk"
        } else {
            provider(address)
        };
        span.set("gen_ai.provider.name", provider);
        if let Some(host) = &host {
            span.set("server.address", host.host());
            span.set("server.port", u32::from(host.port()));
        }
        if span.wants_words(candidate.is_pinned)
            && let Some((system, messages)) = input_of(body)
        {
            span.set("gen_ai.system_instructions", system.to_string());
            span.set("gen_ai.input.messages", messages.to_string());
        }
        Self(Some(span))
    }

    /// A reply came, whatever it is worth.
    pub(super) fn replied(&mut self, candidate: &Candidate, reply: &ChatReply) {
        let Some(span) = &mut self.0 else { return };
        if let Some(model) = &reply.model {
            span.set("gen_ai.response.model", line_of(model));
        }
        if let Some(id) = reply.extra.get("id").and_then(Value::as_str) {
            span.set("gen_ai.response.id", line_of(id));
        }
        let choices = reply.choices.as_deref().unwrap_or_default();
        let reasons = choices
            .iter()
            .filter_map(|choice| choice.finish_reason.as_deref());
        let reasons: Vec<String> = reasons.map(line_of).collect();
        if !reasons.is_empty() {
            span.set("gen_ai.response.finish_reasons", reasons);
        }
        if span.wants_words(candidate.is_pinned) {
            span.set("gen_ai.output.messages", output_of(reply).to_string());
        }
    }

    /// The try is over.
    pub(super) fn end(self, attempted: &Attempted) {
        let Some(mut span) = self.0 else { return };
        // Also of a reply that broke off behind its count.
        if let Some(usage) = attempted.usage {
            span.set("gen_ai.usage.input_tokens", usage.tokens_in);
            span.set("gen_ai.usage.output_tokens", usage.tokens_out);
            if usage.cached > 0 {
                span.set("gen_ai.usage.cache_read.input_tokens", usage.cached);
            }
        }
        if let Err(fault) = &attempted.result {
            span.fail(kind(fault), &fault.to_string());
        }
        span.end();
    }
}

/// Who stands behind a host, to the best of anybody's knowledge; the conventions call any other endpoint of this API
/// `openai`.
fn provider(host: &str) -> &'static str {
    let is_below = |end: &str| {
        host.strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.') || rest.ends_with('-'))
    };
    let found = PROVIDERS.iter().find(|(end, _)| is_below(end));
    found.map_or("openai", |(_, name)| name)
}

fn kind(fault: &Fault) -> String {
    match fault {
        Fault::Status { status, .. } => return status.to_string(),
        Fault::Connect { .. } => "connection",
        Fault::Timeout { .. } => "timeout",
        Fault::Refused => "refusal",
        Fault::Invalid { .. } => "invalid_output",
        // What came is no whole reply.
        _ => "broken_reply",
    }
    .to_owned()
}

/// The system message and the others, in the form of the conventions.
fn input_of(body: &str) -> Option<(Value, Value)> {
    let request: Value = serde_json::from_str(body).ok()?;
    let messages = request.get("messages")?.as_array()?;
    let is_system = |message: &&Value| matches!(role(message), "system" | "developer");
    let system: Vec<Value> = messages.iter().filter(is_system).flat_map(parts).collect();
    let others: Vec<&Value> = messages.iter().filter(|message| !is_system(message)).collect();
    let cut = others.len().saturating_sub(MESSAGES_MAX);
    // The first is the question; what is cut lies in the middle of a long loop.
    let kept = others
        .iter()
        .enumerate()
        .filter(|(index, _)| *index == 0 || *index > cut);
    let shown = kept.map(|(_, message)| json!({ "role": role(message), "parts": parts(message) }));
    Some((Value::Array(system), Value::Array(shown.collect())))
}

fn role(message: &Value) -> &str {
    message.get("role").and_then(Value::as_str).unwrap_or("user")
}

fn parts(message: &Value) -> Vec<Value> {
    let id = message.get("tool_call_id").and_then(Value::as_str);
    let text = match message.get("content") {
        Some(Value::String(text)) => Some(text.clone()),
        None | Some(Value::Null) => None,
        Some(other) => Some(other.to_string()),
    };
    let mut parts: Vec<Value> = Vec::new();
    parts.extend(text.map(|text| match id {
        Some(id) => json!({ "type": "tool_call_response", "id": id, "response": shortened(&text) }),
        None => json!({ "type": "text", "content": shortened(&text) }),
    }));
    let calls = message.get("tool_calls").and_then(Value::as_array);
    parts.extend(calls.into_iter().flatten().map(|call| {
        json!({
            "type": "tool_call",
            "id": call.get("id"),
            "name": call.pointer("/function/name"),
            "arguments": call.pointer("/function/arguments"),
        })
    }));
    parts
}

fn output_of(reply: &ChatReply) -> Value {
    let choices = reply.choices.as_deref().unwrap_or_default();
    let shown = choices.iter().filter_map(|choice| {
        let message = choice.message.as_ref()?;
        let calls = message.tool_calls.as_deref().unwrap_or_default();
        let calls: Vec<Value> = calls
            .iter()
            .map(|call| {
                let function = call.function.as_ref();
                let name = function.and_then(|function| function.name.clone());
                let arguments = function.map(|function| function.arguments.clone());
                json!({ "id": call.id, "function": { "name": name, "arguments": arguments } })
            })
            .collect();
        let raw = json!({ "content": message.content, "tool_calls": calls });
        Some(json!({ "role": "assistant", "parts": parts(&raw), "finish_reason": choice.finish_reason }))
    });
    Value::Array(shown.collect())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(PART_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_told_by_its_host_and_any_other_endpoint_by_its_api() {
        for (host, name) in [
            ("api.openai.com", "openai"),
            ("desk.openai.azure.com", "azure.ai.openai"),
            ("bedrock-runtime.eu-central-1.amazonaws.com", "aws.bedrock"),
            ("generativelanguage.googleapis.com", "gcp.gemini"),
            ("europe-west4-aiplatform.googleapis.com", "gcp.vertex_ai"),
            ("api.anthropic.com", "anthropic"),
            ("evilapi.anthropic.com", "openai"),
            ("127.0.0.1", "openai"),
        ] {
            assert_eq!(provider(host), name, "{host}");
        }
    }

    #[test]
    fn a_request_is_told_in_the_form_of_the_conventions() {
        let long = "x".repeat(PART_CHARS_MAX + 5);
        let body = json!({ "messages": [
            { "role": "system", "content": "Be exact." },
            { "role": "user", "content": long },
            { "role": "assistant", "tool_calls": [{ "id": "c1", "function": { "name": "search", "arguments": "{}" } }] },
            { "role": "tool", "tool_call_id": "c1", "content": "[]" },
        ]});
        let (system, messages) = input_of(&body.to_string()).unwrap();
        assert_eq!(system, json!([{ "type": "text", "content": "Be exact." }]));
        let roles: Vec<&str> = messages.as_array().unwrap().iter().map(role).collect();
        assert_eq!(roles, ["user", "assistant", "tool"]);
        let question = messages[0]["parts"][0]["content"].as_str().unwrap();
        assert_eq!(question.chars().count(), PART_CHARS_MAX + 1);
        assert_eq!(messages[1]["parts"][0]["name"], "search");
        assert_eq!(
            messages[2]["parts"],
            json!([{ "type": "tool_call_response", "id": "c1", "response": "[]" }])
        );
    }

    #[test]
    fn a_long_loop_keeps_its_question_and_its_last_turns() {
        let turns: Vec<Value> = (0..100)
            .map(|n| json!({ "role": "user", "content": n.to_string() }))
            .collect();
        let body = json!({ "messages": turns });
        let (_, messages) = input_of(&body.to_string()).unwrap();
        let shown = messages.as_array().unwrap();
        assert_eq!(shown.len(), MESSAGES_MAX);
        assert_eq!(shown[0]["parts"][0]["content"], "0");
        assert_eq!(shown[MESSAGES_MAX - 1]["parts"][0]["content"], "99");
    }
}
