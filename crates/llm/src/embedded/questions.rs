//! `open_questions`: what readers asked and no source told, like ones merged.

use copydesk_domain::task::{OpenQuestion, OpenQuestionsInput, OpenQuestionsOutput};
use copydesk_text::similarity;

/// Questions with more common stems than this are one.
const ALIKE_MIN: f64 = 0.5;
/// Characters of one line.
const LENGTH_MAX: usize = 200;

/// The open questions, in the order in which they were asked first.
pub fn collect(input: &OpenQuestionsInput) -> OpenQuestionsOutput {
    let mut questions: Vec<OpenQuestion> = Vec::new();
    for reply in input.replies.iter().filter(|reply| !reply.is_answered) {
        let text = one_line(reply.question.as_str());
        let is_known = |known: &OpenQuestion| {
            similarity::jaccard(&known.text, &text) >= ALIKE_MIN
                || similarity::near_duplicate(&known.text, &text)
        };
        if !text.is_empty() && !questions.iter().any(is_known) {
            questions.push(OpenQuestion {
                reply: reply.id.clone(),
                text,
            });
        }
    }
    OpenQuestionsOutput { questions }
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::QuestionReply;

    use super::*;

    #[test]
    fn like_questions_merge_and_answered_ones_go() {
        let reply = |id: &str, question: &str, is_answered| QuestionReply {
            id: id.to_owned(),
            question: question.into(),
            is_answered,
        };
        let output = collect(&OpenQuestionsInput {
            replies: vec![
                reply("1", "Does the rollback\nalso fix old indexes?", false),
                reply("2", "Will the rollback fix the old indexes too?", false),
                reply("3", "When is the report due?", true),
                reply("4", "Who pays for the lost hours?", false),
            ],
        });
        let texts: Vec<&str> = output
            .questions
            .iter()
            .map(|question| question.text.as_str())
            .collect();
        assert_eq!(
            texts,
            [
                "Does the rollback also fix old indexes?",
                "Who pays for the lost hours?"
            ]
        );
        assert_eq!(output.questions[0].reply, "1");
    }
}
