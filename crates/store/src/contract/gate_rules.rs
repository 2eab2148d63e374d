//! The decision behind the author's gate of a custom stage. Pure: no clock, no store.

use copydesk_domain::{ContentHash, Decision, Round, RunState};

use crate::error::StoreError;

/// What is known of a custom stage's artifact when it is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageFacts {
    /// State of the run.
    pub run: RunState,
    /// The newest custom artifact of the stage's newest round, with that round.
    pub current: Option<(Round, ContentHash)>,
    /// The newest decision on the stage, and the round that it was about.
    pub last: Option<(Round, Decision)>,
}

/// The round of the artifact that `decision` is about. Each round is decided on once: what needs it starts at once, so
/// that a yes cannot be taken back.
///
/// # Errors
/// [`StoreError::HashChanged`] if other bytes wait, [`StoreError::DecisionRefused`] if they were decided on before.
pub fn decide_stage(
    facts: &StageFacts,
    given: &ContentHash,
    decision: Decision,
) -> Result<Round, StoreError> {
    let Some((round, _)) = facts.current.filter(|(_, hash)| hash == given) else {
        return Err(StoreError::HashChanged {
            given: *given,
            current: facts.current.map(|(_, hash)| hash),
        });
    };
    let refused = |state: String| {
        Err(StoreError::DecisionRefused {
            decision: decision.participle(),
            state,
        })
    };
    if matches!(facts.run, RunState::Cancelled | RunState::Superseded) {
        return refused(format!("the run is {}", facts.run));
    }
    match (decision, facts.last.filter(|(of, _)| *of == round)) {
        (Decision::Recalled | Decision::Voided, _) => {
            refused("it is what a stage made, and an approval of it is acted upon at once".to_owned())
        }
        (_, Some((_, last))) => refused(format!("already {}", last.participle())),
        (Decision::Approved | Decision::Rejected | Decision::SentBack | Decision::Expired, None) => Ok(round),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_of_a_custom_stage_is_decided_on_once() {
        let hash = ContentHash::of(b"artifact");
        let facts = |last| StageFacts {
            run: RunState::Waiting,
            current: Some((Round(2), hash)),
            last,
        };
        for decision in Decision::ALL.iter().copied() {
            let is_open = !matches!(decision, Decision::Recalled | Decision::Voided);
            let sent_back = facts(Some((Round(1), Decision::SentBack)));
            assert_eq!(
                decide_stage(&sent_back, &hash, decision).is_ok(),
                is_open,
                "{decision}"
            );
            for last in Decision::ALL.iter().copied() {
                let decided = facts(Some((Round(2), last)));
                assert!(
                    decide_stage(&decided, &hash, decision).is_err(),
                    "{decision} after {last}"
                );
            }
        }
    }
}
