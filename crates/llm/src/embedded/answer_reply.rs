//! `draft_answer`: the passages that answer a reader, quoted; or the plain word that the sources do not tell.

use std::collections::BTreeSet;

use copydesk_domain::artifact::ReplyKind;
use copydesk_domain::task::{
    AnswerPassage, AnswerSentence, CitedPassage, DraftAnswerInput, DraftAnswerOutput,
};
use copydesk_text::numbers::{self, Kind};
use copydesk_text::{sentence, similarity, words};

use super::fit;

/// Share of the question's stems that a sentence must hold.
const COVER_MIN: f64 = 0.55;
/// The same for a correction, which says more than it asks.
const COVER_MIN_CORRECTION: f64 = 0.35;
/// Sentences quoted in one answer.
const QUOTES_MAX: usize = 2;

/// A sentence of a passage with how well it answers.
struct Candidate<'a> {
    passage: &'a AnswerPassage,
    text: &'a str,
    score: f64,
}

/// Drafts the answer.
pub fn draft(input: &DraftAnswerInput) -> DraftAnswerOutput {
    let asked = input.question.as_str();
    let mut found = candidates(input, asked);
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut chosen: Vec<&Candidate<'_>> = Vec::new();
    for candidate in &found {
        let repeats = chosen
            .iter()
            .any(|other| similarity::jaccard(other.text, candidate.text) > 0.5);
        let near_best = chosen
            .first()
            .is_none_or(|best| candidate.score >= 0.8 * best.score);
        if chosen.len() < QUOTES_MAX && !repeats && near_best {
            chosen.push(candidate);
        }
    }
    if chosen.is_empty() {
        return open(input.kind);
    }
    let issue_sentences = cited_sentences(input, asked);
    let sentences = chosen.iter().enumerate().map(|(at, candidate)| AnswerSentence {
        text: told(candidate, at),
        passages: vec![CitedPassage {
            id: candidate.passage.id.clone(),
            quote: candidate.text.to_owned(),
        }],
        issue_sentences: if at == 0 {
            issue_sentences.clone()
        } else {
            Vec::new()
        },
    });
    DraftAnswerOutput {
        is_answered: true,
        sentences: sentences.collect(),
    }
}

fn told(candidate: &Candidate<'_>, at: usize) -> String {
    let publisher = candidate.passage.publisher.as_str();
    let text = candidate.text;
    match (at, publisher.is_empty()) {
        (_, true) => format!("The source says: “{text}”"),
        (0, false) => format!("{publisher} says: “{text}”"),
        (_, false) => format!("And from {publisher}: “{text}”"),
    }
}

/// The honest answer where no passage tells.
fn open(kind: ReplyKind) -> DraftAnswerOutput {
    let text = match kind {
        ReplyKind::Correction => {
            "The sources of the issue do not settle the point; we will look for one that does."
        }
        _ => "The sources of the issue do not tell; the question goes on the list for tomorrow’s research.",
    };
    let sentence = AnswerSentence {
        text: text.to_owned(),
        passages: Vec::new(),
        issue_sentences: Vec::new(),
    };
    DraftAnswerOutput {
        is_answered: false,
        sentences: vec![sentence],
    }
}

fn candidates<'a>(input: &'a DraftAnswerInput, asked: &str) -> Vec<Candidate<'a>> {
    let question = Question::of(asked, input);
    let mut found = Vec::new();
    for passage in &input.passages {
        let text = passage.text.as_str();
        for range in sentence::split(text) {
            let text = &text[range];
            if !fit::is_quotable(text) || fit::has_double_marks(text) {
                continue;
            }
            if let Some(score) = question.score(text) {
                found.push(Candidate { passage, text, score });
            }
        }
    }
    found
}

/// What a question asks for.
struct Question {
    /// Its stems.
    stems: BTreeSet<String>,
    wants: Wants,
    cover_min: f64,
}

/// The kind of thing that answers.
#[derive(PartialEq)]
enum Wants {
    Number,
    Date,
    Anything,
}

