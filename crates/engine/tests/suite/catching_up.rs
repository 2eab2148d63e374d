//! What happens to slots that passed while nothing ran: by the pure planner, in tables.

use copydesk_config::{CatchUp, Overlap, Pipeline};
use copydesk_domain::{Instant, SlotState};
use copydesk_engine::planner::{Action, Ledger, ScheduleView, ahead, due};
use copydesk_store::{PipelineControl, SlotRecord};

use crate::house::daily;

pub fn at(text: &str) -> Instant {
    text.parse().expect("a time")
}

/// The schedule of `pipeline`, counting from `since`.
pub fn schedule(pipeline: &Pipeline, since: &str) -> ScheduleView {
    let view = ScheduleView::of(pipeline, None, at(since)).expect("a schedule");
    view.expect("the pipeline has one")
}

/// Actions in short: `open 22 late`, `folded 20 (folded into …)`; the number is the day of the month in UTC.
pub fn short(actions: &[Action]) -> Vec<String> {
    let day = |nominal: Instant| nominal.timestamp().strftime("%d").to_string();
    let line = |action: &Action| match action {
        Action::OpenSlot { slot, is_late, .. } => {
            format!(
                "open {}{}",
                day(slot.nominal),
                if *is_late { " late" } else { "" }
            )
        }
        Action::Queue { slot, reason, .. } => format!("queue {} ({reason})", day(slot.nominal)),
        Action::Settle {
            slot, state, reason, ..
        } => {
            let reason = reason
                .as_deref()
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default();
            format!("{state} {}{reason}", day(slot.nominal))
        }
        Action::Supersede { run, by, .. } => format!("supersede {run} by {}", day(by.nominal)),
    };
    actions.iter().map(line).collect()
}

fn caught_up(catch_up: CatchUp, max_late: i64, now: &str) -> Vec<String> {
    let mut view = schedule(&daily(""), "2026-11-19T12:00:00Z");
    view.catch_up = catch_up;
    view.max_late = jiff::SignedDuration::from_hours(max_late);
    short(&due(&[view], &Ledger::default(), at(now)))
}

#[test]
fn a_slot_is_opened_at_its_time_and_not_before() {
    assert_eq!(caught_up(CatchUp::Latest, 6, "2026-11-20T03:59:59Z"), [""; 0]);
    for catch_up in [CatchUp::Latest, CatchUp::All, CatchUp::None] {
        assert_eq!(caught_up(catch_up, 6, "2026-11-20T04:00:00Z"), ["open 20"]);
        assert_eq!(caught_up(catch_up, 6, "2026-11-20T04:02:00Z"), ["open 20"]);
    }
}

#[test]
fn latest_runs_the_newest_late_and_folds_the_others_into_it() {
    assert_eq!(
        caught_up(CatchUp::Latest, 6, "2026-11-22T06:30:00Z"),
        [
            "folded 20 (folded into 2026-11-22T04:00:00Z)",
            "folded 21 (folded into 2026-11-22T04:00:00Z)",
            "open 22 late"
        ]
    );
}

#[test]
fn latest_skips_all_where_the_newest_is_too_late() {
    assert_eq!(
        caught_up(CatchUp::Latest, 6, "2026-11-22T10:01:00Z"),
        [
            "skipped 20 (past worth_until 11:00; 2 d 6 h late; max_late is 6 h)",
            "skipped 21 (past worth_until 11:00; 1 d 6 h late; max_late is 6 h)",
            "skipped 22 (past worth_until 11:00; 6 h 1 min late; max_late is 6 h)"
        ]
    );
    assert_eq!(
        caught_up(CatchUp::Latest, 6, "2026-11-20T10:00:00Z"),
        ["open 20 late"]
    );
}

#[test]
fn all_runs_each_within_max_late() {
    assert_eq!(
        caught_up(CatchUp::All, 48, "2026-11-22T06:30:00Z"),
        [
            "skipped 20 (past worth_until 11:00; 2 d 2 h late; max_late is 2 d)",
            "open 21 late",
            "open 22 late"
        ]
    );
}

#[test]
fn none_skips_what_was_missed_and_opens_what_is_on_time() {
    assert_eq!(
        caught_up(CatchUp::None, 6, "2026-11-21T04:00:05Z"),
        ["skipped 20 (1 d late; catch_up is none)", "open 21"]
    );
}

