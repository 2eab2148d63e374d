//! Each number and date stands in the evidence, or follows from it by a recomputed figure.

use std::ops::Range;

use copydesk_text::numbers::{self, Number};
use copydesk_text::quotes;

use super::{Grounds, is_within};
use crate::finding::Finding;

/// Checks every number and date outside quotation marks; those inside are bytes of the source already.
pub(crate) fn check(text: &str, grounds: &Grounds) -> Vec<Finding> {
    let quoted: Vec<Range<usize>> = quotes::find(text).into_iter().map(|quote| quote.range).collect();
    let evidence = format!(
        "{}\n{}\n{}",
        grounds.text(),
        grounds.dates.join("\n"),
        grounds.attribution.join("\n")
    );
    let known_dates = numbers::dates(&evidence);
    let mut covered: Vec<Range<usize>> = Vec::new();
    let mut findings = Vec::new();
    for date in numbers::dates(text)
        .into_iter()
        .filter(|date| !is_within(&date.range, &quoted))
    {
        let words = text.get(date.range.clone()).unwrap_or_default();
        covered.push(date.range.clone());
        if known_dates.iter().any(|known| known.agrees(&date)) {
            findings.push(Finding::supported(format!(
                "the date {words} stands in the source"
            )));
        } else {
            findings.push(Finding::blocked(format!(
                "the date {words} does not stand in the evidence"
            )));
        }
    }
    let known = numbers::find(&evidence);
    for number in numbers::find(text) {
        if is_within(&number.range, &quoted) || is_within(&number.range, &covered) || is_idiom(&number) {
            continue;
        }
        findings.push(check_one(&number, &known, grounds));
    }
    findings
}

fn check_one(number: &Number, known: &[Number], grounds: &Grounds) -> Finding {
    let words = &number.digits;
    if known.iter().any(|other| numbers::same(number, other)) {
        return Finding::supported(format!("{words} stands in the source"));
    }
    if grounds
        .computed
        .iter()
        .any(|value| is_close(*value, number.value))
    {
        return Finding::supported(format!("{words} follows from the sources"));
    }
    Finding::blocked(format!("{words} does not stand in the evidence"))
}

/// Figures that code computed may be rounded in the text: to half of one per cent.
fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.005 * a.abs().max(b.abs()) || (a - b).abs() < f64::EPSILON
}

fn is_idiom(number: &Number) -> bool {
    ["one", "first", "second", "once"]
        .iter()
        .any(|word| number.digits.eq_ignore_ascii_case(word))
}
