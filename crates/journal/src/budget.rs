//! Which limits a reserve must fit, and when a person is warned. Pure.

use copydesk_config::{BudgetConfig, Release, StageConfig};
use copydesk_domain::{Instant, MicroUsd, RunId};
use copydesk_store::{BudgetLimit, BudgetScope, BudgetUse};
use jiff::tz::TimeZone;

use crate::calendar;

/// The limits that a reserve of a stage must fit at `now`. Days and months begin in the pipeline's time zone, so a
/// stage that works past midnight counts from there on against the new day.
pub fn limits(release: &Release, stage: &StageConfig, now: Instant) -> Vec<BudgetLimit> {
    let budget = &release.config.budget;
    let zone = calendar::zone(&release.pipeline.pipeline.time_zone);
    let limit = |scope, since, limit| BudgetLimit { scope, since, limit };
    let mut limits = vec![
        limit(BudgetScope::Run, None, budget.run),
        limit(BudgetScope::Day, period(BudgetScope::Day, now, &zone), budget.day),
        limit(
            BudgetScope::Month,
            period(BudgetScope::Month, now, &zone),
            budget.month,
        ),
    ];
    limits.extend(budget.call.map(|call| limit(BudgetScope::Call, None, call)));
    limits.extend(stage.budget.map(|stage| limit(BudgetScope::Stage, None, stage)));
    limits
}

/// When the day or month of `now` began; none for the scopes that have no beginning.
pub fn period(scope: BudgetScope, now: Instant, zone: &TimeZone) -> Option<Instant> {
    let today = calendar::date(now, zone);
    match scope {
        BudgetScope::Day => calendar::start(today, zone),
        BudgetScope::Month => calendar::start(today.first_of_month(), zone),
        BudgetScope::Call | BudgetScope::Stage | BudgetScope::Run => None,
    }
}

/// How far day and month are used up at `now` by spends, each an instant and an amount.
pub fn uses(
    budget: &BudgetConfig,
    spends: &[(Instant, MicroUsd)],
    now: Instant,
    zone: &TimeZone,
) -> [BudgetUse; 2] {
    [(BudgetScope::Day, budget.day), (BudgetScope::Month, budget.month)].map(|(scope, limit)| {
        let since = period(scope, now, zone);
        let counts = spends
            .iter()
            .filter(|(at, _)| since.is_none_or(|since| *at >= since));
        BudgetUse {
            scope,
            since,
            limit,
            spent: counts.map(|(_, amount)| *amount).sum(),
        }
    })
}

/// What a warning of a limit that is nearly used up is known by: one for each scope and period.
pub fn warning_key(used: &BudgetUse, run: &RunId, stage: &str, zone: &TimeZone) -> Option<String> {
    let began = || used.since.map(|since| calendar::date(since, zone));
    let period = match used.scope {
        // A call that nearly fills its own limit is no news.
        BudgetScope::Call => return None,
        BudgetScope::Stage => format!("{run}/{stage}"),
        BudgetScope::Run => run.to_string(),
        BudgetScope::Day => began()?.to_string(),
        BudgetScope::Month => began()?.strftime("%Y-%m").to_string(),
    };
    Some(format!("budget_near/{}/{period}", used.scope))
}

/// The warning in one line.
pub fn warning(used: &BudgetUse) -> String {
    format!(
        "{} of the {} budget of {} are used up, {} left: the next call that does not fit makes the run wait",
        used.spent,
        used.scope,
        used.limit,
        used.left()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> BudgetConfig {
        BudgetConfig {
            call: None,
            run: MicroUsd(1_000),
            day: MicroUsd(5_000),
            month: MicroUsd(50_000),
        }
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn days_and_months_begin_in_the_authors_time_zone() {
        let berlin = calendar::zone("Europe/Berlin");
        // 00:30 on the first of December in Berlin; still November in UTC.
        let now = at("2026-11-30T23:30:00Z");
        let midnight = at("2026-11-30T23:00:00Z");
        let before = (at("2026-11-30T22:59:59Z"), MicroUsd(100));
        let after = (midnight, MicroUsd(7));
        let [day, month] = uses(&budget(), &[before, after], now, &berlin);
        assert_eq!((day.since, day.spent), (Some(midnight), MicroUsd(7)));
        assert_eq!((month.since, month.spent), (Some(midnight), MicroUsd(7)));
        let [day, month] = uses(&budget(), &[before, after], now, &TimeZone::UTC);
        assert_eq!((day.spent, month.spent), (MicroUsd(107), MicroUsd(107)));
    }

    #[test]
    fn a_day_of_twenty_five_hours_is_one_day() {
        let berlin = calendar::zone("Europe/Berlin");
        let spends = [
            (at("2026-10-24T22:00:00Z"), MicroUsd(1)),
            (at("2026-10-25T22:59:59Z"), MicroUsd(2)),
        ];
        let [day, _] = uses(&budget(), &spends, at("2026-10-25T22:59:59Z"), &berlin);
        assert_eq!(day.spent, MicroUsd(3));
    }

    #[test]
    fn a_scope_and_period_are_warned_of_once() {
        let berlin = calendar::zone("Europe/Berlin");
        let key = |scope, now| {
            let used = BudgetUse {
                scope,
                since: period(scope, at(now), &berlin),
                limit: MicroUsd(10),
                spent: MicroUsd(9),
            };
            warning_key(&used, &"r1".into(), "draft", &berlin)
        };
        let (evening, night) = ("2026-11-30T22:30:00Z", "2026-11-30T23:30:00Z");
        assert_eq!(
            key(BudgetScope::Day, evening).unwrap(),
            "budget_near/day/2026-11-30"
        );
        assert_eq!(
            key(BudgetScope::Day, night).unwrap(),
            "budget_near/day/2026-12-01"
        );
        assert_eq!(
            key(BudgetScope::Month, night).unwrap(),
            "budget_near/month/2026-12"
        );
        assert_eq!(key(BudgetScope::Run, night).unwrap(), "budget_near/run/r1");
        assert_eq!(
            key(BudgetScope::Stage, night).unwrap(),
            "budget_near/stage/r1/draft"
        );
        assert_eq!(key(BudgetScope::Call, night), None);
    }
}
