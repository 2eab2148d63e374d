//! The pulse of the planner loop, for whoever watches over the process.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant as Tick;

/// The loop sleeps a minute at most; after two and a half it hangs.
pub const STALLED_AFTER: Duration = Duration::from_secs(150);

/// How the planner loop is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// Looks since the start, good or not.
    pub ticks: u64,
    /// Runs that are not final, at the last good look.
    pub open: usize,
    /// Of them, those that wait for a person.
    pub waiting: usize,
    ticked_at: Tick,
    /// The last look that went well.
    looked_at: Option<Tick>,
    /// Why the last look failed.
    problem: Option<String>,
    /// Why the last look that went well could not do all that was due.
    left: Option<String>,
    /// Whether it was no look, because the clock is not believed.
    is_in_doubt: bool,
}

impl Pulse {
    fn new(now: Tick) -> Self {
        Self {
            ticks: 0,
            open: 0,
            waiting: 0,
            ticked_at: now,
            looked_at: None,
            problem: None,
            left: None,
            is_in_doubt: false,
        }
    }

    /// Whether the loop goes round; if not, since when.
    ///
    /// # Errors
    /// The reason, in words.
    pub fn alive(&self, now: Tick) -> Result<(), String> {
        let silent = now.saturating_duration_since(self.ticked_at);
        if silent < STALLED_AFTER {
            return Ok(());
        }
        Err(format!(
            "the planner has not moved for {} seconds",
            silent.as_secs()
        ))
    }

    /// Whether the loop has begun: it has looked and could do what was due, at any time, or it would, were the clock
    /// right. A restart mends no clock.
    pub const fn is_up(&self) -> bool {
        self.looked_at.is_some() || self.is_in_doubt
    }

    /// Why the clock is not believed, in words, where that keeps the planner from looking.
    pub fn doubt(&self) -> Option<&str> {
        self.problem.as_deref().filter(|_| self.is_in_doubt)
    }

    /// Whether the last look went well and could do what was due; if not, why. Before its first look a planner is not
    /// ready: nobody knows yet whether it can.
    ///
    /// # Errors
    /// The reason, in words.
    pub fn ready(&self, now: Tick) -> Result<(), String> {
        self.alive(now)?;
        let has_looked = self.looked_at.is_some();
        match (&self.problem, &self.left) {
            (Some(problem), _) => Err(format!("the planner cannot look: {problem}")),
            (None, _) if !has_looked => Err("the planner cannot look: it has not looked yet".to_owned()),
            (None, Some(left)) => Err(format!("a slot that is due could not be handled: {left}")),
            (None, None) => Ok(()),
        }
    }
}

/// Where the loop's pulse can be felt.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    pulse: watch::Receiver<Pulse>,
}

impl Heartbeat {
    /// The last pulse.
    pub fn pulse(&self) -> Pulse {
        self.pulse.borrow().clone()
    }

    /// Waits for the next one; none when the loop has ended.
    pub async fn next(&mut self) -> Option<Pulse> {
        self.pulse.changed().await.ok()?;
        Some(self.pulse.borrow_and_update().clone())
    }
}

/// The loop's own end of it.
#[derive(Debug)]
pub(crate) struct Beating {
    pulse: watch::Sender<Pulse>,
}

impl Beating {
    pub(crate) fn new() -> Self {
        Self {
            pulse: watch::Sender::new(Pulse::new(Tick::now())),
        }
    }

    pub(crate) fn heartbeat(&self) -> Heartbeat {
        Heartbeat {
            pulse: self.pulse.subscribe(),
        }
    }

    /// After a look that went well. `left`: why a slot could not be handled in it.
    pub(crate) fn looked(&self, open: usize, waiting: usize, left: Option<String>) {
        let now = Tick::now();
        self.pulse.send_modify(|pulse| {
            *pulse = Pulse {
                ticks: pulse.ticks + 1,
                open,
                waiting,
                looked_at: Some(now),
                left,
                ..Pulse::new(now)
            };
        });
    }

