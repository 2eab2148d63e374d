//! How long to sleep, and whether somebody set the clock.

use std::time::Duration;

use copydesk_domain::Instant;

use crate::planner::facts::ScheduleView;

/// The longest sleep: a clock that is set, or a timer that stalls, costs at most a minute.
pub const SLEEP_MAX: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
/// A wall clock that moves away from the monotonic one by more than this was set, or the machine slept.
const JUMP_MIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);

/// When to look again: the next slot, the next instant that a run asked for, or [`SLEEP_MAX`] from now.
pub fn next_wake(schedules: &[ScheduleView], wakes: &[Instant], now: Instant) -> Instant {
    let slots = schedules.iter().filter_map(|schedule| {
        let from = now.max(schedule.since);
        schedule.rule.after(from).next().map(|found| found.nominal)
    });
    let soonest = slots.chain(wakes.iter().copied().filter(|at| *at > now)).min();
    let latest = now.plus(SLEEP_MAX);
    soonest.map_or(latest, |at| at.min(latest))
}

/// How far the wall clock moved beside the monotonic one between two looks, if by more than ten seconds.
/// Positive: it was set forward, or the machine slept.
pub fn jump(wall_before: Instant, wall_now: Instant, monotonic: Duration) -> Option<jiff::SignedDuration> {
    let passed = jiff::SignedDuration::try_from(monotonic).ok()?;
    let moved = wall_now.since(wall_before).checked_sub(passed)?;
    (moved.abs() > JUMP_MIN).then_some(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_noticed() {
        let at = |seconds: i64| Instant::from_micros(seconds * 1_000_000);
        assert_eq!(jump(at(100), at(105), Duration::from_secs(5)), None);
        assert_eq!(
            jump(at(100), at(3705), Duration::from_secs(5)),
            Some(jiff::SignedDuration::from_hours(1))
        );
        assert_eq!(
            jump(at(100), at(45), Duration::from_secs(5)),
            Some(jiff::SignedDuration::from_secs(-60))
        );
    }

    #[test]
    fn a_sleep_ends_at_the_next_slot_or_wake_and_within_a_minute() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let now = at("2026-11-22T03:59:30Z");
        assert_eq!(next_wake(&[], &[], now), at("2026-11-22T04:00:30Z"));
        assert_eq!(
            next_wake(
                &[],
                &[at("2026-11-22T03:59:45Z"), at("2026-11-22T03:00:00Z")],
                now
            ),
            at("2026-11-22T03:59:45Z")
        );
    }
}
