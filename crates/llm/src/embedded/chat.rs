//! The part of the chat API that the built-in model reads and writes.

use copydesk_domain::ContentHash;
use copydesk_text::words;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name under which the built-in model answers.
pub const MODEL: &str = "embedded";

/// A request to `/v1/chat/completions`, as far as it is read. Fields that are not listed change nothing.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ChatRequest {
    /// The conversation, oldest first.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// Tools that may be called.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Whether the answer should come in pieces; this server has none to give.
    #[serde(default)]
    pub stream: Option<bool>,
}

/// One message of a conversation.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// A text, or a list of parts with texts.
    #[serde(default)]
    pub content: Option<Value>,
    /// Calls that an assistant made.
    #[serde(default)]
    pub tool_calls: Option<Vec<ToolCall>>,
    /// The call that a tool message answers.
    #[serde(default)]
    pub tool_call_id: Option<String>,
}

impl Message {
    /// The text of the message; parts are joined by line breaks.
    pub fn text(&self) -> String {
        match &self.content {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => {
                let texts: Vec<&str> = parts
                    .iter()
                    .filter_map(|part| part.get("text")?.as_str())
                    .collect();
                texts.join("\n")
            }
            _ => String::new(),
        }
    }
}

/// A tool as the request offers it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Tool {
    /// The function behind it.
    pub function: Function,
}

/// A function that a model may ask for.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// JSON schema of its arguments.
    #[serde(default)]
    pub parameters: Option<Value>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Its id in the conversation.
    pub id: String,
    /// Always `function`.
    #[serde(rename = "type", default = "function_type")]
    pub kind: String,
    /// What is called with what.
    pub function: CalledFunction,
}

fn function_type() -> String {
    "function".to_owned()
}

/// The function of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledFunction {
    /// Its name.
    pub name: String,
    /// Its arguments as JSON text.
    pub arguments: String,
}

/// What the model answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The output of the task, as JSON text.
    Content(String),
    /// Tools to call first.
    Calls(Vec<ToolCall>),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no user message that is a task.
    #[error("the last user message is no task: {reason}")]
    NoTask {
        /// What is wrong with it.
        reason: String,
    },
    /// The task is not known here, or not in that version.
    #[error("the built-in extractive model does not know task `{task}` version {version}")]
    UnknownTask {
        /// Its name.
        task: String,
        /// Its version.
        version: u64,
    },
    /// The input does not have the task's form.
    #[error("the input of task `{task}` does not fit: {reason}")]
    BadInput {
        /// The task.
        task: String,
        /// The first thing that does not fit.
        reason: String,
    },
    /// A stream was asked for.
    #[error("the built-in extractive model answers at once and does not stream")]
    Stream,
}

impl Refusal {
    /// Short name of the reason, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoTask { .. } => "no_task",
            Self::UnknownTask { .. } => "unknown_task",
            Self::BadInput { .. } => "bad_input",
            Self::Stream => "no_stream",
        }
    }

    /// The body of the error reply.
    pub fn body(&self) -> Value {
        serde_json::json!({"error": {
            "message": self.to_string(), "type": "invalid_request_error", "param": "messages", "code": self.code(),
        }})
    }
}

/// The body of the reply. It holds no time and no chance: the same request gives the same bytes.
pub fn reply(request: &ChatRequest, answer: &Answer) -> Value {
    let read: usize = request
        .messages
        .iter()
        .map(|message| words::count(&message.text()))
        .sum();
    let (message, finish, written) = match answer {
        Answer::Content(text) => (
            serde_json::json!({"role": "assistant", "content": text}),
            "stop",
            words::count(text),
        ),
        Answer::Calls(calls) => (
            serde_json::json!({"role": "assistant", "content": null, "tool_calls": calls}),
            "tool_calls",
            calls
                .iter()
                .map(|call| words::count(&call.function.arguments) + 1)
                .sum(),
        ),
    };
    let id = ContentHash::of(message.to_string().as_bytes()).short(16);
    serde_json::json!({
        "id": format!("chatcmpl-{id}"),
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "system_fingerprint": "extraction, no language model",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": null}],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_may_come_in_parts() {
        let message: Message = serde_json::from_str(
            r#"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
        )
        .unwrap();
        assert_eq!(message.text(), "a\nb");
    }

    #[test]
    fn the_same_request_gives_the_same_reply() {
        let request = ChatRequest::default();
        let answer = Answer::Content("{\"notes\":[]}".to_owned());
        assert_eq!(reply(&request, &answer), reply(&request, &answer));
        assert_eq!(reply(&request, &answer)["choices"][0]["finish_reason"], "stop");
    }
}
