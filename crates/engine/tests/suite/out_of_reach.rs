//! Sources that are out of reach when a day is due: no network yet, or none all morning.

use copydesk_domain::{Decision, IssueState, RunId, RunState, SlotState, StageState, WaitingFor};
use copydesk_engine::GoOn;
use copydesk_store::{RunRecord, StageRecord, Store};

use crate::house::{House, Process, daily, own};
use crate::replays::again;

fn offline(house: &House, is_offline: bool) {
    *house.script.is_offline.lock().unwrap() = Some(is_offline);
}

fn asked(house: &House) -> usize {
    let steps = house.script.diary.steps();
    steps
        .iter()
        .filter(|step| step.starts_with("research/ask-"))
        .count()
}

/// A day that is due at five in Berlin, without a network, once research has been put off.
async fn put_off(house: &House) -> (Process, RunRecord) {
    offline(house, true);
    let process = house.start();
    process.idle().await;
    process.at(house, "2026-11-22T04:00:01Z");
    let run = next_go(house, 1).await;
    (process, run)
}

/// Waits until the go of this number has ended and the run waits for the next one.
async fn next_go(house: &House, go: usize) -> RunRecord {
    let waits = |run: &RunRecord| run.state == RunState::Waiting && run.wake_at.is_some();
    let id = house
        .until(|| async {
            let run = house
                .runs()
                .await
                .pop()
                .filter(|run| waits(run) && asked(house) == go);
            run.map(|run| run.id)
        })
        .await;
    house.store.run(&id).await.unwrap().unwrap()
}

async fn research(house: &House, run: &RunId) -> Vec<StageRecord> {
    let stages = house.store.stages(run).await.unwrap();
    let of_research = stages
        .into_iter()
        .filter(|stage| stage.stage.as_str() == "research");
    of_research.collect()
}

fn at_its_time(house: &House, process: &Process, run: &RunRecord) {
    process.at(house, &run.wake_at.expect("it is put off").to_string());
}

#[tokio::test]
async fn a_day_without_a_network_is_tried_again_by_itself_and_once_at_each_time() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, first) = put_off(&house).await;
    let stage = research(&house, &first.id).await.remove(0);
    assert_eq!(stage.state, StageState::Waiting);
    let reason = first.reason.clone().unwrap_or_default();
    assert_eq!(stage.reason.as_deref(), Some(reason.as_str()));
    assert!(
        reason.starts_with("no source could be read; tried again by itself at 2026-11-22T04:0"),
        "{reason}"
    );
    assert!(reason.ends_with("and until 2026-11-22T10:00:00Z"), "{reason}");
    assert_eq!(first.waiting_for, [], "nobody can help");
    process.idle().await;
    process.kill().await;
    let process = house.start();
    process.idle().await;
    assert_eq!(asked(&house), 1, "a restart asks nobody before the time");
    at_its_time(&house, &process, &first);
    let second = next_go(&house, 2).await;
    assert!(second.wake_at > first.wake_at);
    offline(&house, false);
    at_its_time(&house, &process, &second);
    house
        .until(|| async {
            (research(&house, &first.id).await[0].state == StageState::Completed).then_some(())
        })
        .await;
    assert_eq!(asked(&house), 3);
    process.at(&house, "2026-11-22T08:00:01Z");
    house.until_slot(SlotState::Ran).await;
    assert_eq!(house.rows().await[0].reason, None);
    assert!(
        house
            .notices
            .told
            .lock()
            .unwrap()
            .iter()
            .all(|told| !told.starts_with("failed/"))
    );
    let before = asked(&house);
    let replayed = again(&house, &first.id).await;
    assert!(replayed.made.is_same(), "{:?}", replayed.made.difference);
    assert_eq!(
        asked(&house),
        before,
        "a replay asks nobody and waits for nothing"
    );
    process.stop().await;
}

