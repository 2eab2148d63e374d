//! The chat request itself.

use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls, ChatCompletionNamedToolChoice,
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage, ChatCompletionRequestSystemMessage,
    ChatCompletionRequestToolMessage, ChatCompletionRequestUserMessage, ChatCompletionStreamOptions,
    ChatCompletionTool, ChatCompletionToolChoiceOption, ChatCompletionTools, CreateChatCompletionRequest,
    FunctionCall, FunctionName, FunctionObject, ResponseFormat, ResponseFormatJsonSchema,
};
use copydesk_config::ModelConfig;
use copydesk_journal::{AgentMessage, ToolCall};
use serde_json::Value;

use super::dialect::{Dialect, Format};
use super::question::Question;

/// Longest part of a wrong answer that is shown to the model again, in characters.
const SAID_CHARS_MAX: usize = 8_000;

/// A wrong answer and what was wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReAsk {
    /// The answer, where there was one.
    pub(crate) said: Option<String>,
    /// What does not fit.
    pub(crate) problem: String,
}

/// The request for one try.
pub(crate) fn build(
    question: &Question<'_>,
    model: &ModelConfig,
    dialect: Dialect,
    re_asks: &[ReAsk],
) -> CreateChatCompletionRequest {
    let with_tools = !question.tools.is_empty();
    let format = dialect.format(with_tools);
    let mut request = CreateChatCompletionRequest {
        model: model.model.clone(),
        messages: messages(question, format, re_asks),
        response_format: response_format(question, format),
        temperature: dialect.has_temperature.then_some(0.0),
        tools: with_tools.then(|| tools(question)),
        parallel_tool_calls: (with_tools && dialect.has_parallel_switch).then_some(false),
        ..CreateChatCompletionRequest::default()
    };
    if format == Format::Tool {
        request.tools = Some(vec![answer_tool(question)]);
        request.tool_choice = dialect.has_tool_choice.then(|| answer_choice(question));
        // Some servers let a model repeat the call to the limit of its output otherwise.
        request.parallel_tool_calls = dialect.has_parallel_switch.then_some(false);
    }
    limit(&mut request, model.tokens_out_max, dialect);
    seed(&mut request, question.seed, dialect);
    request
}

/// The same request, to be answered in parts while somebody watches.
pub(crate) fn as_stream(
    request: CreateChatCompletionRequest,
    dialect: Dialect,
) -> CreateChatCompletionRequest {
    if !dialect.has_stream {
        return request;
    }
    let options = ChatCompletionStreamOptions {
        include_usage: Some(true),
        include_obfuscation: None,
    };
    CreateChatCompletionRequest {
        stream: Some(true),
        stream_options: dialect.has_stream_options.then_some(options),
        ..request
    }
}

/// The tool whose arguments are the answer.
fn answer_tool(question: &Question<'_>) -> ChatCompletionTools {
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: question.schema_name.clone(),
            description: Some("Takes the answer to the task.".to_owned()),
            parameters: Some(question.strict.schema.clone()),
            strict: None,
        },
    })
}

fn answer_choice(question: &Question<'_>) -> ChatCompletionToolChoiceOption {
    let name = question.schema_name.clone();
    ChatCompletionToolChoiceOption::Function(ChatCompletionNamedToolChoice {
        function: FunctionName { name },
    })
}

#[expect(
    deprecated,
    reason = "most compatible servers know only the older name of the limit"
)]
fn limit(request: &mut CreateChatCompletionRequest, tokens_out_max: u32, dialect: Dialect) {
    if dialect.has_completion_limit {
        request.max_completion_tokens = Some(tokens_out_max);
    } else {
        request.max_tokens = Some(tokens_out_max);
    }
}

#[expect(
    deprecated,
    reason = "local servers give the same answer for the same seed, which replays rely on"
)]
fn seed(request: &mut CreateChatCompletionRequest, seed: i64, dialect: Dialect) {
    request.seed = dialect.has_seed.then_some(seed);
}

