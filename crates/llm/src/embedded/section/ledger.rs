//! How much of each source an issue quotes.

use std::collections::BTreeMap;

use copydesk_domain::PromptData;
use copydesk_domain::task::WriteSectionInput;
use copydesk_text::{quotes, sentence, words};

use super::super::shorten;

/// Quotations from one snapshot in one issue: a figure with its words counts like a sentence.
const SENTENCES_MAX: u32 = 2;
/// Words quoted from one snapshot in one issue.
const WORDS_MAX: u32 = 60;

/// What is quoted of each source so far, by its number.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    used: BTreeMap<u32, Used>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Used {
    sentences: u32,
    words: u32,
}

impl Ledger {
    /// What earlier sections quoted: words as the input counts them, sentences as they stand in `said`.
    pub fn of(input: &WriteSectionInput) -> Self {
        let mut ledger = Self::default();
        for (source, words) in &input.quoted_words {
            ledger.used.entry(*source).or_default().words = *words;
        }
        let said: Vec<String> = input
            .said
            .iter()
            .flat_map(|text| quotes::find(text.as_str()))
            .map(|quote| quote.text)
            .collect();
        for quoted in said {
            let mut sources: Vec<u32> = input
                .stories
                .iter()
                .flat_map(|story| &story.notes)
                .filter(|note| {
                    let stands = |text: &PromptData| shorten::stands_in(&quoted, text.as_str());
                    stands(&note.quote) || stands(&note.context)
                })
                .map(|note| note.source)
                .collect();
            sources.sort_unstable();
            sources.dedup();
            for source in sources {
                ledger.used.entry(source).or_default().sentences += sentences(&quoted);
            }
        }
        ledger
    }

    /// Whether `text` may still be quoted from `source`.
    pub fn allows(&self, source: u32, text: &str) -> bool {
        let used = self.used.get(&source).copied().unwrap_or_default();
        let words = cost(text);
        used.sentences + sentences(text) <= SENTENCES_MAX && used.words + words <= WORDS_MAX
    }

    /// Books a quotation.
    pub fn book(&mut self, source: u32, text: &str) {
        let words = cost(text);
        let used = self.used.entry(source).or_default();
        used.sentences += sentences(text);
        used.words += words;
    }
}

/// Sentences of a quotation: two that go on with one thing count as two.
fn sentences(text: &str) -> u32 {
    // An ellipsis at an end is no sentence.
    let bare = text.trim_matches(['…', ' ']);
    u32::try_from(sentence::split(bare).len())
        .unwrap_or(u32::MAX)
        .max(1)
}

fn cost(text: &str) -> u32 {
    u32::try_from(words::count(text)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sentences_or_sixty_words_are_enough() {
        let mut ledger = Ledger::default();
        let sentence = "One two three four five six seven eight nine ten";
        ledger.book(1, sentence);
        assert!(ledger.allows(1, sentence));
        ledger.book(1, sentence);
        assert!(
            !ledger.allows(1, sentence) && !ledger.allows(1, "4,200 clusters") && ledger.allows(2, sentence)
        );
        let mut both = Ledger::default();
        both.book(1, "Norn is out on all nodes. We enable it by default.");
        assert!(!both.allows(1, sentence));
        let mut cut = Ledger::default();
        cut.book(1, "… Norn is out on all nodes …");
        assert!(cut.allows(1, sentence));
        let long = "word ".repeat(61);
        assert!(!ledger.allows(3, &long));
    }
}
