//! The words of a sentence as the rules look at them.

use std::ops::Range;

use crate::words;

/// A word with what stands before it.
pub(super) struct Token<'s> {
    pub(super) range: Range<usize>,
    /// As it is written.
    pub(super) text: &'s str,
    /// In small letters.
    pub(super) lower: String,
    /// What parts it from the word before.
    pub(super) gap: &'s str,
}

impl Token<'_> {
    /// Whether one space alone parts it from the word before.
    pub(super) fn is_joined(&self) -> bool {
        self.gap == " "
    }

    /// Whether it is written with a capital.
    pub(super) fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    /// Whether it can name a thing: no word of grammar, no adverb, no bare number.
    pub(super) fn can_name(&self) -> bool {
        self.lower.chars().nth(1).is_some()
            && !words::is_stop(&self.lower)
            && !self.lower.ends_with("ly")
            && self.lower.chars().any(char::is_alphabetic)
    }
}

/// The words of a sentence in order.
pub(super) fn of(sentence: &str) -> Vec<Token<'_>> {
    let mut end = 0;
    words::words(sentence)
        .map(|(range, text)| {
            let gap = &sentence[end..range.start];
            end = range.end;
            Token {
                lower: text.to_lowercase(),
                range,
                text,
                gap,
            }
        })
        .collect()
}
