//! Wall times as instants.

use copydesk_domain::Instant;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// Transitions looked at to find the one that made a gap; a zone has at most a handful in the two days around one.
const TRANSITIONS_MAX: usize = 4;

/// How a wall time stands to the clock changes of its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WallKind {
    /// It comes once.
    Plain,
    /// It does not exist: the clocks go forward over it.
    Gap,
    /// It comes twice: the clocks go back over it.
    Repeat,
}

/// A wall time as an instant: in the gap of a clock change the transition instant, in the repeat its first pass.
///
/// None outside the years that jiff knows (-9999 to 9999).
pub fn resolve(wall: DateTime, zone: &TimeZone) -> Option<Instant> {
    first_pass(wall, zone).map(|(at, _)| at)
}

/// The same, with how the wall time stands to the clock changes. Never earlier for a later wall time.
pub fn first_pass(wall: DateTime, zone: &TimeZone) -> Option<(Instant, WallKind)> {
    let (at, kind) = match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => (offset.to_timestamp(wall).ok()?, WallKind::Plain),
        AmbiguousOffset::Fold { before, .. } => (before.to_timestamp(wall).ok()?, WallKind::Repeat),
        AmbiguousOffset::Gap { before, after } => (transition(wall, zone, before, after)?, WallKind::Gap),
    };
    Some((Instant::from_timestamp(at), kind))
}

/// The second pass of a wall time that comes twice.
pub fn second_pass(wall: DateTime, zone: &TimeZone) -> Option<Instant> {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Fold { after, .. } => after.to_timestamp(wall).ok().map(Instant::from_timestamp),
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => None,
    }
}

/// The instant of the transition whose gap holds `wall`.
fn transition(wall: DateTime, zone: &TimeZone, before: Offset, after: Offset) -> Option<jiff::Timestamp> {
    // Read with the offset before the gap, a wall time in it lies at or after the transition, by less than the gap.
    let latest = before
        .to_timestamp(wall)
        .ok()?
        .checked_add(jiff::SignedDuration::from_secs(1))
        .ok()?;
    let candidates = zone
        .preceding(latest)
        .take(TRANSITIONS_MAX)
        .map(|transition| transition.timestamp());
    candidates
        .into_iter()
        .find(|at| before.to_datetime(*at) <= wall && wall < after.to_datetime(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        resolve(wall.parse().unwrap(), &zone).unwrap().to_string()
    }

    #[test]
    fn a_wall_time_in_the_gap_is_the_transition() {
        for (wall, zone, expected) in [
            ("2027-03-28T01:59", "Europe/Berlin", "2027-03-28T00:59:00Z"),
            ("2027-03-28T02:00", "Europe/Berlin", "2027-03-28T01:00:00Z"),
            ("2027-03-28T02:30", "Europe/Berlin", "2027-03-28T01:00:00Z"),
            ("2027-03-28T02:59", "Europe/Berlin", "2027-03-28T01:00:00Z"),
            ("2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00:00Z"),
            ("2027-03-28T03:01", "Europe/Berlin", "2027-03-28T01:01:00Z"),
            // Chile goes forward at midnight: the day begins at 01:00.
            ("2026-09-06T00:00", "America/Santiago", "2026-09-06T04:00:00Z"),
            ("2026-09-06T00:45", "America/Santiago", "2026-09-06T04:00:00Z"),
            ("2026-09-06T01:00", "America/Santiago", "2026-09-06T04:00:00Z"),
            // Lord Howe moves by half an hour.
            ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
            ("2026-10-04T02:30", "Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
            ("2026-10-04T02:31", "Australia/Lord_Howe", "2026-10-03T15:31:00Z"),
            // Samoa left out the whole 30th of December 2011.
            ("2011-12-29T23:59", "Pacific/Apia", "2011-12-30T09:59:00Z"),
            ("2011-12-30T00:00", "Pacific/Apia", "2011-12-30T10:00:00Z"),
            ("2011-12-30T05:00", "Pacific/Apia", "2011-12-30T10:00:00Z"),
            ("2011-12-30T23:59", "Pacific/Apia", "2011-12-30T10:00:00Z"),
            ("2011-12-31T00:00", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(at(wall, zone), expected, "{wall} {zone}");
        }
    }

    #[test]
    fn a_wall_time_in_the_repeat_is_its_first_pass() {
        assert_eq!(at("2027-10-31T02:30", "Europe/Berlin"), "2027-10-31T00:30:00Z");
        assert_eq!(at("2027-10-31T03:00", "Europe/Berlin"), "2027-10-31T02:00:00Z");
        assert_eq!(
            at("2026-04-05T01:45", "Australia/Lord_Howe"),
            "2026-04-04T14:45:00Z"
        );
        assert_eq!(at("2026-04-04T23:30", "America/Santiago"), "2026-04-05T02:30:00Z");
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let second = second_pass("2027-10-31T02:30".parse().unwrap(), &berlin).unwrap();
        assert_eq!(second.to_string(), "2027-10-31T01:30:00Z");
        assert_eq!(second_pass("2027-10-31T04:30".parse().unwrap(), &berlin), None);
    }
}
