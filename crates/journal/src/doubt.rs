//! What is done about a payload of which nobody knows whether its channel took it. Pure: no clock, no call.
//!
//! A call that broke off may have had its effect. Whether it may be repeated depends on what its channel can do, which
//! is a fact of the channel: [`AfterDoubt`].

use std::fmt;

pub use copydesk_config::AfterDoubt;

use crate::publish::{ChannelError, Delivery, Found};

/// Calls of one payload within one go.
pub const CALLS_MAX: u32 = 3;
/// So many looks, a channel's patience apart, must miss a payload before it counts as absent: the first one may come
/// before a call that is still under way has its effect.
pub const LOOKS_MIN: u32 = 2;

/// What the publisher does next with one payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Hand it over, under its one key.
    Call,
    /// Look at the target.
    Look,
    /// The channel has it.
    Deliver(Delivery),
    /// The channel certainly does not have it, and another call now would change nothing.
    Refuse(String),
    /// Nobody can tell: only the author may say.
    Ask(String),
}

/// The way of one payload through one go of the publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    kind: AfterDoubt,
    calls: u32,
    misses: u32,
    is_doubtful: bool,
}

impl Course {
    /// A payload that the channel certainly does not have.
    pub const fn fresh(kind: AfterDoubt) -> Self {
        Self {
            kind,
            calls: 0,
            misses: 0,
            is_doubtful: false,
        }
    }

    /// A payload that an earlier process may have handed over.
    pub const fn doubtful(kind: AfterDoubt) -> Self {
        Self {
            is_doubtful: true,
            ..Self::fresh(kind)
        }
    }

    /// Whether the channel's patience comes before `next`: it repeats a call, or a look that missed.
    pub const fn is_repeat(&self, next: &Move) -> bool {
        match next {
            Move::Call => self.calls > 0,
            Move::Look => self.misses > 0,
            Move::Deliver(_) | Move::Refuse(_) | Move::Ask(_) => false,
        }
    }

    /// What comes first.
    pub fn first(&self) -> Move {
        if self.is_doubtful {
            self.in_doubt(&"nobody knows whether an earlier call reached it")
        } else {
            Move::Call
        }
    }

    /// What follows a call.
    pub fn after_call(&mut self, outcome: Result<Delivery, ChannelError>) -> Move {
        self.calls += 1;
        let error = match outcome {
            Ok(delivery) => return Move::Deliver(delivery),
            Err(error) => error,
        };
        match error {
            ChannelError::Unknown { .. } => {
                (self.is_doubtful, self.misses) = (true, 0);
                self.in_doubt(&error)
            }
            ChannelError::NotTaken { .. } if self.calls < CALLS_MAX => Move::Call,
            // The answer to this call says nothing of the one before it.
            ChannelError::NotTaken { .. } | ChannelError::Refused { .. } if self.is_doubtful => {
                Move::Ask(format!("{error}; an earlier call may have been taken"))
            }
            ChannelError::NotTaken { .. } | ChannelError::Refused { .. } => Move::Refuse(error.to_string()),
        }
    }

    /// What follows a look.
    pub fn after_look(&mut self, found: Result<Found, ChannelError>) -> Move {
        match found {
            Ok(Found::Yes(delivery)) => Move::Deliver(delivery),
            Ok(Found::No) => {
                self.misses += 1;
                if self.misses < LOOKS_MIN {
                    return Move::Look;
                }
                self.is_doubtful = false;
                if self.calls < CALLS_MAX {
                    Move::Call
                } else {
                    Move::Refuse(format!("it is not there after {} calls", self.calls))
                }
            }
            Ok(Found::CannotTell) => {
                Move::Ask("the channel cannot tell whether it took the payload".to_owned())
            }
            Err(error) => Move::Ask(format!("the look at the channel failed: {error}")),
        }
    }

