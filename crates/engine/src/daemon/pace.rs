//! When the planner looks next.

use std::time::Duration;

use tokio::time::Instant as Tick;

/// Commits come in bursts while stages work: between two looks that nobody asked for lies at least so long.
const APART: Duration = Duration::from_millis(200);

/// When the planner looks next. The first look is due at once, with the workspace read.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Not before, but for those who ask.
    earliest: Tick,
    /// When the last look wanted to be repeated; then the workspace is read again.
    latest: Tick,
    has_changed: bool,
    is_asked: bool,
}

impl Default for Pace {
    fn default() -> Self {
        let now = Tick::now();
        Self {
            earliest: now,
            latest: now,
            has_changed: false,
            is_asked: true,
        }
    }
}

impl Pace {
    /// Something was stored.
    pub(crate) fn changed(&mut self) {
        self.has_changed = true;
    }

    /// Somebody asks for a look now.
    pub(crate) fn asked(&mut self) {
        self.is_asked = true;
    }

    /// When a look is due, if nothing else happens.
    pub(crate) fn next(&self) -> Tick {
        match (self.is_asked, self.has_changed) {
            (true, _) => Tick::now(),
            (false, true) => self.earliest.min(self.latest),
            (false, false) => self.latest,
        }
    }

    pub(crate) fn is_due(&self) -> bool {
        self.next() <= Tick::now()
    }

    /// Whether the workspace is to be read for the look that is due: it was asked for, or its time has come.
    pub(crate) fn takes_reload(&mut self) -> bool {
        std::mem::take(&mut self.is_asked) || self.latest <= Tick::now()
    }

    /// A look has ended, and wants to be repeated after `sleep`.
    pub(crate) fn looked(&mut self, sleep: Duration) {
        let now = Tick::now();
        self.has_changed = false;
        self.earliest = now + APART;
        self.latest = now + sleep;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_change_after_a_pause_is_looked_at_at_once_and_a_burst_once() {
        let mut pace = Pace::default();
        assert!(pace.is_due() && pace.takes_reload(), "the first look");
        pace.looked(Duration::from_mins(1));
        assert!(!pace.is_due());
        pace.changed();
        assert!(!pace.is_due(), "it has just looked");
        tokio::time::advance(APART).await;
        assert!(pace.is_due() && !pace.takes_reload());
        pace.looked(Duration::from_mins(1));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!pace.is_due(), "nothing happened");
        pace.changed();
        assert!(pace.is_due(), "the pause is over already");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_is_served_at_once_and_a_minute_is_the_most() {
        let mut pace = Pace::default();
        pace.takes_reload();
        pace.looked(Duration::from_mins(1));
        pace.asked();
        assert!(pace.is_due() && pace.takes_reload());
        pace.looked(Duration::from_mins(1));
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(pace.is_due() && pace.takes_reload());
    }
}
