//! The time that the author has, and what is told while it runs out.

use copydesk_config::Pipeline;
use copydesk_domain::{Decision, Instant, IssueState, RunId, RunState, WaitingFor};
use copydesk_store::{Command, Store};

use crate::alarms::{times, until_told};
use crate::house::{House, Process, daily, release};

/// A daemon whose first day waits for the author since 09:00 in Berlin.
async fn at_the_gate(house: &House) -> (Process, RunId) {
    let process = house.start();
    process.idle().await;
    process.at(house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(house, "2026-11-22T08:00:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    (process, run)
}

fn morning(pipeline: Pipeline) -> House {
    House::new("2026-11-22T03:59:00Z", pipeline)
}

async fn end(process: &Process, run: &RunId) -> Instant {
    let view = process.engine.view(run).await.unwrap();
    let end = view.approval.expires_at.unwrap();
    let waiting = process.engine.waiting(run).await.unwrap();
    assert_eq!(waiting[0].expires_at, Some(end), "one end wherever it is shown");
    end
}

#[tokio::test]
async fn the_authors_time_ends_with_the_next_slot_and_what_was_not_decided_is_told() {
    let house = morning(daily("overlap = \"supersede\""));
    let (process, run) = at_the_gate(&house).await;
    assert_eq!(end(&process, &run).await.to_string(), "2026-11-23T04:00:00Z");
    process.at(&house, "2026-11-22T18:00:00Z");
    until_told(&house, &format!("not_approved/{run}/half")).await;
    process.at(&house, "2026-11-23T03:05:00Z");
    until_told(&house, &format!("not_approved/{run}/last")).await;
    process.at(&house, "2026-11-23T04:00:01Z");
    until_told(&house, &format!("superseded/{run}")).await;
    let old = house.store.run(&run).await.unwrap().unwrap();
    assert_eq!(
        (old.state, old.issue),
        (RunState::Superseded, IssueState::Reviewed)
    );
    assert_eq!(times(&house, "expired/"), 0);
    process.stop().await;
}

#[tokio::test]
async fn where_no_slot_comes_the_issue_has_until_it_expires() {
    let house = morning(daily("overlap = \"supersede\""));
    let (process, run) = at_the_gate(&house).await;
    let expires_at = "2026-11-23T08:00:00Z";
    let skip = |is_skipped| {
        let (pipeline, date) = ("daily".into(), jiff::civil::date(2026, 11, 23));
        if is_skipped {
            Command::SkipDate { pipeline, date }
        } else {
            Command::KeepDate { pipeline, date }
        }
    };
    house.store.apply(skip(true)).await.unwrap();
    assert_eq!(end(&process, &run).await.to_string(), expires_at);
    house.store.apply(skip(false)).await.unwrap();
    assert_eq!(end(&process, &run).await.to_string(), "2026-11-23T04:00:00Z");
    let pause = Command::SetPaused {
        pipeline: "daily".into(),
        paused_at: Some("2026-11-22T09:00:00Z".parse().unwrap()),
    };
    house.store.apply(pause).await.unwrap();
    assert_eq!(end(&process, &run).await.to_string(), expires_at);
    process.at(&house, "2026-11-23T04:00:01Z");
    process.idle().await;
    process.at(&house, "2026-11-23T08:00:01Z");
    until_told(&house, &format!("expired/{run}")).await;
    assert_eq!(times(&house, "superseded/"), 0);
    process.stop().await;
}

#[tokio::test]
async fn an_issue_that_was_sent_back_is_reminded_of_anew() {
    let house = morning(daily("overlap = \"skip\""));
    let (process, run) = at_the_gate(&house).await;
    process.at(&house, "2026-11-22T20:00:00Z");
    until_told(&house, &format!("not_approved/{run}/half")).await;
    let note = Some("another lead".to_owned());
    let sent_back = process
        .engine
        .decide_issue(&run, Decision::SentBack, None, note)
        .await;
    sent_back.unwrap();
    house
        .until(|| async {
            let run = house.store.run(&run).await.ok()??;
            (run.issue == IssueState::Reviewed && run.state == RunState::Waiting).then_some(())
        })
        .await;
    assert_eq!(end(&process, &run).await.to_string(), "2026-11-23T20:00:00Z");
    process.idle().await;
    assert_eq!(times(&house, "not_approved/"), 1);
    process.at(&house, "2026-11-23T08:00:00Z");
    until_told(&house, &format!("not_approved/{run}/half/1")).await;
    process.at(&house, "2026-11-23T19:00:00Z");
    until_told(&house, &format!("not_approved/{run}/last/1")).await;
    process.stop().await;
}

#[tokio::test]
async fn an_issue_that_may_wait_for_days_is_reminded_of_and_its_end_is_told() {
    let mut long = release(daily("overlap = \"skip\""));
    long.config.approval.expires = jiff::SignedDuration::from_hours(72);
    let house = morning(daily(""));
    *house.workspace.lock().unwrap() = Ok(vec![long]);
    let (process, run) = at_the_gate(&house).await;
    process.at(&house, "2026-11-25T07:30:00Z");
    until_told(&house, &format!("not_approved/{run}/last")).await;
    process.at(&house, "2026-11-25T08:00:01Z");
    until_told(&house, &format!("expired/{run}")).await;
    assert_eq!(times(&house, "started/"), 1, "what is history stays so");
    process.stop().await;
}
