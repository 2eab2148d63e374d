//! When an endpoint has room for one more call: limits of the config and those that it told. Pure: it is told the time.

use std::collections::VecDeque;
use std::time::Duration;

use copydesk_config::ModelConfig;

use crate::wire::{Quota, RateLimits};

/// The window of limits that are given for a minute.
const MINUTE: Duration = Duration::from_mins(1);
/// An endpoint that has nothing left and does not say until when is asked again after so long.
const UNTOLD: Duration = Duration::from_secs(1);

/// Limits that the config sets; any number where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Caps {
    pub(crate) concurrency: Option<u32>,
    pub(crate) requests: Option<u32>,
    pub(crate) tokens: Option<u32>,
}

impl Caps {
    pub(crate) const fn of(config: &ModelConfig) -> Self {
        Self {
            concurrency: config.concurrency_max,
            requests: config.requests_per_minute,
            tokens: config.tokens_per_minute,
        }
    }
}

/// Why a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until one of the calls under way has ended.
    Slot,
    /// For so long.
    For(Duration, Reason),
}

/// Which limit a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Concurrency,
    Requests,
    Tokens,
    Asked,
}

impl Reason {
    /// In words, behind "waits for".
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Concurrency => "a call under way to end",
            Self::Requests => "its limit of requests",
            Self::Tokens => "its limit of tokens",
            Self::Asked => "the time that it asked for",
        }
    }
}

/// What is known of one endpoint's use. Times are spans since the start of the process.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// Calls of the last minute, by rising number.
    sent: VecDeque<Sent>,
    /// The number of the next call.
    next: u64,
    in_flight: u32,
    requests: Option<Learned>,
    tokens: Option<Learned>,
    /// How often the endpoint told what tokens are left.
    tokens_told: u64,
    not_before: Duration,
}

/// One call that was let through.
#[derive(Debug)]
struct Sent {
    number: u64,
    at: Duration,
    tokens: u64,
    /// How often the endpoint had told what tokens are left.
    tokens_told: u64,
}

/// What the endpoint said is left.
#[derive(Debug, Clone, Copy)]
struct Learned {
    remaining: u64,
    until: Duration,
}

impl Rates {
    /// Lets a call of about `tokens` through and gives its number, or says what it waits for.
    ///
    /// A call that is larger than a limit goes out alone: it would wait for ever otherwise, and the endpoint says what
    /// it thinks of it.
    pub(crate) fn admit(&mut self, now: Duration, caps: Caps, tokens: u64) -> Result<u64, Wait> {
        if caps.concurrency.is_some_and(|max| self.in_flight >= max.max(1)) {
            return Err(Wait::Slot);
        }
        self.forget(now);
        let waits = [
            (self.not_before.checked_sub(now), Reason::Asked),
            (self.for_requests(now, caps.requests), Reason::Requests),
            (self.for_tokens(now, caps.tokens, tokens), Reason::Tokens),
            (left(self.requests, 1, now), Reason::Requests),
            (left(self.tokens, tokens, now), Reason::Tokens),
        ];
        let longest = waits
            .into_iter()
            .filter_map(|(wait, reason)| Some((wait.filter(|wait| !wait.is_zero())?, reason)))
            .max_by_key(|(wait, _)| *wait);
        if let Some((wait, reason)) = longest {
            return Err(Wait::For(wait, reason));
        }
        let number = self.next;
        self.next += 1;
        self.sent.push_back(Sent {
            number,
            at: now,
            tokens,
            tokens_told: self.tokens_told,
        });
        self.in_flight += 1;
        take(&mut self.requests, 1);
        take(&mut self.tokens, tokens);
        Ok(number)
    }

    /// A call has ended. What the endpoint counted takes the place of what was guessed.
    pub(crate) fn ended(&mut self, number: u64, tokens: Option<u64>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let (Ok(place), Some(counted)) = (self.place(number), tokens) {
            self.sent[place].tokens = counted;
        }
    }

