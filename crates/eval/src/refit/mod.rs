//! The learned parts of the text side, learned anew: with parts of the data held out, to say what they are worth on data
//! that they have not seen, and on all of it, which is what the product ships.

mod ridge;
mod stories;
mod summaries;

use std::fmt;

pub(crate) use stories::Stories;
pub(crate) use summaries::Summaries;

use copydesk_config::evals::{EvalData, EvalPart};
use copydesk_text::cluster::Settings;
use copydesk_text::summarise::SIGNS;

use crate::cases::Source;
use crate::error::EvalError;
use crate::score::{HELD_OUT_STORIES, HELD_OUT_SUMMARIES, Scorer};
use crate::statistics::interval;
use crate::tally::Tally;

/// A value with its 95 % interval, where there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// From the bootstrap over units.
    pub interval: Option<(f64, f64)>,
}

impl Measured {
    fn of(tally: &Tally, metric: usize, scorer: &Scorer) -> Option<Self> {
        let (_, formula) = scorer.metrics.get(metric)?;
        Some(Self {
            value: formula(&tally.all())?,
            interval: interval(tally, *formula),
        })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4}", self.value)?;
        match self.interval {
            Some((low, high)) => write!(f, " ({low:.4} to {high:.4})"),
            None => Ok(()),
        }
    }
}

/// A learned part learned anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Refit<T> {
    /// What the measure says of cases that were held out of the fit that judged them.
    pub held_out: Option<Measured>,
    /// What it says of the cases of the fit on all.
    pub in_sample: Option<Measured>,
    /// What a fit on all cases gives.
    pub fitted: T,
}

/// Fits the settings of the clustering to the cases of a part, as the scorer `bcubed_held_out` does.
///
/// # Errors
/// A file of cases that is missing or broken, or that has fewer than two topics.
pub fn refit_stories(part: &EvalPart, data: &EvalData) -> Result<Refit<Settings>, EvalError> {
    let source = Source { part, data };
    let stories = Stories::read(&source)?;
    let tally = stories.tally();
    Ok(Refit {
        held_out: Measured::of(&tally, 0, &HELD_OUT_STORIES),
        in_sample: Measured::of(&tally, 3, &HELD_OUT_STORIES),
        fitted: stories.fitted(),
    })
}

/// Fits the weights of the summaries to the cases of a part, as the scorer `rouge1_held_out` does.
///
/// # Errors
/// A file of cases that is missing or broken, or that has fewer than two texts.
pub fn refit_summaries(part: &EvalPart, data: &EvalData) -> Result<Refit<[f64; SIGNS]>, EvalError> {
    let source = Source { part, data };
    let summaries = Summaries::read(&source)?;
    let tally = summaries.tally();
    Ok(Refit {
        held_out: Measured::of(&tally, 0, &HELD_OUT_SUMMARIES),
        in_sample: Measured::of(&tally, 1, &HELD_OUT_SUMMARIES),
        fitted: summaries.fitted(),
    })
}
