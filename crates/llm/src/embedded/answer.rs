//! From a request to the task it holds, and to that task's answer.

use copydesk_domain::task::{
    DraftAnswer, FollowUp, JudgeClaim, OpenQuestions, PlanIssue, RankStories, RateDraft, SuggestEdits,
    TakeNotes, Task, TriageReply, WriteSection, WriteTitle,
};
use serde::Deserialize;
use serde_json::Value;

use super::chat::{Answer, ChatRequest, Refusal};
use super::{
    answer_reply, edits, follow_up, judge, notes, plan, questions, rank, rate, section, title, triage,
};

/// The last user message.
#[derive(Deserialize)]
struct Question {
    task: String,
    version: u64,
    input: Value,
}

/// Answers the task of the last user message. Pure: the same request gives the same answer.
///
/// # Errors
/// [`Refusal`] where the message is no task, or one that is not known here.
pub fn answer(request: &ChatRequest) -> Result<Answer, Refusal> {
    if request.stream == Some(true) {
        return Err(Refusal::Stream);
    }
    let asked = request
        .messages
        .iter()
        .rposition(|message| message.role == "user");
    let at = asked.ok_or_else(|| Refusal::NoTask {
        reason: "there is no user message".to_owned(),
    })?;
    let question: Question =
        serde_json::from_str(&request.messages[at].text()).map_err(|error| Refusal::NoTask {
            reason: error.to_string(),
        })?;
    if question.task == FollowUp::NAME && question.version == u64::from(FollowUp::VERSION) {
        let input = read::<FollowUp>(question.input)?;
        return Ok(follow_up::next_turn(
            &input,
            &request.tools,
            &request.messages[at + 1..],
        ));
    }
    one_shot(question)
}

/// The tasks that are answered in one go.
fn one_shot(question: Question) -> Result<Answer, Refusal> {
    match question.task.as_str() {
        TakeNotes::NAME => run::<TakeNotes>(question, notes::take),
        RankStories::NAME => run::<RankStories>(question, rank::order),
        PlanIssue::NAME => run::<PlanIssue>(question, plan::place),
        WriteSection::NAME => run::<WriteSection>(question, section::write),
        WriteTitle::NAME => run::<WriteTitle>(question, title::write),
        JudgeClaim::NAME => run::<JudgeClaim>(question, judge::judge),
        SuggestEdits::NAME => run::<SuggestEdits>(question, edits::suggest),
        RateDraft::NAME => run::<RateDraft>(question, rate::rate),
        TriageReply::NAME => run::<TriageReply>(question, triage::sort),
        DraftAnswer::NAME => run::<DraftAnswer>(question, answer_reply::draft),
        OpenQuestions::NAME => run::<OpenQuestions>(question, questions::collect),
        _ => Err(unknown(&question)),
    }
}

fn run<T: Task>(question: Question, work: impl Fn(&T::Input) -> T::Output) -> Result<Answer, Refusal> {
    if question.version != u64::from(T::VERSION) {
        return Err(unknown(&question));
    }
    let input = read::<T>(question.input)?;
    let output =
        serde_json::to_string(&work(&input)).expect("outputs of tasks are plain structs with a JSON form");
    Ok(Answer::Content(output))
}

fn read<T: Task>(input: Value) -> Result<T::Input, Refusal> {
    serde_json::from_value(input).map_err(|error| Refusal::BadInput {
        task: T::NAME.to_owned(),
        reason: error.to_string(),
    })
}

fn unknown(question: &Question) -> Refusal {
    Refusal::UnknownTask {
        task: question.task.clone(),
        version: question.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::chat::Message;

    fn ask(text: &str) -> Result<Answer, Refusal> {
        let user = |text: &str| Message {
            role: "user".to_owned(),
            content: Some(Value::String(text.to_owned())),
            ..Message::default()
        };
        answer(&ChatRequest {
            messages: vec![user("first"), user(text)],
            ..ChatRequest::default()
        })
    }

    #[test]
    fn every_task_of_the_list_is_known() {
        for (name, _) in copydesk_domain::task::ALL {
            let refused = ask(&format!(r#"{{"task":"{name}","version":1,"input":{{}}}}"#)).unwrap_err();
            assert_eq!(refused.code(), "bad_input", "{name}");
        }
    }

    #[test]
    fn unknown_tasks_and_versions_are_refused() {
        assert_eq!(
            ask(r#"{"task":"write_poem","version":1,"input":{}}"#)
                .unwrap_err()
                .code(),
            "unknown_task"
        );
        assert_eq!(
            ask(r#"{"task":"take_notes","version":2,"input":{}}"#)
                .unwrap_err()
                .code(),
            "unknown_task"
        );
        assert_eq!(
            ask(r#"{"task":"follow_up","version":9,"input":{}}"#)
                .unwrap_err()
                .code(),
            "unknown_task"
        );
        assert_eq!(ask("Hello!").unwrap_err().code(), "no_task");
        assert_eq!(answer(&ChatRequest::default()).unwrap_err().code(), "no_task");
    }
}
