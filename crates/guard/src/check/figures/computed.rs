//! Figures of a sentence that code computed from the sources.

use copydesk_text::numbers::{self, Kind, Number, Unit};

use super::amount::{self, Likeness};
use crate::check::{Computed, Grounds};
use crate::finding::Finding;

/// What a computed figure says of one of the sentence; none where no computed figure has its value.
pub(super) fn check(text: &str, own: &Number, grounds: &Grounds) -> Option<Finding> {
    let words = text.get(own.range.clone()).unwrap_or(&own.digits).trim();
    let is_named = |known: &Number| amount::compare(own, known) == Likeness::Same;
    let is_figure = match own.kind {
        Kind::Date | Kind::Time => false,
        // `rose by 2.0`, but not `Norn 2.0`.
        Kind::Version => numbers::may_be_amount(text, own),
        // `2000 users`, but not `in 2024`.
        Kind::Year => own.unit.is_some(),
        _ => true,
    };
    let computed = || grounds.computed.iter().filter(|_| is_figure);
    if grounds.named.iter().any(is_named) || computed().any(|known| is_same(own, known)) {
        return Some(Finding::supported(format!("{words} follows from the sources")));
    }
    computed().any(|known| is_open(own, known)).then(|| {
        Finding::unsettled(format!(
            "{words}: the calculation gives the figure in another unit or in none"
        ))
    })
}

/// Whether the two say the same, in one unit or in two that are turned into each other.
fn is_same(own: &Number, known: &Computed) -> bool {
    match (measure(own), &known.unit) {
        // A ratio of three is three times as much.
        (None | Some(Unit::Measure("times")), None) => is_close(own.value, known.value),
        (Some(unit), Some(other)) if unit == other => is_close(own.value, known.value),
        (Some(unit), Some(other)) => match (unit.factor(), other.factor()) {
            (Some((dimension, factor)), Some((of_other, by))) => {
                dimension == of_other && is_close(own.value * factor, known.value * by)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether the values are equal and one of the two leaves its unit open.
fn is_open(own: &Number, known: &Computed) -> bool {
    measure(own).is_some() != known.unit.is_some() && is_close(own.value, known.value)
}

/// What a figure measures; none where it counts things.
fn measure(number: &Number) -> Option<&Unit> {
    let unit = number.unit.as_ref();
    unit.filter(|unit| !matches!(unit, Unit::Count(_)))
}

/// Figures that code computed may be rounded in the text: to half of one per cent.
fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.005 * a.abs().max(b.abs()) || (a - b).abs() < f64::EPSILON
}
