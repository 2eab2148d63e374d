//! What was spent and what is left: for the operator.

use std::collections::HashMap;

use copydesk_config::BudgetConfig;
use copydesk_domain::{Instant, MicroUsd, PipelineName};
use copydesk_engine::Engine;
use copydesk_engine::spend::{SpendBy, SpendRow, add_up};
use copydesk_journal::{budget, calendar};
use copydesk_store::{BudgetUse, SpendRecord};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::layout::{Frame, frame};
use super::words;
use crate::fault::Fault;
use crate::login::Session;
use crate::options::Desk;

/// Days shown.
const DAYS: i64 = 30;
/// Runs that are looked through for the budgets and zones of pipelines.
const RUNS_MAX: u32 = 50;
/// Size of the chart: a column a day.
const COLUMN: i64 = 20;
const HEIGHT: i64 = 120;

/// What the page shows.
struct Spent {
    spends: Vec<SpendRecord>,
    zones: HashMap<PipelineName, TimeZone>,
    /// Budgets of the newest run's release, in its zone.
    budget: Option<(BudgetConfig, TimeZone)>,
    now: Instant,
}

impl Spent {
    async fn load(engine: &Engine) -> Result<Self, Fault> {
        let now = engine.clock().now();
        // More than the longest month, so that day and month are whole in every zone.
        let from = now.minus(jiff::SignedDuration::from_hours(24 * (DAYS + 2)));
        let (mut zones, mut newest) = (HashMap::new(), None);
        for run in engine.store().runs(None, RUNS_MAX).await? {
            if zones.contains_key(&run.pipeline) {
                continue;
            }
            // A run of another version has no say.
            let Ok(release) = engine.release(&run).await else {
                continue;
            };
            let zone = calendar::zone(&release.pipeline.pipeline.time_zone);
            if newest.is_none() {
                newest = Some((release.config.budget.clone(), zone.clone()));
            }
            zones.insert(run.pipeline, zone);
        }
        Ok(Self {
            spends: engine.store().spends(from).await?,
            zones,
            budget: newest,
            now,
        })
    }

    fn uses(&self) -> Option<[BudgetUse; 2]> {
        let (budget, zone) = self.budget.as_ref()?;
        let amounts: Vec<(Instant, MicroUsd)> =
            self.spends.iter().map(|spend| (spend.at, spend.amount)).collect();
        Some(budget::uses(budget, &amounts, self.now, zone))
    }

    fn rows(&self, by: &[SpendBy]) -> Vec<SpendRow> {
        add_up(&self.spends, by, &|pipeline| {
            self.zones.get(pipeline).cloned().unwrap_or(TimeZone::UTC)
        })
    }
}

/// What is left of the budgets, for the first page: only where something was spent.
pub(super) async fn line(engine: &Engine) -> Result<Markup, Fault> {
    let spent = Spent::load(engine).await?;
    let Some(uses) = spent.uses().filter(|uses| uses[1].spent > MicroUsd::ZERO) else {
        return Ok(Markup::default());
    };
    Ok(html! {
        p.soft {
            a href="/spend" { "Spent" } ": "
            @for (name, used) in ["today", "this month"].into_iter().zip(&uses) {
                (name) " " (used.spent) " of " (used.limit)
                @if used.is_near() { " " span.mark.ask { "nearly used up" } }
                @if name == "today" { ", " }
            }
        }
    })
}

pub(super) async fn spend(desk: &Desk, session: &Session) -> Result<Markup, Fault> {
    let spent = Spent::load(desk.engine()).await?;
    let days = spent.rows(&[SpendBy::Day]);
    Ok(frame(
        &Frame::of("Spend", session),
        &html! {
            h1 { "Spend" }
            @if let Some(uses) = spent.uses() {
                ul.counts {
                    @for (name, used) in ["today", "this month"].into_iter().zip(&uses) {
                        li.ask[used.is_near()] {
                            (name) " " (used.spent) " of " (used.limit) ", " (used.left()) " left"
                            @if used.is_near() { ": nearly used up" }
                        }
                    }
                }
            }
            @if days.is_empty() { p.soft { "Nothing was spent in the last " (DAYS) " days." } }
            @else {
                (chart(&days))
                p.soft.small { "Lighter: assumed, since the call was cut off or is under way." }
                @for (title, by) in [("Models", SpendBy::Model), ("Pipelines", SpendBy::Pipeline), ("Stages", SpendBy::Stage), ("Tasks", SpendBy::Task)] {
                    h2 { (title) }
                    (table(&spent.rows(&[by])))
                }
            }
        },
    ))
}

/// A column for each day on which something was spent.
fn chart(days: &[SpendRow]) -> Markup {
    let most = days
        .iter()
        .map(|day| day.spend_microusd.0)
        .max()
        .unwrap_or(0)
        .max(1);
    let height = |amount: MicroUsd| {
        i64::try_from(i128::from(amount.0) * i128::from(HEIGHT) / i128::from(most)).unwrap_or(HEIGHT)
    };
    let width = COLUMN * i64::try_from(days.len()).unwrap_or(DAYS);
    html! {
        svg.spend viewBox={ "0 0 " (width) " " (HEIGHT) } role="img" aria-label="Spend by day" width=(width) height=(HEIGHT) {
            @for (at, day) in (0_i64..).zip(days) {
                @let whole = height(day.spend_microusd).max(1);
                @let assumed = height(day.assumed_microusd).min(whole);
                g {
                    title { (day.names().join(" ")) ": " (day.spend_microusd) }
                    rect x=(at * COLUMN + 2) y=(HEIGHT - whole) width=(COLUMN - 4) height=(whole) {}
                    @if assumed > 0 {
                        rect.assumed x=(at * COLUMN + 2) y=(HEIGHT - whole) width=(COLUMN - 4) height=(assumed) {}
                    }
                }
            }
        }
    }
}

fn table(rows: &[SpendRow]) -> Markup {
    html! {
        table.spend {
            thead { tr { th {} th { "calls" } th { "spent" } th { "assumed" } th { "from cache" } } }
            tbody {
                @for row in rows {
                    tr {
                        td { (row.names().join(" ")) }
                        td { (row.calls) }
                        td { (row.spend_microusd) @if row.over_reserve > 0 { " (" (words::count(usize::try_from(row.over_reserve).unwrap_or(usize::MAX), "bill", "bills")) " over the reserve)" } }
                        td { (row.assumed_microusd) }
                        td { (row.cached_microusd) @if row.tokens_cached > 0 { ", " (row.tokens_cached) " of " (row.tokens_in) " tokens" } }
                    }
                }
            }
        }
    }
}
