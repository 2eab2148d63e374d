//! A new slot and an unfinished run, first by the pure planner, then by a daemon.

use copydesk_config::{CatchUp, Overlap};
use copydesk_domain::{Decision, IssueState, RunState, SlotState, WaitingFor};
use copydesk_engine::planner::{Ledger, RunFacts, ScheduleView, Writing, due};
use copydesk_store::{SlotRecord, Store};

use crate::catching_up::{at, schedule, short};
use crate::house::{House, daily};

fn facts(day: u8, writing: Writing, issue: IssueState) -> RunFacts {
    let nominal = at(&format!("2026-11-{day}T04:00:00Z"));
    RunFacts {
        run: format!("r{day}").as_str().into(),
        pipeline: "daily".into(),
        nominal,
        created_at: nominal,
        state: RunState::Waiting,
        issue,
        writing,
        is_undecided: false,
        is_blank: false,
    }
}

fn planned(overlap: Overlap, catch_up: CatchUp, runs: Vec<RunFacts>, now: &str) -> Vec<String> {
    let mut view = schedule(&daily(""), "2026-11-20T12:00:00Z");
    (view.overlap, view.catch_up) = (overlap, catch_up);
    short(&due(
        &[view],
        &Ledger {
            slots: Vec::new(),
            runs,
        },
        at(now),
    ))
}

#[test]
fn an_unapproved_run_gives_way_blocks_or_is_waited_for() {
    for (writing, issue) in [
        (Writing::Open, IssueState::None),
        (Writing::Open, IssueState::Drafted),
        (Writing::Issue, IssueState::Reviewed),
        (Writing::Issue, IssueState::Drafted),
    ] {
        let runs = || vec![facts(20, writing.clone(), issue)];
        let now = "2026-11-21T04:00:01Z";
        assert_eq!(
            planned(Overlap::Supersede, CatchUp::Latest, runs(), now),
            ["supersede r20 by 21", "open 21"]
        );
        assert_eq!(
            planned(Overlap::Skip, CatchUp::Latest, runs(), now),
            ["skipped 21 (run r20 is unfinished)"]
        );
        assert_eq!(
            planned(Overlap::Queue, CatchUp::Latest, runs(), now),
            ["queue 21 (waits for r20)"]
        );
    }
}

#[test]
fn a_decided_run_stands_in_no_ones_way() {
    for (writing, issue) in [
        (Writing::Issue, IssueState::Approved),
        (Writing::Issue, IssueState::Published),
        (Writing::Issue, IssueState::Unknown),
        (Writing::Issue, IssueState::Rejected),
        (Writing::Issue, IssueState::Expired),
        (Writing::Artifact, IssueState::None),
        (Writing::Skipped("research: late".to_owned()), IssueState::None),
        (Writing::Failed("research: no feed".to_owned()), IssueState::None),
    ] {
        for overlap in [Overlap::Supersede, Overlap::Skip, Overlap::Queue] {
            let runs = vec![facts(20, writing.clone(), issue)];
            assert_eq!(
                planned(overlap, CatchUp::Latest, runs, "2026-11-21T04:00:01Z"),
                ["open 21"],
                "{issue}"
            );
        }
    }
}

#[test]
fn slots_of_one_catch_up_do_not_displace_each_other() {
    let now = "2026-11-22T05:00:00Z";
    for overlap in [Overlap::Supersede, Overlap::Skip] {
        let mut view = schedule(&daily("max_late = \"48h\""), "2026-11-20T12:00:00Z");
        (view.overlap, view.catch_up) = (overlap, CatchUp::All);
        // The first was opened before the process died.
        let slots = vec![SlotRecord {
            pipeline: "daily".into(),
            slot: view.slot(at("2026-11-21T04:00:00Z")),
            state: SlotState::Pending,
            reason: None,
            run: Some("r21".into()),
        }];
        let ledger = Ledger {
            slots,
            runs: vec![facts(21, Writing::Open, IssueState::None)],
        };
        assert_eq!(short(&due(&[view], &ledger, at(now))), ["open 22 late"]);
    }
}