impl Question {
    fn of(asked: &str, input: &DraftAnswerInput) -> Self {
        // Words of asking itself say nothing about the matter.
        let stems = words::content_stems(asked)
            .into_iter()
            .filter(|stem| !ASKING.contains(&stem.as_str()))
            .collect();
        let lower = asked.to_lowercase();
        let wants = if [
            "how many",
            "how much",
            "how long",
            "how often",
            "how big",
            "how large",
        ]
        .iter()
        .any(|w| lower.contains(w))
        {
            Wants::Number
        } else if lower.starts_with("when") || lower.contains(" when ") || lower.contains("what date") {
            Wants::Date
        } else {
            Wants::Anything
        };
        let cover_min = if input.kind == ReplyKind::Correction {
            COVER_MIN_CORRECTION
        } else {
            COVER_MIN
        };
        Self {
            stems,
            wants,
            cover_min,
        }
    }

    /// How well a sentence answers; `None` where it does not.
    fn score(&self, text: &str) -> Option<f64> {
        let own: BTreeSet<String> = words::content_stems(text).into_iter().collect();
        let count = self.stems.intersection(&own).count();
        let cover = count as f64 / self.stems.len().max(1) as f64;
        let gives = match self.wants {
            Wants::Anything => true,
            Wants::Number => numbers::find(text)
                .iter()
                .any(|n| !matches!(n.kind, Kind::Version)),
            Wants::Date => {
                numbers::find(text)
                    .iter()
                    .any(|n| matches!(n.kind, Kind::Date | Kind::Year | Kind::Time))
                    || names_a_day(text)
            }
        };
        // One shared word is chance unless it is all that was asked.
        let enough = cover >= self.cover_min && count >= 2.min(self.stems.len()).max(1);
        (enough && gives).then(|| cover + 0.02 * fit::ease(text))
    }
}

fn names_a_day(text: &str) -> bool {
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ]
    .iter()
    .any(|day| text.contains(day))
}

/// Stems of words that ask and do not say what about.
const ASKING: &[&str] = &[
    "correct", "piec", "wrong", "mistak", "error", "typo", "actual", "longer", "hello", "read", "well",
    "long", "know", "tell", "ask", "question", "wonder", "explain", "say", "mean", "issu", "newslett",
    "wrote", "thank", "pleas", "happen",
];

/// Sentences of the issue that speak of what was asked, at most two.
fn cited_sentences(input: &DraftAnswerInput, asked: &str) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = input
        .sentences
        .iter()
        .map(|sentence| {
            (
                similarity::jaccard(sentence.text.as_str(), asked),
                sentence.id.as_str(),
            )
        })
        .filter(|(score, _)| *score >= 0.15)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(2).map(|(_, id)| id.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::IssueSentence;

    use super::*;

    fn drafted(question: &str) -> DraftAnswerOutput {
        draft(&DraftAnswerInput {
            kind: ReplyKind::Question,
            question: question.into(),
            issue_title: "Norn index update corrupts logs".into(),
            sentences: vec![IssueSentence { id: "s1".to_owned(), text: "Norn says: “The update hit 3,600 clusters.”".into() }],
            passages: vec![
                AnswerPassage {
                    id: "p1".to_owned(),
                    publisher: "Norn".into(),
                    text: "Norn rolled the update back after 86 minutes. The rollback repairs indexes that were written after noon on Monday.".into(),
                },
                AnswerPassage {
                    id: "p2".to_owned(),
                    publisher: "Lattice".into(),
                    text: "Lattice Cloud keeps its prices until June. Customers with a contract pay nothing more.".into(),
                },
            ],
        })
    }

    #[test]
    fn a_passage_that_tells_is_quoted() {
        let output = drafted("Does the rollback repair indexes that were written on Monday?");
        assert!(output.is_answered);
        let first = &output.sentences[0];
        assert_eq!(
            first.text,
            "Norn says: “The rollback repairs indexes that were written after noon on Monday.”"
        );
        assert_eq!(first.passages[0].id, "p1");
    }

    #[test]
    fn how_long_wants_a_number() {
        let output = drafted("How long did Norn take to roll the update back?");
        assert!(output.sentences[0].text.contains("86 minutes"), "{output:?}");
        assert_eq!(output.sentences[0].issue_sentences, ["s1"]);
    }

    #[test]
    fn what_no_source_tells_stays_open() {
        let output = drafted("Will Tarnhelm support zones in the free plan?");
        assert!(!output.is_answered && output.sentences.len() == 1);
        assert!(output.sentences[0].text.contains("do not tell"));
    }
}