    /// A call that was let through is not sent after all: it has used nothing.
    pub(crate) fn withdrawn(&mut self, number: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        // What was told in between left room for this call, as for all that were under way.
        give(&mut self.requests, 1);
        let Ok(place) = self.place(number) else {
            return;
        };
        // What was told of tokens in between knows nothing of this call.
        if let Some(sent) = self.sent.remove(place)
            && sent.tokens_told == self.tokens_told
        {
            give(&mut self.tokens, sent.tokens);
        }
    }

    /// Learns from an answer. Calls that are under way still are not in what it told; `pause_max`: no wish to be left
    /// alone counts for longer.
    pub(crate) fn learn(&mut self, now: Duration, told: RateLimits, pause_max: Duration) {
        let others = u64::from(self.in_flight.saturating_sub(1));
        let learned = |quota: Quota, taken: u64| Learned {
            remaining: quota.remaining.saturating_sub(taken),
            until: now + quota.reset.unwrap_or(UNTOLD),
        };
        if let Some(quota) = told.requests {
            self.requests = Some(learned(quota, others));
        }
        if let Some(quota) = told.tokens {
            self.tokens = Some(learned(quota, 0));
            self.tokens_told += 1;
        }
        if let Some(asked) = told.retry_after {
            self.not_before = self.not_before.max(now + asked.min(pause_max));
        }
    }

    pub(crate) const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Where a call stands among those of the last minute, unless it is older. A busy minute has tens of thousands.
    fn place(&self, number: u64) -> Result<usize, usize> {
        self.sent.binary_search_by_key(&number, |sent| sent.number)
    }

    fn forget(&mut self, now: Duration) {
        while self
            .sent
            .front()
            .is_some_and(|sent| now.saturating_sub(sent.at) >= MINUTE)
        {
            self.sent.pop_front();
        }
        for learned in [&mut self.requests, &mut self.tokens] {
            if learned.is_some_and(|learned| learned.until <= now) {
                *learned = None;
            }
        }
    }

    fn for_requests(&self, now: Duration, max: Option<u32>) -> Option<Duration> {
        let max = usize::try_from(max?.max(1)).unwrap_or(usize::MAX);
        let over = self.sent.len().checked_sub(max)?;
        Some((self.sent[over].at + MINUTE).saturating_sub(now))
    }

    fn for_tokens(&self, now: Duration, max: Option<u32>, tokens: u64) -> Option<Duration> {
        let max = u64::from(max?);
        let mut sum = self
            .sent
            .iter()
            .fold(tokens, |sum, sent| sum.saturating_add(sent.tokens));
        let mut wait = None;
        for sent in &self.sent {
            if sum <= max {
                break;
            }
            sum -= sent.tokens;
            wait = Some((sent.at + MINUTE).saturating_sub(now));
        }
        wait
    }
}

/// How long until so much is left.
fn left(learned: Option<Learned>, needed: u64, now: Duration) -> Option<Duration> {
    let learned = learned.filter(|learned| learned.remaining < needed)?;
    learned.until.checked_sub(now)
}

fn take(learned: &mut Option<Learned>, used: u64) {
    if let Some(learned) = learned {
        learned.remaining = learned.remaining.saturating_sub(used);
    }
}

