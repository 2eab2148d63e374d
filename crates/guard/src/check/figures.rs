//! Each number and date stands in the evidence, or follows from it by a recomputed figure.

mod amount;
mod computed;
mod ratio;

use std::ops::Range;

use copydesk_text::numbers::{self, FoundDate, Hedge, Kind, Number, Unit};
use copydesk_text::quotes;

use super::{CHECKED_MAX, is_within, unchecked};
use crate::evidence::Evidence;
use crate::finding::Finding;
use amount::Likeness;
pub(crate) use ratio::{Ratio, ratios};

/// Checks every number and date outside quotation marks; those inside are bytes of the source already.
pub(crate) fn check(text: &str, evidence: &Evidence) -> Vec<Finding> {
    if !numbers::may_stand_in(text) {
        return Vec::new();
    }
    let quoted: Vec<Range<usize>> = quotes::find(text).into_iter().map(|quote| quote.range).collect();
    let mut covered: Vec<Range<usize>> = Vec::new();
    let mut findings = Vec::new();
    for date in numbers::dates(text)
        .into_iter()
        .filter(|date| !is_within(&date.range, &quoted))
        .take(CHECKED_MAX)
    {
        covered.push(date.range.clone());
        findings.push(check_date(text, &date, evidence));
    }
    let is_checked = |number: &Number| {
        let is_read = is_within(&number.range, &quoted) || is_within(&number.range, &covered);
        !is_read && !is_idiom(number) && !is_list_mark(text, number)
    };
    let found: Vec<Number> = numbers::find(text).into_iter().filter(is_checked).collect();
    for number in found.iter().take(CHECKED_MAX) {
        findings.push(check_one(text, number, evidence));
    }
    findings.extend(unchecked("figures", found.len(), CHECKED_MAX));
    findings.extend(ratio::check(text, evidence));
    findings
}

/// Ranges of the figures of a text, with their units, that stand in the evidence: 90 minutes for 1.5 hours.
pub(crate) fn standing(text: &str, evidence: &Evidence) -> Vec<Range<usize>> {
    if !numbers::may_stand_in(text) {
        return Vec::new();
    }
    let stands = |number: &Number| {
        comparable(number, evidence).any(|known| amount::compare(number, known) == Likeness::Same)
    };
    let found = numbers::find(text).into_iter().take(CHECKED_MAX).filter(stands);
    found.map(|number| number.range).collect()
}

fn check_date(text: &str, date: &FoundDate, evidence: &Evidence) -> Finding {
    let words = text.get(date.range.clone()).unwrap_or_default();
    if evidence.dates().iter().any(|known| known.agrees(date)) {
        return Finding::supported(format!("the date {words} stands in the source"));
    }
    let is_plain_year = date.month.is_none();
    let as_number = evidence
        .numbers()
        .iter()
        .any(|known| is_plain_year && date.year.is_some_and(|year| known.digits == year.to_string()));
    if as_number {
        return Finding::supported(format!("the year {words} stands in the source"));
    }
    if date.month.is_some()
        && date.year.is_none()
        && date.day.is_none()
        && evidence.has_word(&words.to_lowercase())
    {
        return Finding::supported(format!("{words} stands in the source"));
    }
    Finding::blocked(format!("the date {words} does not stand in the evidence"))
}

fn check_one(text: &str, number: &Number, evidence: &Evidence) -> Finding {
    let words = text.get(number.range.clone()).unwrap_or(&number.digits).trim();
    let best = comparable(number, evidence)
        .map(|known| (amount::compare(number, known), known))
        .max_by_key(|(likeness, known)| (*likeness, known.hedge == number.hedge));
    if let Some((Likeness::Same, known)) = best {
        return turned(text, number, evidence).unwrap_or_else(|| same_but_for_hedge(words, number, known));
    }
    if ratio::stands(number, evidence.ratios()) {
        return Finding::supported(format!("{words} stands in the source in other words"));
    }
    if let Some(finding) = computed::check(text, number, &evidence.grounds) {
        return finding;
    }
    if amount::stands_split(number, evidence.numbers()) {
        return Finding::unsettled(format!("{words} stands in the evidence in two parts"));
    }
    match best {
        Some((Likeness::OtherUnit, _)) => Finding::unsettled(format!(
            "{words}: the evidence has the figure in another unit or in none"
        )),
        Some((Likeness::Rounded, known)) => Finding::unsettled(format!(
            "{words} may be rounded: the evidence has {}",
            known.digits
        )),
        _ if is_quarter(number, evidence) => {
            Finding::supported(format!("the {words} quarter stands in the source"))
        }
        _ if is_count_in_words(text, number) && !counts_otherwise(number, evidence) => {
            Finding::unsettled(format!("{words}: the evidence does not count them"))
        }
        _ => Finding::blocked(format!("{words} does not stand in the evidence")),
    }
}