    fn in_doubt(&self, why: &dyn fmt::Display) -> Move {
        match self.kind {
            AfterDoubt::SameKey if self.calls < CALLS_MAX => Move::Call,
            AfterDoubt::LookUp | AfterDoubt::ListRecent => Move::Look,
            AfterDoubt::SameKey | AfterDoubt::Ask => Move::Ask(why.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [AfterDoubt; 4] = [
        AfterDoubt::SameKey,
        AfterDoubt::LookUp,
        AfterDoubt::ListRecent,
        AfterDoubt::Ask,
    ];

    fn unknown() -> Result<Delivery, ChannelError> {
        let reason = "cut off".to_owned();
        Err(ChannelError::Unknown { reason })
    }

    fn not_taken() -> Result<Delivery, ChannelError> {
        let reason = "busy".to_owned();
        Err(ChannelError::NotTaken { reason })
    }

    fn refused() -> Result<Delivery, ChannelError> {
        let reason = "no".to_owned();
        Err(ChannelError::Refused { reason })
    }

    fn taken() -> Delivery {
        Delivery { location: None }
    }

    #[test]
    fn a_doubt_is_met_with_what_the_channel_can_do() {
        let first = KINDS.map(|kind| Course::doubtful(kind).first());
        assert!(matches!(
            first,
            [Move::Call, Move::Look, Move::Look, Move::Ask(_)]
        ));
        let after = KINDS.map(|kind| Course::fresh(kind).after_call(unknown()));
        assert!(matches!(
            after,
            [Move::Call, Move::Look, Move::Look, Move::Ask(_)]
        ));
        assert!(
            KINDS
                .iter()
                .all(|kind| Course::fresh(*kind).first() == Move::Call)
        );
    }

    #[test]
    fn a_payload_is_absent_after_two_looks_and_then_called_again() {
        let mut course = Course::doubtful(AfterDoubt::LookUp);
        assert_eq!(course.after_look(Ok(Found::No)), Move::Look);
        assert!(course.is_repeat(&Move::Look));
        assert_eq!(course.after_look(Ok(Found::No)), Move::Call);
        assert!(
            !course.is_repeat(&Move::Call),
            "nothing was called by this process"
        );
        // Certain again: a refusal is a refusal.
        assert!(matches!(course.clone().after_call(refused()), Move::Refuse(_)));
        // A new doubt wants two new looks.
        assert_eq!(course.after_call(unknown()), Move::Look);
        assert_eq!(course.after_look(Ok(Found::No)), Move::Look);
        assert_eq!(course.after_look(Ok(Found::Yes(taken()))), Move::Deliver(taken()));
    }

    #[test]
    fn what_cannot_be_seen_is_asked() {
        for found in [Ok(Found::CannotTell), refused().map(Found::Yes)] {
            let mut course = Course::doubtful(AfterDoubt::ListRecent);
            assert!(matches!(course.after_look(found), Move::Ask(_)));
        }
    }

    #[test]
    fn a_later_no_does_not_settle_an_earlier_doubt() {
        let mut course = Course::fresh(AfterDoubt::SameKey);
        assert_eq!(course.after_call(unknown()), Move::Call);
        assert!(matches!(course.clone().after_call(refused()), Move::Ask(_)));
        assert_eq!(course.after_call(not_taken()), Move::Call);
        assert!(matches!(course.after_call(not_taken()), Move::Ask(_)));
    }

    #[test]
    fn every_course_ends_and_calls_only_where_that_repeats_nothing() {
        // All answers to calls and looks, over courses of seven answers, for each kind and both beginnings.
        let answers = 4_u32.pow(7);
        for (kind, seed) in KINDS
            .into_iter()
            .flat_map(|kind| (0..2 * answers).map(move |seed| (kind, seed)))
        {
            walk(kind, seed);
        }
    }

    /// One course at a target that may take what it is given also where the answer is lost.
    fn walk(kind: AfterDoubt, seed: u32) {
        let is_doubtful = seed & 1 == 1;
        let mut luck = seed >> 1;
        let mut draw = || {
            let drawn = luck % 4;
            luck /= 4;
            drawn
        };
        let mut course = if is_doubtful {
            Course::doubtful(kind)
        } else {
            Course::fresh(kind)
        };
        let mut effects = u32::from(is_doubtful && draw() % 2 == 1);
        let (mut next, mut moves) = (course.first(), 0);
        loop {
            moves += 1;
            assert!(moves <= 16, "{kind:?} {seed} has no end");
            next = match next {
                Move::Call => {
                    let outcome = match draw() {
                        0 => Ok(taken()),
                        1 => unknown(),
                        2 => not_taken(),
                        _ => refused(),
                    };
                    let is_taken = outcome.is_ok() || (outcome == unknown() && draw() % 2 == 1);
                    // A channel that honours its key takes a payload once.
                    effects = match kind {
                        AfterDoubt::SameKey => effects.max(u32::from(is_taken)),
                        _ => effects + u32::from(is_taken),
                    };
                    course.after_call(outcome)
                }
                Move::Look => course.after_look(match draw() {
                    0 => Ok(Found::CannotTell),
                    1 => refused().map(Found::Yes),
                    _ if effects > 0 => Ok(Found::Yes(taken())),
                    _ => Ok(Found::No),
                }),
                Move::Deliver(_) => {
                    assert_eq!(effects, 1, "{kind:?} {seed}");
                    break;
                }
                Move::Refuse(_) => {
                    assert_eq!(effects, 0, "{kind:?} {seed}: refused, and it is out");
                    break;
                }
                Move::Ask(_) => break,
            };
            assert!(effects <= 1, "{kind:?} {seed}: twice");
        }
    }
}
