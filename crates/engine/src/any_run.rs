//! A run for unit tests: scheduled, made at the beginning of time, with nothing done.

use copydesk_domain::{ContentHash, Fence, Instant, IssueState, MicroUsd, RunState};
use copydesk_store::RunRecord;

pub(crate) fn any_run(state: RunState, issue: IssueState) -> RunRecord {
    let start = Instant::from_micros(0);
    RunRecord {
        id: "r".into(),
        pipeline: "daily".into(),
        slot: None,
        parent: None,
        release: ContentHash::of(b""),
        state,
        waiting_for: Vec::new(),
        issue,
        fixed_now: None,
        seed: 1,
        is_scheduled: true,
        created_at: start,
        updated_at: start,
        wake_at: None,
        cancel_requested: false,
        reason: None,
        budget_extra: MicroUsd::ZERO,
        route: Vec::new(),
        breach: None,
        embedded_only: false,
        saved_calls: 0,
        saved_spend: MicroUsd::ZERO,
        last_decision: None,
        pruned_at: None,
        fence: Fence(0),
    }
}
