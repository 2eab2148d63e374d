//! Effects that happen once: their outcomes are stored before anybody sees them.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use copydesk_domain::{ContentHash, StepKey, StepState};
use copydesk_store::{Command, StepParams, StoreError, StoredOutcome};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::stage_context::StageContext;
use crate::outcome::{self, Account};
use crate::progress::ProgressEvent;
use crate::step::{Disposition, RecordedError, StepError};

/// How long an effect under way gets to end at a shutdown, since what it asked for is paid. A process ends within ten
/// seconds: the daemon waits nine for its runs, so three are left to put the stage away and to store what it had.
const GRACE: Duration = Duration::from_secs(6);
/// Attempts of one step within one go of a stage, where an error may pass.
const ATTEMPTS_MAX: u32 = 3;
/// Pauses between them.
const PAUSES: Pauses = Pauses {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(30),
};

impl StageContext {
    /// Runs an effect once: a stored final outcome is given back, another is stored before this returns.
    ///
    /// `key` names the step within the round, `input` is what its outcome depends on.
    pub async fn step<I, O, F, Fut>(&self, key: &str, input: &I, effect: F) -> Result<O, StepError>
    where
        I: Serialize + Sync + ?Sized,
        O: Serialize + DeserializeOwned,
        F: Fn() -> Fut,
        Fut: Future<Output = Result<O, StepError>>,
    {
        self.accounted_step(key, input, || async { (effect().await, Account::default()) })
            .await
    }

    /// A step that only reads our own store: nothing has to be durable before it.
    pub async fn read_once<O, F, Fut>(&self, key: &str, read: F) -> Result<O, StepError>
    where
        O: Serialize + DeserializeOwned,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<O, StepError>>,
    {
        let key = StepKey::new(key);
        let input_hash = hash_input(&key, &())?;
        if let Some(stored) = self.known(&key, input_hash)? {
            return read_outcome(&key, &stored);
        }
        let started_at = self.params.clock.now();
        let value = read().await?;
        let times = (started_at, self.params.clock.now());
        let body = outcome::to_json(&value);
        let row = outcome::completed(&self.place, &key, input_hash, body, Account::default(), times);
        self.finish(row).await?;
        Ok(value)
    }

    pub(crate) async fn accounted_step<I, O, F, Fut>(
        &self,
        key: &str,
        input: &I,
        effect: F,
    ) -> Result<O, StepError>
    where
        I: Serialize + Sync + ?Sized,
        O: Serialize + DeserializeOwned,
        F: Fn() -> Fut,
        Fut: Future<Output = (Result<O, StepError>, Account)>,
    {
        let key = StepKey::new(key);
        let input_hash = hash_input(&key, input)?;
        if let Some(stored) = self.known(&key, input_hash)? {
            self.params.progress.report(self.finished(&key, true));
            return read_outcome(&key, &stored);
        }
        let mut attempt = 1;
        loop {
            // What came before is durable before the next effect starts.
            self.params.batch.commit().await?;
            self.check_running()?;
            let started_at = self.params.clock.now();
            let (result, account) = self.alongside(self.until_stopped(effect())).await;
            let times = (started_at, self.params.clock.now());
            match result {
                Ok(value) => {
                    let body = outcome::to_json(&value);
                    let row = outcome::completed(&self.place, &key, input_hash, body, account, times);
                    self.finish(row).await?;
                    return Ok(value);
                }
                Err(error) => {
                    let is_last = attempt >= ATTEMPTS_MAX || error.disposition() != Disposition::Retry;
                    let row = outcome::failed(&self.place, &key, input_hash, &error, is_last, account, times);
                    match row {
                        Some(row) if is_last => self.finish(row).await?,
                        Some(row) => self.params.batch.hold(self.command(row)),
                        None => {}
                    }
                    if is_last {
                        return Err(error);
                    }
                    let pause = PAUSES.after(attempt, self.seed(&format!("{key}/{attempt}")));
                    self.rest(pause).await?;
                    attempt += 1;
                }
            }
        }
    }

    /// Waits, unless the run is to stop.
    async fn rest(&self, pause: Duration) -> Result<(), StepError> {
        self.unless_stopped(tokio::time::sleep(pause)).await
    }

    /// The end that the step has in this round, or else in the one that is replayed.
    pub(super) fn known(
        &self,
        key: &StepKey,
        input_hash: ContentHash,
    ) -> Result<Option<StoredOutcome>, StepError> {
        if let Some(stored) = self.stored(key, input_hash)? {
            return Ok(Some(stored));
        }
        let Some(recorded) = self.recorded.find(key, input_hash) else {
            return Ok(None);
        };
        self.check_running()?;
        let (stage, round) = (&self.place.stage, self.place.round);
        let step = recorded.taken_over(stage, round, self.params.clock.now());
        // Nothing was had that a crash could lose.
        self.params.batch.hold(self.command(step));
        Ok(Some(recorded.stored()))
    }

    fn stored(&self, key: &StepKey, input_hash: ContentHash) -> Result<Option<StoredOutcome>, StepError> {
        let outcomes = self.outcomes.lock().expect("no holder of this lock panics");
        match outcomes.get(key) {
            Some(stored) if stored.input_hash == input_hash => Ok(Some(stored.clone())),
            Some(_) => Err(StoreError::InputChanged { key: key.to_string() }.into()),
            None => Ok(None),
        }
    }

