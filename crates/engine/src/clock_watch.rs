//! Whether this process believes its clock. A daemon watches it from its start on; whoever decides or moves a run asks.
//! A command that owns the folder watches nothing: the person who runs it sees what it does.

use std::sync::{Mutex, MutexGuard};

use copydesk_domain::Instant;
use tokio::time::Instant as Tick;

use crate::error::EngineError;
use crate::planner::ClockTrust;
use crate::services::Engine;

/// Runs that are looked at for the newest stored instant: one that a wrong clock dated ahead hides few others.
const RUNS_NEAR: u32 = 8;

/// The clock as it was seen so far; nothing while nobody watches it.
#[derive(Debug, Default)]
pub(crate) struct ClockWatch(Mutex<Option<Watched>>);

#[derive(Debug)]
struct Watched {
    trust: ClockTrust,
    since: Tick,
}

impl ClockWatch {
    fn watched(&self) -> MutexGuard<'_, Option<Watched>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

impl Engine {
    /// Begins to watch the clock, with the newest instant that is stored as the last one that was believed: a start under
    /// a clock that cannot be right is doubted as a jump is. In an empty store the clock is believed as it is found.
    /// Once it is watched this changes nothing.
    pub async fn watch_clock(&self) -> Result<(), EngineError> {
        if self.clock_watch.watched().is_some() {
            return Ok(());
        }
        let stored = self.newest_stored().await?;
        let now = self.clock().now();
        self.clock_watch.watched().get_or_insert_with(|| Watched {
            trust: ClockTrust::new(stored.unwrap_or(now), std::time::Duration::ZERO),
            since: Tick::now(),
        });
        Ok(())
    }

    async fn newest_stored(&self) -> Result<Option<Instant>, EngineError> {
        let store = self.store();
        let mut runs = store.runs(None, RUNS_NEAR).await?;
        runs.extend(store.open_runs().await?);
        let of_runs = runs.iter().map(|run| run.created_at.max(run.updated_at));
        let controls = store.controls().await?;
        let of_schedules = controls.iter().filter_map(|control| control.since);
        Ok(of_runs.chain(of_schedules).max())
    }

    /// The clock, or what was believed last while it is doubted.
    pub(crate) fn believed_now(&self) -> Instant {
        match self.require_clock() {
            Err(EngineError::ClockDoubted { believed, .. }) => believed,
            _ => self.clock().now(),
        }
    }

    /// That the clock can be right, as far as anybody watches it.
    ///
    /// # Errors
    /// [`EngineError::ClockDoubted`] while it is not believed.
    pub(crate) fn require_clock(&self) -> Result<(), EngineError> {
        let clock = self.clock().now();
        let mut watched = self.clock_watch.watched();
        let Some(Watched { trust, since }) = &mut *watched else {
            return Ok(());
        };
        if trust.believes(clock, since.elapsed()) {
            return Ok(());
        }
        let believed = trust.believed();
        Err(EngineError::ClockDoubted { clock, believed })
    }
}