#[test]
fn queued_slots_open_one_after_the_other_and_not_too_late() {
    let mut view = schedule(&daily("max_late = \"30h\""), "2026-11-20T12:00:00Z");
    (view.overlap, view.catch_up) = (Overlap::Queue, CatchUp::All);
    let row = |day: u8, reason: &str| SlotRecord {
        pipeline: "daily".into(),
        slot: view.slot(at(&format!("2026-11-{day}T04:00:00Z"))),
        state: SlotState::Pending,
        reason: Some(reason.to_owned()),
        run: None,
    };
    let slots = vec![row(21, "waits for r20"), row(22, "waits for an older slot")];
    let open = Ledger {
        slots: slots.clone(),
        runs: vec![facts(20, Writing::Open, IssueState::None)],
    };
    let done = Ledger {
        slots,
        runs: Vec::new(),
    };
    let actions = |ledger: &Ledger, now: &str| short(&due(std::slice::from_ref(&view), ledger, at(now)));
    assert_eq!(actions(&open, "2026-11-22T05:00:00Z"), [""; 0]);
    assert_eq!(actions(&done, "2026-11-22T05:00:00Z"), ["open 21 late"]);
    assert_eq!(
        actions(&open, "2026-11-22T11:00:00Z"),
        [
            "skipped 21 (past worth_until 11:00; 1 d 7 h late; max_late is 1 d 6 h)",
            "queue 22 (waits for r20)"
        ]
    );
    assert_eq!(
        actions(&open, "2026-11-23T04:00:00Z"),
        [
            "skipped 21 (past worth_until 11:00; 2 d late; max_late is 1 d 6 h)",
            "queue 22 (waits for r20)",
            "queue 23 (waits for an older slot)"
        ]
    );
}

#[test]
fn a_queued_slot_says_what_is_in_its_way_now() {
    let mut view = schedule(&daily("max_late = \"96h\""), "2026-11-20T12:00:00Z");
    (view.overlap, view.catch_up) = (Overlap::Queue, CatchUp::All);
    let row = |day: u8, reason: &str, run: Option<&str>| SlotRecord {
        pipeline: "daily".into(),
        slot: view.slot(at(&format!("2026-11-{day}T04:00:00Z"))),
        state: SlotState::Pending,
        reason: Some(reason.to_owned()),
        run: run.map(Into::into),
    };
    // Run 20 has completed, and run 21 is under way by now.
    let planned = |second: &str, third: &str| {
        let ledger = Ledger {
            slots: vec![
                row(21, "", Some("r21")),
                row(22, second, None),
                row(23, third, None),
            ],
            runs: vec![facts(21, Writing::Open, IssueState::None)],
        };
        short(&due(
            std::slice::from_ref(&view),
            &ledger,
            at("2026-11-23T05:00:00Z"),
        ))
    };
    assert_eq!(
        planned("waits for r20", "waits for r20"),
        ["queue 22 (waits for r21)", "queue 23 (waits for an older slot)"]
    );
    assert_eq!(planned("waits for r21", "waits for an older slot"), [""; 0]);
}

#[test]
fn a_pause_holds_what_waits_in_the_queue_and_refuses_what_comes_due_in_it() {
    let mut view = schedule(&daily(""), "2026-11-20T12:00:00Z");
    view.overlap = Overlap::Queue;
    let row = SlotRecord {
        pipeline: "daily".into(),
        slot: view.slot(at("2026-11-22T04:00:00Z")),
        state: SlotState::Pending,
        reason: Some("waits for r21".to_owned()),
        run: None,
    };
    let waits = |runs| Ledger {
        slots: vec![row.clone()],
        runs,
    };
    let blocked = waits(vec![facts(21, Writing::Open, IssueState::None)]);
    let free = waits(Vec::new());
    let actions = |view: &ScheduleView, ledger: &Ledger, now: &str| {
        short(&due(std::slice::from_ref(view), ledger, at(now)))
    };
    let paused_at = |view: &ScheduleView, paused_at: &str| ScheduleView {
        paused_at: Some(at(paused_at)),
        ..view.clone()
    };
    let paused = paused_at(&view, "2026-11-22T07:00:00Z");
    for ledger in [&blocked, &free] {
        assert_eq!(
            actions(&paused, ledger, "2026-11-22T07:05:00Z"),
            ["queue 22 (waits until the pipeline is resumed)"]
        );
    }
    // Resumed: it runs in its turn.
    assert_eq!(actions(&view, &blocked, "2026-11-22T07:06:00Z"), [""; 0]);
    assert_eq!(actions(&view, &free, "2026-11-22T07:06:00Z"), ["open 22 late"]);
    // A long pause makes it too late, as a long wait does.
    assert_eq!(
        actions(&paused, &blocked, "2026-11-23T04:00:01Z"),
        [
            "skipped 22 (past worth_until 11:00; 1 d late; max_late is 6 h)",
            "skipped 23 (paused)"
        ]
    );
    let before = paused_at(&view, "2026-11-22T03:00:00Z");
    assert_eq!(
        actions(&before, &blocked, "2026-11-22T07:05:00Z"),
        ["skipped 22 (paused)"]
    );
}