fn give(learned: &mut Option<Learned>, unused: u64) {
    if let Some(learned) = learned {
        learned.remaining = learned.remaining.saturating_add(unused);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(10);

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn caps(concurrency: Option<u32>, requests: Option<u32>, tokens: Option<u32>) -> Caps {
        Caps {
            concurrency,
            requests,
            tokens,
        }
    }

    #[test]
    fn without_limits_every_call_goes_at_once() {
        let mut rates = Rates::default();
        for _ in 0..1_000 {
            assert!(rates.admit(s(0), Caps::default(), 1_000_000).is_ok());
        }
        assert_eq!(rates.in_flight(), 1_000);
    }

    #[test]
    fn calls_at_the_same_time_are_limited() {
        let mut rates = Rates::default();
        let two = caps(Some(2), None, None);
        let first = rates.admit(s(0), two, 1).unwrap();
        rates.admit(s(0), two, 1).unwrap();
        assert_eq!(rates.admit(s(0), two, 1), Err(Wait::Slot));
        rates.ended(first, None);
        assert!(rates.admit(s(0), two, 1).is_ok());
    }

    #[test]
    fn requests_of_a_minute_are_limited() {
        let mut rates = Rates::default();
        let three = caps(None, Some(3), None);
        for at in [0, 10, 20] {
            rates.admit(s(at), three, 1).unwrap();
        }
        assert_eq!(
            rates.admit(s(21), three, 1),
            Err(Wait::For(s(39), Reason::Requests))
        );
        assert!(rates.admit(s(60), three, 1).is_ok());
        assert_eq!(
            rates.admit(s(60), three, 1),
            Err(Wait::For(s(10), Reason::Requests))
        );
    }

    #[test]
    fn tokens_of_a_minute_are_limited_as_they_were_counted() {
        let mut rates = Rates::default();
        let caps = caps(None, None, Some(1_000));
        let first = rates.admit(s(0), caps, 900).unwrap();
        assert_eq!(
            rates.admit(s(5), caps, 200),
            Err(Wait::For(s(55), Reason::Tokens))
        );
        rates.ended(first, Some(300));
        assert!(rates.admit(s(5), caps, 200).is_ok());
        assert_eq!(
            rates.admit(s(6), caps, 5_000),
            Err(Wait::For(s(59), Reason::Tokens))
        );
        assert!(
            rates.admit(s(65), caps, 5_000).is_ok(),
            "what is larger than the limit goes alone"
        );
    }

    #[test]
    fn what_a_call_used_is_counted_at_its_own_place() {
        let mut rates = Rates::default();
        let caps = caps(None, None, Some(1_000));
        let [_, unsent, last] = [100, 200, 300].map(|tokens| rates.admit(s(0), caps, tokens).unwrap());
        rates.withdrawn(unsent);
        rates.ended(last, Some(900));
        assert!(rates.admit(s(1), caps, 1).is_err());
        rates.ended(last, Some(899));
        assert!(rates.admit(s(1), caps, 1).is_ok());
        rates.admit(s(61), caps, 900).unwrap();
        rates.ended(last, Some(1));
        assert!(
            rates.admit(s(62), caps, 101).is_err(),
            "a call that is forgotten is no other one"
        );
    }

    #[test]
    fn what_an_endpoint_told_is_held() {
        let mut rates = Rates::default();
        let told = RateLimits {
            requests: Some(Quota {
                remaining: 1,
                reset: Some(s(6)),
            }),
            tokens: Some(Quota {
                remaining: 500,
                reset: Some(s(3)),
            }),
            retry_after: None,
        };
        rates.learn(s(0), told, PAUSE);
        assert_eq!(
            rates.admit(s(1), Caps::default(), 501),
            Err(Wait::For(s(2), Reason::Tokens))
        );
        assert!(rates.admit(s(1), Caps::default(), 500).is_ok());
        assert_eq!(
            rates.admit(s(1), Caps::default(), 1),
            Err(Wait::For(s(5), Reason::Requests))
        );
        assert!(rates.admit(s(6), Caps::default(), 501).is_ok());
    }

    #[test]
    fn calls_under_way_are_taken_off_what_an_endpoint_told() {
        let mut rates = Rates::default();
        for _ in 0..3 {
            rates.admit(s(0), Caps::default(), 1).unwrap();
        }
        let told = |remaining| RateLimits {
            requests: Some(Quota {
                remaining,
                reset: Some(s(6)),
            }),
            ..RateLimits::default()
        };
        rates.learn(s(1), told(2), PAUSE);
        assert_eq!(
            rates.admit(s(1), Caps::default(), 1),
            Err(Wait::For(s(6), Reason::Requests))
        );
    }

    #[test]
    fn a_wish_to_be_left_alone_holds_for_all_calls_up_to_a_limit() {
        let mut rates = Rates::default();
        let told = |seconds| RateLimits {
            retry_after: Some(s(seconds)),
            ..RateLimits::default()
        };
        rates.learn(s(0), told(4), PAUSE);
        assert_eq!(
            rates.admit(s(1), Caps::default(), 1),
            Err(Wait::For(s(3), Reason::Asked))
        );
        rates.learn(s(1), told(86_400), PAUSE);
        assert_eq!(
            rates.admit(s(1), Caps::default(), 1),
            Err(Wait::For(s(10), Reason::Asked))
        );
    }

    #[test]
    fn a_call_that_is_not_sent_after_all_has_used_nothing() {
        let mut rates = Rates::default();
        let own = caps(Some(1), Some(1), Some(1_000));
        let left = |remaining| {
            Some(Quota {
                remaining,
                reset: Some(s(50)),
            })
        };
        let told = RateLimits {
            requests: left(1),
            tokens: left(700),
            retry_after: None,
        };
        rates.learn(s(0), told, PAUSE);
        let unsent = rates.admit(s(0), own, 700).unwrap();
        assert_eq!(rates.admit(s(0), own, 700), Err(Wait::Slot));
        rates.withdrawn(unsent);
        assert_eq!(rates.in_flight(), 0);
        let sent = rates.admit(s(0), own, 700);
        let sent = sent.expect("each limit has the room that it had");
        rates.ended(sent, None);
        assert!(rates.admit(s(0), own, 1).is_err(), "and no more");
    }

    #[test]
    fn what_an_endpoint_told_meanwhile_is_not_exceeded_by_what_is_given_back() {
        let mut rates = Rates::default();
        let left = |remaining| {
            Some(Quota {
                remaining,
                reset: Some(s(50)),
            })
        };
        let unsent = rates.admit(s(0), Caps::default(), 700).unwrap();
        let other = rates.admit(s(0), Caps::default(), 1).unwrap();
        let told = RateLimits {
            requests: left(1),
            tokens: left(100),
            retry_after: None,
        };
        rates.learn(s(1), told, PAUSE);
        rates.ended(other, None);
        rates.withdrawn(unsent);
        assert!(rates.admit(s(1), Caps::default(), 101).is_err());
        assert!(rates.admit(s(1), Caps::default(), 100).is_ok());
        assert!(rates.admit(s(1), Caps::default(), 0).is_err());
    }

    proptest! {
        #[test]
        fn no_minute_ever_holds_more_than_its_limits(
            calls in prop::collection::vec((0_u64..20_000, 1_u64..400), 1..120),
            requests in 1_u32..20,
            tokens in 400_u32..2_000,
        ) {
            let caps = caps(None, Some(requests), Some(tokens));
            let mut rates = Rates::default();
            let mut now = Duration::ZERO;
            let mut sent: Vec<(Duration, u64)> = Vec::new();
            for (after_ms, size) in calls {
                now += Duration::from_millis(after_ms);
                // Whoever waits as long as it was told is let through in the end.
                let mut looks = 0;
                while let Err(wait) = rates.admit(now, caps, size) {
                    let Wait::For(wait, _) = wait else { panic!("no slot is limited") };
                    now += wait;
                    looks += 1;
                    prop_assert!(looks < 200);
                }
                sent.push((now, size));
                let minute = sent.iter().filter(|(at, _)| now.saturating_sub(*at) < MINUTE);
                let (count, sum) = minute.fold((0_u32, 0), |(count, sum), (_, size)| (count + 1, sum + size));
                prop_assert!(count <= requests && sum <= u64::from(tokens), "{} calls, {} tokens", count, sum);
            }
        }
    }
}
