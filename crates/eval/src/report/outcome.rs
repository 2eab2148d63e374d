//! The report as values.

use crate::tally::Tally;

/// A run of suites.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The parts, in the order of suites and files.
    pub parts: Vec<PartReport>,
}

/// One part.
#[derive(Debug, Clone, PartialEq)]
pub struct PartReport {
    /// Its suite.
    pub suite: String,
    /// What the suite measures.
    pub about: String,
    /// Its name.
    pub part: String,
    /// Its scorer.
    pub scorer: String,
    /// What other programs reach.
    pub compare: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It has numbers.
    Measured {
        /// The metrics, the main one first.
        rows: Vec<Row>,
        /// The main metric by group, where there are groups.
        groups: Vec<Group>,
        /// What they were made from.
        tally: Tally,
    },
    /// Its data is not there.
    Skipped(Skipped),
}

/// A metric of a part.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub metric: String,
    /// Its value; `None` where it is not defined (nothing was blocked).
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// The lowest value that passes.
    pub floor: Option<f64>,
    /// Its value in the last blessed run.
    pub baseline: Option<f64>,
    /// The difference from that run over the same units.
    pub change: Option<Change>,
    /// At its floor or above, or without a floor.
    pub passed: bool,
}

/// A difference with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// New minus old.
    pub by: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Change {
    /// Whether no unit that counts has changed.
    pub fn is_none(&self) -> bool {
        [self.by, self.low, self.high]
            .iter()
            .all(|value| value.abs() < 1e-4)
    }

    /// Whether chance alone rarely makes such a difference.
    pub fn is_clear(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// The main metric of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Units in it.
    pub n: usize,
}

/// Data that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The file.
    pub path: String,
    /// How to get it.
    pub get: String,
}

impl Report {
    /// The metrics below their floors: suite, part and row.
    pub fn failures(&self) -> Vec<(&PartReport, &Row)> {
        let rows = self.parts.iter().flat_map(|part| match &part.outcome {
            Outcome::Measured { rows, .. } => rows.iter().map(|row| (part, row)).collect(),
            Outcome::Skipped(_) => Vec::new(),
        });
        rows.filter(|(_, row)| !row.passed).collect()
    }

    /// The parts without data.
    pub fn skipped(&self) -> Vec<(&PartReport, &Skipped)> {
        let mut skipped = Vec::new();
        for part in &self.parts {
            if let Outcome::Skipped(why) = &part.outcome {
                skipped.push((part, why));
            }
        }
        skipped
    }

    /// Whether anything at all has numbers.
    pub fn is_measured(&self) -> bool {
        self.skipped().len() < self.parts.len()
    }
}
