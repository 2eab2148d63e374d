//! Effects that happen once: their outcomes are stored before anybody sees them.

use std::future::Future;
use std::time::Duration;

use copydesk_domain::{ContentHash, StepKey, StepState};
use copydesk_store::{Command, StepParams, StoreError, StoredOutcome};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::stage_context::StageContext;
use crate::outcome::{self, Account};
use crate::progress::ProgressEvent;
use crate::step::{Disposition, RecordedError, StepError};

/// Attempts of one step within one go of a stage, where an error may pass.
const ATTEMPTS_MAX: u32 = 3;
/// Pause before the second attempt; it doubles before each further one.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
/// No pause is longer.
const PAUSE_MAX: Duration = Duration::from_secs(30);

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
        if let Some(stored) = self.stored(&key, input_hash)? {
            self.report(&key, true);
            return read_outcome(&key, &stored);
        }
        let mut attempt = 1;
        loop {
            self.check_running()?;
            let started_at = self.params.clock.now();
            let (result, account) = self.until_stopped(effect()).await;
            let times = (started_at, self.params.clock.now());
            match result {
                Ok(value) => {
                    let body = outcome::to_json(&value);
                    let row = outcome::completed(&self.place, &key, input_hash, body, account, times);
                    self.finish(row).await?;
                    self.report(&key, false);
                    return Ok(value);
                }
                Err(error) => {
                    let is_last = attempt >= ATTEMPTS_MAX || error.disposition() != Disposition::Retry;
                    let row = outcome::failed(&self.place, &key, input_hash, &error, is_last, account, times);
                    if let Some(row) = row {
                        self.finish(row).await?;
                    }
                    if is_last {
                        self.report(&key, false);
                        return Err(error);
                    }
                    let pause = pause_after(attempt, self.seed(&format!("{key}/{attempt}")));
                    self.rest(pause).await?;
                    attempt += 1;
                }
            }
        }
    }

    /// Waits, unless the run is to stop.
    async fn rest(&self, pause: Duration) -> Result<(), StepError> {
        let paused = async {
            tokio::time::sleep(pause).await;
            (Ok(()), Account::default())
        };
        self.until_stopped(paused).await.0
    }

    fn stored(&self, key: &StepKey, input_hash: ContentHash) -> Result<Option<StoredOutcome>, StepError> {
        let outcomes = self.outcomes.lock().expect("no holder of this lock panics");
        match outcomes.get(key) {
            Some(stored) if stored.input_hash == input_hash => Ok(Some(stored.clone())),
            Some(_) => Err(StoreError::InputChanged { key: key.to_string() }.into()),
            None => Ok(None),
        }
    }

    async fn finish(&self, step: StepParams) -> Result<(), StepError> {
        let lease = self.params.lease.clone();
        self.params
            .store
            .apply(Command::FinishStep { lease, step })
            .await?;
        Ok(())
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

    /// Drives an effect until it ends or the run is to stop; a stopped effect is dropped and no attempt is counted.
    async fn until_stopped<O>(
        &self,
        effect: impl Future<Output = (Result<O, StepError>, Account)>,
    ) -> (Result<O, StepError>, Account) {
        let mut shutdown = self.params.shutdown.clone();
        let mut cancel = self.params.cancel.clone();
        tokio::select! {
            biased;
            result = effect => result,
            Ok(_) = cancel.wait_for(|is_set| *is_set) => (Err(StepError::Cancelled), Account::default()),
            Ok(_) = shutdown.wait_for(|is_set| *is_set) => (Err(StepError::Interrupted), Account::default()),
        }
    }

    fn report(&self, key: &StepKey, is_stored: bool) {
        self.params.progress.report(ProgressEvent::StepFinished {
            stage: self.place.stage.clone(),
            key: key.to_string(),
            is_stored,
        });
    }
}

/// The pause after a failed attempt: exponential, capped, and cut by up to a half so that many do not come back at once.
fn pause_after(attempt: u32, seed: i64) -> Duration {
    let doubled = PAUSE_FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let jitter = (seed.rem_euclid(1_000) as f64) / 2_000.0;
    doubled.min(PAUSE_MAX).mul_f64(1.0 - jitter)
}

fn hash_input<I: Serialize + ?Sized>(key: &StepKey, input: &I) -> Result<ContentHash, StepError> {
    ContentHash::of_json(input).map_err(|error| StepError::Outcome {
        key: key.to_string(),
        reason: error.to_string(),
    })
}

fn read_outcome<O: DeserializeOwned>(key: &StepKey, stored: &StoredOutcome) -> Result<O, StepError> {
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
        assert_eq!(pause_after(1, 0), PAUSE_FIRST);
        assert_eq!(pause_after(2, 0), 2 * PAUSE_FIRST);
        assert_eq!(pause_after(u32::MAX, 0), PAUSE_MAX);
        for seed in [1, 77, 999, i64::MIN, i64::MAX] {
            let pause = pause_after(3, seed);
            assert!(pause > PAUSE_FIRST && pause <= 4 * PAUSE_FIRST, "{pause:?}");
        }
    }
}
