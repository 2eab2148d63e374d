//! Which slot will take the place of a run that nobody decided on.

use copydesk_config::{CatchUp, Overlap};
use copydesk_domain::Instant;

use crate::planner::facts::ScheduleView;
use crate::planner::verdict::LATE_AFTER;

impl ScheduleView {
    /// The due time before `until` by which an undecided run of an earlier slot is superseded, as things are now; in the
    /// past where no daemon has looked at it yet. A schedule that is paused supersedes nothing, nor does a date that is
    /// skipped or a slot that comes too late to displace anything.
    ///
    /// `newest`: the newest slot that has a verdict or a run.
    pub fn superseding(&self, newest: Instant, until: Instant, now: Instant) -> Option<Instant> {
        if self.overlap != Overlap::Supersede || self.paused_at.is_some() {
            return None;
        }
        let in_time = now.minus(self.max_late);
        let from = newest.max(self.since).max(in_time);
        let displaces = |at: &Instant| {
            let is_caught_up = now.since(*at) > LATE_AFTER;
            self.refusal(*at).is_none() && (!is_caught_up || self.catch_up == CatchUp::Latest)
        };
        let due = self.rule.after(from).map(|found| found.nominal);
        due.take_while(|at| *at < until).find(displaces)
    }
}

#[cfg(test)]
mod tests {
    use copydesk_config::Pipeline;
    use copydesk_store::PipelineControl;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn schedule(settings: &str) -> ScheduleView {
        let text = format!(
            "[pipeline]\nname = \"daily\"\nschedule = \"0 5 * * *\"\ntime_zone = \"Europe/Berlin\"\n{settings}\n\
             [[stage]]\nagent = \"research\"\n"
        );
        let pipeline: Pipeline = toml::from_str(&text).unwrap();
        let since = at("2026-11-01T00:00:00Z");
        ScheduleView::of(&pipeline, None, since).unwrap().unwrap()
    }

    /// By what the run of the 22nd, whose time ends on the 23rd at 09:05, is superseded.
    fn by(schedule: &ScheduleView, now: &str) -> Option<String> {
        let (newest, until) = (at("2026-11-22T04:00:00Z"), at("2026-11-23T08:05:00Z"));
        let found = schedule.superseding(newest, until, at(now));
        found.map(|at| at.to_string())
    }

    const EVENING: &str = "2026-11-22T18:00:00Z";
    const NEXT: Option<&str> = Some("2026-11-23T04:00:00Z");

    #[test]
    fn the_next_slot_before_the_end_supersedes() {
        assert_eq!(by(&schedule(""), EVENING).as_deref(), NEXT);
        for overlap in ["skip", "queue"] {
            let other = schedule(&format!("overlap = \"{overlap}\""));
            assert_eq!(by(&other, EVENING), None, "{overlap}");
        }
        let until = at("2026-11-23T04:00:00Z");
        let found = schedule("").superseding(at("2026-11-22T04:00:00Z"), until, at(EVENING));
        assert_eq!(found, None, "it expires by itself");
    }

    #[test]
    fn what_is_paused_or_skipped_supersedes_nothing() {
        let mut paused = schedule("");
        paused.paused_at = Some(at(EVENING));
        assert_eq!(by(&paused, EVENING), None);
        let mut skips = schedule("");
        skips.skipped = vec![jiff::civil::date(2026, 11, 23)];
        assert_eq!(by(&skips, EVENING), None);
        let later = skips.superseding(
            at("2026-11-22T04:00:00Z"),
            at("2026-11-25T08:05:00Z"),
            at(EVENING),
        );
        assert_eq!(later, Some(at("2026-11-24T04:00:00Z")));
    }

    #[test]
    fn a_slot_that_no_daemon_saw_supersedes_as_long_as_it_would_be_run() {
        let latest = schedule("");
        assert_eq!(by(&latest, "2026-11-23T07:00:00Z").as_deref(), NEXT);
        let short = schedule("max_late = \"2h\"");
        assert_eq!(by(&short, "2026-11-23T07:00:00Z"), None);
        // Each slot of a batch is to run, not to displace another.
        let all = schedule("catch_up = \"all\"");
        assert_eq!(by(&all, "2026-11-23T07:00:00Z"), None);
        assert_eq!(by(&all, "2026-11-23T04:00:01Z").as_deref(), NEXT);
    }

    #[test]
    fn a_schedule_that_changed_counts_as_the_planner_saw_it_last() {
        let text =
            "[pipeline]\nname = \"daily\"\nschedule = \"0 5 * * *\"\n[[stage]]\nagent = \"research\"\n";
        let pipeline: Pipeline = toml::from_str(text).unwrap();
        let as_stored = |stored: &str| {
            let control = PipelineControl {
                pipeline: "daily".into(),
                paused_at: None,
                skipped: Vec::new(),
                since: Some(at("2026-11-20T00:00:00Z")),
                schedule: Some(stored.to_owned()),
            };
            let view = ScheduleView::as_stored(&pipeline, &control, at(EVENING))?;
            by(&view, EVENING)
        };
        assert_eq!(
            as_stored("0 6 * * * Europe/Berlin").as_deref(),
            Some("2026-11-23T05:00:00Z")
        );
        assert_eq!(as_stored("none"), None);
    }
}
