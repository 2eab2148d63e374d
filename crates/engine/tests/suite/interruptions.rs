//! Processes that end in the middle, and workers that meet.

use std::time::Duration;

use copydesk_domain::{RunState, SlotState, WaitingFor};
use copydesk_engine::{Advanced, Scope, StartParams};
use copydesk_store::{Command, Slot, Store};
use tokio::sync::watch;

use crate::house::{House, daily, release};

#[tokio::test]
async fn a_shutdown_in_the_middle_of_a_stage_is_quick_and_repeats_no_finished_step() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let first = house.start();
    first.idle().await;
    house.script.holds_research.send_replace(true);
    first.at(&house, "2026-11-22T04:00:01Z");
    house
        .until(|| async { (house.script.diary.count("research/2 begun") == 1).then_some(()) })
        .await;
    let took = first.stop().await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    let run = house.runs().await.remove(0);
    assert_eq!((run.state, run.reason), (RunState::Queued, None));

    house.script.holds_research.send_replace(false);
    let second = house.start();
    house
        .until(|| async { (house.script.diary.count("research/3") == 1).then_some(()) })
        .await;
    house.until_run(|run| run.state == RunState::Waiting).await;
    let counts = ["research/1", "research/2", "research/3"].map(|step| house.script.diary.count(step));
    assert_eq!(counts, [1, 1, 1]);
    let stage = house.store.stages(&run.id).await.unwrap().remove(0);
    assert_eq!(stage.stage.as_str(), "research");
    second.stop().await;
}

#[tokio::test]
async fn a_process_that_died_leaves_a_run_that_goes_on() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let first = house.start();
    first.idle().await;
    house.script.holds_research.send_replace(true);
    first.at(&house, "2026-11-22T04:00:01Z");
    house
        .until(|| async { (house.script.diary.count("research/2 begun") == 1).then_some(()) })
        .await;
    // Nothing is told to end; its tasks are just gone, as after a kill.
    first.kill().await;
    assert_eq!(house.runs().await[0].state, RunState::Running);

    house.script.holds_research.send_replace(false);
    let second = house.start();
    house.until_run(|run| run.state == RunState::Waiting).await;
    assert_eq!(house.script.diary.count("research/1"), 1);
    assert_eq!(house.script.diary.count("research/3"), 1);
    second.stop().await;
}

#[tokio::test]
async fn a_death_between_row_and_run_leaves_one_run() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let first = house.start();
    first.idle().await;
    first.stop().await;
    house.clock.set("2026-11-22T04:00:30Z");
    let slot = Slot {
        nominal: "2026-11-22T04:00:00Z".parse().unwrap(),
        zone: "Europe/Berlin".to_owned(),
    };
    let row = Command::PutSlot {
        pipeline: "daily".into(),
        slot: slot.clone(),
        state: SlotState::Pending,
        reason: None,
        run: None,
    };
    house.store.apply(row).await.unwrap();
    // And one step later: the run was made, the row does not know it.
    let (_sender, shutdown) = watch::channel(false);
    let engine = house.engine(shutdown);
    let start = StartParams {
        release: release(daily("")),
        slot: Some(slot),
        fixed_now: None,
        notes: Vec::new(),
    };
    let made = engine.start(start).await.unwrap();

    let second = house.start();
    house.until_run(|run| run.state == RunState::Waiting).await;
    house
        .until(|| async {
            house
                .rows()
                .await
                .first()
                .filter(|row| row.run.as_ref() == Some(&made))
                .map(|_| ())
        })
        .await;
    assert_eq!(house.runs().await.len(), 1);
    second.stop().await;
}

#[tokio::test]
async fn two_advances_at_once_do_the_work_once() {
    let house = House::new("2026-11-22T05:00:00Z", daily(""));
    let (_sender, shutdown) = watch::channel(false);
    // Two engines: two lease takers, as two processes would be.
    let (a, b) = (house.engine(shutdown.clone()), house.engine(shutdown));
    let start = StartParams {
        release: release(daily("")),
        slot: None,
        fixed_now: None,
        notes: Vec::new(),
    };
    let run = a.start(start).await.unwrap();
    let scope = Scope::default();
    let together = tokio::join!(
        a.advance(&run, &scope),
        b.advance(&run, &scope),
        a.advance(&run, &scope)
    );
    let waits = |result: &Result<Advanced, _>| matches!(result, Ok(Advanced::WaitFor(who, _)) if *who == [WaitingFor::Approval]);
    let results = [&together.0, &together.1, &together.2];
    assert!(results.into_iter().any(waits), "{results:?}");
    assert!(waits(&a.advance(&run, &scope).await));
    for step in ["research/3", "draft/3", "review/3"] {
        let outcomes = house.store.steps(&run, 0).await.unwrap();
        assert_eq!(
            outcomes.iter().filter(|found| found.key.as_str() == step).count(),
            1,
            "{step}"
        );
    }
}

