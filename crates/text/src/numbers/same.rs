//! When two numbers say the same.

use super::{Kind, Number, Unit};

/// Whether two numbers have equal values and units that fit.
///
/// `1,000` is `a thousand`, `12 %` is `12 percent`, `1.5 GB` is `1,500 MB`, `20 August` is `2026-08-20`. A number
/// without a unit fits one that counts things but none that measures; nouns that are counted are not compared
/// (releases may be called versions), hedges neither: both are for the caller to judge.
pub fn same(a: &Number, b: &Number) -> bool {
    match (a.kind, b.kind) {
        (Kind::Date, Kind::Date) => same_day(&a.digits, &b.digits),
        (Kind::Date | Kind::Time, _) | (_, Kind::Date | Kind::Time) => {
            a.kind == b.kind && a.digits == b.digits
        }
        (Kind::Version, _) | (_, Kind::Version) => a.digits == b.digits,
        (Kind::Ordinal, other) | (other, Kind::Ordinal) => other == Kind::Ordinal && a.digits == b.digits,
        _ => same_amount(a, b),
    }
}

/// Dates as `2026-08-20`, `--08-20` or `2026-08`: equal, or equal but for a year that one leaves out.
fn same_day(a: &str, b: &str) -> bool {
    let without_year = |date: &str| date.split_once("--").map(|(_, rest)| rest.to_owned());
    match (without_year(a), without_year(b)) {
        (Some(day), None) => b.get(5..) == Some(day.as_str()),
        (None, Some(day)) => a.get(5..) == Some(day.as_str()),
        _ => a == b,
    }
}

fn same_amount(a: &Number, b: &Number) -> bool {
    if is_thing(a) && is_thing(b) {
        return a.digits == b.digits;
    }
    match (&a.unit, &b.unit) {
        (Some(unit), Some(other)) if unit == other => a.digits == b.digits,
        (Some(unit), Some(other)) => match (unit.factor(), other.factor()) {
            (Some((dimension, factor)), Some((other_dimension, other_factor))) => {
                dimension == other_dimension && is_near(a.value * factor, b.value * other_factor)
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_thing(number: &Number) -> bool {
    matches!(number.unit, None | Some(Unit::Count(_)))
}

/// Equal but for the rounding of binary fractions.
fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}