#[tokio::test]
async fn a_newer_slot_supersedes_an_unapproved_run() {
    let house = House::new("2026-11-22T03:59:00Z", daily("overlap = \"supersede\""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(&house, "2026-11-22T08:00:00Z");
    let first = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.at(&house, "2026-11-23T04:00:01Z");
    let second = house
        .until_run(|run| run.id != first && run.state == RunState::Waiting)
        .await;
    let old = house.store.run(&first).await.unwrap().unwrap();
    assert_eq!(old.state, RunState::Superseded);
    assert!(
        process
            .engine
            .decide_issue(&first, Decision::Approved, None, None)
            .await
            .is_err()
    );
    let pipeline = daily("");
    let shown = process
        .engine
        .schedule_view(&[&pipeline], at("2026-11-01T00:00:00Z"), 0)
        .await
        .unwrap();
    let states: Vec<_> = shown.iter().map(|slot| slot.state).collect();
    assert_eq!(states, [Some(SlotState::Superseded), Some(SlotState::Pending)]);
    assert_eq!(shown[1].run.as_ref(), Some(&second));
    process.stop().await;
}

#[tokio::test]
async fn a_run_at_work_is_fenced_off_when_it_is_superseded() {
    let house = House::new("2026-11-22T03:59:00Z", daily("overlap = \"supersede\""));
    let process = house.start();
    process.idle().await;
    house.script.holds_research.send_replace(true);
    process.at(&house, "2026-11-22T04:00:01Z");
    house
        .until(|| async { (house.script.diary.count("research/2 begun") == 1).then_some(()) })
        .await;
    process.at(&house, "2026-11-23T04:00:01Z");
    house
        .until(|| async {
            house
                .runs()
                .await
                .first()
                .filter(|run| run.state == RunState::Superseded)
                .map(|_| ())
        })
        .await;
    house.script.holds_research.send_replace(false);
    house.until_run(|run| run.state == RunState::Waiting).await;
    let runs = house.runs().await;
    assert_eq!(
        runs[0].state,
        RunState::Superseded,
        "the worker that lost its lease changed nothing"
    );
    assert_eq!(
        house.outcomes().await,
        ["11-22:04:00 superseded", "11-23:04:00 pending"]
    );
    let steps = house.store.steps(&runs[0].id, 0).await.unwrap();
    assert!(
        steps.iter().all(|step| step.key.as_str() != "research/2"),
        "{steps:?}"
    );
    process.stop().await;
}

#[tokio::test]
async fn an_approved_run_finishes_beside_the_new_one() {
    let house = House::new("2026-11-22T03:59:00Z", daily("overlap = \"supersede\""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(&house, "2026-11-22T08:00:00Z");
    let first = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process
        .engine
        .approve(&first, None, None, Some(jiff::SignedDuration::from_hours(24)))
        .await
        .unwrap();
    house
        .until_run(|run| run.issue == IssueState::Approved && run.wake_at.is_some())
        .await;
    process.at(&house, "2026-11-23T04:00:01Z");
    house
        .until_run(|run| run.id != first && run.state == RunState::Waiting)
        .await;
    process.at(&house, "2026-11-23T08:00:01Z");
    house
        .until(|| async {
            let run = house.store.run(&first).await.ok()??;
            (run.issue == IssueState::Published).then_some(())
        })
        .await;
    process.stop().await;
}
