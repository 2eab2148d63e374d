//! When an endpoint that fails is left alone. Pure: it is told the time.

use std::collections::VecDeque;
use std::time::Duration;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// So many failures within `window` open it. More than the tries of one call, so that one unlucky step does not.
    pub failures_max: usize,
    /// Older failures count no more.
    pub window: Duration,
    /// It stays open for so long the first time, and twice as long after each trial that fails.
    pub cool_down: Duration,
    /// It never stays open for longer.
    pub cool_down_max: Duration,
}

impl BreakerPolicy {
    /// Five failures within a minute; 15 seconds, growing to 10 minutes.
    pub const fn standard() -> Self {
        Self {
            failures_max: 5,
            window: Duration::from_mins(1),
            cool_down: Duration::from_secs(15),
            cool_down_max: Duration::from_mins(10),
        }
    }
}

/// Whether an endpoint may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It may.
    Go,
    /// It may, by this one call alone: what comes of it decides.
    Trial,
    /// Not before so long.
    Blocked(Duration),
}

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Calls go through.
    Closed,
    /// Calls go elsewhere.
    Open,
    /// One call finds out whether the endpoint is back.
    HalfOpen,
}

/// The breaker of one endpoint. Times are spans since the start of the process, which never run backwards.
#[derive(Debug)]
pub(crate) struct Breaker {
    policy: BreakerPolicy,
    state: State,
    /// The next cool-down.
    cool_down: Duration,
    opened: u64,
}

#[derive(Debug)]
enum State {
    Closed { failures: VecDeque<Duration> },
    Open { until: Duration },
    HalfOpen { since: Duration },
}

/// A trial that says nothing for so long is given up, so that a caller that vanished blocks nobody for good.
const TRIAL_MAX: Duration = Duration::from_mins(10);
/// Others look again after so long whether a trial has ended.
const TRIAL_LOOK: Duration = Duration::from_millis(200);

