//! Until when the author can decide on an issue. Pure.

use copydesk_domain::{Decision, Instant, StageName};
use copydesk_store::{DecisionRecord, StageRecord, Subject};

/// When an undecided issue expires: counted from the end of its review, or from when its approval was taken back, since
/// whoever takes one back is to have the time for another.
pub(crate) fn deadline(
    stages: &[StageRecord],
    decisions: &[DecisionRecord],
    expires: jiff::SignedDuration,
) -> Option<Instant> {
    let reviewed_at = stages
        .iter()
        .filter(|record| record.stage.as_str() == StageName::REVIEW)
        .filter_map(|record| record.finished_at)
        .max()?;
    let is_taken_back = |record: &&DecisionRecord| {
        record.subject == Subject::Issue && matches!(record.decision, Decision::Recalled | Decision::Voided)
    };
    let taken_back_at = decisions
        .iter()
        .filter(is_taken_back)
        .map(|record| record.at)
        .max();
    Some(
        taken_back_at
            .map_or(reviewed_at, |at| at.max(reviewed_at))
            .plus(expires),
    )
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{ContentHash, Round, StageState};

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn review(finished_at: &str) -> StageRecord {
        StageRecord {
            stage: StageName::REVIEW.into(),
            round: Round::FIRST,
            state: StageState::Completed,
            attempts: 1,
            now: at(finished_at),
            started_at: at(finished_at),
            finished_at: Some(at(finished_at)),
            reason: None,
            artifacts: Vec::new(),
        }
    }

    fn decided(subject: Subject, decision: Decision, when: &str) -> DecisionRecord {
        DecisionRecord {
            sequence: 1,
            subject,
            round: Some(Round::FIRST),
            hash: ContentHash::of(b""),
            decision,
            at: at(when),
            effective_at: None,
            reason: None,
        }
    }

    #[test]
    fn the_time_to_decide_counts_anew_from_when_an_approval_is_taken_back() {
        let stages = [review("2026-11-22T08:00:00Z")];
        let until =
            |decisions: &[DecisionRecord]| deadline(&stages, decisions, jiff::SignedDuration::from_hours(24));
        let on_issue = |decision, when| decided(Subject::Issue, decision, when);
        let first = Some(at("2026-11-23T08:00:00Z"));
        assert_eq!(until(&[]), first);
        let approved = on_issue(Decision::Approved, "2026-11-23T07:55:00Z");
        assert_eq!(until(std::slice::from_ref(&approved)), first);
        for takes_back in [Decision::Recalled, Decision::Voided] {
            let both = [approved.clone(), on_issue(takes_back, "2026-11-23T08:02:00Z")];
            assert_eq!(until(&both), Some(at("2026-11-24T08:02:00Z")), "{takes_back}");
        }
        let answer = Subject::Answer("a1".into());
        let of_answer = decided(answer, Decision::Recalled, "2026-11-23T08:02:00Z");
        assert_eq!(until(&[of_answer]), first);
        let before = on_issue(Decision::Recalled, "2026-11-22T07:00:00Z");
        assert_eq!(until(&[before]), first, "an earlier round's");
    }

    #[test]
    fn without_a_review_nothing_expires() {
        assert_eq!(deadline(&[], &[], jiff::SignedDuration::from_hours(24)), None);
    }
}
