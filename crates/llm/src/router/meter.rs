//! One endpoint as all runs of this process share it: its breaker, its limits, and what is counted of it.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::breaker::{Breaker, BreakerPolicy, Entry, Standing};
use super::rates::{Caps, Rates, Reason, Wait};
use crate::wire::{Fault, Next, RateLimits};

/// What an endpoint of this process is like now: for `copydesk models` and the metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndpointState {
    /// The model's name at the endpoint.
    pub model: String,
    /// The endpoint's address.
    pub base_url: String,
    /// `closed`: it is asked; `open`: it failed and is left alone; `half_open`: one call finds out whether it is back.
    pub breaker: &'static str,
    /// How often it was left alone since the start.
    pub opened: u64,
    /// For so many more milliseconds it is left alone.
    pub rests_ms: Option<u64>,
    /// Calls under way.
    pub in_flight: u32,
    /// Tries since the start.
    pub tries: u64,
    /// Those that failed, for whatever reason.
    pub failed: u64,
    /// Those that the model refused to answer.
    pub refused: u64,
    /// Calls that waited for a limit, rather than run into it.
    pub waits: u64,
    /// How long they waited in all.
    pub waited_ms: u64,
}

/// What is counted since the start.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    tries: u64,
    failed: u64,
    refused: u64,
    waits: u64,
    waited: Duration,
}

/// One endpoint.
pub(crate) struct Meter {
    started: Instant,
    breaker: Mutex<Breaker>,
    rates: Mutex<Rates>,
    counts: Mutex<Counts>,
    /// A call has ended.
    freed: Notify,
    /// A call that was let through was not sent: limits of a minute have room before their time.
    withdrawn: Notify,
    pause_max: Duration,
}

/// The right to send one call; the place is free again when it is dropped. One that was not sent has used nothing.
pub(crate) struct Admission<'m> {
    meter: &'m Meter,
    number: u64,
    is_sent: bool,
    tokens: Option<u64>,
    /// How long the call waited, and the last limit that it waited for.
    pub(crate) waited: Option<(Duration, Reason)>,
}

/// The right to ask an endpoint that may have failed before. Dropped without a word, as when its run is stopped, it
/// leaves the trial to the next caller.
pub(crate) struct Pass<'m> {
    meter: &'m Meter,
    is_trial: bool,
    is_over: bool,
}

impl Meter {
    pub(crate) fn new(policy: BreakerPolicy, pause_max: Duration) -> Self {
        Self {
            started: Instant::now(),
            breaker: Mutex::new(Breaker::new(policy)),
            rates: Mutex::default(),
            counts: Mutex::default(),
            freed: Notify::new(),
            withdrawn: Notify::new(),
            pause_max,
        }
    }

    /// For how long the endpoint is left alone after failures.
    pub(crate) fn blocked_for(&self) -> Option<Duration> {
        self.breaker().blocked_for(self.now())
    }

