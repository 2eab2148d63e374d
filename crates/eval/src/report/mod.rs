//! What a run of suites found, for people and for scripts.

mod chart;
mod html;
mod json;
mod outcome;
mod table;

pub use html::html;
pub use outcome::{Change, Group, Outcome, PartReport, Report, Row, Skipped};
pub use table::table;

/// A value as people read it: percentages of ROUGE with one digit, shares with three.
fn number(value: f64) -> String {
    if value.abs() >= 2.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

/// The same with its sign.
fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}{}", number(value.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_mean_something() {
        assert_eq!(
            (number(0.98765), number(42.357)),
            ("0.988".to_owned(), "42.4".to_owned())
        );
        assert_eq!(
            (signed(-0.01), signed(0.0)),
            ("−0.010".to_owned(), "+0.000".to_owned())
        );
    }
}
