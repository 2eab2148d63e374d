//! Words: the runs of letters, digits and underscores in a text, their stems, and the runs of words that two
//! texts share.

mod edges;
mod shared;
mod stop;

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};

pub use edges::is_whole;
pub use shared::{ShingleIndex, shared_runs, shingles};
pub use stop::is_stop;

/// The words of a text in order, with their byte ranges.
///
/// A word is a maximal run of letters, digits and `_`; `don't` is two words.
pub fn words(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(is_word_char)?;
        let end = text[start..]
            .find(|c| !is_word_char(c))
            .map_or(text.len(), |length| start + length);
        rest = end;
        Some((start..end, &text[start..end]))
    })
}

/// Whether a character can stand in a word.
pub fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The English stem of a word, in lower case (Porter 2). Words of other languages come back changed, but always
/// in the same way.
pub fn stem(word: &str) -> String {
    let lower = word.to_lowercase();
    Stemmer::create(Algorithm::English).stem(&lower).into_owned()
}

/// A stemmer, for the stems of many words.
pub struct Stems(Stemmer);

impl Stems {
    /// A stemmer of English.
    pub fn new() -> Self {
        Self(Stemmer::create(Algorithm::English))
    }

    /// The stem of a word in lower case.
    pub fn stem(&self, lower: &str) -> String {
        self.0.stem(lower).into_owned()
    }
}

impl Default for Stems {
    fn default() -> Self {
        Self::new()
    }
}

/// The stems of all words that carry meaning: no stop words, nothing of a single letter.
pub fn content_stems(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    words(text)
        .filter_map(|(_, word)| {
            let lower = word.to_lowercase();
            let carries = (lower.chars().nth(1).is_some() || lower.bytes().all(|b| b.is_ascii_digit()))
                && !is_stop(&lower);
            carries.then(|| stemmer.stem(&lower).into_owned())
        })
        .collect()
}

/// How many words a text has.
pub fn count(text: &str) -> usize {
    words(text).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_digits_and_underscores() {
        let found: Vec<&str> = words("It's v1.98 — crate_name, über 12%!")
            .map(|(_, word)| word)
            .collect();
        assert_eq!(found, ["It", "s", "v1", "98", "crate_name", "über", "12"]);
    }

    #[test]
    fn ranges_point_at_the_words() {
        let text = "a – bé c";
        for (range, word) in words(text) {
            assert_eq!(&text[range], word);
        }
    }

    #[test]
    fn stems_join_the_forms_of_a_word() {
        assert_eq!(stem("Releases"), stem("released"));
        assert_eq!(
            content_stems("The releases of the 7 crates"),
            ["releas", "7", "crate"]
        );
    }
}
