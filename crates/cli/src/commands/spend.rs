//! `spend`: money by day, pipeline, stage, task and model, with what is left of the budgets.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use copydesk_domain::{Instant, MicroUsd, PipelineName};
use copydesk_engine::spend::{SpendBy, SpendRow, add_up};
use copydesk_journal::{budget, calendar};
use copydesk_store::{BudgetUse, SpendRecord};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::app::Folder;
use crate::args;
use crate::exit::Failure;
use crate::outcome::Outcome;
use crate::words::cut;

/// Characters of the longest bar.
const BAR: usize = 20;
/// Characters of a name.
const NAME_WIDTH: usize = 16;
/// No zone is further from UTC.
const DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// More than the longest month.
const MONTH: jiff::SignedDuration = jiff::SignedDuration::from_hours(32 * 24);

/// What is asked for.
pub struct SpendArgs {
    /// So many days back, where no date is given.
    pub days: u32,
    /// From this day on.
    pub since: Option<String>,
    /// What is added up by; all of them where empty.
    pub by: Vec<args::SpendBy>,
}

/// Adds the spends up.
pub async fn execute(folder: &Folder, args: SpendArgs) -> Result<Outcome, Failure> {
    let now = folder.engine.clock().now();
    let zone_of = |pipeline: &PipelineName| zone(folder, pipeline);
    let (spends, span) = if let Some(text) = &args.since {
        let date = text
            .parse::<Date>()
            .map_err(|_| Failure::usage(format!("`{text}` is no date"), "write --since 2026-11-01"))?;
        (since(folder, date).await?, format!("since {date}"))
    } else {
        let from = now.minus(jiff::SignedDuration::from_hours(24 * i64::from(args.days)));
        (
            folder.engine.store().spends(from).await?,
            format!("in {} days", args.days),
        )
    };
    let by: BTreeSet<SpendBy> = args.by.iter().map(SpendBy::from).collect();
    let by: Vec<SpendBy> = if by.is_empty() {
        SpendBy::ALL.to_vec()
    } else {
        by.into_iter().collect()
    };
    let rows = add_up(&spends, &by, &zone_of);
    let mut text = table(&rows);
    text.push_str(&total(&spends, &span));
    for (zone, uses) in budgets(folder, now).await? {
        text.push_str(&left(&zone, &uses));
    }
    Ok(Outcome::new(
        serde_json::to_value(&rows).unwrap_or_default(),
        text,
    ))
}

/// Spends from a local day on, each in the zone of its pipeline.
async fn since(folder: &Folder, date: Date) -> Result<Vec<SpendRecord>, Failure> {
    let from =
        calendar::start(date, &TimeZone::UTC).map_or(Instant::from_micros(i64::MIN), |at| at.minus(DAY));
    let mut spends = folder.engine.store().spends(from).await?;
    spends.retain(|spend| calendar::date(spend.at, &zone(folder, &spend.pipeline)) >= date);
    Ok(spends)
}

/// The zone of a pipeline as its file says now. For one that is gone, and for probes, that of all others, or UTC where
/// they have several.
fn zone(folder: &Folder, pipeline: &PipelineName) -> TimeZone {
    let pipelines = &folder.workspace.pipelines;
    if let Some(known) = pipelines.get(pipeline) {
        return calendar::zone(&known.pipeline.time_zone);
    }
    let mut names = pipelines
        .values()
        .map(|pipeline| pipeline.pipeline.time_zone.as_str());
    match names.next() {
        Some(first) if names.all(|name| name == first) => calendar::zone(first),
        _ => TimeZone::UTC,
    }
}

/// How far day and month are used up, once for each zone that a pipeline has.
async fn budgets(folder: &Folder, now: Instant) -> Result<Vec<(String, [BudgetUse; 2])>, Failure> {
    let spends = folder.engine.store().spends(now.minus(MONTH)).await?;
    let amounts: Vec<(Instant, MicroUsd)> = spends.iter().map(|spend| (spend.at, spend.amount)).collect();
    let pipelines = folder.workspace.pipelines.values();
    let zones: BTreeSet<&str> = pipelines
        .map(|pipeline| pipeline.pipeline.time_zone.as_str())
        .collect();
    let used = |name: &str| {
        budget::uses(
            &folder.workspace.config.budget,
            &amounts,
            now,
            &calendar::zone(name),
        )
    };
    Ok(zones
        .into_iter()
        .map(|name| (name.to_owned(), used(name)))
        .collect())
}

/// A line for each sum, with a bar.
fn table(rows: &[SpendRow]) -> String {
    let most = rows
        .iter()
        .map(|row| row.spend_microusd)
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for name in row.names() {
            let width = if name.len() == 10 && row.day.is_some_and(|day| day.to_string() == name) {
                10
            } else {
                NAME_WIDTH
            };
            let _ = write!(line, "{:<width$}  ", cut(&name, width));
        }
        let calls = if row.calls == 1 { "call " } else { "calls" };
        let bar = bar(row.spend_microusd, row.assumed_microusd, most);
        let amount = row.spend_microusd.to_string();
        let _ = writeln!(
            text,
            "{line}{:>5} {calls} {amount:>11}  {bar}{}",
            row.calls,
            parts(row)
        );
    }
    text
}

