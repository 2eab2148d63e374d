//! The built-in model and what research knows of titles, as the evals ask for them.

use copydesk_domain::task::{
    RankStories, RankStoriesInput, RankStoriesOutput, TakeNotes, TakeNotesInput, TakeNotesOutput, Task,
};
use copydesk_eval::Product;
use copydesk_llm::embedded::{Answer, ChatRequest, Message, answer};
use copydesk_stages::research;
use serde_json::{Value, json};

/// The model of a fresh machine, asked in process.
pub struct BuiltIn;

impl Product for BuiltIn {
    fn rank(&self, input: &RankStoriesInput) -> Option<RankStoriesOutput> {
        ask::<RankStories>(input)
    }

    fn take_notes(&self, input: &TakeNotesInput) -> Option<TakeNotesOutput> {
        ask::<TakeNotes>(input)
    }

    fn is_release(&self, title: &str) -> bool {
        research::is_release(title)
    }

    fn is_routine(&self, title: &str) -> bool {
        research::is_routine(title)
    }
}

/// The same message that the router sends, to the same function that the server calls.
fn ask<T: Task>(input: &T::Input) -> Option<T::Output> {
    let question = json!({ "task": T::NAME, "version": T::VERSION, "input": input });
    let request = ChatRequest {
        messages: vec![Message {
            role: "user".to_owned(),
            content: Some(Value::String(question.to_string())),
            ..Message::default()
        }],
        ..ChatRequest::default()
    };
    match answer(&request).ok()? {
        Answer::Content(text) => serde_json::from_str(&text).ok(),
        Answer::Calls(_) => None,
    }
}