    /// Hands an outcome over to the store. While other effects are under way it is stored at once; else it goes out
    /// with the next write, which the next effect waits for.
    pub(super) async fn finish(&self, step: StepParams) -> Result<(), StepError> {
        let event = self.finished(&step.key, false);
        let batch = &self.params.batch;
        batch.hold_and_show(self.command(step), event);
        if self.under_way.load(Ordering::Relaxed) > 0 {
            batch.commit().await?;
        }
        Ok(())
    }

    fn command(&self, step: StepParams) -> Command {
        let lease = self.params.lease.clone();
        Command::FinishStep { lease, step }
    }

    /// Counts an effect among those under way.
    async fn alongside<T>(&self, effect: impl Future<Output = T>) -> T {
        let _counted = Counted::new(&self.under_way);
        effect.await
    }

    fn check_running(&self) -> Result<(), StepError> {
        if *self.params.cancel.borrow() {
            return Err(StepError::Cancelled);
        }
        if *self.params.shutdown.borrow() {
            return Err(StepError::Interrupted);
        }
        Ok(())
    }

    /// Drives an effect until it ends or the run is to stop: by a cancel at once, by a shutdown after [`GRACE`]. A stopped
    /// effect is dropped and no attempt is counted. Nor is one counted that fails at a shutdown: the embedded model and tool
    /// servers that were told to end too may be all that was wrong.
    async fn until_stopped<O>(
        &self,
        effect: impl Future<Output = (Result<O, StepError>, Account)>,
    ) -> (Result<O, StepError>, Account) {
        match self.unless_stopped_for(GRACE, effect).await {
            Ok((Err(_), _)) if *self.params.shutdown.borrow() => {
                (Err(StepError::Interrupted), Account::default())
            }
            Ok(ended) => ended,
            Err(stopped) => (Err(stopped), Account::default()),
        }
    }

    /// Waits for something that is no step, such as for tool servers before a round begins. It is dropped where the run is
    /// to stop.
    ///
    /// # Errors
    /// [`StepError::Cancelled`] and [`StepError::Interrupted`].
    pub async fn unless_stopped<T>(&self, wait: impl Future<Output = T>) -> Result<T, StepError> {
        self.unless_stopped_for(Duration::ZERO, wait).await
    }

    /// The same, with some time to end at a shutdown.
    async fn unless_stopped_for<T>(
        &self,
        grace: Duration,
        wait: impl Future<Output = T>,
    ) -> Result<T, StepError> {
        let mut cancel = self.params.cancel.clone();
        tokio::select! {
            biased;
            ended = wait => Ok(ended),
            Ok(_) = cancel.wait_for(|is_set| *is_set) => Err(StepError::Cancelled),
            () = self.shut_down_for(grace) => Err(StepError::Interrupted),
        }
    }

    /// Ends so long after the process was told to end; never where nobody is left to tell it.
    async fn shut_down_for(&self, grace: Duration) {
        let mut shutdown = self.params.shutdown.clone();
        if shutdown.wait_for(|is_set| *is_set).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    }

    fn finished(&self, key: &StepKey, is_stored: bool) -> ProgressEvent {
        ProgressEvent::StepFinished {
            run: self.run().clone(),
            stage: self.place.stage.clone(),
            key: key.to_string(),
            is_stored,
        }
    }
}

/// One more in a count, until dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The pauses between the tries of something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses {
    /// The first; it doubles before each further one.
    pub(super) first: Duration,
    /// No pause is longer.
    pub(super) longest: Duration,
}

impl Pauses {
    /// The pause after so many failed tries: cut by up to a half, so that many do not come back at once.
    pub(super) fn after(self, tries: u32, seed: i64) -> Duration {
        let doubled = self.first.saturating_mul(1 << tries.saturating_sub(1).min(16));
        let jitter = (seed.rem_euclid(1_000) as f64) / 2_000.0;
        doubled.min(self.longest).mul_f64(1.0 - jitter)
    }
}

pub(super) fn hash_input<I: Serialize + ?Sized>(key: &StepKey, input: &I) -> Result<ContentHash, StepError> {
    ContentHash::of_json(input).map_err(|error| StepError::Outcome {
        key: key.to_string(),
        reason: error.to_string(),
    })
}

pub(super) fn read_outcome<O: DeserializeOwned>(
    key: &StepKey,
    stored: &StoredOutcome,
) -> Result<O, StepError> {
    let wrong = |error: serde_json::Error| StepError::Outcome {
        key: key.to_string(),
        reason: error.to_string(),
    };
    if stored.state == StepState::Completed {
        return serde_json::from_slice(&stored.body).map_err(wrong);
    }
    let recorded: RecordedError = serde_json::from_slice(&stored.body).map_err(wrong)?;
    Err(StepError::Recorded {
        message: recorded.error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_cap_and_vary_by_a_half() {
        assert_eq!(PAUSES.after(1, 0), PAUSES.first);
        assert_eq!(PAUSES.after(2, 0), 2 * PAUSES.first);
        assert_eq!(PAUSES.after(u32::MAX, 0), PAUSES.longest);
        for seed in [1, 77, 999, i64::MIN, i64::MAX] {
            let pause = PAUSES.after(3, seed);
            assert!(pause > PAUSES.first && pause <= 4 * PAUSES.first, "{pause:?}");
        }
    }
}
