//! Another number.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Setting, put};
use crate::statistics::Draw;

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d[\d,]*(?:\.\d+)?").expect("a fixed pattern"));

/// Tries until a number is another one: a digit stays the same one time in nine.
const TRIES_MAX: usize = 20;

/// Changes every digit of one number, so that its length and look stay.
pub(super) fn change(setting: &Setting<'_>, draw: &mut Draw) -> Option<String> {
    let numbers = find(setting.sentence);
    let range = draw.one(&numbers)?.clone();
    let old = &setting.sentence[range.clone()];
    let known = find(setting.around)
        .into_iter()
        .map(|range| &setting.around[range])
        .collect::<Vec<_>>();
    (0..TRIES_MAX).find_map(|_| {
        let new: String = old
            .chars()
            .map(|c| if c.is_ascii_digit() { digit(draw) } else { c })
            .collect();
        (!known.contains(&new.as_str())).then(|| put(setting.sentence, &range, &new))
    })
}

/// 1 to 9: a leading nought would be no number.
fn digit(draw: &mut Draw) -> char {
    char::from(b'1' + u8::try_from(draw.below(9)).unwrap_or(0))
}

/// Numbers that stand as words of their own; digits inside identifiers and versions are left alone.
fn find(text: &str) -> Vec<Range<usize>> {
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !"_.-/:#@".contains(c));
    let ends = |rest: &str| {
        let mut chars = rest.chars();
        match chars.next() {
            Some('.') => chars.next().is_none_or(char::is_whitespace),
            next => is_apart(next),
        }
    };
    NUMBER
        .find_iter(text)
        .map(|found| found.start()..found.start() + found.as_str().trim_end_matches(',').len())
        .filter(|range| is_apart(text[..range.start].chars().next_back()) && ends(&text[range.end..]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::alone;
    use super::*;

    #[test]
    fn one_number_becomes_another_of_the_same_length() {
        let sentence = "It fixes 40 bugs in crate-7 and v2.1, as 1,200 users asked.";
        let mut draw = Draw::new(1);
        for _ in 0..20 {
            let changed = change(&alone(sentence), &mut draw).unwrap();
            assert_ne!(changed, sentence);
            assert_eq!(changed.len(), sentence.len());
            assert!(changed.contains("crate-7 and v2.1"), "{changed}");
            assert!(changed.contains("40") != changed.contains("1,200"), "{changed}");
        }
    }

    #[test]
    fn a_sentence_without_a_number_stays() {
        assert_eq!(
            change(&alone("It fixes many bugs in v2.1."), &mut Draw::new(1)),
            None
        );
    }

    #[test]
    fn a_number_of_the_source_is_never_put_in() {
        let setting = Setting {
            sentence: "It has 4 parts.",
            around: "It has 4 parts, 1, 2, 3, 5, 6, 7 and 8.",
            names: &[],
            other: None,
        };
        assert_eq!(
            change(&setting, &mut Draw::new(1)).as_deref(),
            Some("It has 9 parts.")
        );
    }
}