    /// Waits for room for a call of about `tokens`, at most `wait_max`.
    ///
    /// # Errors
    /// The limit that has no room in time, and for how long it has none.
    pub(crate) async fn admit(
        &self,
        caps: Caps,
        tokens: u64,
        wait_max: Duration,
    ) -> Result<Admission<'_>, (Reason, Duration)> {
        let begun = Instant::now();
        let mut waited_for = None;
        loop {
            // Made before the look, so that a call that ends in between is not missed.
            let freed = self.freed.notified();
            let withdrawn = self.withdrawn.notified();
            let left = wait_max.saturating_sub(begun.elapsed());
            let looked = self.rates().admit(self.now(), caps, tokens);
            match looked {
                Ok(number) => {
                    let waited = waited_for.map(|reason| (begun.elapsed(), reason));
                    if let Some((span, _)) = waited {
                        let mut counts = self.counts();
                        counts.waits += 1;
                        counts.waited += span;
                    }
                    return Ok(Admission {
                        meter: self,
                        number,
                        is_sent: false,
                        tokens: None,
                        waited,
                    });
                }
                Err(Wait::Slot) => {
                    waited_for = Some(Reason::Concurrency);
                    if tokio::time::timeout(left, freed).await.is_err() {
                        return Err((Reason::Concurrency, Duration::from_secs(1)));
                    }
                }
                Err(Wait::For(wait, reason)) if wait <= left => {
                    waited_for = Some(reason);
                    // Either way it looks again.
                    let _ = tokio::time::timeout(wait, withdrawn).await;
                }
                Err(Wait::For(wait, reason)) => return Err((reason, wait)),
            }
        }
    }

    /// Asks the breaker for a pass.
    ///
    /// # Errors
    /// For how long there is none.
    pub(crate) fn enter(&self) -> Result<Pass<'_>, Duration> {
        let entry = self.breaker().enter(self.now());
        let is_trial = match entry {
            Entry::Go => false,
            Entry::Trial => true,
            Entry::Blocked(left) => return Err(left),
        };
        Ok(Pass {
            meter: self,
            is_trial,
            is_over: false,
        })
    }

    /// Learns what the headers of an answer told.
    pub(crate) fn learn(&self, told: RateLimits) {
        self.rates().learn(self.now(), told, self.pause_max);
    }

    /// A person has mended something.
    pub(crate) fn reconsider(&self) {
        self.breaker().reconsider(self.now());
    }

    /// What it is like now.
    pub(crate) fn state(&self, base_url: &str, model: &str) -> EndpointState {
        let counts = *self.counts();
        let breaker = self.breaker();
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        EndpointState {
            model: model.to_owned(),
            base_url: base_url.to_owned(),
            breaker: match breaker.standing() {
                Standing::Closed => "closed",
                Standing::Open => "open",
                Standing::HalfOpen => "half_open",
            },
            opened: breaker.opened(),
            rests_ms: breaker.blocked_for(self.now()).map(millis),
            in_flight: self.rates().in_flight(),
            tries: counts.tries,
            failed: counts.failed,
            refused: counts.refused,
            waits: counts.waits,
            waited_ms: millis(counts.waited),
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().expect("no holder of this lock can panic")
    }

    fn rates(&self) -> MutexGuard<'_, Rates> {
        self.rates.lock().expect("no holder of this lock can panic")
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("no holder of this lock can panic")
    }
}

impl Admission<'_> {
    /// What the endpoint counted takes the place of what was guessed.
    pub(crate) const fn counted(&mut self, tokens: u64) {
        self.tokens = Some(tokens);
    }

    /// The call is on its way: from now on it counts, whatever comes of it.
    pub(crate) fn sent(&mut self) {
        self.is_sent = true;
        self.meter.counts().tries += 1;
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.is_sent {
            self.meter.rates().ended(self.number, self.tokens);
        } else {
            self.meter.rates().withdrawn(self.number);
            self.meter.withdrawn.notify_waiters();
        }
        self.meter.freed.notify_one();
    }
}

impl Pass<'_> {
    /// Tells the breaker what came of the call; for how long the endpoint is left alone, where that opened it.
    pub(crate) fn over(mut self, result: Result<(), &Fault>) -> Option<Duration> {
        self.is_over = true;
        let meter = self.meter;
        if let Err(fault) = result {
            let mut counts = meter.counts();
            counts.failed += 1;
            counts.refused += u64::from(*fault == Fault::Refused);
        }
        let now = meter.now();
        let mut breaker = meter.breaker();
        match result.map_err(Said::of) {
            Ok(()) | Err(Said::Alive) => breaker.succeeded(),
            Err(Said::Nothing) if self.is_trial => breaker.abandoned(now),
            Err(Said::Nothing) => {}
            Err(Said::Failing) => {
                if breaker.failed(now) {
                    return breaker.blocked_for(now);
                }
            }
        }
        None
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_trial && !self.is_over {
            let now = self.meter.now();
            self.meter.breaker().abandoned(now);
        }
    }
}

