//! How much of a text stands in another, word order counted.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

/// Words of a shingle.
const WIDTH: usize = 4;

static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").expect("a fixed pattern"));

/// What two texts share, as parts of one: `right + extra + missed` is 1, or 0 where both are empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// In both.
    pub right: f64,
    /// Only in the result.
    pub extra: f64,
    /// Only in the truth.
    pub missed: f64,
}

/// Overlap of a result with the truth, over counts of four-word shingles; a shorter text is one shingle.
///
/// # Source
/// `string_shingle_matching` of the article-extraction benchmark (scrapinghub).
pub fn overlap(truth: &str, result: &str) -> Overlap {
    let (truth, result) = (counts(truth), counts(result));
    let (mut right, mut extra, mut missed) = (0_u32, 0_u32, 0_u32);
    for (shingle, wanted) in &truth {
        let got = result.get(shingle).copied().unwrap_or(0);
        right += got.min(*wanted);
        missed += wanted.saturating_sub(got);
    }
    for (shingle, got) in &result {
        extra += got.saturating_sub(truth.get(shingle).copied().unwrap_or(0));
    }
    let sum = f64::from(right + extra + missed).max(1.0);
    Overlap {
        right: f64::from(right) / sum,
        extra: f64::from(extra) / sum,
        missed: f64::from(missed) / sum,
    }
}

impl Overlap {
    /// Share of the result that is right; `None` where the result is empty and the truth is not.
    pub fn precision(self) -> Option<f64> {
        self.of(self.extra)
    }

    /// Share of the truth that was found; `None` where the truth is empty and the result is not.
    pub fn recall(self) -> Option<f64> {
        self.of(self.missed)
    }

    fn of(self, other: f64) -> Option<f64> {
        if self.right + self.extra + self.missed == 0.0 {
            return Some(1.0);
        }
        super::share(self.right, self.right + other)
    }
}

fn counts(text: &str) -> HashMap<Vec<&str>, u32> {
    let words: Vec<&str> = WORD.find_iter(text).map(|found| found.as_str()).collect();
    let mut counts = HashMap::new();
    if words.is_empty() {
        return counts;
    }
    for shingle in words.windows(WIDTH.min(words.len())) {
        *counts.entry(shingle.to_vec()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shingles_are_counted_by_hand() {
        // Truth: abcd bcde. Result: abcd bcdx. One in both, one extra, one missed.
        let found = overlap("a b c d e", "a b c d x");
        let third = 1.0 / 3.0;
        assert_eq!((found.right, found.extra, found.missed), (third, third, third));
        assert_eq!((found.precision(), found.recall()), (Some(0.5), Some(0.5)));
    }

    #[test]
    fn short_and_empty_texts_have_a_value() {
        assert!(overlap("a b", "A, b!").right < 0.001);
        assert!(overlap("a b", "a, b!").right > 0.999);
        assert_eq!(overlap("", "").precision(), Some(1.0));
        assert_eq!(overlap("a b c d", "").precision(), None);
        assert_eq!(overlap("a b c d", "").recall(), Some(0.0));
    }

    #[test]
    fn repeated_words_count_as_often_as_they_stand() {
        let found = overlap("a a a a a", "a a a a");
        assert_eq!((found.right, found.missed), (0.5, 0.5));
    }
}
