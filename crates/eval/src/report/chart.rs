//! Drawings for the page: a line per metric with its interval, floor and last blessed value; bars for groups.

use std::fmt::Write as _;

use super::number;
use super::outcome::{Group, Row};
use crate::tally::Detail;

/// Width of the drawing area in pixels.
const WIDTH: f64 = 460.0;

/// An interval as a line, its value as a dot, its floor as a bar, the last blessed value as a ring.
pub(super) fn interval(row: &Row) -> String {
    let known = [row.value, row.low, row.high, row.floor, row.baseline];
    let top = known.iter().flatten().copied().fold(0.0, f64::max);
    // Shares stand on 0 to 1, percentages on 0 to 100, ratios on as much as they need.
    let end = if top <= 1.0 {
        1.0
    } else if top <= 3.0 {
        3.0
    } else {
        100.0_f64.max(top)
    };
    let at = |value: f64| 10.0 + WIDTH * (value / end).clamp(0.0, 1.0);
    let mut body = format!(
        "<line class=\"axis\" x1=\"10\" y1=\"15\" x2=\"{:.0}\" y2=\"15\"/>",
        10.0 + WIDTH
    );
    if let (Some(low), Some(high)) = (row.low, row.high) {
        let _ = write!(
            body,
            "<line class=\"interval\" x1=\"{:.1}\" y1=\"15\" x2=\"{:.1}\" y2=\"15\"/>",
            at(low),
            at(high)
        );
    }
    if let Some(floor) = row.floor {
        let _ = write!(
            body,
            "<line class=\"floor\" x1=\"{0:.1}\" y1=\"5\" x2=\"{0:.1}\" y2=\"25\"/>",
            at(floor)
        );
    }
    if let Some(baseline) = row.baseline {
        let _ = write!(
            body,
            "<circle class=\"before\" cx=\"{:.1}\" cy=\"15\" r=\"6\"/>",
            at(baseline)
        );
    }
    if let Some(value) = row.value {
        let class = if row.passed { "value" } else { "value failed" };
        let _ = write!(
            body,
            "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"15\" r=\"4\"/>",
            at(value)
        );
    }
    let label = format!(
        "{} of {}",
        row.value.map_or("undefined".to_owned(), number),
        number(end)
    );
    svg(30.0, &label, &body)
}

/// Bars from 0 to 1 (or to the largest), one a group.
pub(super) fn groups(groups: &[Group]) -> String {
    let bars: Vec<(String, f64)> = groups
        .iter()
        .map(|group| (format!("{} ({})", group.name, group.n), group.value))
        .collect();
    self::bars(&bars)
}

/// Bars of details that are shares called supported; counts are told in words instead.
pub(super) fn shares(details: &[Detail]) -> String {
    let is_share = |detail: &&Detail| detail.value <= 1.0 && detail.label.contains(':');
    let bars: Vec<(String, f64)> = details
        .iter()
        .filter(is_share)
        .map(|detail| (format!("{} ({})", detail.label, detail.n), detail.value))
        .collect();
    self::bars(&bars)
}

fn bars(bars: &[(String, f64)]) -> String {
    const ROW: f64 = 20.0;
    const LABEL: f64 = 250.0;
    if bars.is_empty() {
        return String::new();
    }
    let end = bars.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let mut body = String::new();
    for (at, (label, value)) in bars.iter().enumerate() {
        let y = at as f64 * ROW;
        let width = (WIDTH - LABEL) * value / end;
        // A corrupted sentence that is called supported is a fault, so its bar has the colour of one.
        let class = if label.starts_with("corrupted:") {
            "bar wrong"
        } else {
            "bar"
        };
        let _ = write!(
            body,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text><rect class=\"{class}\" x=\"{LABEL:.0}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"12\"/><text x=\"{:.0}\" y=\"{:.0}\">{}</text>",
            LABEL - 8.0,
            y + 14.0,
            super::html::escaped(label),
            y + 4.0,
            LABEL + width + 6.0,
            y + 14.0,
            number(*value),
        );
    }
    svg(ROW * bars.len() as f64 + 4.0, "by group", &body)
}

fn svg(height: f64, label: &str, body: &str) -> String {
    let width = WIDTH + 60.0;
    let label = super::html::escaped(label);
    format!(
        "<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">{body}</svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_at_its_share_of_the_axis() {
        let row = Row {
            metric: "f1".to_owned(),
            value: Some(0.5),
            low: Some(0.25),
            high: Some(0.75),
            floor: Some(0.9),
            baseline: None,
            change: None,
            passed: false,
        };
        let drawn = interval(&row);
        assert!(drawn.contains("class=\"value failed\" cx=\"240.0\""), "{drawn}");
        assert!(
            drawn.contains("x1=\"125.0\"") && drawn.contains("x2=\"355.0\""),
            "{drawn}"
        );
        assert!(drawn.contains("aria-label=\"0.500 of 1.000\""), "{drawn}");
    }

    #[test]
    fn names_of_groups_are_escaped() {
        let group = Group {
            name: "<b>".to_owned(),
            value: 0.5,
            n: 3,
        };
        let drawn = groups(&[group]);
        assert!(
            drawn.contains("&lt;b&gt; (3)") && !drawn.contains("<b>"),
            "{drawn}"
        );
        assert_eq!(groups(&[]), "");
    }
}
