//! A sentence as it is compared with others: what it speaks of, and what it says of it.

use std::collections::BTreeSet;
use std::ops::Range;

use copydesk_text::numbers::{self, Kind, Number};
use copydesk_text::{names, quotes, words};

use super::Statement;
use crate::check::without_quotations;
use crate::days::{self, DayRange, Tense, When};
use crate::evidence::Evidence;

/// A sentence taken apart.
#[derive(Debug)]
pub(super) struct Frame {
    /// What it says: the words in its quotation marks where nothing but attribution stands around them.
    pub(super) text: String,
    /// Stems of its words that say something, without figures and days.
    pub(super) stems: BTreeSet<String>,
    /// The same without the parts of names, of those who speak too.
    pub(super) plain: BTreeSet<String>,
    /// Its names in small letters, in order, without those of its publishers.
    pub(super) names: Vec<String>,
    /// Its figures that count or measure.
    pub(super) figures: Vec<Figure>,
    /// Versions and identifiers: what is said of one is not said of another.
    pub(super) versions: BTreeSet<String>,
    /// The days that it names.
    pub(super) days: Vec<DayRange>,
    /// Small letters of all of its words.
    pub(super) lowers: BTreeSet<String>,
    /// How many quotations it holds.
    pub(super) quotations: usize,
    /// Publishers of its sources, in small letters.
    pub(super) publishers: Vec<String>,
    /// Itself as evidence for others.
    pub(super) evidence: Evidence,
}

/// A figure with the words around it.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) number: Number,
    /// As it is written, with the word behind it.
    pub(super) shown: String,
    /// Stem of the next word that says something.
    pub(super) next: String,
}

impl Frame {
    pub(super) fn of(statement: &Statement<'_>) -> Self {
        let quoted = quotes::find(statement.text);
        let outer: Vec<&quotes::Quote> = quoted
            .iter()
            .filter(|quote| !quoted.iter().any(|other| encloses(&other.range, &quote.range)))
            .collect();
        let publishers: Vec<String> = statement
            .publishers
            .iter()
            .map(|name| name.to_lowercase())
            .collect();
        let outside = without_quotations(statement.text);
        let text = if !outer.is_empty() && words::count(&outside) <= ATTRIBUTION_MAX {
            let parts: Vec<&str> = outer.iter().map(|quote| quote.text.as_str()).collect();
            parts.join(" ")
        } else {
            statement.text.to_owned()
        };
        let mentions = days::find(&text);
        let tense = days::tense(&text);
        let ranges: Vec<Range<usize>> = mentions.iter().map(|mention| mention.range.clone()).collect();
        let days = mentions
            .iter()
            .filter_map(|mention| one_day(&mention.when, statement, tense))
            .collect();
        let (figures, versions) = figures(&text, &ranges);
        let evidence = Evidence::of(&text);
        Self {
            plain: stems(&text, &with_names(&text, &ranges)),
            stems: stems(&text, &ranges),
            names: names_of(&text, &publishers),
            lowers: words::words(statement.text)
                .map(|(_, word)| word.to_lowercase())
                .collect(),
            quotations: outer.len(),
            figures,
            versions,
            days,
            publishers,
            evidence,
            text,
        }
    }
}

/// Words around a quotation that may be all attribution.
const ATTRIBUTION_MAX: usize = 9;

fn encloses(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer != inner && outer.start <= inner.start && inner.end <= outer.end
}

fn one_day(when: &When, statement: &Statement<'_>, tense: Tense) -> Option<DayRange> {
    when.days(statement.date, tense).first().copied()
}

fn stems(text: &str, without: &[Range<usize>]) -> BTreeSet<String> {
    words::words(text)
        .filter(|(range, _)| {
            !without
                .iter()
                .any(|other| other.start <= range.start && range.end <= other.end)
        })
        .map(|(_, word)| word.to_lowercase())
        .filter(|word| {
            word.len() > 1 && !words::is_stop(word) && !word.starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|word| words::stem(&word))
        .collect()
}

fn with_names(text: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let names = names::find(text).into_iter().map(|name| name.range);
    ranges.iter().cloned().chain(names).collect()
}

fn names_of(text: &str, publishers: &[String]) -> Vec<String> {
    names::find(text)
        .into_iter()
        .filter(|name| !speaks(text, &name.range))
        .map(|name| name.text.to_lowercase())
        .filter(|name| !publishers.iter().any(|publisher| publisher == name))
        .collect()
}

/// Whether a name is that of who says the rest: `Norn says`, `according to Norn`.
fn speaks(text: &str, name: &Range<usize>) -> bool {
    let head = text.get(..name.start).unwrap_or_default().trim_end();
    let tail = text.get(name.end..).unwrap_or_default();
    let says = words::words(tail).take(2).any(|(_, word)| {
        matches!(
            word.to_lowercase().as_str(),
            "says"
                | "said"
                | "reports"
                | "reported"
                | "writes"
                | "wrote"
                | "puts"
                | "estimates"
                | "claims"
                | "counts"
        )
    });
    says || head.ends_with("ccording to") || head.ends_with("From")
}

fn figures(text: &str, without: &[Range<usize>]) -> (Vec<Figure>, BTreeSet<String>) {
    let mut figures = Vec::new();
    let mut versions = BTreeSet::new();
    for number in numbers::find(text) {
        let is_day = without
            .iter()
            .any(|other| number.range.start < other.end && other.start < number.range.end);
        // `24.x` is a version, and `4:1` how things were set up.
        let head = text.get(..number.range.start).unwrap_or_default();
        let tail = text.get(number.range.end..).unwrap_or_default();
        let is_set_up = head.ends_with(':') || tail.starts_with([':', '/']) || tail.starts_with(".x");
        match number.kind {
            _ if is_day => {}
            _ if is_set_up => {
                versions.insert(number.digits.clone());
            }
            Kind::Version | Kind::Ordinal | Kind::Year | Kind::Date | Kind::Time => {
                versions.insert(number.digits.clone());
            }
            _ => {
                let rest = text.get(number.range.end..).unwrap_or_default();
                let next = words::words(rest)
                    .map(|(_, word)| word.to_lowercase())
                    .find(|word| !words::is_stop(word))
                    .map(|word| words::stem(&word))
                    .unwrap_or_default();
                let end = words::words(rest).next().map_or(0, |(range, _)| range.end);
                let shown = text
                    .get(number.range.start..number.range.end + end)
                    .unwrap_or_default();
                figures.push(Figure {
                    shown: shown.trim().to_owned(),
                    number,
                    next,
                });
            }
        }
    }
    (figures, versions)
}
