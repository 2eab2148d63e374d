//! Runs being moved, each in a task of its own, never two for one run.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use copydesk_domain::{Instant, RunId};
use copydesk_store::{RunRecord, StoreError};
use tokio::task::JoinSet;
use tokio::time::Instant as Tick;

use crate::advance::{Advanced, Scope};
use crate::daemon::ready::{Due, Mark, is_due};
use crate::error::EngineError;
use crate::services::Engine;

/// Between two advances of one run that nobody changed: keeps a wake time in the past from spinning.
const PACE: Duration = Duration::from_secs(1);
/// After the first failure; doubled with each further one.
const BACKOFF_MIN: Duration = Duration::from_secs(5);
/// The longest pause after failures.
const BACKOFF_MAX: Duration = Duration::from_mins(10);

/// An advance that ended.
type Ended = (RunId, Option<Mark>, Result<Advanced, EngineError>);

/// What is remembered of a run between advances.
struct Seen {
    /// None until an advance has looked at the run.
    mark: Option<Mark>,
    is_busy: bool,
    failures: u32,
    /// Not again before, unless a person changes something.
    pace_until: Tick,
    /// Not again before, whatever happens.
    blocked_until: Tick,
}

/// The runs of this process.
pub(crate) struct Pool {
    engine: Engine,
    limit: usize,
    tasks: JoinSet<Ended>,
    /// Whose task it is, should it panic.
    owners: HashMap<tokio::task::Id, RunId>,
    seen: HashMap<RunId, Seen>,
    /// Runs to be moved once there is room for them, or once the advance that they are in has ended.
    nudged: BTreeSet<RunId>,
    /// The last failure that nobody took.
    failure: Option<(RunId, EngineError)>,
}

impl Pool {
    pub(crate) fn new(engine: Engine, limit: usize) -> Self {
        Self {
            engine,
            limit: limit.max(1),
            tasks: JoinSet::new(),
            owners: HashMap::new(),
            seen: HashMap::new(),
            nudged: BTreeSet::new(),
            failure: None,
        }
    }

    /// The last advance that failed since this was asked.
    pub(crate) fn take_failure(&mut self) -> Option<(RunId, EngineError)> {
        self.failure.take()
    }

    /// Starts advances of the open runs that are due, as far as there is room. Answers when to try again, if some
    /// had to be put off.
    pub(crate) fn advance_due(&mut self, open: &[RunRecord], now: Instant) -> Option<Duration> {
        self.seen
            .retain(|run, seen| seen.is_busy || open.iter().any(|record| record.id == *run));
        let mut again: Option<Duration> = None;
        for run in open {
            if self.seen.get(&run.id).is_some_and(|seen| seen.is_busy) {
                continue;
            }
            if self.engine.is_moving(&run.id) {
                // A command moves it, perhaps only as far as one stage: it is looked at when that has ended.
                again = Some(again.map_or(PACE, |again| again.min(PACE)));
                continue;
            }
            let mark = Mark::of(run);
            let seen = self.seen.get(&run.id);
            let until = match (
                is_due(run, &mark, seen.and_then(|seen| seen.mark.as_ref()), now),
                seen,
            ) {
                (Due::No, _) => continue,
                (Due::Changed, seen) => seen.map(|seen| seen.blocked_until),
                (Due::Time, seen) => seen.map(|seen| seen.blocked_until.max(seen.pace_until)),
            };
            let left = until.map_or(Duration::ZERO, |until| {
                until.saturating_duration_since(Tick::now())
            });
            if !left.is_zero() {
                again = Some(again.map_or(left, |again| again.min(left)));
            } else if self.tasks.len() < self.limit {
                self.start(run.id.clone());
            }
        }
        again
    }

    /// Remembers runs that are to be moved as soon as there is room, whatever the rest of the day says.
    pub(crate) fn put_off(&mut self, runs: BTreeSet<RunId>) {
        self.nudged.extend(runs);
    }

