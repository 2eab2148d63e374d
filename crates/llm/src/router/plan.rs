//! Which model is asked next, and when. Pure: it is told what happened and says what to do.

use std::collections::VecDeque;
use std::time::Duration;

use super::patience::Patience;
use crate::wire::{Fault, Next};

/// Most tries of one call over re-asks, transport and fallbacks.
pub(crate) const TRIES_MAX: u32 = 4;
/// Most re-asks of one call.
const RE_ASKS_MAX: u32 = 2;

/// The state of one call's tries.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Models that may still be asked, as positions in the route; the next one first.
    queue: VecDeque<usize>,
    /// Per model, what is known of it.
    past: Vec<Past>,
    tries: u32,
    re_asks: u32,
    pauses: u32,
    /// The next try continues the last one and needs no pause.
    is_continued: bool,
    patience: Patience,
    seed: i64,
}

/// What is known of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Past {
    /// It was not asked yet.
    Unasked,
    /// It failed and wants to be left alone for so long, if it said.
    Failed(Option<Duration>),
}

/// One try to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Position of the model in the route.
    pub(crate) model: usize,
    /// How long to wait first.
    pub(crate) pause: Duration,
}

/// What the caller does after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Goes on with the next turn, from a fresh question.
    Fresh,
    /// Goes on with the next turn and tells the same model what was wrong.
    ReAsk,
    /// Goes on with the next turn: the same question in another form.
    Reform,
    /// Ends: a person has to look.
    Person,
}

impl Plan {
    /// For a route of `models` models.
    pub(crate) fn new(models: usize, patience: Patience, seed: i64) -> Self {
        Self {
            queue: (0..models).collect(),
            past: vec![Past::Unasked; models],
            tries: 0,
            re_asks: 0,
            pauses: 0,
            is_continued: false,
            patience,
            seed,
        }
    }

    /// Tries begun.
    pub(crate) const fn tries(&self) -> u32 {
        self.tries
    }

