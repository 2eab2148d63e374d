//! What was planned, in the order in which it may be written.
//!
//! A due time is looked for behind the newest row of its pipeline. So after one whose row could not be written nothing
//! more of the pipeline is: it would never be found again.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::vec::IntoIter;

use copydesk_domain::PipelineName;

use crate::planner::Action;

/// Verdicts that share a commit at most: after a long sleep there are many.
const VERDICTS_AT_ONCE: usize = 250;

/// Actions on their way.
pub(crate) struct InOrder {
    rest: Peekable<IntoIter<Action>>,
    failed: BTreeSet<PipelineName>,
}

impl InOrder {
    pub(crate) fn of(actions: Vec<Action>) -> Self {
        Self {
            rest: actions.into_iter().peekable(),
            failed: BTreeSet::new(),
        }
    }

    /// The next action, or verdicts that share a commit; none where nothing is left that may be written.
    pub(crate) fn next(&mut self) -> Option<Vec<Action>> {
        let Self { rest, failed } = self;
        let may_go = |action: &Action| !failed.contains(action.pipeline());
        let first = rest.find(may_go)?;
        let mut some = vec![first];
        if is_verdict(&some[0]) {
            let more = std::iter::from_fn(|| rest.next_if(is_verdict));
            some.extend(more.take(VERDICTS_AT_ONCE - 1).filter(may_go));
        }
        Some(some)
    }

    /// What these actions are about could not be written, not all of it.
    pub(crate) fn fail(&mut self, pipelines: impl IntoIterator<Item = PipelineName>) {
        self.failed.extend(pipelines);
    }

    /// Whether all of it worked so far.
    pub(crate) fn has_worked(&self) -> bool {
        self.failed.is_empty()
    }
}

const fn is_verdict(action: &Action) -> bool {
    matches!(action, Action::Settle { .. })
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{Instant, SlotState};
    use copydesk_store::Slot;

    use super::*;

    fn slot(hour: i64) -> Slot {
        Slot {
            nominal: Instant::from_micros(hour * 3_600_000_000),
            zone: "UTC".to_owned(),
        }
    }

    fn open(pipeline: &str, hour: i64) -> Action {
        Action::OpenSlot {
            pipeline: pipeline.into(),
            slot: slot(hour),
            is_late: false,
        }
    }

    fn verdict(pipeline: &str, hour: i64) -> Action {
        Action::Settle {
            pipeline: pipeline.into(),
            slot: slot(hour),
            state: SlotState::Skipped,
            reason: None,
            run: None,
        }
    }

    #[test]
    fn an_older_slot_is_written_before_a_younger_verdict() {
        let mut order = InOrder::of(vec![open("a", 1), verdict("a", 2), verdict("b", 2), open("b", 3)]);
        assert_eq!(order.next(), Some(vec![open("a", 1)]));
        assert_eq!(order.next(), Some(vec![verdict("a", 2), verdict("b", 2)]));
        assert_eq!(order.next(), Some(vec![open("b", 3)]));
        assert_eq!(order.next(), None);
        assert!(order.has_worked());
    }

    #[test]
    fn after_a_failure_nothing_more_of_its_pipeline_is_written() {
        let actions = vec![
            open("a", 1),
            verdict("b", 1),
            verdict("a", 2),
            verdict("b", 2),
            open("a", 3),
            open("b", 3),
        ];
        let mut order = InOrder::of(actions);
        assert_eq!(order.next(), Some(vec![open("a", 1)]));
        order.fail(["a".into()]);
        assert_eq!(order.next(), Some(vec![verdict("b", 1), verdict("b", 2)]));
        assert_eq!(order.next(), Some(vec![open("b", 3)]));
        assert_eq!(order.next(), None);
        assert!(!order.has_worked());
    }

    #[test]
    fn many_verdicts_are_cut_and_none_is_lost() {
        let hours = i64::try_from(2 * VERDICTS_AT_ONCE + 1).unwrap();
        let mut order = InOrder::of((0..hours).map(|hour| verdict("a", hour)).collect());
        let sizes: Vec<usize> = std::iter::from_fn(|| order.next())
            .map(|some| some.len())
            .collect();
        assert_eq!(sizes, [VERDICTS_AT_ONCE, VERDICTS_AT_ONCE, 1]);
    }
}
