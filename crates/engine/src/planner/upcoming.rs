//! The next due times, with the days marked on which the clocks change.

use copydesk_domain::Instant;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::planner::facts::ScheduleView;
use crate::planner::rule::Occurrence;
use crate::planner::wall::WallKind;

/// A due time to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// The due time.
    pub nominal: Instant,
    /// The same on the zone's clock, as RFC 3339 with its offset.
    pub local: String,
    /// What the clocks do that day, where they change.
    pub dst_note: Option<String>,
    /// Why it will not run, as things are now.
    pub refusal: Option<&'static str>,
}

/// The next `n` due times after `now`.
pub fn upcoming(schedule: &ScheduleView, now: Instant, n: usize) -> Vec<Upcoming> {
    let zone = schedule.rule.zone();
    let found = schedule.rule.after(now.max(schedule.since)).take(n);
    let describe = |found: Occurrence| Upcoming {
        nominal: found.nominal,
        local: local(found.nominal, zone),
        dst_note: note(&found, zone),
        refusal: schedule.refusal(found.nominal),
    };
    found.map(describe).collect()
}

/// An instant on the zone's clock, as RFC 3339 with its offset.
pub(crate) fn local(at: Instant, zone: &TimeZone) -> String {
    at.timestamp()
        .to_zoned(zone.clone())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

fn note(found: &Occurrence, zone: &TimeZone) -> Option<String> {
    let day = dst_note(found.nominal.timestamp().to_zoned(zone.clone()).date(), zone)?;
    let time = found.wall.strftime("%H:%M");
    Some(match found.kind {
        WallKind::Plain => day,
        WallKind::Gap => format!("{day}; {time} does not exist and means that instant"),
        WallKind::Repeat => format!("{day}; {time} comes twice"),
    })
}

/// What the clocks do on a local date, where they change: `clocks go forward from 02:00 to 03:00`.
pub fn dst_note(date: Date, zone: &TimeZone) -> Option<String> {
    let start = date.to_zoned(zone.clone()).ok()?;
    let end = date.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    // The transition may be the first instant of the day itself, as at Chile's midnight.
    let before = start
        .timestamp()
        .checked_sub(jiff::SignedDuration::from_secs(1))
        .ok()?;
    let transitions = zone
        .following(before)
        .take_while(|transition| transition.timestamp() < end.timestamp());
    transitions.into_iter().find_map(|transition| {
        let at = transition.timestamp();
        let earlier = at.checked_sub(jiff::SignedDuration::from_secs(1)).ok()?;
        let old = zone.to_offset(earlier).to_datetime(at);
        let new = transition.offset().to_datetime(at);
        let shape = if old.date() == new.date() {
            "%H:%M"
        } else {
            "%Y-%m-%d %H:%M"
        };
        let (from, to) = (old.strftime(shape), new.strftime(shape));
        match new.cmp(&old) {
            std::cmp::Ordering::Greater => Some(format!("clocks go forward from {from} to {to}")),
            std::cmp::Ordering::Less => Some(format!("clocks go back from {from} to {to}")),
            std::cmp::Ordering::Equal => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note_on(date: &str, zone: &str) -> Option<String> {
        dst_note(date.parse().unwrap(), &TimeZone::get(zone).unwrap())
    }

    #[test]
    fn days_of_clock_changes_are_marked() {
        for (date, zone, expected) in [
            ("2027-03-27", "Europe/Berlin", None),
            (
                "2027-03-28",
                "Europe/Berlin",
                Some("clocks go forward from 02:00 to 03:00"),
            ),
            (
                "2027-10-31",
                "Europe/Berlin",
                Some("clocks go back from 03:00 to 02:00"),
            ),
            (
                "2026-10-04",
                "Australia/Lord_Howe",
                Some("clocks go forward from 02:00 to 02:30"),
            ),
            (
                "2026-09-06",
                "America/Santiago",
                Some("clocks go forward from 00:00 to 01:00"),
            ),
            ("2026-09-06", "UTC", None),
        ] {
            assert_eq!(note_on(date, zone).as_deref(), expected, "{date} {zone}");
        }
    }
}
