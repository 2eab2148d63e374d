//! The time that the author has for a decision.

use copydesk_config::{Overlap, Pipeline};
use copydesk_domain::{Instant, RunId};
use copydesk_store::{RunRecord, Subject};

use crate::error::EngineError;
use crate::gates::{self, Waiting};
use crate::planner::{ScheduleView, is_undecided};
use crate::services::Engine;

/// The last reminder comes so long before the end, or sooner where there are less than four hours in all.
const LAST_CALL: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// From when to when the first of what a run has made waits for the author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorTime {
    /// From when on.
    pub from: Instant,
    /// When the chance ends.
    pub until: Instant,
    /// Whether it ends because the next slot takes the place of the run, before the issue would expire.
    pub is_superseded: bool,
    /// How often the author decided before, on the issue or on what a stage made: who sends back or recalls what was
    /// approved is asked anew.
    pub decisions: usize,
}

impl AuthorTime {
    /// The reminder that is due, as the end of its key, and what happens when, in words: one at half of the time, one
    /// shortly before its end, each once between two decisions. Before the first decision the key names none, as it
    /// always did: an upgrade reminds of nothing twice.
    pub(crate) fn reminder(&self, now: Instant) -> Option<(String, String)> {
        let left = self.until.since(now);
        if left.is_negative() || left.is_zero() {
            return None;
        }
        let half = self.until.since(self.from) / 2;
        let which = if left <= LAST_CALL.min(half / 2) {
            "last"
        } else if left <= half {
            "half"
        } else {
            return None;
        };
        let about = match self.decisions {
            0 => format!("/{which}"),
            decisions => format!("/{which}/{decisions}"),
        };
        let left = left.as_mins().max(1);
        let end = if self.is_superseded {
            format!("the next slot takes its place in {left} min")
        } else {
            format!("it expires in {left} min")
        };
        Some((about, end))
    }
}

impl Engine {
    /// The time that the author of a run has; none where nothing waits for a decision, or waits without an end.
    pub(crate) async fn author_time(&self, run: &RunId) -> Result<Option<AuthorTime>, EngineError> {
        let look = self.look(run).await?;
        let release = self.release(&look.run).await?;
        let issue = self.issue_of(&look.stages).await?;
        let waiting = gates::waiting(&self.view_of(&look, &release, None), issue);
        let Some(expires_at) = waiting.first().and_then(|waiting| waiting.expires_at) else {
            return Ok(None);
        };
        let superseded_at = self
            .superseded_at(&look.run, &release.pipeline, expires_at)
            .await?;
        let is_of_answer = |subject: &Subject| matches!(subject, Subject::Answer(_));
        let decisions = look
            .decisions
            .iter()
            .filter(|record| !is_of_answer(&record.subject));
        Ok(Some(AuthorTime {
            from: expires_at.minus(release.config.approval.expires),
            until: superseded_at.unwrap_or(expires_at),
            is_superseded: superseded_at.is_some(),
            decisions: decisions.count(),
        }))
    }

    /// What waits, each until the next slot takes the place of the run where that comes first.
    pub(crate) async fn until_superseded(
        &self,
        run: &RunRecord,
        pipeline: &Pipeline,
        mut waiting: Vec<Waiting>,
    ) -> Result<Vec<Waiting>, EngineError> {
        let Some(last) = waiting.iter().filter_map(|waiting| waiting.expires_at).max() else {
            return Ok(waiting);
        };
        let Some(end) = self.superseded_at(run, pipeline, last).await? else {
            return Ok(waiting);
        };
        for waiting in &mut waiting {
            waiting.expires_at = waiting.expires_at.map(|at| at.min(end));
        }
        Ok(waiting)
    }

    /// The due time before `until` whose slot takes the place of a run that waits for the author, as things are now.
    async fn superseded_at(
        &self,
        run: &RunRecord,
        pipeline: &Pipeline,
        until: Instant,
    ) -> Result<Option<Instant>, EngineError> {
        let Some(slot) = run.slot.as_ref().filter(|_| run.parent.is_none()) else {
            return Ok(None);
        };
        if pipeline.pipeline.overlap != Overlap::Supersede || !is_undecided(run.issue) {
            return Ok(None);
        }
        let now = self.clock().now();
        let controls = self.store().controls().await?;
        let control = controls.iter().find(|control| control.pipeline == run.pipeline);
        let schedule = control.and_then(|control| ScheduleView::as_stored(pipeline, control, now));
        let Some(schedule) = schedule else {
            return Ok(None);
        };
        let rows = self.store().slots(&run.pipeline, slot.nominal).await?;
        let seen = rows.iter().map(|row| row.slot.nominal).filter(|at| *at <= now);
        let newest = seen.max().map_or(slot.nominal, |newest| newest.max(slot.nominal));
        Ok(schedule.superseding(newest, until, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Instant {
        Instant::from_micros(minutes * 60_000_000)
    }

    fn told(hours: i64, decisions: usize, minutes: i64) -> Option<String> {
        let time = AuthorTime {
            from: at(0),
            until: at(hours * 60),
            is_superseded: false,
            decisions,
        };
        time.reminder(at(minutes)).map(|(about, _)| about)
    }

    #[test]
    fn the_author_is_reminded_twice() {
        let told = |minutes| told(24, 0, minutes);
        assert_eq!(told(11 * 60), None);
        assert_eq!(told(12 * 60).as_deref(), Some("/half"));
        assert_eq!(told(23 * 60).as_deref(), Some("/last"));
        assert_eq!(told(24 * 60), None);
    }

    #[test]
    fn who_has_little_time_is_not_called_last_at_once() {
        let told = |minutes| told(1, 0, minutes);
        assert_eq!(told(1), None);
        assert_eq!(told(30).as_deref(), Some("/half"));
        assert_eq!(told(45).as_deref(), Some("/last"));
    }

    #[test]
    fn after_a_decision_that_asks_anew_the_author_is_reminded_anew() {
        assert_eq!(told(24, 1, 13 * 60).as_deref(), Some("/half/1"));
        assert_eq!(told(24, 2, 23 * 60).as_deref(), Some("/last/2"));
    }
}
