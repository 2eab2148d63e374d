//! Names in a text: people, products, organisations, places, identifiers.

mod find;
mod ids;
mod openings;

use std::ops::Range;

pub use find::find;

/// A name as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Byte range, without a possessive ending or an article in front.
    pub range: Range<usize>,
    /// The bytes of the range.
    pub text: String,
}

/// The form of a name in which spellings are compared: small letters, no article, no possessive ending, single
/// spaces, no marks at the ends (`OpenAI's` and `openai` are one; `Go 1.27` is `go 1.27`).
pub fn key(name: &str) -> String {
    let lower = name.to_lowercase().replace('’', "'");
    let words: Vec<&str> = lower
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#'))
        .map(|word| word.strip_suffix("'s").unwrap_or(word))
        .filter(|word| !word.is_empty())
        .collect();
    match words.as_slice() {
        ["the" | "a" | "an", rest @ ..] if !rest.is_empty() => rest.join(" "),
        all => all.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_join_spellings() {
        assert_eq!(key("OpenAI's"), key("openai"));
        assert_eq!(key("The Rust  Project’s"), "rust project");
        assert_eq!(key("Go 1.27"), "go 1.27");
        assert_eq!(key("C++,"), "c++");
    }
}
