//! When a schedule fires.

use std::collections::BTreeMap;

use copydesk_config::schedule::{self, ScheduleError, UnknownZone};
use copydesk_domain::Instant;
use croner::Cron;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::planner::wall::{WallKind, first_pass, second_pass};

/// A repeat is at most three hours long: walls that far back may come again after an instant.
const REPEAT_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(3);

/// Why a schedule cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The cron text is refused.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The zone is unknown.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
}

/// A cron text in a time zone.
///
/// croner only says which wall times match: it is run in UTC, where every wall time comes once. What a wall time means
/// in the zone is decided here, because croner drops times of lists (`30 2,14`) in a gap, fires them twice in a
/// repeat, and gives up on Samoa's skipped day.
#[derive(Debug, Clone)]
pub struct Rule {
    cron: Cron,
    zone: TimeZone,
    zone_name: String,
    text: String,
    keeps_pace: bool,
}

/// One due time of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// The due time.
    pub nominal: Instant,
    /// The wall time that the schedule names.
    pub wall: DateTime,
    /// How that wall time stands to a clock change.
    pub kind: WallKind,
}

impl Rule {
    /// Reads a 5-field cron text or `@daily` and its like, and an IANA zone.
    pub fn parse(cron: &str, zone: &str) -> Result<Self, RuleError> {
        Ok(Self {
            cron: schedule::parse(cron)?,
            zone: schedule::time_zone(zone)?,
            zone_name: zone.to_owned(),
            text: cron.trim().to_owned(),
            keeps_pace: keeps_pace(cron),
        })
    }

    /// The zone's name as it was written.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// The zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Cron and zone as the store remembers them.
    pub fn signature(&self) -> String {
        format!("{} {}", self.text, self.zone_name)
    }

    /// Its due times after an instant, strictly increasing.
    pub fn after(&self, after: Instant) -> Occurrences<'_> {
        let local = after.timestamp().to_zoned(self.zone.clone()).datetime();
        let from = local.checked_sub(REPEAT_MAX).unwrap_or(DateTime::MIN);
        let ahead = self.wall_from(from, true);
        Occurrences {
            rule: self,
            last: after,
            ahead,
            pending: BTreeMap::new(),
        }
    }

    /// The next wall time that the cron text matches, with its first pass.
    fn wall_from(&self, from: DateTime, inclusive: bool) -> Option<Occurrence> {
        let start = from.to_zoned(TimeZone::UTC).ok()?;
        let wall = self.cron.find_next_occurrence(&start, inclusive).ok()?.datetime();
        let (nominal, kind) = first_pass(wall, &self.zone)?;
        Some(Occurrence { nominal, wall, kind })
    }
}

/// Whether the hour field is `*`: a pace, not wall times.
fn keeps_pace(cron: &str) -> bool {
    let hour = cron.split_whitespace().nth(1);
    cron.trim().eq_ignore_ascii_case("@hourly") || matches!(hour, Some("*" | "?" | "*/1"))
}

/// Due times in order; see [`Rule::after`].
#[derive(Debug, Clone)]
pub struct Occurrences<'a> {
    rule: &'a Rule,
    last: Instant,
    /// The next wall time that was not looked at yet. Nothing after it comes before its first pass.
    ahead: Option<Occurrence>,
    /// Found and not given yet; second passes wait here until the walls of the first pass are through.
    pending: BTreeMap<Instant, Occurrence>,
}

