//! The agent loop: the model calls tools until it answers, or has to.

use copydesk_config::CustomTask;
use copydesk_journal::{
    AgentMessage, CustomQuestion, ReplyContent, StageContext, StageError, ToolCall, ToolSpec,
};
use serde_json::{Value, json};

use crate::models_used;
use crate::research::passable;

/// Characters of one tool's answer that the model sees.
const RESULT_CHARS_MAX: usize = 16_000;
/// Characters of all answers of tools together, some 40,000 tokens: after that the model has to answer.
const RESULTS_CHARS_MAX: usize = 160_000;

/// What the loop came to.
pub(super) struct Said {
    /// Output that fits the schema.
    pub(super) output: Value,
    /// The models that answered.
    pub(super) models: Vec<String>,
    turns: u32,
    calls: u32,
}

impl Said {
    /// In one line, for people.
    pub(super) fn summary(&self) -> String {
        let many = |count: u32, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {more}"),
        };
        format!(
            "answered after {} and {}",
            many(self.turns, "turn", "turns"),
            many(self.calls, "tool call", "tool calls")
        )
    }
}

/// Asks until the model answers.
pub(super) async fn talk(
    ctx: &StageContext,
    task: &CustomTask,
    input: &Value,
    tools: &[ToolSpec],
) -> Result<Said, StageError> {
    let turns_max = ctx.stage().turns();
    let (mut history, mut models) = (Vec::new(), Vec::new());
    let (mut chars, mut called) = (0, 0);
    for turn in 1..=turns_max {
        let key = format!("turn-{turn}");
        let is_last = turn == turns_max || chars >= RESULTS_CHARS_MAX;
        let question = CustomQuestion {
            task,
            input,
            tools: if is_last { &[] } else { tools },
            history: &history,
        };
        let answered = ctx.custom_turn(&key, question).await?;
        models_used::note(&mut models, &answered.model);
        let calls = match answered.content {
            ReplyContent::Output(output) => {
                return Ok(Said {
                    output,
                    models,
                    turns: turn,
                    calls: called,
                });
            }
            ReplyContent::Calls(calls) => calls,
        };
        history.push(AgentMessage::Calls(calls.clone()));
        for (number, call) in (1..).zip(calls) {
            let content = call_one(ctx, &format!("{key}/call-{number}"), &call, tools).await?;
            chars += content.len();
            called += 1;
            history.push(AgentMessage::Result { id: call.id, content });
        }
    }
    Err(StageError::Invalid {
        reason: format!("the model gave no answer in {turns_max} turns"),
    })
}

/// Carries out a call that the model asked for, if its stage offers that tool. What fails is told to the model.
async fn call_one(
    ctx: &StageContext,
    key: &str,
    call: &ToolCall,
    tools: &[ToolSpec],
) -> Result<String, StageError> {
    let Some(tool) = tools.iter().find(|tool| tool.name.to_string() == call.name) else {
        return Ok(json!({ "error": "there is no such tool" }).to_string());
    };
    let reply = match ctx.call_tool(key, &tool.name, call.arguments.clone()).await {
        Ok(reply) => reply,
        Err(error) => return Ok(json!({ "error": passable(error)? }).to_string()),
    };
    let content = reply.content.inspect();
    Ok(if reply.is_error {
        shortened(&json!({ "error": content }))
    } else {
        shortened(content)
    })
}

/// JSON of what a tool gave; what is too long says that it was cut.
fn shortened(content: &Value) -> String {
    let text = content.to_string();
    if text.chars().count() <= RESULT_CHARS_MAX {
        return text;
    }
    let kept: String = text.chars().take(RESULT_CHARS_MAX).collect();
    json!({ "cut_after_characters": RESULT_CHARS_MAX, "json": kept }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_result_is_cut_and_says_so() {
        assert_eq!(shortened(&json!({"a": 1})), "{\"a\":1}");
        let cut = shortened(&Value::from("é".repeat(RESULT_CHARS_MAX)));
        let cut: Value = serde_json::from_str(&cut).unwrap();
        assert_eq!(cut["json"].as_str().unwrap().chars().count(), RESULT_CHARS_MAX);
    }
}
