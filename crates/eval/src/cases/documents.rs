//! Texts whose sentences are taken for true, for cases that are made from them.

use copydesk_text::{sentence, words};
use serde::Deserialize;

use super::export;
use super::source::Source;
use crate::error::EvalError;

/// Shorter sentences say too little to be changed, longer ones are lists.
const WORDS: std::ops::RangeInclusive<usize> = 8..=45;

/// A text by its sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its name.
    pub id: String,
    /// Its sentences in order.
    pub sentences: Vec<String>,
    /// Places of those that can be a claim: prose of 8 to 45 words.
    pub fit: Vec<usize>,
}

/// `{"id","text"}`
#[derive(Deserialize)]
struct Line {
    id: String,
    text: String,
}

/// The documents of a part: lines with a text, or the evidence of an exported issue.
pub fn documents(source: &Source<'_>) -> Result<Vec<Document>, EvalError> {
    let texts = if source.has_format("export") {
        export::evidence(source)?
    } else {
        let lines: Vec<Line> = source.lines(&source.place())?;
        lines.into_iter().map(|line| (line.id, line.text)).collect()
    };
    let documents: Vec<Document> = texts.iter().map(|(id, text)| Document::of(id, text)).collect();
    if documents.iter().all(|document| document.fit.is_empty()) {
        return Err(EvalError::File {
            path: source.place(),
            message: "has no sentence of 8 to 45 words".to_owned(),
        });
    }
    Ok(documents)
}

impl Document {
    /// Parts a text into sentences.
    pub fn of(id: &str, text: &str) -> Self {
        let mut sentences = Vec::new();
        for line in text.lines() {
            let ranges = sentence::split(line);
            sentences.extend(
                ranges
                    .into_iter()
                    .filter_map(|range| line.get(range).map(str::trim)),
            );
        }
        let fit = (0..sentences.len()).filter(|at| is_fit(sentences[*at])).collect();
        Self {
            id: id.to_owned(),
            sentences: sentences.into_iter().map(str::to_owned).collect(),
            fit,
        }
    }

    /// A sentence with one on each side: what a claim of an issue has as evidence.
    pub fn around(&self, at: usize) -> String {
        let end = (at + 2).min(self.sentences.len());
        self.sentences[at.saturating_sub(1)..end].join("\n")
    }
}

fn is_fit(sentence: &str) -> bool {
    WORDS.contains(&words::count(sentence))
        && sentence.ends_with(['.', '!'])
        && sentence.starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_can_be_claims_are_found_with_their_neighbours() {
        let text = "A heading\nThe team shipped version 4 of the parser on Monday. It is fast. Nobody had asked the team for a parser of that kind before.";
        let document = Document::of("a", text);
        assert_eq!(document.fit, [1, 3]);
        assert_eq!(
            document.around(3),
            "It is fast.\nNobody had asked the team for a parser of that kind before."
        );
    }

    #[test]
    fn an_empty_text_has_no_sentence() {
        assert_eq!(Document::of("a", "").fit, Vec::<usize>::new());
    }
}
