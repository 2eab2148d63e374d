//! Waiting for what is out of reach: a short pause within a go at a stage, or the end of this go and another one later.

use std::time::Duration;

use copydesk_domain::{Instant, StepKey};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::stage_context::StageContext;
use super::steps::{Pauses, hash_input, read_outcome};
use crate::outcome::{self, Account};
use crate::stage::StageError;
use crate::step::StepError;

/// Pauses between the goes at a stage. A network that is not up yet is mostly there within minutes.
const PAUSES: Pauses = Pauses {
    first: Duration::from_mins(1),
    longest: Duration::from_mins(10),
};

/// How a go at a stage ended that had to do without something.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct GoEnded {
    /// When the stage was to be tried again; none where it was to go on with what it had.
    again_at: Option<Instant>,
}

impl StageContext {
    /// Waits, once: a later attempt that finds the wait in the journal, and a replay, go on at once.
    ///
    /// `pause` depends on nothing but stored outcomes and [`StageContext::seed`].
    pub async fn pause(&self, key: &str, pause: Duration) -> Result<(), StepError> {
        let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.step(key, &millis, || async {
            tokio::time::sleep(pause).await;
            Ok(())
        })
        .await
    }

    /// Ends a go at the stage that found what it needs out of reach, so that it is tried again by itself: after a pause
    /// that doubles up to ten minutes, at least `at_least`, until the stage's patience is at an end.
    ///
    /// `go`: counts the goes of the round, from 1; names of steps that are to be done anew in each go end in it.
    /// `reason`: what is out of reach, as a fragment.
    ///
    /// Gives true where the journal says that this go is over: the next one begins. Gives false where nobody waits, or
    /// nobody waits any more: the stage goes on with what it has.
    ///
    /// # Errors
    /// [`StageError::PutOff`], which the stage hands on.
    pub async fn put_off(&self, go: u32, at_least: Duration, reason: &str) -> Result<bool, StageError> {
        let key = StepKey::new(format!("put_off/go-{go}"));
        let input_hash = hash_input(&key, &())?;
        if let Some(stored) = self.known(&key, input_hash)? {
            let ended: GoEnded = read_outcome(&key, &stored)?;
            return Ok(ended.again_at.is_some());
        }
        let Some(until) = self.params.patience else {
            return Ok(false);
        };
        let now = self.params.clock.now();
        let pause = PAUSES.after(go, self.seed(key.as_str())).max(at_least);
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        // The last go is at the very end.
        let again_at = (now < until).then(|| whole_second(now.plus(pause)).min(until));
        let body = outcome::to_json(&GoEnded { again_at });
        let times = (now, now);
        self.finish(outcome::completed(
            &self.place,
            &key,
            input_hash,
            body,
            Account::default(),
            times,
        ))
        .await?;
        match again_at {
            Some(at) => Err(StageError::PutOff {
                at,
                until,
                reason: reason.to_owned(),
            }),
            None => Ok(false),
        }
    }
}

/// The end of the second: an instant that people read.
fn whole_second(at: Instant) -> Instant {
    const SECOND: i64 = 1_000_000;
    Instant::from_micros(at.as_micros().saturating_add(SECOND - 1).div_euclid(SECOND) * SECOND)
}
