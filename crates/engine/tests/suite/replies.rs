//! What an evening knows of the replies that earlier ones read.

use std::sync::atomic::Ordering;

use copydesk_domain::{IssueState, RunId, RunState, WaitingFor};
use copydesk_engine::EngineError;

use crate::house::{House, Process, daily};

/// What each engagement was told of as read, by the ids of replies.
fn told(house: &House) -> Vec<Vec<String>> {
    house.script.read_replies.lock().unwrap().clone()
}

/// Runs the day of November to its evening, when a reader asks. `is_approved`: the author said yes in the morning.
async fn evening(house: &House, process: &Process, day: u8, is_approved: bool) -> RunId {
    let at = |time: &str| process.at(house, &format!("2026-11-{day}T{time}Z"));
    let engagements = house.script.diary.count("engagement/3");
    at("04:00:01");
    let start = format!("2026-11-{day}T04:00:00Z").parse().unwrap();
    house
        .until_run(|run| {
            run.state == RunState::Waiting && run.slot.as_ref().is_some_and(|slot| slot.nominal == start)
        })
        .await;
    at("08:00:00");
    let run = house
        .until_run(|run| run.waiting_for.contains(&WaitingFor::Approval))
        .await;
    if is_approved {
        process.engine.approve(&run, None, None, None).await.unwrap();
        house.until_run(|run| run.issue == IssueState::Approved).await;
        at("08:10:01");
        house.until_run(|run| run.issue == IssueState::Published).await;
    }
    at("18:00:00");
    house
        .until_run(|run| run.waiting_for.contains(&WaitingFor::Answers))
        .await;
    assert_eq!(house.script.diary.count("engagement/3"), engagements + 1);
    run
}

#[tokio::test]
async fn a_reply_is_read_on_one_evening_whatever_became_of_its_answer() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house.script.has_reader.store(true, Ordering::SeqCst);
    let process = house.start();
    process.idle().await;
    let first = evening(&house, &process, 22, true).await;
    assert_eq!(told(&house), [Vec::<String>::new()]);
    evening(&house, &process, 23, true).await;
    assert_eq!(told(&house)[1], ["m1"], "its answer still waits in the first run");
    let answer = "a1".into();
    process
        .engine
        .reject_answer(&first, &answer, None, None)
        .await
        .unwrap();
    evening(&house, &process, 24, true).await;
    assert_eq!(
        told(&house)[2],
        ["m1", "m1"],
        "a no to an answer is the end of it"
    );
    process.stop().await;
}

#[tokio::test]
async fn an_open_reply_of_a_superseded_run_comes_back_and_is_answered_once() {
    let house = House::new("2026-11-22T03:59:00Z", daily("overlap = \"supersede\""));
    house.script.has_reader.store(true, Ordering::SeqCst);
    let process = house.start();
    process.idle().await;
    let first = evening(&house, &process, 22, false).await;
    let second = evening(&house, &process, 23, false).await;
    let states: Vec<RunState> = house.runs().await.iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Superseded, RunState::Waiting]);
    assert_eq!(
        told(&house)[1],
        [""; 0],
        "nobody is asked in the first run any more"
    );
    let answer = "a1".into();
    let refused = process.engine.approve_answer(&first, &answer, None, None).await;
    assert!(
        matches!(&refused, Err(EngineError::NothingWaits { reason, .. }) if reason.contains(second.as_str())),
        "{refused:?}"
    );
    process
        .engine
        .approve_answer(&second, &answer, None, None)
        .await
        .unwrap();
    process.stop().await;
}

#[tokio::test]
async fn an_open_reply_of_a_cancelled_run_comes_back() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house.script.has_reader.store(true, Ordering::SeqCst);
    let process = house.start();
    process.idle().await;
    let first = evening(&house, &process, 22, false).await;
    process.engine.stop(&first).await.unwrap();
    house.until_run(|run| run.state == RunState::Cancelled).await;
    evening(&house, &process, 23, false).await;
    assert_eq!(told(&house)[1], [""; 0], "nobody can answer it there any more");
    process.stop().await;
}
