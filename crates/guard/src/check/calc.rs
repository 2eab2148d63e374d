//! Figures that follow from figures of sources, recomputed with their units.

use copydesk_domain::artifact::{CalcKind, SpanRef};
use copydesk_text::numbers::{self, Kind, Number, Unit};

use super::Computed;
use crate::ledger::Ledger;

/// The figure, or why it cannot be computed.
pub(crate) fn recompute(calc: CalcKind, of: &[SpanRef], ledger: &Ledger<'_>) -> Result<Computed, String> {
    let texts: Option<Vec<&str>> = of.iter().map(|span| ledger.span(span)).collect();
    let texts = texts.ok_or_else(|| "a span of the calculation is not those bytes".to_owned())?;
    match calc {
        CalcKind::Count => Ok(Computed::things(of.len() as f64)),
        CalcKind::Days => Ok(Computed {
            value: days(&texts)?,
            unit: Some(Unit::Time("day")),
        }),
        CalcKind::Sum => {
            let (values, unit) = in_one_unit(&figures(&texts)?)?;
            let value = values.iter().sum();
            Ok(Computed { value, unit })
        }
        CalcKind::Difference => {
            let (values, unit) = in_one_unit(&figures(&texts)?)?;
            let [a, b] = two(&values)?;
            let unit = match unit {
                // From 10 % to 12 % is two percentage points, and a fifth more.
                Some(Unit::Percent) => Some(Unit::Points("pp")),
                unit => unit,
            };
            Ok(Computed {
                value: (a - b).abs(),
                unit,
            })
        }
        CalcKind::Ratio => ratio(&figures(&texts)?),
    }
}

/// The figure of each span.
fn figures(texts: &[&str]) -> Result<Vec<Number>, String> {
    texts
        .iter()
        .map(|text| figure(text).ok_or_else(|| "a span of the calculation has no number".to_owned()))
        .collect()
}

/// The first number of a text that says how much or how many: `30` of `In 2024 Norn sold 30 looms`. Where there is none, the
/// first that looks like a year, which may count things (`2000 users`) and else counts years.
fn figure(text: &str) -> Option<Number> {
    let found = numbers::find(text);
    let is_amount = |number: &&Number| {
        matches!(
            number.kind,
            Kind::Cardinal | Kind::Money | Kind::Percent | Kind::Range | Kind::Fraction
        ) || numbers::may_be_amount(text, number)
    };
    if let Some(amount) = found.iter().find(is_amount) {
        return Some(amount.clone());
    }
    let mut year = found.into_iter().find(|number| number.kind == Kind::Year)?;
    let is_dated = numbers::dates(text)
        .iter()
        .any(|date| date.range.start < year.range.end && year.range.start < date.range.end);
    if is_dated || year.unit.is_none() {
        year.unit = Some(Unit::Time("year"));
    }
    Some(year)
}

/// What a figure measures; none where it counts things: nouns are not compared.
fn measure(number: &Number) -> Option<Unit> {
    number.unit.clone().filter(|unit| !matches!(unit, Unit::Count(_)))
}

/// The values in the unit of the first, with that unit.
fn in_one_unit(figures: &[Number]) -> Result<(Vec<f64>, Option<Unit>), String> {
    let unit = figures.first().and_then(measure);
    let turned = |number: &Number| {
        let own = measure(number);
        if own == unit {
            return Some(number.value);
        }
        let ((dimension, factor), (wanted, by)) = (own?.factor()?, unit.as_ref()?.factor()?);
        (dimension == wanted).then_some(number.value * factor / by)
    };
    let values: Option<Vec<f64>> = figures.iter().map(turned).collect();
    let values =
        values.ok_or_else(|| "the figures of the calculation measure different things".to_owned())?;
    Ok((values, unit))
}

/// A bare number where both measure the same; else so much of the first for each of the second: `$100` by `50 users`.
fn ratio(figures: &[Number]) -> Result<Computed, String> {
    let [first, second] = two(figures)?;
    let (a, b, unit) = match in_one_unit(figures).as_ref().map(|(values, _)| values.as_slice()) {
        Ok([a, b]) => (*a, *b, None),
        _ => (first.value, second.value, measure(&first)),
    };
    if b == 0.0 {
        return Err("a ratio to zero".to_owned());
    }
    Ok(Computed { value: a / b, unit })
}

fn two<T: Clone>(values: &[T]) -> Result<[T; 2], String> {
    match values {
        [a, b] => Ok([a.clone(), b.clone()]),
        _ => Err("the calculation needs two spans".to_owned()),
    }
}

fn days(texts: &[&str]) -> Result<f64, String> {
    let date = |text: &&str| {
        let found = numbers::dates(text).into_iter().next()?;
        let month = i8::try_from(found.month?).ok()?;
        let day = i8::try_from(found.day?).ok()?;
        jiff::civil::Date::new(found.year?, month, day).ok()
    };
    let dates: Option<Vec<_>> = texts.iter().map(date).collect();
    match dates.as_deref() {
        Some([from, to]) => {
            let span = from.until(*to).map_err(|error| error.to_string())?;
            Ok(f64::from(span.get_days().abs()))
        }
        _ => Err("the days between need two spans with a whole date each".to_owned()),
    }
}
