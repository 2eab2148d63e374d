//! So many of so many: `one in five`, `3 out of 4`, `five of the seven`.

use std::ops::Range;

use copydesk_text::numbers::{Number, Unit};
use copydesk_text::words;

use crate::evidence::Evidence;
use crate::finding::Finding;

/// So many of so many.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ratio {
    range: Range<usize>,
    part: u32,
    whole: u32,
    /// Whether it names a share of all (`one in five`), not some of a few (`five of the seven`).
    is_share: bool,
}

const SMALL: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];

/// The ratios of a text, in order.
pub(crate) fn ratios(text: &str) -> Vec<Ratio> {
    let all: Vec<(Range<usize>, &str)> = words::words(text).collect();
    let lower = |at: usize| {
        all.get(at)
            .map(|(_, word)| word.to_lowercase())
            .unwrap_or_default()
    };
    let mut found = Vec::new();
    for at in 0..all.len() {
        let Some(part) = count(all[at].1) else { continue };
        let (whole, is_share) = match (lower(at + 1).as_str(), lower(at + 2).as_str()) {
            ("out", "of") | ("in", "every") => (at + 3, true),
            ("in", _) => (at + 2, true),
            ("of", "the" | "its" | "their" | "all") => (at + 3, false),
            _ => continue,
        };
        let Some(whole) = all.get(whole) else { continue };
        let Some(number) = count(whole.1).filter(|number| *number > part) else {
            continue;
        };
        // `2 in 2026`, `five in 100 days`: a year or a stretch of time is no whole.
        let is_time = is_share && lower(at + 3).starts_with("day");
        if number <= 1_000 && !is_time {
            found.push(Ratio {
                range: all[at].0.start..whole.0.end,
                part,
                whole: number,
                is_share,
            });
        }
    }
    found
}

fn count(word: &str) -> Option<u32> {
    let lower = word.to_lowercase();
    let named = SMALL.iter().position(|known| *known == lower);
    named
        .and_then(|at| u32::try_from(at + 1).ok())
        .or_else(|| lower.parse().ok())
        .filter(|count| *count > 0)
}

/// Whether a share in percent is one of these ratios.
pub(super) fn stands(number: &Number, known: &[Ratio]) -> bool {
    number.unit == Some(Unit::Percent)
        && known
            .iter()
            .any(|ratio| (f64::from(ratio.part) / f64::from(ratio.whole) * 100.0 - number.value).abs() < 0.5)
}

/// Other parts of the same whole: `six of the seven` where the evidence has five of them.
pub(super) fn check(text: &str, evidence: &Evidence) -> Vec<Finding> {
    let own = ratios(text);
    if own.is_empty() {
        return Vec::new();
    }
    own.iter()
        .filter_map(|ratio| {
            let mut same = evidence
                .ratios()
                .iter()
                .filter(|known| known.whole == ratio.whole && known.is_share == ratio.is_share)
                .peekable();
            let other = *same.peek()?;
            let words = text.get(ratio.range.clone())?;
            let known = evidence.text.get(other.range.clone())?;
            same.all(|known| known.part != ratio.part)
                .then(|| Finding::blocked(format!("it says {words}, the evidence says {known}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::ratios;

    #[test]
    fn parts_of_a_whole_are_read() {
        let found = |text: &str| -> Vec<(u32, u32)> {
            ratios(text)
                .iter()
                .map(|ratio| (ratio.part, ratio.whole))
                .collect()
        };
        assert_eq!(found("One in five adults, 3 out of 4 teens"), [(1, 5), (3, 4)]);
        assert_eq!(found("Five of the seven judges"), [(5, 7)]);
        assert!(found("two in 2026, five of them, 4 in 100 days").is_empty());
    }
}