impl Breaker {
    pub(crate) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: State::Closed {
                failures: VecDeque::new(),
            },
            cool_down: policy.cool_down,
            opened: 0,
        }
    }

    /// For how long calls are blocked; takes no trial.
    pub(crate) fn blocked_for(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { until } => until.checked_sub(now).filter(|left| !left.is_zero()),
            State::HalfOpen { since } => (now.saturating_sub(since) < TRIAL_MAX).then_some(TRIAL_LOOK),
        }
    }

    /// Asks to be let through. After the cool-down one caller gets the trial, and the others wait for what comes of it.
    pub(crate) fn enter(&mut self, now: Duration) -> Entry {
        if let Some(left) = self.blocked_for(now) {
            return Entry::Blocked(left);
        }
        match self.state {
            State::Closed { .. } => Entry::Go,
            State::Open { .. } | State::HalfOpen { .. } => {
                self.state = State::HalfOpen { since: now };
                Entry::Trial
            }
        }
    }

    /// The endpoint answered.
    pub(crate) fn succeeded(&mut self) {
        // An answer to a call from before it opened is one all the same: the endpoint is back.
        self.state = State::Closed {
            failures: VecDeque::new(),
        };
        self.cool_down = self.policy.cool_down;
    }

    /// The endpoint failed; whether that opened the breaker.
    pub(crate) fn failed(&mut self, now: Duration) -> bool {
        match &mut self.state {
            State::Closed { failures } => {
                failures.push_back(now);
                while failures
                    .front()
                    .is_some_and(|at| now.saturating_sub(*at) > self.policy.window)
                {
                    failures.pop_front();
                }
                if failures.len() < self.policy.failures_max {
                    return false;
                }
                self.open(now);
                true
            }
            State::HalfOpen { .. } => {
                self.open(now);
                true
            }
            // Calls that were under way when it opened end one by one; they say nothing new.
            State::Open { .. } => false,
        }
    }

    /// The trial ended without saying anything of the endpoint: the next caller gets it.
    pub(crate) fn abandoned(&mut self, now: Duration) {
        if let State::HalfOpen { .. } = self.state {
            self.state = State::Open { until: now };
        }
    }

    /// A person has mended something: the next caller gets the trial at once.
    pub(crate) fn reconsider(&mut self, now: Duration) {
        if let State::Open { .. } = self.state {
            self.state = State::Open { until: now };
            self.cool_down = self.policy.cool_down;
        }
    }

    pub(crate) const fn standing(&self) -> Standing {
        match self.state {
            State::Closed { .. } => Standing::Closed,
            State::Open { .. } => Standing::Open,
            State::HalfOpen { .. } => Standing::HalfOpen,
        }
    }

    /// How often it opened.
    pub(crate) const fn opened(&self) -> u64 {
        self.opened
    }

    fn open(&mut self, now: Duration) {
        self.state = State::Open {
            until: now + self.cool_down,
        };
        self.cool_down = (2 * self.cool_down).min(self.policy.cool_down_max);
        self.opened += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy::standard();

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn opened_at(now: Duration) -> Breaker {
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..POLICY.failures_max {
            breaker.failed(now);
        }
        breaker
    }

    #[test]
    fn it_opens_after_five_failures_within_a_minute_and_not_before() {
        let mut breaker = Breaker::new(POLICY);
        for second in [0, 10, 20, 30] {
            assert!(!breaker.failed(s(second)));
            assert_eq!(breaker.enter(s(second)), Entry::Go);
        }
        // The first two are older than a minute by now.
        assert!(!breaker.failed(s(75)));
        assert!(!breaker.failed(s(76)));
        assert!(breaker.failed(s(77)));
        assert_eq!(breaker.enter(s(77)), Entry::Blocked(s(15)));
        assert_eq!((breaker.standing(), breaker.opened()), (Standing::Open, 1));
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..20 {
            for _ in 0..POLICY.failures_max - 1 {
                assert!(!breaker.failed(s(1)));
            }
            breaker.succeeded();
        }
        assert_eq!(breaker.standing(), Standing::Closed);
    }

    #[test]
    fn after_the_cool_down_one_call_tries_it_for_all() {
        let mut breaker = opened_at(s(0));
        assert_eq!(breaker.enter(s(14)), Entry::Blocked(s(1)));
        assert_eq!(breaker.enter(s(15)), Entry::Trial);
        assert!(matches!(breaker.enter(s(15)), Entry::Blocked(_)));
        breaker.succeeded();
        assert_eq!(breaker.enter(s(16)), Entry::Go);
    }

    #[test]
    fn each_trial_that_fails_doubles_the_cool_down_up_to_its_limit() {
        let mut breaker = opened_at(s(0));
        let mut now = s(0);
        for cool_down in [15, 30, 60, 120, 240, 480, 600, 600] {
            assert_eq!(breaker.blocked_for(now), Some(s(cool_down)));
            now += s(cool_down);
            assert_eq!(breaker.enter(now), Entry::Trial);
            assert!(breaker.failed(now));
        }
        breaker.abandoned(now);
        now += s(600);
        assert_eq!(breaker.enter(now), Entry::Trial);
        breaker.succeeded();
        for _ in 0..POLICY.failures_max {
            breaker.failed(now);
        }
        assert_eq!(
            breaker.blocked_for(now),
            Some(s(15)),
            "it has recovered in between"
        );
    }

    #[test]
    fn a_trial_that_vanishes_blocks_nobody() {
        let mut breaker = opened_at(s(0));
        assert_eq!(breaker.enter(s(20)), Entry::Trial);
        breaker.abandoned(s(21));
        assert_eq!(breaker.enter(s(21)), Entry::Trial);
        assert_eq!(breaker.enter(s(21) + TRIAL_MAX), Entry::Trial);
    }

    #[test]
    fn a_person_who_mended_something_need_not_wait() {
        let mut breaker = opened_at(s(0));
        breaker.reconsider(s(1));
        assert_eq!(breaker.enter(s(1)), Entry::Trial);
        let mut closed = Breaker::new(POLICY);
        closed.reconsider(s(1));
        assert_eq!(closed.enter(s(1)), Entry::Go);
    }

    /// What may happen to a breaker.
    #[derive(Debug, Clone, Copy)]
    enum Event {
        Enter,
        Succeed,
        Fail,
        Abandon,
        Reconsider,
    }

    fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
        let event = prop_oneof![
            4 => Just(Event::Enter),
            1 => Just(Event::Succeed),
            4 => Just(Event::Fail),
            1 => Just(Event::Abandon),
            1 => Just(Event::Reconsider),
        ];
        prop::collection::vec((0_u64..40_000, event), 1..200)
    }

    proptest! {
        #[test]
        fn whatever_happens_it_holds_its_promises(events in events()) {
            let mut breaker = Breaker::new(POLICY);
            let mut now = Duration::ZERO;
            // Calls let through since the last one that ended, while it is half open.
            let mut trials = 0;
            for (after_ms, event) in events {
                now += Duration::from_millis(after_ms);
                match event {
                    Event::Enter => match breaker.enter(now) {
                        Entry::Go => prop_assert_eq!(breaker.standing(), Standing::Closed),
                        Entry::Trial => {
                            prop_assert_eq!(breaker.standing(), Standing::HalfOpen);
                            trials += 1;
                        }
                        Entry::Blocked(left) => {
                            prop_assert!(!left.is_zero() && left <= POLICY.cool_down_max);
                            prop_assert_ne!(breaker.standing(), Standing::Closed);
                        }
                    },
                    Event::Succeed => {
                        breaker.succeeded();
                        prop_assert_eq!(breaker.blocked_for(now), None);
                        trials = 0;
                    }
                    Event::Fail => {
                        let was_half_open = breaker.standing() == Standing::HalfOpen;
                        let has_opened = breaker.failed(now);
                        prop_assert!(has_opened || !was_half_open, "a failed trial opens it again");
                        if has_opened {
                            prop_assert!(breaker.blocked_for(now).is_some_and(|left| left >= POLICY.cool_down));
                            trials = 0;
                        }
                    }
                    Event::Abandon => {
                        breaker.abandoned(now);
                        trials = 0;
                    }
                    Event::Reconsider => breaker.reconsider(now),
                }
                // A trial that is given up after TRIAL_MAX may be followed by another; these events are not that far apart.
                prop_assert!(trials <= 1 + now.as_secs() / TRIAL_MAX.as_secs(), "one trial at a time");
                // It never stays closed to the world for longer than its longest cool-down or trial.
                let latest = now + POLICY.cool_down_max.max(TRIAL_MAX);
                prop_assert_eq!(breaker.blocked_for(latest), None);
            }
        }
    }
}