/// Figures of the evidence beyond which only those of about the same value are compared: a table of a million cells.
const MANY: usize = 20_000;

/// The figures of the evidence that one may stand as.
fn comparable<'a>(own: &'a Number, evidence: &'a Evidence) -> impl Iterator<Item = &'a Number> {
    let are_many = evidence.numbers().len() > MANY;
    let is_near = move |known: &Number| {
        (known.value - own.value).abs() <= 0.1 * known.value.abs().max(own.value.abs())
            || known.digits == own.digits
    };
    evidence
        .numbers()
        .iter()
        .filter(move |known| !are_many || is_near(known))
}

/// `Down 4 %` where the evidence has the figure as `up 4 %` alone.
fn turned(text: &str, own: &Number, evidence: &Evidence) -> Option<Finding> {
    let way = way_before(text, own.range.start)?;
    let other = if way == "up" { "down" } else { "up" };
    let mut ways = comparable(own, evidence)
        .filter(|known| amount::compare(own, known) == Likeness::Same)
        .map(|known| way_before(&evidence.text, known.range.start));
    let is_turned = ways.next()? == Some(other) && ways.all(|known| known == Some(other));
    let words = text.get(own.range.clone()).unwrap_or(&own.digits).trim();
    is_turned.then(|| Finding::blocked(format!("it says {way} {words}, the evidence says {other}")))
}

/// `up` or `down` right before a figure.
fn way_before(text: &str, at: usize) -> Option<&'static str> {
    let head = text.get(..at)?;
    let head = head.trim_end().trim_end_matches(" by").trim_end_matches(" about");
    ["up", "down"].into_iter().find(|way| {
        head.strip_suffix(way)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with(char::is_whitespace))
    })
}

/// A figure that stands there, with what makes it less exact: `up to 40 %` is not `40 %`.
fn same_but_for_hedge(words: &str, own: &Number, known: &Number) -> Finding {
    if own.hedge == known.hedge {
        return Finding::supported(format!("{words} stands in the source"));
    }
    match (own.hedge, known.hedge) {
        (Some(a), Some(b)) if is_upper(a) != is_upper(b) && is_bound(a) && is_bound(b) => {
            Finding::blocked(format!("{words}: the evidence sets the limit on the other side"))
        }
        (None, Some(_)) => Finding::unsettled(format!("{words}: the evidence is less exact here")),
        _ => Finding::unsettled(format!("{words}: the evidence says otherwise how exact it is")),
    }
}

fn is_bound(hedge: Hedge) -> bool {
    !matches!(hedge, Hedge::About)
}

fn is_upper(hedge: Hedge) -> bool {
    matches!(hedge, Hedge::UpTo | Hedge::LessThan | Hedge::Nearly)
}

/// A small number in words counts what the writer saw, which the source need not say: two friends.
fn is_count_in_words(text: &str, number: &Number) -> bool {
    let word = text.get(number.range.clone()).unwrap_or_default();
    let in_words = word.starts_with(char::is_alphabetic);
    let small = number.value <= 12.0 && matches!(number.unit, None | Some(Unit::Count(_)));
    in_words
        && ((small && matches!(number.kind, Kind::Cardinal | Kind::Ordinal)) || number.kind == Kind::Fraction)
}

/// The third quarter, where the evidence says Q3.
fn is_quarter(number: &Number, evidence: &Evidence) -> bool {
    let is_ordinal = number.kind == Kind::Ordinal;
    let of_quarter = matches!(&number.unit, Some(Unit::Count(noun)) if noun.starts_with("quarter"));
    is_ordinal && of_quarter && evidence.has_word(&format!("q{}", number.digits))
}

/// Whether the evidence gives another count of the same things.
fn counts_otherwise(number: &Number, evidence: &Evidence) -> bool {
    matches!(&number.unit, Some(Unit::Count(_)))
        && evidence
            .numbers()
            .iter()
            .any(|known| known.unit == number.unit && known.kind == number.kind)
}

fn is_idiom(number: &Number) -> bool {
    ["one", "first", "second", "once"]
        .iter()
        .any(|word| number.digits.eq_ignore_ascii_case(word))
}

/// `5) The document …`, `1. Install`: the mark of a list, no figure.
fn is_list_mark(text: &str, number: &Number) -> bool {
    let before = text.get(..number.range.start).unwrap_or_default().trim_end();
    let rest = text.get(number.range.end..).unwrap_or_default();
    let opens = before.is_empty() || before.ends_with(['.', '!', '?', ':', ';', ',', '\n']);
    let is_plain = number.digits.len() <= 2 && number.digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && opens && (rest.starts_with(") ") || (rest.starts_with(". ") && before.is_empty()))
}