#[test]
fn a_pause_and_a_skipped_date_give_their_reasons() {
    let control = PipelineControl {
        pipeline: "daily".into(),
        paused_at: None,
        skipped: vec![jiff::civil::date(2026, 11, 21)],
        since: Some(at("2026-11-19T12:00:00Z")),
        schedule: Some("0 5 * * * Europe/Berlin".to_owned()),
    };
    let now = at("2026-11-22T04:00:00Z");
    let actions = |control: &PipelineControl| {
        let view = ScheduleView::of(&daily(""), Some(control), now).unwrap().unwrap();
        short(&due(&[view], &Ledger::default(), now))
    };
    assert_eq!(
        actions(&control),
        [
            "folded 20 (folded into 2026-11-22T04:00:00Z)",
            "skipped 21 (skipped by the author)",
            "open 22"
        ]
    );
    let paused = PipelineControl {
        paused_at: Some(at("2026-11-21T00:00:00Z")),
        ..control.clone()
    };
    assert_eq!(
        actions(&paused),
        [
            "skipped 20 (paused)",
            "skipped 21 (skipped by the author)",
            "skipped 22 (paused)"
        ]
    );
    // Nothing is folded into a slot that the author skips.
    let last = PipelineControl {
        skipped: vec![jiff::civil::date(2026, 11, 22)],
        ..control
    };
    let view = ScheduleView::of(&daily(""), Some(&last), now).unwrap().unwrap();
    let found = short(&due(&[view], &Ledger::default(), at("2026-11-22T04:30:00Z")));
    assert_eq!(found[2], "skipped 22 (skipped by the author)");
    assert!(
        found[..2]
            .iter()
            .all(|line| line.starts_with("skipped 2") && line.contains("max_late")),
        "{found:?}"
    );
}

#[test]
fn a_changed_cron_or_zone_counts_from_now() {
    let control = |schedule: &str| PipelineControl {
        pipeline: "daily".into(),
        paused_at: None,
        skipped: Vec::new(),
        since: Some(at("2026-11-19T12:00:00Z")),
        schedule: Some(schedule.to_owned()),
    };
    let now = at("2026-11-22T06:00:00Z");
    for changed in ["0 6 * * * Europe/Berlin", "0 5 * * * Europe/Paris", "none"] {
        let view = ScheduleView::of(&daily(""), Some(&control(changed)), now)
            .unwrap()
            .unwrap();
        assert_eq!(view.since, now, "{changed}");
        assert_eq!(due(&[view], &Ledger::default(), now), []);
    }
    let same = ScheduleView::of(&daily(""), Some(&control("0 5 * * * Europe/Berlin")), now)
        .unwrap()
        .unwrap();
    assert_eq!(same.since, at("2026-11-19T12:00:00Z"));
}

#[test]
fn rows_of_a_clock_that_was_ahead_neither_block_nor_repeat() {
    let view = schedule(&daily(""), "2026-11-19T12:00:00Z");
    let row = |nominal: &str, state| SlotRecord {
        pipeline: "daily".into(),
        slot: view.slot(at(nominal)),
        state,
        reason: None,
        run: None,
    };
    let slots = vec![
        row("2026-11-20T04:00:00Z", SlotState::Ran),
        row("2026-11-22T04:00:00Z", SlotState::Ran),
    ];
    let mut ledger = Ledger {
        slots,
        runs: Vec::new(),
    };
    let actions = |now: &str| short(&due(std::slice::from_ref(&view), &ledger, at(now)));
    assert_eq!(actions("2026-11-21T04:00:00Z"), ["open 21"]);
    assert_eq!(actions("2026-11-20T04:30:00Z"), [""; 0]);
    assert_eq!(actions("2026-11-23T04:00:00Z"), ["open 23"]);
    assert!(
        ahead(&ledger, at("2026-11-20T04:00:00Z")).is_empty(),
        "what ran has run"
    );
    ledger.slots.push(row("2026-11-22T04:00:00Z", SlotState::Skipped));
    let ahead = |now: &str| ahead(&ledger, at(now)).into_iter().collect::<Vec<_>>();
    assert_eq!(ahead("2026-11-21T04:00:00Z"), ["daily".into()]);
    assert_eq!(
        ahead("2026-11-22T04:00:00Z"),
        [],
        "a slot that is due just now is not ahead"
    );
}

#[test]
fn a_year_of_minutes_is_planned_in_bounded_batches() {
    let mut pipeline = daily("");
    pipeline.pipeline.schedule = Some("* * * * *".to_owned());
    let view = schedule(&pipeline, "2025-11-22T00:00:00Z");
    let actions = due(&[view], &Ledger::default(), at("2026-11-22T00:00:00Z"));
    assert_eq!(actions.len(), 1_500);
    assert!(
        actions
            .iter()
            .all(|action| matches!(action, Action::Settle { .. })),
        "the newest is not in this batch"
    );
}

#[test]
fn overlap_defaults_to_supersede_and_catch_up_to_latest() {
    let view = schedule(&daily(""), "2026-11-19T12:00:00Z");
    assert_eq!(
        (view.overlap, view.catch_up),
        (Overlap::Supersede, CatchUp::Latest)
    );
}
