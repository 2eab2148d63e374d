//! What a daemon prunes by itself, and how its pulse can be felt.

use std::time::Duration;

use copydesk_domain::{ContentHash, Instant, MicroUsd, RunState};
use copydesk_engine::planner::PROBATION;
use copydesk_store::{Command, RunParams, Store, StoreError};

use crate::house::{House, daily};

#[tokio::test(start_paused = true)]
async fn an_old_run_is_pruned_once_the_clock_is_believed() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    let old = house.until_run(|run| run.state == RunState::Waiting).await;
    let at: Instant = "2026-11-22T04:00:02Z".parse().unwrap();
    let cancel = Command::RequestCancel { run: old.clone(), at };
    house.store.apply(cancel).await.unwrap();
    let pruned_at = || async { house.store.run(&old).await.unwrap().unwrap().pruned_at };

    process.stop().await;

    // Seven months later, or the clock is wrong: it is believed once it has stood for a while, and yet nothing goes until
    // it has stood for a day.
    house.clock.set("2027-06-22T04:00:01Z");
    let process = house.start();
    tokio::time::sleep(PROBATION + Duration::from_secs(31)).await;
    house
        .until(|| async { (house.runs().await.len() > 1).then_some(()) })
        .await;
    process.idle().await;
    assert_eq!(pruned_at().await, None);
    process.at(&house, "2027-06-23T04:00:02Z");
    house.until(pruned_at).await;
    let last = house.store.last_pruning().await.unwrap().unwrap();
    assert_eq!(last.pruned.runs, 1);
    for run in house.runs().await.iter().filter(|run| run.id != old) {
        assert_eq!(run.pruned_at, None, "{}", run.id);
    }
    let retry = Command::Retry {
        run: old.clone(),
        budget_extra: MicroUsd::ZERO,
        embedded_only: false,
        at: last.at,
    };
    let refused = house.store.apply(retry).await;
    assert!(
        matches!(refused, Err(StoreError::DecisionRefused { .. })),
        "{refused:?}"
    );
    let view = process.engine.view(&old).await.unwrap();
    assert_eq!(view.pruned_at, Some(last.at));
    process.stop().await;
}

/// A run that was begun by hand and cancelled at once.
async fn cancelled(house: &House, id: &str, at: &str) {
    let at: Instant = at.parse().unwrap();
    let params = RunParams {
        id: id.into(),
        pipeline: "daily".into(),
        slot: None,
        parent: None,
        release: ContentHash::of(b""),
        fixed_now: None,
        seed: 1,
        is_scheduled: false,
        at,
    };
    let cancel = Command::RequestCancel { run: id.into(), at };
    for command in [Command::CreateRun(params), cancel] {
        house.store.apply(command).await.unwrap();
    }
}

#[tokio::test]
async fn a_desk_with_many_runs_a_day_is_pruned_too() {
    let house = House::new("2027-06-23T12:00:00Z", daily(""));
    cancelled(&house, "old", "2026-11-22T04:00:00Z").await;
    cancelled(&house, "yesterday", "2027-06-22T04:00:00Z").await;
    for number in 0..201 {
        cancelled(&house, &format!("today-{number}"), "2027-06-23T04:00:00Z").await;
    }
    let process = house.start();
    let pruned_at = || async { house.store.run(&"old".into()).await.unwrap().unwrap().pruned_at };
    house.until(pruned_at).await;
    process.stop().await;
}

#[tokio::test]
async fn each_look_is_a_beat() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let mut process = house.start();
    let first = process.heartbeat.next().await.expect("the loop goes round");
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    let next = process.heartbeat.next().await.expect("the loop goes round");
    assert!(next.ticks > first.ticks);
    assert_eq!((first.open, next.open), (0, 1));
    let mut heartbeat = process.heartbeat.clone();
    process.stop().await;
    while heartbeat.next().await.is_some() {}
}
