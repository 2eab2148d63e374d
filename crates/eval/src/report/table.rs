//! The report for a terminal.

use std::fmt::Write as _;

use super::outcome::{Outcome, PartReport, Report, Row};
use super::{number, signed};
use crate::tally::Tally;

/// Heads of the columns.
const HEADS: [&str; 7] = [
    "suite",
    "metric",
    "value",
    "95 % interval",
    "n",
    "floor",
    "last blessed",
];

/// A table of all metrics, then the numbers beside them, then what was skipped and why.
pub fn table(report: &Report) -> String {
    let mut lines: Vec<[String; 8]> = Vec::new();
    for part in &report.parts {
        if let Outcome::Measured { rows, tally, .. } = &part.outcome {
            for (at, row) in rows.iter().enumerate() {
                lines.push(line(part, row, tally, at == 0));
            }
        }
    }
    let widths: Vec<usize> = (0..HEADS.len())
        .map(|column| {
            let cells = lines.iter().map(|line| line[column].chars().count());
            cells.chain([HEADS[column].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    if !lines.is_empty() {
        let heads = HEADS.map(str::to_owned);
        text.push_str(&padded(&heads, &widths));
        for line in &lines {
            text.push_str(&padded(line, &widths));
        }
    }
    for part in &report.parts {
        text.push_str(&beside(part));
    }
    for (part, skipped) in report.skipped() {
        let _ = writeln!(
            text,
            "skipped: {}/{}: {} is not there; {}",
            part.suite, part.part, skipped.path, skipped.get
        );
    }
    text
}

/// The numbers beside the metrics, in one line.
fn beside(part: &PartReport) -> String {
    let Outcome::Measured { tally, .. } = &part.outcome else {
        return String::new();
    };
    let counts: Vec<String> = tally
        .details
        .iter()
        .map(|detail| {
            let is_share = detail.label.contains(':');
            let value = if is_share {
                number(detail.value)
            } else {
                format!("{:.0}", detail.value)
            };
            format!("{} {value} of {}", detail.label, detail.n)
        })
        .collect();
    if counts.is_empty() {
        return String::new();
    }
    let is_shares = tally.details.iter().any(|detail| detail.label.contains(':'));
    let head = if is_shares { " called supported" } else { "" };
    format!("{}/{}{head}: {}\n", part.suite, part.part, counts.join("; "))
}

fn line(part: &PartReport, row: &Row, tally: &Tally, is_first: bool) -> [String; 8] {
    let name = if is_first {
        format!("{}/{}", part.suite, part.part)
    } else {
        String::new()
    };
    let ends = row.low.zip(row.high);
    let n = if is_first {
        format!("{} ({} {})", tally.cases, tally.units.len(), tally.unit_word)
    } else {
        String::new()
    };
    [
        name,
        row.metric.clone(),
        row.value.map_or("undefined".to_owned(), number),
        ends.map_or(String::new(), |(low, high)| {
            format!("{}–{}", number(low), number(high))
        }),
        n,
        row.floor.map_or(String::new(), number),
        before(row),
        if row.passed {
            String::new()
        } else {
            "BELOW ITS FLOOR".to_owned()
        },
    ]
}

/// `0.934, now +0.012 (clear)`: clear means that the interval of the difference leaves nought out.
fn before(row: &Row) -> String {
    let Some(baseline) = row.baseline else {
        return String::new();
    };
    match (&row.change, row.value) {
        (Some(change), _) if change.is_none() => format!("{}, the same", number(baseline)),
        (Some(change), _) => {
            let word = if change.is_clear() { " (clear)" } else { "" };
            format!("{}, now {}{word}", number(baseline), signed(change.by))
        }
        (None, Some(value)) => format!("{}, now {}", number(baseline), signed(value - baseline)),
        (None, None) => number(baseline),
    }
}

fn padded(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        line.push_str(cell);
        let width = widths.get(at).copied().unwrap_or(0);
        let gap = width.saturating_sub(cell.chars().count()) + 2;
        line.extend(std::iter::repeat_n(' ', gap));
    }
    format!("{}\n", line.trim_end())
}
