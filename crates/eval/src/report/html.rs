//! The report as one page that needs nothing else: no script, no font, no picture from elsewhere.

use std::fmt::Write as _;

use super::outcome::{Outcome, PartReport, Report, Row};
use super::{chart, number, signed};
use crate::tally::Tally;

const STYLE: &str = include_str!("page.css");

/// The page. Whatever comes from cases is escaped.
pub fn html(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>Evals</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>Evals</h1>\n{}",
        summary(report)
    );
    let mut suite = "";
    for part in &report.parts {
        if part.suite != suite {
            suite = &part.suite;
            let _ = write!(
                page,
                "<h2>{}</h2>\n<p>{}</p>\n",
                escaped(suite),
                escaped(&part.about)
            );
        }
        page.push_str(&section(part));
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn summary(report: &Report) -> String {
    let failures = report.failures();
    let mut text = if failures.is_empty() {
        "<p class=\"good\">Nothing is below its floor.</p>\n".to_owned()
    } else {
        let names: Vec<String> = failures
            .iter()
            .map(|(part, row)| escaped(&format!("{}/{} {}", part.suite, part.part, row.metric)))
            .collect();
        format!("<p class=\"bad\">Below their floors: {}.</p>\n", names.join(", "))
    };
    let skipped = report.skipped().len();
    if skipped > 0 {
        let _ = writeln!(
            text,
            "<p>{skipped} of {} parts have no data here and were skipped.</p>",
            report.parts.len()
        );
    }
    text.push_str("<p class=\"dim\">A dot is a value, the band its 95 % interval, the upright bar its floor, the ring the last blessed run.</p>\n");
    text
}

fn section(part: &PartReport) -> String {
    let mut text = format!("<h3>{}</h3>\n", escaped(&part.part));
    match &part.outcome {
        Outcome::Skipped(skipped) => {
            let _ = writeln!(
                text,
                "<p><span class=\"bad\">Skipped:</span> {} is not there; {}</p>",
                escaped(&skipped.path),
                escaped(&skipped.get)
            );
        }
        Outcome::Measured { rows, groups, tally } => {
            let _ = writeln!(
                text,
                "<p class=\"dim\">{} cases, drawn by {} {}; scorer {}</p>",
                tally.cases,
                tally.units.len(),
                tally.unit_word,
                escaped(&part.scorer)
            );
            text.push_str(&rows_table(rows));
            if let Some(main) = rows.first().filter(|_| !groups.is_empty()) {
                let _ = writeln!(text, "<p class=\"dim\">{} by group:</p>", escaped(&main.metric));
                text.push_str(&chart::groups(groups));
            }
            let shares = chart::shares(&tally.details);
            if !shares.is_empty() {
                text.push_str("<p class=\"dim\">Share that the guard calls supported, by what was done to the sentence:</p>\n");
                text.push_str(&shares);
            }
            text.push_str(&lists(tally));
        }
    }
    if let Some(compare) = &part.compare {
        let _ = writeln!(text, "<p class=\"dim\">For comparison: {}</p>", escaped(compare));
    }
    text
}

fn rows_table(rows: &[Row]) -> String {
    let mut text = "<div class=\"wide\"><table>\n<tr><th>metric</th><th>value</th><th>95 %</th><th>floor</th><th>last blessed</th><th></th></tr>\n".to_owned();
    for row in rows {
        let class = if row.passed { "good" } else { "bad" };
        let ends = row.low.zip(row.high);
        let cells = [
            row.value.map_or("undefined".to_owned(), number),
            ends.map_or(String::new(), |(low, high)| {
                format!("{}–{}", number(low), number(high))
            }),
            row.floor.map_or(String::new(), number),
            before(row),
        ];
        let _ = write!(text, "<tr><td>{}</td>", escaped(&row.metric));
        for (at, cell) in cells.iter().enumerate() {
            let class = if at == 0 { class } else { "" };
            let _ = write!(text, "<td class=\"number {class}\">{cell}</td>");
        }
        let _ = writeln!(text, "<td>{}</td></tr>", chart::interval(row));
    }
    text.push_str("</table></div>\n");
    text
}

fn before(row: &Row) -> String {
    let Some(baseline) = row.baseline else {
        return String::new();
    };
    let change = match row.change {
        None => String::new(),
        Some(change) if change.is_none() => ", the same".to_owned(),
        Some(change) => {
            let ends = format!("{} to {}", signed(change.low), signed(change.high));
            format!(", now {} ({ends})", signed(change.by))
        }
    };
    format!("{}{change}", number(baseline))
}

/// Counts beside the metrics, and the worst cases.
fn lists(tally: &Tally) -> String {
    let mut text = String::new();
    let counted = tally.details.iter().filter(|detail| !detail.label.contains(':'));
    let counted: Vec<String> = counted
        .map(|detail| format!("{} {:.0} of {}", escaped(&detail.label), detail.value, detail.n))
        .collect();
    if !counted.is_empty() {
        let _ = writeln!(text, "<p class=\"dim\">{}</p>", counted.join("; "));
    }
    if !tally.misses.is_empty() {
        text.push_str("<details><summary>Cases that went wrong</summary>\n<ul>\n");
        for miss in &tally.misses {
            let _ = writeln!(
                text,
                "<li><strong>{}</strong>: {}</li>",
                escaped(&miss.id),
                escaped(&miss.what)
            );
        }
        text.push_str("</ul></details>\n");
    }
    text
}

/// Text that is nothing but text in HTML, between tags and in quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && !c.is_whitespace() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Skipped;
    use super::*;

    fn hostile() -> Report {
        const X: &str = "\"><script>alert(1)</script>";
        let mut tally = Tally::new("cases");
        tally.add("a", X, crate::tally::Counts::default());
        tally.miss(X, X);
        tally.detail(X, 1.0, 1);
        let part = |outcome| PartReport {
            suite: X.to_owned(),
            about: X.to_owned(),
            part: X.to_owned(),
            scorer: X.to_owned(),
            compare: Some(X.to_owned()),
            outcome,
        };
        let skipped = Skipped {
            path: X.to_owned(),
            get: X.to_owned(),
        };
        Report {
            parts: vec![
                part(Outcome::Measured {
                    rows: Vec::new(),
                    groups: Vec::new(),
                    tally,
                }),
                part(Outcome::Skipped(skipped)),
            ],
        }
    }

    #[test]
    fn nothing_of_the_data_becomes_markup() {
        let page = html(&hostile());
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
        assert!(page.contains("1 of 2 parts have no data here"));
    }

    #[test]
    fn the_page_asks_for_nothing_from_elsewhere() {
        let page = html(&hostile());
        for word in ["http://", "https://", "url(", "@import", "src="] {
            assert!(!page.contains(word), "{word}");
        }
    }
}