/// A day without a network until its research is worth nothing any more.
async fn blank(house: &House) -> (Process, RunId) {
    let (process, run) = put_off(house).await;
    process.at(house, "2026-11-22T10:00:00Z");
    let waits = |run: &RunRecord| run.waiting_for == [WaitingFor::Approval];
    house.until_run(waits).await;
    (process, run.id)
}

#[tokio::test]
async fn a_day_on_which_nothing_could_be_read_is_told_as_failed_and_read_again_when_sent_back() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = blank(&house).await;
    assert_eq!(asked(&house), 2, "the last go is at the end of its patience");
    house.until_slot(SlotState::Ran).await;
    assert_eq!(
        house.rows().await[0].reason.as_deref(),
        Some("no source could be read")
    );
    let failed = format!("failed/{run}/blank");
    let is_told = |key: &str| house.notices.told.lock().unwrap().iter().any(|told| told == key);
    house.until(|| async { is_told(&failed).then_some(()) }).await;
    assert!(!is_told(&format!("succeeded/{run}")));
    offline(&house, false);
    assert!(process.engine.ask_sources_again(&run).await.unwrap());
    let waits = |run: &RunRecord| run.waiting_for == [WaitingFor::Approval];
    house
        .until(|| async { (house.script.diary.count("review/3") == 2).then_some(()) })
        .await;
    house.until_run(waits).await;
    let rounds = research(&house, &run).await;
    assert_eq!(
        rounds.iter().map(|stage| stage.round.0).collect::<Vec<_>>(),
        [1, 2]
    );
    house
        .until(|| async { is_told(&format!("succeeded/{run}")).then_some(()) })
        .await;
    assert!(
        !process.engine.ask_sources_again(&run).await.unwrap(),
        "it was read"
    );
    let asked_before = asked(&house);
    let note = Some("shorter".to_owned());
    let sent_back = process
        .engine
        .decide_issue(&run, Decision::SentBack, None, note)
        .await;
    sent_back.expect("it waits for a decision");
    house
        .until(|| async { (house.script.diary.count("review/3") == 3).then_some(()) })
        .await;
    assert_eq!(asked(&house), asked_before, "what was read stays read");
    let replayed = again(&house, &run).await;
    assert!(replayed.made.is_same(), "{:?}", replayed.made.difference);
    process.stop().await;
}

#[tokio::test]
async fn what_else_waits_for_the_author_is_not_sent_back_in_its_place() {
    let mut pipeline = daily("");
    let mut digest = own().stages.remove(0);
    digest.needs = Some(vec!["research".into()]);
    pipeline.stages[1].needs = Some(vec!["research".into()]);
    pipeline.stages.insert(1, digest);
    let house = House::new("2026-11-22T03:59:00Z", pipeline);
    let (process, run) = put_off(&house).await;
    process.at(&house, "2026-11-22T10:00:00Z");
    house
        .until_run(|run| run.issue == IssueState::Reviewed && run.waiting_for == [WaitingFor::Approval])
        .await;
    assert_eq!(process.engine.waiting(&run.id).await.unwrap().len(), 2);
    offline(&house, false);
    assert!(process.engine.ask_sources_again(&run.id).await.unwrap());
    house
        .until(|| async { (research(&house, &run.id).await.len() == 2).then_some(()) })
        .await;
    process.stop().await;
}

#[tokio::test]
async fn a_person_need_not_wait_with_it() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let (process, run) = put_off(&house).await;
    process.engine.go_on(&run.id, GoOn::default()).await.unwrap();
    next_go(&house, 2).await;
    process.engine.stop(&run.id).await.unwrap();
    house.until_run(|run| run.state == RunState::Cancelled).await;
    let stage = research(&house, &run.id).await.remove(0);
    assert_eq!(stage.state, StageState::Cancelled);
    offline(&house, false);
    process.engine.go_on(&run.id, GoOn::default()).await.unwrap();
    house
        .until(|| async { (research(&house, &run.id).await[0].state == StageState::Completed).then_some(()) })
        .await;
    assert_eq!(asked(&house), 3);
    assert_eq!(house.runs().await[0].issue, IssueState::None);
    process.stop().await;
}
