//! What a text is judged against, taken apart once for all of its sentences.

use std::collections::HashSet;
use std::sync::OnceLock;

use copydesk_text::numbers::{self, FoundDate, Number};
use copydesk_text::words;

use crate::check::{Grounds, quotations};
use crate::known_names::NameWords;
use crate::tokens::WordIndex;

/// A source taken apart for the checks; each part when the first check asks for it.
#[derive(Debug, Default)]
pub struct Evidence {
    pub(crate) grounds: Grounds,
    /// All words of the spans, a span a line.
    pub(crate) text: String,
    index: OnceLock<WordIndex>,
    frame: OnceLock<HashSet<String>>,
    names: OnceLock<NameWords>,
    numbers: OnceLock<Vec<Number>>,
    dates: OnceLock<Vec<FoundDate>>,
    plain: OnceLock<Vec<String>>,
}

impl Evidence {
    /// A document as the only evidence.
    pub fn of(document: &str) -> Self {
        Self::from(Grounds {
            spans: vec![document.to_owned()],
            ..Grounds::default()
        })
    }

    pub(crate) fn from(grounds: Grounds) -> Self {
        Self {
            text: grounds.spans.join("\n"),
            grounds,
            ..Self::default()
        }
    }

    pub(crate) fn index(&self) -> &WordIndex {
        self.index.get_or_init(|| WordIndex::of(&self.text))
    }

    /// The words of publishers, titles, authors and beats.
    fn around(&self) -> String {
        format!(
            "{}\n{}",
            self.grounds.attribution.join("\n"),
            self.grounds.coverage_words.join("\n")
        )
    }

    /// Stems of the words that attribution may use.
    pub(crate) fn frame(&self) -> &HashSet<String> {
        self.frame
            .get_or_init(|| words::content_stems(&self.around()).into_iter().collect())
    }

    pub(crate) fn numbers(&self) -> &[Number] {
        self.numbers.get_or_init(|| numbers::find(&self.with_dates()))
    }

    pub(crate) fn dates(&self) -> &[FoundDate] {
        self.dates.get_or_init(|| numbers::dates(&self.with_dates()))
    }

    fn with_dates(&self) -> String {
        format!(
            "{}\n{}\n{}",
            self.text,
            self.grounds.dates.join("\n"),
            self.grounds.attribution.join("\n")
        )
    }

    /// The spans with straight marks and single spaces.
    pub(crate) fn plain_spans(&self) -> &[String] {
        self.plain.get_or_init(|| {
            self.grounds
                .spans
                .iter()
                .map(|span| quotations::plain(span))
                .collect()
        })
    }

    /// The words of the spans and of attribution, as names are looked up in them.
    pub(crate) fn names(&self) -> &NameWords {
        self.names
            .get_or_init(|| NameWords::of(&format!("{}\n{}", self.text, self.around())))
    }

    /// Whether a word in small letters stands anywhere.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.names().has_word(word)
    }

    /// The word at a place of the index, in small letters.
    pub(crate) fn lower(&self, place: usize) -> String {
        let range = self.index().tokens.get(place).map(|token| token.range.clone());
        range
            .and_then(|range| self.text.get(range))
            .unwrap_or_default()
            .to_lowercase()
    }
}
