//! Figures that follow from figures of sources, recomputed.

use copydesk_domain::artifact::{CalcKind, SpanRef};
use copydesk_text::numbers;

use crate::ledger::Ledger;

/// The figure, or why it cannot be computed.
pub(crate) fn recompute(calc: CalcKind, of: &[SpanRef], ledger: &Ledger<'_>) -> Result<f64, String> {
    let texts: Option<Vec<&str>> = of.iter().map(|span| ledger.span(span)).collect();
    let texts = texts.ok_or_else(|| "a span of the calculation is not those bytes".to_owned())?;
    match calc {
        CalcKind::Count => Ok(of.len() as f64),
        CalcKind::Days => days(&texts),
        CalcKind::Sum => Ok(values(&texts)?.iter().sum()),
        CalcKind::Difference => two(&values(&texts)?).map(|(a, b)| (a - b).abs()),
        CalcKind::Ratio => {
            let (a, b) = two(&values(&texts)?)?;
            if b == 0.0 {
                Err("a ratio to zero".to_owned())
            } else {
                Ok(a / b)
            }
        }
    }
}

/// The first number of each span.
fn values(texts: &[&str]) -> Result<Vec<f64>, String> {
    texts
        .iter()
        .map(|text| {
            let number = numbers::find(text).into_iter().next();
            number
                .map(|number| number.value)
                .ok_or_else(|| "a span of the calculation has no number".to_owned())
        })
        .collect()
}

fn two(values: &[f64]) -> Result<(f64, f64), String> {
    match values {
        [a, b] => Ok((*a, *b)),
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
