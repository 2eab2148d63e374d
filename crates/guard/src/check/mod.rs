//! The checks, one a file. Each is pure and gives findings with reasons.

pub(crate) mod calc;
pub(crate) mod contrasts;
pub(crate) mod coverage;
pub(crate) mod days;
pub(crate) mod figures;
pub(crate) mod firmness;
pub(crate) mod limits;
pub(crate) mod names;
pub(crate) mod products;
pub(crate) mod quotations;
pub(crate) mod reading;
pub(crate) mod told;
pub(crate) mod wording;

use std::ops::Range;

use copydesk_domain::PublishedAt;
use copydesk_text::numbers::{Number, Unit};

use crate::days::IssueDay;
use crate::finding::Finding;

/// What a sentence stands on: the words of its spans, and the words that attribution may use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grounds {
    /// Words of each span.
    pub(crate) spans: Vec<String>,
    /// Who publishes and writes the source of each span, in the order of the spans; empty where nobody is known.
    pub(crate) witnesses: Vec<Vec<String>>,
    /// When the source of each span was published, in the order of the spans; empty where no days are known.
    pub(crate) published: Vec<Option<PublishedAt>>,
    /// The day that the sentence speaks from, where one is known.
    pub(crate) day: Option<IssueDay>,
    /// Publishers, authors, owners and titles of the spans' sources.
    pub(crate) attribution: Vec<String>,
    /// Dates of the spans' sources, as text.
    pub(crate) dates: Vec<String>,
    /// Figures that code recomputed.
    pub(crate) computed: Vec<Computed>,
    /// Figures in the names of feeds that were asked.
    pub(crate) named: Vec<Number>,
    /// Who was asked, for a sentence about absence.
    pub(crate) coverage_words: Vec<String>,
}

impl Grounds {
    /// Whether a word stands in the date of a source; whether it is the right date is looked at as a date.
    pub(crate) fn is_of_dates(&self, word: &str) -> bool {
        self.dates
            .iter()
            .any(|date| date.split(' ').any(|part| part == word))
    }

    /// Whether figures may come from elsewhere than the spans.
    pub(crate) fn has_more_figures(&self) -> bool {
        !(self.computed.is_empty() && self.dates.is_empty() && self.coverage_words.is_empty())
    }
}

/// A figure that code computed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Computed {
    pub(crate) value: f64,
    /// What it measures; none where it counts things or is a bare number.
    pub(crate) unit: Option<Unit>,
}

impl Computed {
    /// So many things.
    pub(crate) fn things(value: f64) -> Self {
        Self { value, unit: None }
    }
}

/// Figures, names and quotations of one sentence that are checked, of each so many.
pub(crate) const CHECKED_MAX: usize = 200;

/// A word on what was not checked, where a sentence has more of a kind than that.
pub(crate) fn unchecked(what: &str, count: usize, checked: usize) -> Option<Finding> {
    (count > checked)
        .then(|| Finding::unsettled(format!("it has {count} {what}, of which {checked} were checked")))
}

/// The text without its quotations, nested ones included.
pub(crate) fn without_quotations(text: &str) -> String {
    let mut outside = String::with_capacity(text.len());
    let mut from = 0;
    for quote in copydesk_text::quotes::find(text) {
        if quote.range.start >= from {
            outside.push_str(text.get(from..quote.range.start).unwrap_or_default());
            outside.push(' ');
        }
        from = from.max(quote.range.end);
    }
    outside.push_str(text.get(from..).unwrap_or_default());
    outside
}

/// Whether a range lies within one of some others.
pub(crate) fn is_within(range: &Range<usize>, others: &[Range<usize>]) -> bool {
    others
        .iter()
        .any(|other| other.start <= range.start && range.end <= other.end)
}
