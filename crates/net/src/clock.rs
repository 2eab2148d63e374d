//! The wall clock.

use copydesk_domain::{Clock, Instant};

/// The system's clock: UTC, as exact as the system keeps it, cut to microseconds.
///
/// It may jump in either direction when the system's time is set; what must not jump measures with a monotonic
/// timer instead.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::from_timestamp(jiff::Timestamp::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_tells_a_time_after_this_was_written() {
        assert!(SystemClock.now() > "2026-01-01T00:00:00Z".parse().unwrap());
    }
}