fn response_format(question: &Question<'_>, format: Format) -> Option<ResponseFormat> {
    match format {
        Format::Schema => Some(ResponseFormat::JsonSchema {
            json_schema: ResponseFormatJsonSchema {
                description: None,
                name: question.schema_name.clone(),
                schema: question.strict.schema.clone(),
                strict: Some(question.strict.is_strict),
            },
        }),
        Format::Object => Some(ResponseFormat::JsonObject),
        Format::Tool | Format::Text => None,
    }
}

fn messages(question: &Question<'_>, format: Format, re_asks: &[ReAsk]) -> Vec<ChatCompletionRequestMessage> {
    let mut messages: Vec<ChatCompletionRequestMessage> = vec![
        ChatCompletionRequestSystemMessage::from(system_text(question, format)).into(),
        ChatCompletionRequestUserMessage::from(question.user.clone()).into(),
    ];
    messages.extend(question.history.iter().map(|turn| turn_message(question, turn)));
    for re_ask in re_asks {
        // A placeholder, because many chat templates want turns to alternate.
        let said = re_ask
            .said
            .as_deref()
            .map_or("(no usable answer)", |said| shortened(said));
        messages.push(ChatCompletionRequestAssistantMessage::from(said).into());
        let problem = format!(
            "That answer cannot be used: {}. {}",
            re_ask.problem,
            once_more(question, format)
        );
        messages.push(ChatCompletionRequestUserMessage::from(problem).into());
    }
    messages
}

/// What is wanted instead of a wrong answer. The schema is spelt out where the system message has none: some servers
/// take `response_format` and never show it to the model.
fn once_more(question: &Question<'_>, format: Format) -> String {
    match format {
        Format::Schema => format!(
            "Answer the task again, whole, with one JSON object that fits this schema:\n{}",
            question.strict.schema
        ),
        Format::Tool => format!(
            "Answer the task again, whole, by calling `{}`.",
            question.schema_name
        ),
        Format::Object | Format::Text => {
            "Answer the task again, whole, with one JSON object that fits the schema.".to_owned()
        }
    }
}

fn system_text(question: &Question<'_>, format: Format) -> String {
    match format {
        Format::Schema => question.system.to_owned(),
        Format::Tool => format!(
            "{}\n\nAnswer by calling the function `{}` once, with the whole answer as its arguments.",
            question.system, question.schema_name
        ),
        Format::Object | Format::Text => format!(
            "{}\n\nAnswer with one JSON object and nothing else. It has to fit this JSON schema:\n{}",
            question.system, question.strict.schema
        ),
    }
}

fn turn_message(question: &Question<'_>, turn: &AgentMessage) -> ChatCompletionRequestMessage {
    match turn {
        AgentMessage::Calls(calls) => ChatCompletionRequestAssistantMessage {
            tool_calls: Some(calls.iter().map(|call| call_message(question, call)).collect()),
            ..ChatCompletionRequestAssistantMessage::default()
        }
        .into(),
        AgentMessage::Result { id, content } => ChatCompletionRequestToolMessage {
            content: content.as_str().into(),
            tool_call_id: id.clone(),
        }
        .into(),
    }
}

fn call_message(question: &Question<'_>, call: &ToolCall) -> ChatCompletionMessageToolCalls {
    ChatCompletionMessageToolCalls::Function(ChatCompletionMessageToolCall {
        id: call.id.clone(),
        function: FunctionCall {
            name: question.names.wire(&call.name),
            arguments: call.arguments.to_string(),
        },
    })
}

fn tools(question: &Question<'_>) -> Vec<ChatCompletionTools> {
    let function = |tool: &copydesk_journal::ToolSpec| FunctionObject {
        name: question.names.wire(&tool.name.to_string()),
        description: Some(tool.description.clone()),
        parameters: Some(parameters(&tool.input_schema)),
        strict: None,
    };
    question
        .tools
        .iter()
        .map(|tool| {
            ChatCompletionTools::Function(ChatCompletionTool {
                function: function(tool),
            })
        })
        .collect()
}

/// The arguments' schema; a tool without one takes no arguments.
fn parameters(schema: &Value) -> Value {
    if schema.is_object() {
        schema.clone()
    } else {
        serde_json::json!({"type": "object", "properties": {}})
    }
}

fn shortened(text: &str) -> &str {
    text.char_indices()
        .nth(SAID_CHARS_MAX)
        .map_or(text, |(end, _)| &text[..end])
}