    /// After a look that failed.
    pub(crate) fn failed(&self, problem: String) {
        self.stumbled(problem, false);
    }

    /// Instead of a look, while the clock is not believed.
    pub(crate) fn doubted(&self, problem: String) {
        self.stumbled(problem, true);
    }

    fn stumbled(&self, problem: String, is_in_doubt: bool) {
        self.pulse.send_modify(|pulse| {
            pulse.ticks += 1;
            pulse.ticked_at = Tick::now();
            pulse.problem = Some(problem);
            pulse.is_in_doubt = is_in_doubt;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_hangs_is_neither_alive_nor_ready() {
        let beating = Beating::new();
        let heartbeat = beating.heartbeat();
        let start = Tick::now();
        beating.looked(2, 1, None);
        let pulse = heartbeat.pulse();
        assert_eq!((pulse.ticks, pulse.open, pulse.waiting), (1, 2, 1));
        assert_eq!(pulse.ready(start), Ok(()));
        let later = Tick::now() + STALLED_AFTER;
        assert!(pulse.alive(later).unwrap_err().contains("has not moved for 1"));
        assert!(pulse.ready(later).is_err());
    }

    #[test]
    fn before_its_first_look_a_planner_is_alive_and_not_ready() {
        let beating = Beating::new();
        let pulse = || beating.heartbeat().pulse();
        let ready = || pulse().ready(Tick::now());
        assert_eq!(pulse().alive(Tick::now()), Ok(()));
        assert!(ready().unwrap_err().contains("has not looked yet"));
        beating.failed("the disk is full".to_owned());
        assert!(
            ready().unwrap_err().contains("the disk is full"),
            "a look that failed is none"
        );
        assert!(!pulse().is_up());
        beating.looked(0, 0, None);
        assert_eq!((ready(), pulse().is_up()), (Ok(()), true));
    }

    #[test]
    fn a_loop_that_doubts_its_clock_is_up_and_alive_and_not_ready() {
        let beating = Beating::new();
        let pulse = || beating.heartbeat().pulse();
        beating.doubted("the clock shows 2038".to_owned());
        assert_eq!((pulse().is_up(), pulse().alive(Tick::now())), (true, Ok(())));
        assert_eq!(pulse().doubt(), Some("the clock shows 2038"));
        assert!(pulse().ready(Tick::now()).unwrap_err().contains("2038"));
        beating.failed("the disk is full".to_owned());
        assert_eq!((pulse().is_up(), pulse().doubt()), (false, None));
        beating.looked(0, 0, None);
        assert_eq!((pulse().ready(Tick::now()), pulse().doubt()), (Ok(()), None));
    }

    #[test]
    fn a_loop_whose_last_look_failed_is_alive_and_not_ready_until_one_goes_well() {
        let beating = Beating::new();
        let ready = || beating.heartbeat().pulse().ready(Tick::now());
        for stumble in [Beating::failed, Beating::doubted] {
            beating.looked(0, 0, None);
            assert_eq!(ready(), Ok(()));
            stumble(&beating, "the disk is full".to_owned());
            assert!(ready().unwrap_err().contains("the disk is full"));
            let pulse = beating.heartbeat().pulse();
            assert_eq!((pulse.alive(Tick::now()), pulse.is_up()), (Ok(()), true));
        }
        beating.looked(0, 0, None);
        assert_eq!(ready(), Ok(()));
    }

    #[test]
    fn a_loop_that_could_not_do_what_was_due_is_up_and_not_ready() {
        let beating = Beating::new();
        let pulse = || beating.heartbeat().pulse();
        beating.looked(0, 0, Some("the disk is full".to_owned()));
        assert!(pulse().is_up());
        assert!(
            pulse()
                .ready(Tick::now())
                .unwrap_err()
                .contains("the disk is full")
        );
        beating.looked(0, 0, None);
        assert_eq!(pulse().ready(Tick::now()), Ok(()));
    }
}
