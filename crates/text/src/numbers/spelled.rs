//! Numbers in words.

use std::ops::Range;

use super::digits::{shifted, word_scale};
use super::taken::Taken;
use super::{Kind, Raw, unit};
use crate::words;

type Word<'a> = (Range<usize>, &'a str);

/// Adds the numbers in words that stand outside those already found.
pub(super) fn scan(text: &str, raws: &mut Vec<Raw>) {
    let all: Vec<Word<'_>> = words::words(text).collect();
    let taken = Taken::of(text, raws.iter().map(|raw| raw.range.clone()));
    let mut at = 0;
    while at < all.len() {
        let is_free = taken.is_free(&all[at].0);
        match read(text, &all, at).filter(|_| is_free) {
            Some((raw, used)) => {
                raws.push(raw);
                at += used;
            }
            None => at += 1,
        }
    }
}

/// Reads a number that begins at word `at`; gives it with the count of its words.
fn read(text: &str, all: &[Word<'_>], at: usize) -> Option<(Raw, usize)> {
    fraction(text, all, at)
        .or_else(|| and_a_half(text, all, at))
        .or_else(|| ordinal(all, at))
        .or_else(|| cardinal(text, all, at))
}

/// `seventeen`, `twenty-one`, `three hundred and five`, `two million`, `a dozen`, `half a million`.
fn cardinal(text: &str, all: &[Word<'_>], at: usize) -> Option<(Raw, usize)> {
    let first = lower(all, at)?;
    let mut next = at;
    let mut tenths: u64 = 0; // In tenths, so that half a million stays whole.
    let mut group: u64 = 0;
    let mut scale_seen = 0;
    if first == "half" {
        matches!(lower(all, at + 1)?.as_str(), "a").then_some(())?;
        scale_seen = word_scale(&lower(all, at + 2)?)?;
        return Some((
            raw(all, at, 3, shifted("0.5", scale_seen), Kind::Cardinal, scale_seen),
            3,
        ));
    }
    if first == "a" {
        let word = lower(all, at + 1)?;
        (word == "dozen" || word_scale(&word).is_some()).then_some(())?;
        group = 1;
        next += 1;
    }
    while let Some(word) = lower(all, next) {
        if next > at && !is_joined(text, all, next) {
            break;
        }
        if let Some(value) = small(&word) {
            // `twenty one` joins, `one two` does not.
            if !group.is_multiple_of(10)
                || (group > 0 && group < 20)
                || (group > 0 && value >= 20 && group < 100)
            {
                break;
            }
            group += value;
        } else if word == "dozen" && group > 0 {
            group *= 12;
        } else if word == "hundred" && group > 0 {
            group *= 100;
        } else if let Some(power) = word_scale(&word).filter(|_| group > 0) {
            tenths += 10 * group * 10_u64.pow(power);
            group = 0;
            scale_seen = power;
        } else if !(word == "and"
            && next > at
            && group >= 100
            && lower(all, next + 1).is_some_and(|w| small(&w).is_some()))
        {
            break;
        }
        next += 1;
        if tenths > 10_u64.pow(16) || group > 10_u64.pow(6) {
            break;
        }
    }
    let value = tenths / 10 + group;
    let used = next - at;
    if used == 0 || (value == 0 && first != "zero") {
        return None;
    }
    if used == 1 && first == "one" && !one_counts(text, all, at) {
        return None;
    }
    Some((
        raw(all, at, used, value.to_string(), Kind::Cardinal, scale_seen),
        used,
    ))
}

/// `one and a half million`, `two and a half years`.
fn and_a_half(text: &str, all: &[Word<'_>], at: usize) -> Option<(Raw, usize)> {
    let whole = small(&lower(all, at)?)?;
    let is_half = ["and", "a", "half"]
        .iter()
        .zip(at + 1..)
        .all(|(word, next)| lower(all, next).as_deref() == Some(*word) && is_joined(text, all, next));
    is_half.then_some(())?;
    let scale = lower(all, at + 4).filter(|_| is_joined(text, all, at + 4));
    let power = scale.and_then(|word| word_scale(&word));
    let used = if power.is_some() { 5 } else { 4 };
    let power = power.unwrap_or_default();
    let digits = shifted(&format!("{whole}.5"), power);
    Some((raw(all, at, used, digits, Kind::Cardinal, power), used))
}

/// `one` is a number before a unit, in `one-day`, and in `one in ten`.
fn one_counts(text: &str, all: &[Word<'_>], at: usize) -> bool {
    let hyphen = text[all[at].0.end..].starts_with('-');
    let next = lower(all, at + 1).unwrap_or_default();
    let ratio =
        matches!(next.as_str(), "in") && lower(all, at + 2).is_some_and(|word| small(&word).is_some());
    hyphen || ratio || unit::named(&next).is_some()
}

/// `a third`, `two-thirds`, `three quarters`, `half of`.
fn fraction(text: &str, all: &[Word<'_>], at: usize) -> Option<(Raw, usize)> {
    let first = lower(all, at)?;
    if first == "half" {
        matches!(
            lower(all, at + 1)?.as_str(),
            "of" | "the" | "its" | "their" | "all"
        )
        .then_some(())?;
        // `the first half of 2026` is a time.
        let before = at.checked_sub(1).and_then(|i| lower(all, i)).unwrap_or_default();
        (!matches!(before.as_str(), "first" | "second" | "latter" | "other")).then_some(())?;
        return Some((raw(all, at, 1, "0.5".to_owned(), Kind::Fraction, 0), 1));
    }
    let count = if matches!(first.as_str(), "a" | "one") {
        1
    } else {
        small(&first).filter(|n| *n < 10)?
    };
    let part = match lower(all, at + 1)?.trim_end_matches('s') {
        "third" => 3,
        "quarter" => 4,
        "fifth" => 5,
        "tenth" => 10,
        _ => return None,
    };
    let joined = is_joined(text, all, at + 1);
    let of = matches!(lower(all, at + 2).as_deref(), Some("of" | "the"));
    if !joined || (count == 1 && !of) || count > part {
        return None;
    }
    let value = count as f64 / part as f64;
    Some((
        raw(
            all,
            at,
            2,
            format!("{value:.4}").trim_end_matches('0').to_owned(),
            Kind::Fraction,
            0,
        ),
        2,
    ))
}

/// `third`, `twelfth`; `first` and `second` only behind the, its, his, her, their, our, a.
fn ordinal(all: &[Word<'_>], at: usize) -> Option<(Raw, usize)> {
    let word = lower(all, at)?;
    let value = ORDINALS.iter().position(|o| *o == word)? + 1;
    let before = at.checked_sub(1).and_then(|i| lower(all, i)).unwrap_or_default();
    if !matches!(
        before.as_str(),
        "the" | "its" | "his" | "her" | "their" | "our" | "a" | "on" | "in" | "for" | "every"
    ) {
        return None;
    }
    // `a second` may be a time; `the second` is an ordinal.
    if word == "second" && before != "the" {
        return None;
    }
    Some((raw(all, at, 1, value.to_string(), Kind::Ordinal, 0), 1))
}

fn raw(all: &[Word<'_>], at: usize, used: usize, digits: String, kind: Kind, scale: u32) -> Raw {
    Raw {
        range: all[at].0.start..all[at + used - 1].0.end,
        digits,
        kind,
        unit: None,
        scale,
    }
}

fn lower(all: &[Word<'_>], at: usize) -> Option<String> {
    all.get(at).map(|(_, word)| word.to_lowercase())
}

/// Whether a word may be a part of a number or date in words.
pub(super) fn may_count(word: &str) -> bool {
    let lower = word.to_lowercase();
    small(&lower).is_some()
        || word_scale(&lower).is_some()
        || ORDINALS.contains(&lower.as_str())
        || lower.starts_with("half")
        || lower.starts_with("dozen")
        || lower.starts_with("quarter")
        || MONTHS.contains(&lower.as_str())
}

/// Names of months as dates are read by them, whole and short.
const MONTHS: &[&str] = &[
    "jan",
    "january",
    "feb",
    "february",
    "mar",
    "march",
    "apr",
    "april",
    "may",
    "jun",
    "june",
    "jul",
    "july",
    "aug",
    "august",
    "sep",
    "sept",
    "september",
    "oct",
    "october",
    "nov",
    "november",
    "dec",
    "december",
];

/// Whether only a space or hyphen parts a word from the one before it; `twenty - five`, as some transcripts have it,
/// counts where a ten and a one stand there.
fn is_joined(text: &str, all: &[Word<'_>], at: usize) -> bool {
    if at >= all.len() {
        return false;
    }
    let gap = &text[all[at - 1].0.end..all[at].0.start];
    let value = |at: usize| lower(all, at).and_then(|word| small(&word));
    let spaced =
        || value(at - 1).is_some_and(|ten| ten >= 20) && value(at).is_some_and(|one| (1..10).contains(&one));
    matches!(gap, " " | "-" | "\u{a0}" | "‑") || (gap == " - " && spaced())
}

/// Values of the words below a hundred.
fn small(word: &str) -> Option<u64> {
    let ones = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    let tens = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let one = ones.iter().position(|o| *o == word).map(|at| at as u64);
    one.or_else(|| {
        tens.iter()
            .position(|t| *t == word)
            .map(|at| (at as u64 + 2) * 10)
    })
}

const ORDINALS: &[&str] = &[
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];
