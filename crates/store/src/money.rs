//! Budgets and bills as values.

use copydesk_domain::{Instant, MicroUsd};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// The run, and its pipeline, that stands for all probes of models, so that what they cost counts in the sums of day and
/// month. It is at its end from the first moment, and no list of runs holds it.
pub const PROBES: &str = "models probe";

/// Where a budget limit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetScope {
    /// One call.
    Call,
    /// One stage of one run, over its rounds.
    Stage,
    /// One run.
    Run,
    /// Everything since the day began.
    Day,
    /// Everything since the month began.
    Month,
}

impl std::fmt::Display for BudgetScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Call => "call",
            Self::Stage => "stage",
            Self::Run => "run",
            Self::Day => "day",
            Self::Month => "month",
        })
    }
}

/// A limit that a reserve must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetLimit {
    /// Where it holds.
    pub scope: BudgetScope,
    /// For `Day` and `Month`: spends from here on count.
    pub since: Option<Instant>,
    /// The limit.
    pub limit: MicroUsd,
}

/// How far a limit is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetUse {
    /// Where it holds.
    pub scope: BudgetScope,
    /// Since when spends count.
    pub since: Option<Instant>,
    /// The limit, with what a person granted on top.
    pub limit: MicroUsd,
    /// Bills and open reserves.
    pub spent: MicroUsd,
}

impl BudgetUse {
    /// What is left; nothing where more was spent than the limit allows.
    pub fn left(&self) -> MicroUsd {
        (self.limit - self.spent).max(MicroUsd::ZERO)
    }

    /// Whether at least four fifths are used up.
    pub fn is_near(&self) -> bool {
        // In whole numbers, so that the edge is exact: spent / limit >= 4 / 5.
        self.limit > MicroUsd::ZERO && 5 * i128::from(self.spent.0) >= 4 * i128::from(self.limit.0)
    }
}

/// A reserve that was booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// Its number.
    pub id: i64,
    /// Its limits, as they were used up before it.
    pub uses: Vec<BudgetUse>,
}

/// What an endpoint counted of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Tokens read, cached ones among them.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// Those of `tokens_in` that came from the provider's cache.
    pub tokens_cached: u64,
    /// What those cost, as a part of the bill.
    pub cached: MicroUsd,
}

/// A call that did not fit a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The scope that is short of most.
    pub scope: BudgetScope,
    /// Its limit, with what a person granted on top.
    pub limit: MicroUsd,
    /// What is left of it.
    pub left: MicroUsd,
    /// What the call would reserve.
    pub needed: MicroUsd,
    /// What has to be granted so that the call fits every limit.
    pub short: MicroUsd,
    /// The task.
    pub task: String,
    /// The model that would have been asked.
    pub model: String,
    /// Tokens that the call would read, at most.
    pub tokens_in: u64,
}

impl Breach {
    /// The breach that an error tells of; none where the error is another one.
    pub fn of(error: &StoreError, task: &str, model: &str, tokens_in: u64) -> Option<Self> {
        let StoreError::BudgetSpent {
            scope,
            limit,
            left,
            needed,
            short,
        } = *error
        else {
            return None;
        };
        Some(Self {
            scope,
            limit,
            left,
            needed,
            short,
            task: task.to_owned(),
            model: model.to_owned(),
            tokens_in,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_near_from_four_fifths_on() {
        let used = |spent, limit| BudgetUse {
            scope: BudgetScope::Day,
            since: None,
            limit: MicroUsd(limit),
            spent: MicroUsd(spent),
        };
        assert!(!used(79, 100).is_near());
        assert!(used(80, 100).is_near() && used(170, 100).is_near());
        assert!(!used(0, 0).is_near(), "a limit of nothing is never near");
        assert_eq!(used(170, 100).left(), MicroUsd::ZERO);
    }
}
