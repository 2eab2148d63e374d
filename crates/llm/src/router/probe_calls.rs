//! The small questions of a probe.

use copydesk_domain::task::{
    FollowUp, FollowUpInput, OpenQuestions, OpenQuestionsInput, QuestionReply, Task,
};
use copydesk_journal::{ModelCall, ToolName, ToolSpec};
use serde_json::json;

/// A typed task whose schema no model would guess.
pub(super) fn json_call() -> ModelCall {
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
    )
}

/// A turn of an agent loop that asks for one call.
pub(super) fn tool_call() -> ModelCall {
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
    )
}

fn call<T: Task>(system: &str, input: &T::Input, tools: Vec<ToolSpec>) -> ModelCall {
    ModelCall {
        task: T::NAME.to_owned(),
        version: T::VERSION,
        system: system.to_owned(),
        input: serde_json::to_value(input).expect("inputs of tasks are plain structs with a JSON form"),
        schema: schemars::schema_for!(T::Output).to_value(),
        tools,
        history: Vec::new(),
        route: Vec::new(),
        seed: 0,
    }
}
