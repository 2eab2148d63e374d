//! Main text, date and title of pages.

use copydesk_text::page;

use super::{Scorer, counts, one};
use crate::cases::{PageCase, Source, pages};
use crate::error::EvalError;
use crate::measure::{harmonic, overlap, share};
use crate::product::Product;
use crate::tally::{Counts, Tally, whole};

/// Counts: sum of precisions, their number, sum of recalls, their number, dates right, asked, titles right, asked.
pub(super) const SCORER: Scorer = Scorer {
    name: "extraction",
    metrics: &[
        ("f1", |groups| f1(&whole(groups))),
        ("precision", |groups| precision(&whole(groups))),
        ("recall", |groups| recall(&whole(groups))),
        ("f1_lowest_group", |groups| {
            groups.iter().filter_map(f1).reduce(f64::min)
        }),
        ("date", |groups| {
            let sum = whole(groups);
            share(sum[4], sum[5])
        }),
        ("title", |groups| {
            let sum = whole(groups);
            share(sum[6], sum[7])
        }),
    ],
    score,
};

fn precision(sum: &Counts) -> Option<f64> {
    share(sum[0], sum[1])
}

fn recall(sum: &Counts) -> Option<f64> {
    share(sum[2], sum[3])
}

fn f1(sum: &Counts) -> Option<f64> {
    Some(harmonic(precision(sum)?, recall(sum)?))
}

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let mut tally = Tally::new("pages");
    for case in pages(source)? {
        let page = page::extract(&case.html, None, &case.url);
        let text = without(&page.text, source.part.ignore_lines.as_deref());
        let found = overlap(&case.text, &text);
        let known = |value: Option<f64>| (value.unwrap_or(0.0), one(value.is_some()));
        let (precision, has_precision) = known(found.precision());
        let (recall, has_recall) = known(found.recall());
        let (date, asks_date) = date(&case, &page);
        let (title, asks_title) = title(&case, &page);
        let all = [
            precision,
            has_precision,
            recall,
            has_recall,
            date,
            asks_date,
            title,
            asks_title,
        ];
        tally.cases += 1;
        tally.add(&case.id, &case.group, counts(all));
        if found.right < 0.8 {
            let what = format!(
                "{:.0} % extra, {:.0} % missed",
                100.0 * found.extra,
                100.0 * found.missed
            );
            tally.miss(&case.id, what);
        }
        if asks_date > date {
            tally.miss(
                &case.id,
                format!("the date is not {}", case.date.unwrap_or_default()),
            );
        }
    }
    Ok(tally)
}

/// The text without lines that begin with some words.
fn without(text: &str, ignored: Option<&str>) -> String {
    let is_kept = |line: &&str| ignored.is_none_or(|start| !line.trim_start().starts_with(start));
    text.lines().filter(is_kept).collect::<Vec<_>>().join("\n")
}

/// Whether the day is right, and whether it is asked.
fn date(case: &PageCase, page: &page::Page) -> (f64, f64) {
    let Some(wanted) = &case.date else {
        return (0.0, 0.0);
    };
    let found = page.published_at.map(|at| at.date().to_string());
    (one(found.as_ref() == Some(wanted)), 1.0)
}

fn title(case: &PageCase, page: &page::Page) -> (f64, f64) {
    let Some(wanted) = &case.title else {
        return (0.0, 0.0);
    };
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let found = page.title.as_deref().unwrap_or_default();
    (one(words(found) == words(wanted)), 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_is_that_of_the_mean_precision_and_recall() {
        // Two pages: precisions 1 and 0.5, recalls 0.8 and 0.4: means 0.75 and 0.6, F1 2/3.
        let groups = [counts([1.5, 2.0, 1.2, 2.0])];
        assert!((f1(&whole(&groups)).unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(f1(&Counts::default()), None);
    }

    #[test]
    fn ignored_lines_are_left_out() {
        assert_eq!(without("a\nMade from b\nc", Some("Made from")), "a\nc");
        assert_eq!(without("a", None), "a");
    }
}
