//! What a reserve must fit. Pure.

use copydesk_domain::MicroUsd;

use crate::error::StoreError;
use crate::money::{BudgetLimit, BudgetUse};

/// How far a limit is used up by `spent`. `extra` is what a person granted the run: it counts in every scope, since a
/// grant that a wider limit swallows would help nobody.
pub fn used(limit: &BudgetLimit, spent: MicroUsd, extra: MicroUsd) -> BudgetUse {
    BudgetUse {
        scope: limit.scope,
        since: limit.since,
        limit: limit.limit + extra,
        spent,
    }
}

/// That `needed` fits every limit. A call that costs nothing fits any.
///
/// # Errors
/// [`StoreError::BudgetSpent`] for the limit that is short of most, the first of several: what it is short of lets the
/// call fit all of them.
pub fn fit(uses: &[BudgetUse], needed: MicroUsd) -> Result<(), StoreError> {
    if needed <= MicroUsd::ZERO {
        return Ok(());
    }
    let mut worst: Option<(&BudgetUse, MicroUsd)> = None;
    for limit in uses {
        let short = limit.spent + needed - limit.limit;
        if short > worst.map_or(MicroUsd::ZERO, |(_, worst)| worst) {
            worst = Some((limit, short));
        }
    }
    match worst {
        None => Ok(()),
        Some((limit, short)) => Err(StoreError::BudgetSpent {
            scope: limit.scope,
            limit: limit.limit,
            left: limit.left(),
            needed,
            short,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::BudgetScope;

    #[test]
    fn sums_at_the_end_of_their_range_do_not_wrap() {
        let limit = BudgetLimit {
            scope: BudgetScope::Run,
            since: None,
            limit: MicroUsd(i64::MAX - 1),
        };
        let spent = used(&limit, MicroUsd(i64::MAX), MicroUsd::ZERO);
        assert!(fit(&[spent], MicroUsd(i64::MAX)).is_err());
        let granted = used(&limit, MicroUsd(1), MicroUsd(i64::MAX));
        assert!(fit(&[granted], MicroUsd(1)).is_ok());
    }
}
