//! The closing question, without a fact in it.

use copydesk_domain::ContentHash;
use copydesk_domain::PromptData;
use copydesk_domain::artifact::SentenceKind;
use copydesk_domain::task::{WriteSectionInput, WrittenSentence};

use super::lead::Paragraphs;

/// For an issue that tells readers what to do.
const AFTER_ADVICE: &[&str] = &[
    "What stands in your way when news like today’s asks you to act?",
    "What do you touch first on a day with news like today’s?",
    "Who decides, where you work, what gets fixed first?",
];

/// For any other issue.
const ALWAYS: &[&str] = &[
    "What would you want followed up tomorrow?",
    "Does any of today’s news change your plans for the week?",
    "What did we leave out that should have led?",
    "Where have you seen the like, and how did things end there?",
    "What of today’s news will still matter to you in a month?",
];

/// For an issue that looks back on a week.
const OF_A_WEEK: &[&str] = &[
    "What of the week’s news will still matter to you in a month?",
    "Which story should we stay with next week?",
    "What did we leave out that should have led?",
    "What did you change in these days because of something that you read?",
];

/// One question that fits what the issue says; none where it says nothing.
pub fn write(input: &WriteSectionInput) -> Paragraphs {
    if input.said.is_empty() {
        return Vec::new();
    }
    let said: String = input.said.iter().map(PromptData::as_str).collect();
    let advises = input
        .said
        .iter()
        .any(|text| text.as_str().starts_with("What to do"));
    let questions = match (input.format.as_str(), advises) {
        ("newsletter", _) => OF_A_WEEK,
        (_, true) => AFTER_ADVICE,
        (_, false) => ALWAYS,
    };
    let turn = usize::from(ContentHash::of(said.as_bytes()).as_bytes()[0]);
    let text = questions[turn % questions.len()].to_owned();
    vec![vec![WrittenSentence {
        text,
        kind: SentenceKind::Question,
        notes: Vec::new(),
        calc: None,
    }]]
}

#[cfg(test)]
mod tests {
    use copydesk_text::{names, numbers, quotes, words};

    use super::*;

    #[test]
    fn questions_hold_no_fact() {
        for text in AFTER_ADVICE.iter().chain(ALWAYS).chain(OF_A_WEEK) {
            let points_back = |word: &str| matches!(word, "it" | "this" | "they" | "them");
            assert!(!words::words(text).any(|(_, word)| points_back(word)), "{text}");
            assert!(text.ends_with('?') && quotes::find(text).is_empty(), "{text}");
            assert!(
                names::find(text).is_empty() && numbers::find(text).is_empty(),
                "{text}"
            );
        }
    }
}