/// What of a sum was assumed, cached, or more than was reserved.
fn parts(row: &SpendRow) -> String {
    let mut parts = Vec::new();
    if row.assumed_microusd > MicroUsd::ZERO {
        parts.push(format!("{} assumed", row.assumed_microusd));
    }
    if row.tokens_cached > 0 {
        parts.push(format!(
            "{} of {} tokens cached",
            row.tokens_cached, row.tokens_in
        ));
    }
    if row.over_reserve > 0 {
        parts.push(format!("{} over their reserve", row.over_reserve));
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!("  {}", parts.join(", "))
    }
}

/// A bar as long as its share of the largest sum; what was assumed is drawn lighter, at its end.
fn bar(amount: MicroUsd, assumed: MicroUsd, most: MicroUsd) -> String {
    if most <= MicroUsd::ZERO || amount <= MicroUsd::ZERO {
        return String::new();
    }
    let cells = |part: MicroUsd| {
        let share = i128::from(part.0) * BAR as i128 * 2 / i128::from(most.0);
        // Rounded to the nearest cell.
        usize::try_from((share + 1) / 2).unwrap_or(BAR)
    };
    let whole = cells(amount).max(1);
    let light = cells(assumed).min(whole);
    format!("{}{}", "█".repeat(whole - light), "░".repeat(light))
}

fn total(spends: &[SpendRecord], span: &str) -> String {
    let total: MicroUsd = spends.iter().map(|spend| spend.amount).sum();
    format!("{total} {span}\n")
}

/// What is left of day and month.
fn left(zone: &str, uses: &[BudgetUse; 2]) -> String {
    let mut text = String::new();
    for (name, used) in ["today", "this month"].into_iter().zip(uses) {
        let note = if used.is_near() { ", nearly used up" } else { "" };
        let bar = bar(used.spent.min(used.limit), MicroUsd::ZERO, used.limit);
        let _ = writeln!(
            text,
            "{name:<11} {} of {}, {} left ({zone}){note}  {bar}",
            used.spent,
            used.limit,
            used.left()
        );
    }
    text
}

impl From<&args::SpendBy> for SpendBy {
    fn from(by: &args::SpendBy) -> Self {
        match by {
            args::SpendBy::Day => Self::Day,
            args::SpendBy::Pipeline => Self::Pipeline,
            args::SpendBy::Stage => Self::Stage,
            args::SpendBy::Task => Self::Task,
            args::SpendBy::Model => Self::Model,
        }
    }
}

#[cfg(test)]
mod tests {
    use copydesk_store::BudgetScope;

    use super::*;

    fn row(day: &str, amount: i64, assumed: i64) -> SpendRow {
        SpendRow {
            day: Some(day.parse().unwrap()),
            calls: 3,
            spend_microusd: MicroUsd(amount),
            assumed_microusd: MicroUsd(assumed),
            ..SpendRow::default()
        }
    }

    #[test]
    fn bars_are_as_long_as_their_share_and_what_was_assumed_is_lighter() {
        let text = table(&[
            row("2026-11-26", 1_000_000, 250_000),
            row("2026-11-27", 10_000, 0),
            row("2026-11-28", 0, 0),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("███████████████░░░░░  $0.25 assumed"), "{text}");
        assert_eq!(lines[0].matches('█').count() + lines[0].matches('░').count(), BAR);
        assert_eq!(lines[1].matches('█').count(), 1, "what is not nothing is seen");
        assert!(lines[2].ends_with("$0.00  "), "{text}");
    }

    #[test]
    fn what_is_left_is_told_with_its_zone() {
        let used = |limit, spent| BudgetUse {
            scope: BudgetScope::Day,
            since: None,
            limit: MicroUsd(limit),
            spent: MicroUsd(spent),
        };
        let text = left(
            "Europe/Berlin",
            &[used(5_000_000, 4_200_000), used(50_000_000, 4_200_000)],
        );
        assert!(
            text.starts_with("today       $4.20 of $5.00, $0.80 left (Europe/Berlin), nearly used up  ██"),
            "{text}"
        );
        assert!(
            text.contains("this month  $4.20 of $50.00, $45.80 left (Europe/Berlin)  ██\n"),
            "{text}"
        );
    }

    #[test]
    fn a_line_of_everything_fits_a_terminal() {
        let full = SpendRow {
            pipeline: Some("daily".to_owned()),
            stage: Some("research".to_owned()),
            task: Some("take_notes".to_owned()),
            model: Some("gpt".to_owned()),
            ..row("2026-11-26", 12_345_678, 0)
        };
        let text = table(&[full]);
        assert!(text.trim_end().chars().count() <= 140, "{text}");
    }
}
