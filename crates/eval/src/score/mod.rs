//! The scorers: the product's own code on a part's cases, and what came out as counts.

mod accuracy;
mod bcubed;
mod blocking;
mod corruptions;
mod extraction;
mod feeds;
mod injection;
mod pairwise;
mod ranking;
pub(crate) mod rouge;
pub(crate) mod stories;
mod verbatim;

use crate::cases::Source;
use crate::error::EvalError;
use crate::product::Product;
use crate::statistics::Formula;
use crate::tally::Tally;

/// A scorer: its metrics as formulas over a tally's sums, and the work that makes the tally.
#[derive(Debug, Clone, Copy)]
pub struct Scorer {
    /// As suite files name it.
    pub name: &'static str,
    /// The metrics in the order of `copydesk_config::evals::SCORERS`.
    pub metrics: &'static [(&'static str, Formula)],
    /// Judges the cases of a part.
    pub score: fn(&Source<'_>, &dyn Product) -> Result<Tally, EvalError>,
}

pub(crate) use bcubed::HELD_OUT as HELD_OUT_STORIES;
pub(crate) use rouge::HELD_OUT as HELD_OUT_SUMMARIES;

/// Every scorer.
const ALL: &[Scorer] = &[
    extraction::SCORER,
    feeds::SCORER,
    pairwise::SCORER,
    bcubed::SCORER,
    bcubed::HELD_OUT,
    rouge::SCORER,
    rouge::HELD_OUT,
    blocking::SCORER,
    accuracy::SCORER,
    verbatim::SCORER,
    ranking::SCORER,
    injection::SCORER,
    corruptions::SCORER,
];

/// The scorer of that name.
pub fn find(name: &str) -> Option<&'static Scorer> {
    ALL.iter().find(|scorer| scorer.name == name)
}

/// Counts from their first places on.
fn counts<const N: usize>(first: [f64; N]) -> crate::tally::Counts {
    let mut counts = crate::tally::Counts::default();
    counts[..N].copy_from_slice(&first);
    counts
}

/// 1 for yes, 0 for no.
fn one(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// The beginning of a text, in one line, for a list of misses.
fn begin(text: &str) -> String {
    const CHARS_MAX: usize = 160;
    let line = text.split_whitespace().take(60).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= CHARS_MAX {
        return line;
    }
    line.chars().take(CHARS_MAX).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use copydesk_config::evals::SCORERS;

    use super::*;

    #[test]
    fn suite_files_may_name_exactly_these_scorers_and_metrics() {
        assert_eq!(SCORERS.len(), ALL.len());
        for kind in SCORERS {
            let scorer = find(kind.name).unwrap_or_else(|| panic!("{}", kind.name));
            let metrics: Vec<&str> = scorer.metrics.iter().map(|(name, _)| *name).collect();
            assert_eq!(metrics, kind.metrics, "{}", kind.name);
        }
    }

    #[test]
    fn long_texts_are_cut_for_a_list() {
        assert_eq!(begin("a\n b"), "a b");
        assert_eq!(begin(&"x".repeat(10_000)).chars().count(), 161);
    }
}
