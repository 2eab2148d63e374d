//! `copydesk schedule`: what became of past slots, and the next ones.

use copydesk_config::Pipeline;
use copydesk_domain::{Instant, PipelineName, RunId, SlotState};
use copydesk_store::RunRecord;
use serde::Serialize;

use crate::error::EngineError;
use crate::planner::facts::{ScheduleView, Writing};
use crate::planner::rule::Rule;
use crate::planner::upcoming::{dst_note, local, upcoming};
use crate::planner::verdict::{has_issue, outcome, writing};
use crate::services::Engine;

/// Due slots without a row that are shown; there are some only where no daemon runs, or where it can store nothing.
const UNSEEN_MAX: usize = 20;

/// A slot as scripts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotView {
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// The due time.
    pub nominal: Instant,
    /// IANA name of its zone.
    pub zone: String,
    /// The due time on the zone's clock, as RFC 3339 with its offset.
    pub local: String,
    /// Its outcome; null for a slot to come.
    pub state: Option<SlotState>,
    /// Why; for a slot to come, why it will not run.
    pub reason: Option<String>,
    /// Its run.
    pub run: Option<RunId>,
    /// What the clocks do that day, where they change.
    pub dst: Option<String>,
}

impl Engine {
    /// Past slots of the pipelines from `from` on with what became of them, then the next `n`, by pipeline and time.
    pub async fn schedule_view(
        &self,
        pipelines: &[&Pipeline],
        from: Instant,
        n: usize,
    ) -> Result<Vec<SlotView>, EngineError> {
        let now = self.clock().now();
        let controls = self.store().controls().await?;
        let mut views = Vec::new();
        for pipeline in pipelines {
            let name = &pipeline.pipeline.name;
            let past = self.past_slots(name, from).await?;
            let newest = past.iter().map(|slot| slot.nominal).filter(|at| *at <= now).max();
            views.extend(past);
            let control = controls.iter().find(|control| control.pipeline == *name);
            let Ok(Some(schedule)) = ScheduleView::of(pipeline, control, now) else {
                continue;
            };
            views.extend(unseen(&schedule, newest, now));
            views.extend(next_slots(&schedule, now, n));
        }
        Ok(views)
    }

    async fn past_slots(&self, pipeline: &PipelineName, from: Instant) -> Result<Vec<SlotView>, EngineError> {
        let mut views = Vec::new();
        for row in self.store().slots(pipeline, from).await? {
            let run = match &row.run {
                Some(run) => self.store().run(run).await?,
                None => None,
            };
            let has_artifact = match &run {
                Some(run) if row.state == SlotState::Skipped && !has_issue(run) => {
                    self.has_artifact(run).await?
                }
                _ => false,
            };
            let (state, reason) = outcome(&row, run.as_ref(), has_artifact);
            let zone = jiff::tz::TimeZone::get(&row.slot.zone).unwrap_or(jiff::tz::TimeZone::UTC);
            let date = row.slot.nominal.timestamp().to_zoned(zone.clone()).date();
            views.push(SlotView {
                pipeline: row.pipeline,
                nominal: row.slot.nominal,
                local: local(row.slot.nominal, &zone),
                zone: row.slot.zone,
                state: Some(state),
                reason,
                run: row.run,
                dst: dst_note(date, &zone),
            });
        }
        Ok(views)
    }

    /// Whether the run of a pipeline that makes no issue has made what its slot is for.
    async fn has_artifact(&self, run: &RunRecord) -> Result<bool, EngineError> {
        let release = match self.release(run).await {
            Ok(release) => release,
            // One run that cannot be read must not hide the other slots.
            Err(EngineError::Release { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let stages = self.store().stages(&run.id).await?;
        Ok(writing(&release.pipeline, &stages) == Writing::Artifact)
    }
}

/// Due slots that have no row, newest `UNSEEN_MAX`.
fn unseen(schedule: &ScheduleView, newest: Option<Instant>, now: Instant) -> Vec<SlotView> {
    let from = newest.map_or(schedule.since, |newest| newest.max(schedule.since));
    let from = from.max(earliest_shown(&schedule.rule, from, now));
    let due = schedule
        .rule
        .after(from)
        .map(|found| found.nominal)
        .take_while(|at| *at <= now);
    let pending = due.map(|nominal| {
        let reason = schedule
            .refusal(nominal)
            .unwrap_or("nothing is stored of it yet; `copydesk doctor` says whether a daemon works");
        plain(
            schedule,
            nominal,
            Some(SlotState::Pending),
            Some(reason.to_owned()),
        )
    });
    let mut pending: Vec<SlotView> = pending.collect();
    pending.split_off(pending.len().saturating_sub(UNSEEN_MAX))
}

/// Bounds the walk over due times that nobody looked at: a schedule that fires each minute has half a million a year.
fn earliest_shown(rule: &Rule, from: Instant, now: Instant) -> Instant {
    let is_dense = rule
        .after(from)
        .nth(10_000)
        .is_some_and(|found| found.nominal < now);
    if is_dense {
        now.minus(jiff::SignedDuration::from_hours(24))
    } else {
        from
    }
}

fn next_slots(schedule: &ScheduleView, now: Instant, n: usize) -> Vec<SlotView> {
    let next = upcoming(schedule, now, n).into_iter().map(|next| SlotView {
        dst: next.dst_note,
        local: next.local,
        ..plain(schedule, next.nominal, None, next.refusal.map(ToOwned::to_owned))
    });
    let mut next: Vec<SlotView> = next.collect();
    let shown_until = next.last().map_or(now, |last| last.nominal);
    next.extend(skipped_beyond(schedule, shown_until));
    next
}

/// Slots that the author leaves out behind the ones that are shown, each date's first, so that none is forgotten.
fn skipped_beyond(schedule: &ScheduleView, shown_until: Instant) -> Vec<SlotView> {
    let zone = schedule.rule.zone();
    let found = schedule.skipped.iter().filter_map(|date| {
        let start = date.to_zoned(zone.clone()).ok()?.timestamp();
        let before = Instant::from_micros(start.as_microsecond() - 1).max(shown_until);
        let first = schedule.rule.after(before).next()?;
        (first.wall.date() == *date).then_some(first.nominal)
    });
    let mut found: Vec<Instant> = found.collect();
    found.sort_unstable();
    found
        .into_iter()
        .map(|nominal| {
            plain(
                schedule,
                nominal,
                None,
                schedule.refusal(nominal).map(ToOwned::to_owned),
            )
        })
        .collect()
}

fn plain(
    schedule: &ScheduleView,
    nominal: Instant,
    state: Option<SlotState>,
    reason: Option<String>,
) -> SlotView {
    let zone = schedule.rule.zone();
    SlotView {
        pipeline: schedule.pipeline.clone(),
        nominal,
        zone: schedule.rule.zone_name().to_owned(),
        local: local(nominal, zone),
        state,
        reason,
        run: None,
        dst: dst_note(nominal.timestamp().to_zoned(zone.clone()).date(), zone),
    }
}
