//! A clock that cannot be right, at a start and later: it decides nothing, and a daemon that doubts it is up all the same.

use std::time::Duration;

use copydesk_domain::{Decision, IssueState, RunId, RunState, WaitingFor};
use copydesk_engine::EngineError;
use copydesk_engine::planner::PROBATION;
use copydesk_store::Store;
use tokio::time::Instant as Tick;

use crate::house::{House, Process, daily};

const IN_2038: &str = "2038-01-19T03:14:08Z";
const IN_1970: &str = "1970-01-01T00:00:05Z";

/// A day that waits for the author, at 09:30 in Berlin.
async fn reviewed() -> (House, Process, RunId) {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T08:30:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    (house, process, run)
}

async fn assert_waits(house: &House, run: &RunId) {
    let record = house.runs().await.remove(0);
    assert_eq!((&record.id, record.issue), (run, IssueState::Reviewed));
    assert!(house.store.decisions(run).await.unwrap().is_empty());
}

fn is_doubted<T>(result: &Result<T, EngineError>, shows: &str) -> bool {
    matches!(result, Err(error @ EngineError::ClockDoubted { .. }) if error.to_string().contains(shows))
}

#[tokio::test]
async fn a_start_under_a_clock_that_cannot_be_right_is_doubted_as_a_jump_is() {
    let (house, first, run) = reviewed().await;
    first.stop().await;
    for clock in [IN_2038, IN_1970] {
        let before = house.outcomes().await;
        house.clock.set(clock);
        let process = house.start();
        process.idle().await;
        let pulse = process.heartbeat.pulse();
        assert!(pulse.is_up() && pulse.ticks > 0, "a restart mends no clock");
        assert_eq!(pulse.alive(Tick::now()), Ok(()));
        assert!(pulse.doubt().is_some_and(|doubt| doubt.contains(&clock[..10])));
        assert!(pulse.ready(Tick::now()).is_err());
        assert_eq!(house.outcomes().await, before);
        assert_waits(&house, &run).await;
        process.at(&house, "2026-11-22T08:31:00Z");
        house
            .until(|| async { process.heartbeat.pulse().ready(Tick::now()).ok() })
            .await;
        process.stop().await;
    }
}

#[tokio::test]
async fn while_the_clock_is_doubted_no_decision_is_taken_and_no_nudge_moves_a_run() {
    let (house, process, run) = reviewed().await;
    let engine = &process.engine;
    for clock in [IN_2038, IN_1970] {
        // Before any look of the planner.
        house.clock.set(clock);
        let approved = engine.approve(&run, None, None, None).await;
        assert!(is_doubted(&approved, clock), "{approved:?}");
        for decision in [Decision::Rejected, Decision::SentBack] {
            let decided = engine.decide_issue(&run, decision, None, None).await;
            assert!(is_doubted(&decided, clock), "{decided:?}");
        }
        engine.nudge(&run);
        process.idle().await;
        assert_waits(&house, &run).await;
        process.at(&house, "2026-11-22T08:31:00Z");
        process.idle().await;
    }
    assert_waits(&house, &run).await;
    engine.approve(&run, None, None, None).await.unwrap();
    process.stop().await;
}

#[tokio::test]
async fn no_hold_is_over_by_a_clock_that_is_doubted() {
    let (house, process, run) = reviewed().await;
    process.engine.approve(&run, None, None, None).await.unwrap();
    house.clock.set(IN_2038);
    process.engine.nudge(&run);
    process.idle().await;
    assert_eq!(house.script.diary.count("publish/an-issue"), 0);
    process.at(&house, "2026-11-22T08:41:00Z");
    house.until_run(|run| run.issue == IssueState::Published).await;
    process.stop().await;
}

#[tokio::test]
async fn an_approval_can_be_recalled_under_a_doubted_clock() {
    let (house, process, run) = reviewed().await;
    let engine = &process.engine;
    engine.approve(&run, None, None, None).await.unwrap();
    process.at(&house, IN_2038);
    let recalled = engine.decide_issue(&run, Decision::Recalled, None, None).await;
    recalled.expect("the hold was not over by any clock that was believed");
    process.at(&house, "2026-11-22T09:30:00Z");
    process.idle().await;
    assert_eq!(house.script.diary.count("publish/an-issue"), 0);
    assert_eq!(house.runs().await.remove(0).issue, IssueState::Reviewed);
    process.stop().await;
}

#[tokio::test]
async fn a_stage_that_ends_under_a_doubted_clock_is_the_last_one_until_that_is_set() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    house.script.holds_research.send_replace(true);
    process.at(&house, "2026-11-22T06:30:00Z");
    house
        .until(|| async { (house.script.diary.count("research/2 begun") == 1).then_some(()) })
        .await;
    process.at(&house, IN_2038);
    house.script.holds_research.send_replace(false);
    house
        .until(|| async { (house.script.diary.count("research/3") == 1).then_some(()) })
        .await;
    process.idle().await;
    let run = house.runs().await.remove(0);
    let stages = house.store.stages(&run.id).await.unwrap();
    assert_eq!(stages.len(), 1, "none is skipped for being late: {stages:?}");
    process.at(&house, "2026-11-22T08:31:00Z");
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    assert_eq!(house.script.diary.count("research/1"), 1);
    process.stop().await;
}

#[tokio::test]
async fn a_run_can_be_cancelled_under_a_doubted_clock() {
    let (house, process, run) = reviewed().await;
    process.at(&house, IN_2038);
    process.engine.stop(&run).await.unwrap();
    house.until_run(|run| run.state == RunState::Cancelled).await;
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_nobody_used_for_months_goes_on_after_the_probation() {
    let (house, first, _) = reviewed().await;
    first.stop().await;
    house.clock.set("2027-03-01T03:59:00Z");
    let process = house.start();
    process.idle().await;
    assert!(process.heartbeat.pulse().doubt().is_some());
    tokio::time::sleep(PROBATION + Duration::from_secs(31)).await;
    assert_eq!(process.heartbeat.pulse().ready(Tick::now()), Ok(()));
    process.at(&house, "2027-03-01T04:00:30Z");
    house
        .until(|| async {
            let newest = house.outcomes().await.pop();
            newest.filter(|newest| newest.starts_with("03-01:04:00"))
        })
        .await;
    process.stop().await;
}
