//! Whether the wall clock is believed. A wrong one must not decide over a year of slots, or expire what waits.

use std::time::Duration;

use copydesk_domain::Instant;

/// No daemon of this program ran before: 2025-01-01. A machine without a battery for its clock starts in 1970.
pub const PLAUSIBLE_FROM: Instant = Instant::from_micros(1_735_689_600_000_000);
/// The clock may move ahead of the monotonic one by so much at once: a machine that slept for a week.
pub const LEAP_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);
/// A longer leap is believed once it has stood for so long.
pub const PROBATION: Duration = Duration::from_mins(10);

/// What is remembered of a clock between two looks. `tick`: time since the start on a monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTrust {
    /// The last reading that was believed.
    believed: (Instant, Duration),
    /// Since when the clock shows what is not believed.
    doubted_since: Option<Duration>,
}

impl ClockTrust {
    /// A clock that showed `wall` when it was believed last: at the start of a process the newest instant that is stored,
    /// else what the clock shows.
    pub const fn new(wall: Instant, tick: Duration) -> Self {
        Self {
            believed: (wall, tick),
            doubted_since: None,
        }
    }

    /// The last reading that was believed.
    pub const fn believed(&self) -> Instant {
        self.believed.0
    }

    /// Whether a reading is believed. What it shows before [`PLAUSIBLE_FROM`] never is; a leap ahead of more than
    /// [`LEAP_MAX`] is once it has stood for [`PROBATION`], also at a start that long after what is stored. A clock that is
    /// set back is believed: nothing is due then.
    pub fn believes(&mut self, wall: Instant, tick: Duration) -> bool {
        let (wall_before, tick_before) = self.believed;
        let passed = jiff::SignedDuration::try_from(tick.saturating_sub(tick_before)).unwrap_or_default();
        let leap = wall.since(wall_before.max(PLAUSIBLE_FROM)).saturating_sub(passed);
        if wall < PLAUSIBLE_FROM {
            // What is set from here has not stood yet.
            self.doubted_since = None;
            return false;
        }
        // A clock that was found in 1970 has never been believed: any plausible time is a correction.
        let is_correction = wall_before < PLAUSIBLE_FROM;
        let since = *self.doubted_since.get_or_insert(tick);
        let has_stood = tick.saturating_sub(since) >= PROBATION;
        if leap <= LEAP_MAX || is_correction || has_stood {
            *self = Self::new(wall, tick);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn minutes(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    const START: &str = "2026-11-22T04:00:00Z";

    #[test]
    fn a_clock_that_goes_on_or_sleeps_is_believed() {
        let mut clock = ClockTrust::new(at(START), minutes(0));
        assert!(clock.believes(at("2026-11-22T04:01:00Z"), minutes(1)));
        // Asleep for three days: the monotonic clock stood still.
        assert!(clock.believes(at("2026-11-25T04:01:00Z"), minutes(1)));
        // Set back by a day, and by a year.
        assert!(clock.believes(at("2026-11-24T04:01:00Z"), minutes(2)));
        assert!(clock.believes(at("2025-11-24T04:01:00Z"), minutes(3)));
    }

    #[test]
    fn years_ahead_are_believed_only_once_they_stand() {
        let mut clock = ClockTrust::new(at(START), minutes(0));
        let ahead = at("2038-01-19T03:14:08Z");
        assert!(!clock.believes(ahead, minutes(1)));
        assert!(!clock.believes(ahead, minutes(10)));
        assert!(clock.believes(ahead, minutes(11)));
        let mut clock = ClockTrust::new(at(START), minutes(0));
        assert!(!clock.believes(ahead, minutes(1)));
        // Corrected: what was doubted leaves no trace.
        assert!(clock.believes(at("2026-11-22T04:02:00Z"), minutes(2)));
        assert!(!clock.believes(ahead, minutes(12)));
    }

    #[test]
    fn at_a_start_the_newest_stored_instant_is_what_was_believed_last() {
        let stored = at(START);
        for (wall, is_believed) in [
            ("2026-11-22T04:00:01Z", true),
            ("2026-11-29T03:59:59Z", true),
            ("2026-11-22T03:00:00Z", true),
            ("2026-11-29T04:00:01Z", false),
            ("2038-01-19T03:14:08Z", false),
            ("1970-01-01T00:00:05Z", false),
        ] {
            let mut clock = ClockTrust::new(stored, minutes(0));
            assert_eq!(clock.believes(at(wall), minutes(0)), is_believed, "{wall}");
        }
        // A folder that nobody used for months.
        let mut clock = ClockTrust::new(stored, minutes(0));
        assert!(!clock.believes(at("2027-03-01T08:00:00Z"), minutes(0)));
        assert!(clock.believes(at("2027-03-01T08:10:00Z"), minutes(10)));
    }

    #[test]
    fn a_clock_that_is_set_from_1970_has_to_stand_from_then_on() {
        let mut clock = ClockTrust::new(at(START), minutes(0));
        assert!(!clock.believes(at("1970-01-01T00:00:05Z"), minutes(0)));
        assert!(!clock.believes(at("1970-01-01T00:20:05Z"), minutes(20)));
        assert!(!clock.believes(at("2038-01-19T03:14:08Z"), minutes(21)));
        assert!(clock.believes(at("2026-11-22T04:22:00Z"), minutes(22)));
    }

    #[test]
    fn the_year_1970_is_never_believed_and_its_correction_at_once() {
        let mut clock = ClockTrust::new(at(START), minutes(0));
        for minute in [1, 60, 6_000] {
            assert!(!clock.believes(at("1970-01-01T00:00:05Z"), minutes(minute)));
        }
        let mut clock = ClockTrust::new(at("1970-01-01T00:00:05Z"), minutes(0));
        assert!(!clock.believes(at("1970-01-01T00:00:10Z"), minutes(0)));
        assert!(clock.believes(at(START), minutes(1)));
    }
}