/// What a fault says of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It works; this call was not to its liking.
    Alive,
    /// It does not work now: busy, broken, out of reach or out of money.
    Failing,
    /// Nothing.
    Nothing,
}

impl Said {
    fn of(fault: &Fault) -> Self {
        match (fault, fault.next()) {
            (Fault::Refused, _) | (_, Next::ReAsk | Next::Person) => Self::Alive,
            (_, Next::Again) => Self::Nothing,
            (_, Next::Later | Next::Leave) => Self::Failing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stood;

    fn meter() -> Meter {
        Meter::new(BreakerPolicy::standard(), Duration::from_secs(10))
    }

    fn status(status: u16) -> Fault {
        Fault::Status {
            status,
            reason: String::new(),
            retry_after: None,
            stood: Stood::First,
        }
    }

    #[test]
    fn only_faults_of_the_endpoint_itself_count_against_it() {
        for code in [402, 408, 429, 500, 503, 529] {
            assert_eq!(Said::of(&status(code)), Said::Failing, "{code}");
        }
        for code in [400, 401, 403, 404, 422] {
            assert_eq!(Said::of(&status(code)), Said::Alive, "{code}");
        }
        assert_eq!(Said::of(&Fault::Refused), Said::Alive);
        assert_eq!(Said::of(&status(409)), Said::Nothing);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_for_one_under_way_to_end() {
        let meter = meter();
        let one = Caps {
            concurrency: Some(1),
            ..Caps::default()
        };
        let first = meter.admit(one, 1, Duration::from_secs(5)).await.unwrap();
        assert_eq!(first.waited, None);
        let second = async {
            let second = meter.admit(one, 1, Duration::from_secs(5)).await.unwrap();
            second.waited.unwrap()
        };
        let free = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            drop(first);
        };
        let (waited, ()) = tokio::join!(second, free);
        assert_eq!(waited, (Duration::from_secs(2), Reason::Concurrency));
        assert_eq!(meter.state("", "").waits, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_within_its_time_and_not_longer() {
        let meter = meter();
        let one = Caps {
            requests: Some(1),
            ..Caps::default()
        };
        meter.admit(one, 1, Duration::ZERO).await.unwrap().sent();
        let refused = meter.admit(one, 1, Duration::from_secs(59)).await.err();
        assert_eq!(refused, Some((Reason::Requests, Duration::from_mins(1))));
        let admitted = meter.admit(one, 1, Duration::from_mins(1)).await.unwrap();
        assert_eq!(admitted.waited, Some((Duration::from_mins(1), Reason::Requests)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_not_sent_leaves_its_place_to_those_that_wait_for_the_minute() {
        let meter = meter();
        let one = Caps {
            requests: Some(1),
            ..Caps::default()
        };
        let unsent = meter.admit(one, 1, Duration::ZERO).await.unwrap();
        let other = async {
            let other = meter.admit(one, 1, Duration::from_mins(2)).await.unwrap();
            other.waited.unwrap().0
        };
        let give_back = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(unsent);
        };
        let (waited, ()) = tokio::join!(other, give_back);
        assert_eq!(waited, Duration::from_secs(3));
        assert_eq!(meter.state("", "").tries, 0, "nothing was sent");
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_trial_is_the_next_callers() {
        let meter = meter();
        for _ in 0..5 {
            meter
                .enter()
                .unwrap_or_else(|_| panic!("it is closed"))
                .over(Err(&status(503)));
        }
        assert_eq!(meter.enter().err(), Some(Duration::from_secs(15)));
        tokio::time::sleep(Duration::from_secs(15)).await;
        let trial = meter.enter().unwrap_or_else(|_| panic!("it is half open"));
        assert!(meter.enter().is_err());
        drop(trial);
        let state = meter.state("http://a", "m");
        assert_eq!((state.breaker, state.opened, state.failed), ("open", 1, 5));
        meter
            .enter()
            .unwrap_or_else(|_| panic!("it is free again"))
            .over(Ok(()));
        assert_eq!(meter.state("", "").breaker, "closed");
    }
}
