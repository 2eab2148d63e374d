//! Prunes what is old, once a day and beside the planner: see [`copydesk_store::retention`].

use std::time::Duration;

use copydesk_domain::Instant;
use copydesk_store::{Applied, Command, Pruned, StoreError};
use jiff::SignedDuration;
use tokio::task::JoinHandle;

use crate::services::Engine;

/// Between two goes.
const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// No machine sleeps so long beside a running daemon.
const DOUBTFUL: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Texts of sources in one commit: some 2 MB of pages.
const SNAPSHOTS_MAX: u32 = 100;
/// Between two commits, so that nobody waits behind a pile of them.
const PAUSE: Duration = Duration::from_millis(50);
/// Commits of one go: years of runs. What is left waits for the next day.
const PARTS_MAX: u32 = 10_000;

/// Starts a go when one is due.
pub(crate) struct Pruner {
    engine: Engine,
    retention: SignedDuration,
    /// The last go of this process.
    went_at: Option<Instant>,
    going: Option<JoinHandle<()>>,
}

impl Pruner {
    /// `retention`: for how long a finished run can be replayed; zero for ever.
    pub(crate) fn new(engine: Engine, retention: SignedDuration) -> Self {
        Self {
            engine,
            retention,
            went_at: None,
            going: None,
        }
    }

    /// Puts the next go off for a day where the clock moved further than a machine sleeps: it may be put right again,
    /// and what is pruned is gone.
    pub(crate) fn doubt(&mut self, moved: SignedDuration, now: Instant) {
        if moved.abs() > DOUBTFUL {
            self.went_at = Some(now);
        }
    }

    /// Starts a go if one is due and none is under way.
    pub(crate) fn look(&mut self, now: Instant) {
        let is_going = self.going.as_ref().is_some_and(|going| !going.is_finished());
        if self.retention.is_zero() || is_going || !is_due(self.went_at, now) {
            return;
        }
        self.went_at = Some(now);
        self.going = Some(tokio::spawn(go(self.engine.clone(), self.retention, now)));
    }
}

/// A clock that was set back by more than a day starts a go too.
fn is_due(went_at: Option<Instant>, now: Instant) -> bool {
    went_at.is_none_or(|went_at| now.since(went_at).abs() >= EVERY)
}

async fn go(engine: Engine, retention: SignedDuration, at: Instant) {
    match parts(&engine, retention, at).await {
        Ok(pruned) if pruned.is_empty() => tracing::debug!("nothing was old enough to prune"),
        Ok(pruned) => tracing::info!(
            runs = pruned.runs,
            bodies = pruned.bodies,
            snapshots = pruned.snapshots,
            log_lines = pruned.log_lines,
            feeds = pruned.feeds,
            bytes = pruned.bytes,
            "pruned what is old; these runs can no longer be replayed"
        ),
        Err(error) => tracing::warn!(%error, "what is old could not be pruned; it is tried again tomorrow"),
    }
}

async fn parts(engine: &Engine, retention: SignedDuration, at: Instant) -> Result<Pruned, StoreError> {
    let mut pruned = Pruned::default();
    // A desk where nothing happened for long does not grow; or the clock is wrong by years, and what was made by it
    // since counts only once it has stood for a day.
    let Some(newest) = engine.store().newest_run_at(at.minus(EVERY)).await? else {
        return Ok(pruned);
    };
    let before = newest.minus(retention);
    for _ in 0..PARTS_MAX {
        let prune = Command::Prune {
            before,
            snapshots_max: SNAPSHOTS_MAX,
            at,
        };
        let Applied::Pruned(part) = engine.store().apply(prune).await? else {
            return Ok(pruned);
        };
        if part.is_empty() || *engine.services.shutdown.borrow() {
            return Ok(pruned.and(part));
        }
        pruned = pruned.and(part);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(pruned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_go_a_day_whatever_the_clock_does() {
        let at = |hours: i64| Instant::from_micros(hours * 3_600_000_000);
        assert!(is_due(None, at(0)));
        assert!(!is_due(Some(at(0)), at(23)));
        assert!(is_due(Some(at(0)), at(24)));
        assert!(!is_due(Some(at(30)), at(10)));
        assert!(is_due(Some(at(30)), at(1)));
    }
}