    /// The models that may still be asked, the next one first; none where all tries are used up.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = usize> + '_ {
        let left = if self.tries < TRIES_MAX {
            self.queue.len()
        } else {
            0
        };
        self.queue.iter().copied().take(left)
    }

    /// Whether the next try goes on with the model of the last one, which was told what was wrong.
    pub(crate) const fn is_continued(&self) -> bool {
        self.is_continued
    }

    /// Has the first model that may be asked now be the next one. The others keep their order; a model that is being
    /// told what was wrong with its answer stays the next one.
    pub(crate) fn prefer(&mut self, is_open: impl Fn(usize) -> bool) {
        if self.is_continued {
            return;
        }
        if let Some(at) = self.queue.iter().position(|model| is_open(*model)) {
            let model = self.queue.remove(at).expect("a position is within the queue");
            self.queue.push_front(model);
        }
    }

    /// Takes back a turn that was not taken: nothing was sent, so it was no try.
    pub(crate) const fn take_back(&mut self) {
        self.tries = self.tries.saturating_sub(1);
    }

    /// The next try; none where all are used up or no model is left.
    pub(crate) fn next_turn(&mut self) -> Option<Turn> {
        let model = *self.queue.front().filter(|_| self.tries < TRIES_MAX)?;
        self.tries += 1;
        let pause = match self.past[model] {
            Past::Failed(asked_for) if !self.is_continued => {
                self.pauses += 1;
                self.patience.pause(self.pauses - 1, asked_for, self.seed)
            }
            Past::Failed(_) | Past::Unasked => Duration::ZERO,
        };
        self.is_continued = false;
        Some(Turn { model, pause })
    }

    /// Takes note of a failed try. `is_reformed`: another form of request was found for what the endpoint
    /// complained of. `is_fixed`: the model would say the same again.
    pub(crate) fn failed(&mut self, fault: &Fault, is_reformed: bool, is_fixed: bool) -> After {
        let Some(model) = self.queue.pop_front() else {
            return After::Fresh;
        };
        if is_reformed {
            self.is_continued = true;
            self.queue.push_front(model);
            return After::Reform;
        }
        self.past[model] = Past::Failed(fault.retry_after());
        match fault.next() {
            Next::Person => return After::Person,
            Next::Again => self.queue.push_front(model),
            Next::Later => self.queue.push_back(model),
            Next::ReAsk if !is_fixed && self.re_asks < RE_ASKS_MAX => {
                self.re_asks += 1;
                self.is_continued = true;
                self.queue.push_front(model);
                return After::ReAsk;
            }
            Next::ReAsk | Next::Leave => {}
        }
        After::Fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stood;

    fn status(status: u16) -> Fault {
        Fault::Status {
            status,
            reason: String::new(),
            retry_after: None,
            stood: Stood::First,
        }
    }

    fn invalid() -> Fault {
        Fault::Invalid {
            problem: String::new(),
            said: None,
        }
    }

    /// The models asked when every try fails with `faults` in turn (the last one repeats).
    fn asked(models: usize, faults: &[Fault]) -> Vec<usize> {
        let mut plan = Plan::new(models, Patience::standard(), 1);
        let mut asked = Vec::new();
        while let Some(turn) = plan.next_turn() {
            let fault = faults.get(asked.len()).or(faults.last()).unwrap();
            asked.push(turn.model);
            if plan.failed(fault, false, false) == After::Person {
                break;
            }
        }
        asked
    }

    #[test]
    fn every_call_ends_after_four_tries() {
        for fault in [status(503), status(409), status(429), invalid(), Fault::Refused] {
            for models in 1..7 {
                assert!(asked(models, std::slice::from_ref(&fault)).len() <= 4);
            }
        }
    }

    #[test]
    fn each_fault_leads_to_its_model() {
        assert_eq!(asked(2, &[status(503)]), [0, 1, 0, 1]);
        assert_eq!(asked(2, &[status(409)]), [0, 0, 0, 0]);
        assert_eq!(asked(2, &[invalid()]), [0, 0, 0, 1]);
        assert_eq!(asked(1, &[invalid()]), [0, 0, 0]);
        assert_eq!(asked(3, &[Fault::Refused]), [0, 1, 2]);
        assert_eq!(asked(3, &[status(402), status(401)]), [0, 1]);
    }

    #[test]
    fn only_a_model_that_failed_before_is_waited_for() {
        let mut plan = Plan::new(2, Patience::standard(), 1);
        let fault = Fault::Status {
            status: 429,
            reason: String::new(),
            retry_after: Some(Duration::from_secs(3)),
            stood: Stood::First,
        };
        assert_eq!(plan.next_turn().unwrap().pause, Duration::ZERO);
        plan.failed(&fault, false, false);
        assert_eq!(
            plan.next_turn().unwrap(),
            Turn {
                model: 1,
                pause: Duration::ZERO
            }
        );
        plan.failed(&status(500), false, false);
        assert_eq!(
            plan.next_turn().unwrap(),
            Turn {
                model: 0,
                pause: Duration::from_secs(3)
            }
        );
    }

    #[test]
    fn a_model_that_is_left_alone_is_passed_over_and_comes_back() {
        let mut plan = Plan::new(3, Patience::standard(), 1);
        plan.prefer(|model| model != 0);
        assert_eq!(plan.waiting().collect::<Vec<_>>(), [1, 0, 2]);
        assert_eq!(plan.next_turn().unwrap().model, 1);
        plan.failed(&status(503), false, false);
        plan.prefer(|model| model != 0);
        assert_eq!(plan.next_turn().unwrap().model, 2);
        plan.failed(&status(503), false, false);
        plan.prefer(|_| true);
        assert_eq!(plan.next_turn().unwrap().model, 0);
    }

    #[test]
    fn a_turn_that_is_taken_back_is_no_try() {
        let mut plan = Plan::new(1, Patience::standard(), 1);
        for _ in 0..10 {
            plan.next_turn().unwrap();
            plan.take_back();
        }
        assert_eq!(plan.tries(), 0);
        assert_eq!(plan.waiting().count(), 1);
        for _ in 0..TRIES_MAX {
            plan.next_turn().unwrap();
            plan.failed(&status(503), false, false);
        }
        assert_eq!((plan.waiting().count(), plan.next_turn()), (0, None));
    }

    #[test]
    fn a_model_that_is_told_what_was_wrong_is_not_passed_over() {
        let mut plan = Plan::new(2, Patience::standard(), 1);
        plan.next_turn();
        assert_eq!(plan.failed(&invalid(), false, false), After::ReAsk);
        plan.prefer(|model| model == 1);
        assert_eq!(plan.next_turn().unwrap().model, 0);
    }

    #[test]
    fn a_model_that_never_changes_its_answer_is_not_asked_again() {
        let mut plan = Plan::new(1, Patience::standard(), 1);
        plan.next_turn();
        assert_eq!(plan.failed(&invalid(), false, true), After::Fresh);
        assert_eq!(plan.next_turn(), None);
    }
}