    fn start_nudged(&mut self) {
        let is_busy = |run: &RunId| self.seen.get(run).is_some_and(|seen| seen.is_busy);
        let room = self.limit.saturating_sub(self.tasks.len());
        let next: Vec<RunId> = self
            .nudged
            .iter()
            .filter(|run| !is_busy(run))
            .take(room)
            .cloned()
            .collect();
        for run in next {
            self.nudged.remove(&run);
            self.start(run);
        }
    }

    fn start(&mut self, run: RunId) {
        let now = Tick::now();
        let failures = self.seen.get(&run).map_or(0, |seen| seen.failures);
        let seen = Seen {
            mark: None,
            is_busy: true,
            failures,
            pace_until: now,
            blocked_until: now,
        };
        self.seen.insert(run.clone(), seen);
        let engine = self.engine.clone();
        let owner = run.clone();
        let task = self.tasks.spawn(async move {
            let mut mark = None;
            let result = engine.advance_marked(&run, &Scope::default(), &mut mark).await;
            (run, mark, result)
        });
        self.owners.insert(task.id(), owner);
    }

    /// Waits for an advance to end and books it; waits for ever while there is none. Cancel safe.
    pub(crate) async fn next_ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((task, ended))) => {
                self.owners.remove(&task);
                self.book(ended);
            }
            Some(Err(error)) => self.book_panic(&error),
            None => std::future::pending().await,
        }
    }

    /// Gives what room there is to the runs that were nudged.
    pub(crate) fn refill(&mut self) {
        if !self.nudged.is_empty() {
            self.start_nudged();
        }
    }

    /// A bug in a stage must not end the day: the run is tried again as after any failure.
    fn book_panic(&mut self, error: &tokio::task::JoinError) {
        let Some(run) = self.owners.remove(&error.id()) else {
            return;
        };
        tracing::error!(%run, %error, "the run's advance panicked");
        if let Some(seen) = self.seen.get_mut(&run) {
            seen.is_busy = false;
            seen.blocked_until = Tick::now() + backoff(seen.failures);
            seen.failures += 1;
        }
    }

    fn book(&mut self, (run, mark, result): Ended) {
        let Some(seen) = self.seen.get_mut(&run) else {
            return;
        };
        let tick = Tick::now();
        seen.mark = mark;
        seen.is_busy = false;
        seen.pace_until = tick + PACE;
        match result {
            Ok(advanced) => {
                tracing::debug!(%run, ?advanced, "advanced");
                seen.failures = 0;
            }
            Err(EngineError::Store(StoreError::Leased { until, .. })) => {
                let left = until.since(self.engine.clock().now());
                let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
                seen.blocked_until = tick + left.clamp(PACE, BACKOFF_MAX);
            }
            Err(EngineError::Store(StoreError::LeaseLost { .. })) => {
                // Superseded, or another driver has it: whoever took the lease goes on.
                tracing::debug!(%run, "lost the lease");
                seen.blocked_until = tick + BACKOFF_MIN;
            }
            // It goes on with the first look by a better clock, also where that sees nothing new.
            Err(error @ EngineError::ClockDoubted { .. }) => {
                tracing::warn!(%run, %error, "the run stands");
                seen.mark = None;
            }
            Err(error) => {
                seen.blocked_until = tick + backoff(seen.failures);
                seen.failures += 1;
                tracing::warn!(%run, %error, "the run could not be moved; it is tried again");
                self.failure = Some((run, error));
            }
        }
    }

    /// Waits for advances to end, at most `limit`; what is left is dropped, and goes on at the next start.
    pub(crate) async fn drain(&mut self, limit: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, all).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "advances did not end in time");
            self.tasks.abort_all();
        }
    }
}

impl Engine {
    /// Whether somebody in this process advances the run just now.
    fn is_moving(&self, run: &RunId) -> bool {
        let busy = self.busy.lock().expect("no holder of this lock panics");
        busy.get(run).is_some_and(|turn| turn.try_lock().is_err())
    }
}

fn backoff(failures: u32) -> Duration {
    BACKOFF_MIN
        .saturating_mul(2_u32.saturating_pow(failures.min(10)))
        .min(BACKOFF_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_after_failures_grow_to_ten_minutes() {
        let seconds: Vec<u64> = (0..9).map(|failures| backoff(failures).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
    }
}