impl Occurrences<'_> {
    fn load(&mut self, ahead: Occurrence) {
        self.ahead = self.rule.wall_from(ahead.wall, false);
        if self.rule.keeps_pace {
            if ahead.kind == WallKind::Gap {
                return;
            }
            if let Some(nominal) = second_pass(ahead.wall, &self.rule.zone) {
                self.pending
                    .entry(nominal)
                    .or_insert(Occurrence { nominal, ..ahead });
            }
        }
        self.pending.entry(ahead.nominal).or_insert(ahead);
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Occurrence;

    fn next(&mut self) -> Option<Occurrence> {
        loop {
            let first = self.pending.first_key_value().map(|(at, _)| *at);
            match (first, self.ahead) {
                (None, None) => return None,
                (Some(at), Some(ahead)) if ahead.nominal <= at => self.load(ahead),
                (None, Some(ahead)) => self.load(ahead),
                (Some(_), _) => {
                    let (at, found) = self.pending.pop_first().expect("it has a first entry");
                    if at > self.last {
                        self.last = at;
                        return Some(found);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(cron: &str, zone: &str, after: &str, n: usize) -> Vec<String> {
        let rule = Rule::parse(cron, zone).unwrap();
        rule.after(after.parse().unwrap())
            .take(n)
            .map(|found| found.nominal.to_string())
            .collect()
    }

    #[test]
    fn a_daily_time_follows_its_zone() {
        assert_eq!(
            times("0 5 * * *", "Europe/Berlin", "2027-03-26T12:00:00Z", 3),
            [
                "2027-03-27T04:00:00Z",
                "2027-03-28T03:00:00Z",
                "2027-03-29T03:00:00Z"
            ]
        );
        assert_eq!(
            times("0 5 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", 2),
            ["2027-10-31T04:00:00Z", "2027-11-01T04:00:00Z"]
        );
    }

    #[test]
    fn a_fixed_time_in_the_gap_fires_at_the_transition() {
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", 2),
            ["2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]
        );
        assert_eq!(
            times("30 2,14 * * *", "Europe/Berlin", "2027-03-27T14:00:00Z", 2),
            ["2027-03-28T01:00:00Z", "2027-03-28T12:30:00Z"]
        );
        assert_eq!(
            times("@daily", "America/Santiago", "2026-09-05T12:00:00Z", 1),
            ["2026-09-06T04:00:00Z"]
        );
    }

    #[test]
    fn several_fixed_times_in_one_gap_are_one_slot() {
        assert_eq!(
            times("0,20,40 2,3 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", 4),
            [
                "2027-03-28T01:00:00Z",
                "2027-03-28T01:20:00Z",
                "2027-03-28T01:40:00Z",
                "2027-03-29T00:00:00Z"
            ]
        );
        // The skipped day of Samoa and the day after it begin at the same instant.
        assert_eq!(
            times("0 0 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", 3),
            [
                "2011-12-30T10:00:00Z",
                "2011-12-31T10:00:00Z",
                "2012-01-01T10:00:00Z"
            ]
        );
    }

    #[test]
    fn a_fixed_time_in_the_repeat_fires_once() {
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", 2),
            ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]
        );
        assert_eq!(
            times("*/30 1-3 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", 6),
            [
                "2027-10-30T23:00:00Z",
                "2027-10-30T23:30:00Z",
                "2027-10-31T00:00:00Z",
                "2027-10-31T00:30:00Z",
                "2027-10-31T02:00:00Z",
                "2027-10-31T02:30:00Z"
            ]
        );
        // Asked between the passes: the first one is over, the second never counts.
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2027-10-31T01:00:00Z", 1),
            ["2027-11-01T01:30:00Z"]
        );
    }

    #[test]
    fn a_pace_is_kept_through_gap_and_repeat() {
        for (after, zone) in [
            ("2027-03-27T22:00:00Z", "Europe/Berlin"),
            ("2027-10-30T22:00:00Z", "Europe/Berlin"),
            ("2026-10-03T12:00:00Z", "Australia/Lord_Howe"),
            ("2026-04-04T12:00:00Z", "Australia/Lord_Howe"),
            // Until 2011 St. John's changed at one minute past midnight.
            ("2010-11-07T00:00:00Z", "America/St_Johns"),
        ] {
            let rule = Rule::parse("*/15 * * * *", zone).unwrap();
            let found: Vec<Instant> = rule
                .after(after.parse().unwrap())
                .take(60)
                .map(|found| found.nominal)
                .collect();
            for pair in found.windows(2) {
                assert_eq!(
                    pair[1].since(pair[0]),
                    jiff::SignedDuration::from_mins(15),
                    "{zone} {}",
                    pair[0]
                );
            }
        }
    }

    #[test]
    fn asked_in_the_second_pass_a_pace_goes_on_there() {
        assert_eq!(
            times("*/30 * * * *", "Europe/Berlin", "2027-10-31T00:45:00Z", 3),
            [
                "2027-10-31T01:00:00Z",
                "2027-10-31T01:30:00Z",
                "2027-10-31T02:00:00Z"
            ]
        );
    }

    #[test]
    fn rare_schedules_are_found() {
        assert_eq!(
            times("0 6 29 2 *", "UTC", "2026-01-01T00:00:00Z", 2),
            ["2028-02-29T06:00:00Z", "2032-02-29T06:00:00Z"]
        );
    }
}