#[tokio::test]
async fn a_daemon_leaves_a_parked_manual_run_alone_and_acts_on_its_approval() {
    let house = House::new("2026-11-22T12:00:00Z", daily(""));
    let (_sender, shutdown) = watch::channel(false);
    let engine = house.engine(shutdown);
    let start = StartParams {
        release: release(daily("")),
        slot: None,
        fixed_now: None,
        notes: Vec::new(),
    };
    let run = engine.start(start).await.unwrap();
    let scope = Scope {
        until: Some("research".into()),
        only: None,
    };
    assert_eq!(engine.advance(&run, &scope).await.unwrap(), Advanced::Done);

    house.clock.set("2026-11-22T12:01:00Z");
    let process = house.start();
    process.idle().await;
    assert_eq!(house.script.diary.count("draft/1"), 0);
    process.engine.advance(&run, &Scope::default()).await.unwrap();
    process
        .engine
        .approve(&run, None, None, Some(jiff::SignedDuration::ZERO))
        .await
        .unwrap();
    house.until_run(|run| run.state == RunState::Completed).await;
    assert_eq!(house.script.diary.count("publish/an-issue"), 1);
    process.stop().await;
}

#[tokio::test]
async fn a_daemon_does_not_go_beyond_what_a_command_asked_for() {
    let house = House::new("2026-11-22T12:00:00Z", daily(""));
    let process = house.start();
    house.script.holds_research.send_replace(true);
    let start = StartParams {
        release: release(daily("")),
        slot: None,
        fixed_now: None,
        notes: Vec::new(),
    };
    let run = process.engine.start(start).await.unwrap();
    let (engine, scope) = (
        process.engine.clone(),
        Scope {
            until: Some("research".into()),
            only: None,
        },
    );
    let command = tokio::spawn(async move { engine.advance(&run, &scope).await });
    house
        .until(|| async { (house.script.diary.count("research/2 begun") == 1).then_some(()) })
        .await;
    // The grace of a fresh run is over while the command is still at work.
    process.at(&house, "2026-11-22T12:01:00Z");
    process.idle().await;
    house.script.holds_research.send_replace(false);
    assert_eq!(command.await.unwrap().unwrap(), Advanced::Done);
    process.idle().await;
    assert_eq!(
        (
            house.script.diary.count("research/3"),
            house.script.diary.count("draft/1")
        ),
        (1, 0)
    );
    process.stop().await;
}

#[tokio::test]
async fn a_run_that_a_dead_process_holds_goes_on_when_its_lease_ends() {
    let house = House::new("2026-11-22T12:00:00Z", daily(""));
    let (_sender, shutdown) = watch::channel(false);
    let engine = house.engine(shutdown);
    let start = StartParams {
        release: release(daily("")),
        slot: None,
        fixed_now: None,
        notes: Vec::new(),
    };
    let run = engine.start(start).await.unwrap();
    let lease = Command::LeaseRun {
        run,
        owner: "a process that is gone".to_owned(),
        now: "2026-11-22T12:00:00Z".parse().unwrap(),
        until: "2026-11-22T12:00:08Z".parse().unwrap(),
    };
    house.store.apply(lease).await.unwrap();
    house.clock.set("2026-11-22T12:00:06Z");
    let process = house.start();
    process.idle().await;
    assert_eq!(house.script.diary.count("research/1"), 0);
    process.at(&house, "2026-11-22T12:00:08Z");
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.stop().await;
}

#[tokio::test]
async fn a_daemon_that_cannot_do_what_is_due_is_not_ready_until_it_can() {
    let house = House::new("2026-11-22T03:59:00Z", daily("overlap = \"supersede\""));
    let first = house.start();
    first.idle().await;
    first.at(&house, "2026-11-22T08:30:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    first.stop().await;
    // Somebody else has the run that is to give way to the next slot.
    let lease = Command::LeaseRun {
        run,
        owner: "somebody else".to_owned(),
        now: "2026-11-22T08:31:00Z".parse().unwrap(),
        until: "2026-11-23T04:00:30Z".parse().unwrap(),
    };
    house.store.apply(lease).await.unwrap();
    house.clock.set("2026-11-23T04:00:10Z");
    let process = house.start();
    let ready = || process.heartbeat.pulse().ready(tokio::time::Instant::now());
    let cannot = || async { ready().err().filter(|reason| reason.contains("slot")) };
    let reason = house.until(cannot).await;
    assert!(reason.contains("could not be handled"), "{reason}");
    assert!(process.heartbeat.pulse().is_up(), "a restart mends nothing");
    process.at(&house, "2026-11-23T04:00:31Z");
    house.until(|| async { ready().ok() }).await;
    process.stop().await;
}

#[tokio::test]
async fn a_stage_that_panics_does_not_end_the_day() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    house.script.panics_research.send_replace(true);
    process.at(&house, "2026-11-22T04:00:01Z");
    house
        .until(|| async { (house.script.diary.count("research panics") == 1).then_some(()) })
        .await;
    house.script.panics_research.send_replace(false);
    // Tried again after the first pause of five seconds.
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.stop().await;
}
