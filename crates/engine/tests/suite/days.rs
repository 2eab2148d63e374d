//! Days that a daemon runs by itself.

use copydesk_domain::artifact::{Artifact, ArtifactKind};
use copydesk_domain::{
    ContentHash, Decision, IssueState, MicroUsd, RunState, SlotState, StageState, WaitingFor,
};
use copydesk_store::{Command, Store};

use crate::house::{House, daily, release};

#[tokio::test]
async fn a_day_runs_by_itself_from_slot_to_engagement() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    assert_eq!(house.outcomes().await, [""; 0]);

    process.at(&house, "2026-11-22T04:00:01Z");
    let run = house.until_run(|run| run.state == RunState::Waiting).await;
    assert_eq!(house.script.diary.count("research/3"), 1);
    assert_eq!(house.outcomes().await, ["11-22:04:00 pending"]);

    process.at(&house, "2026-11-22T06:00:00Z");
    house
        .until_run(|run| run.issue == IssueState::Drafted && run.state == RunState::Waiting)
        .await;
    assert_eq!(house.outcomes().await, ["11-22:04:00 pending"]);

    process.at(&house, "2026-11-22T08:00:00Z");
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    house.until_slot(SlotState::Ran).await;

    // The approval is acted on without a wake by hand, the payload goes out after the hold.
    process.engine.approve(&run, None, None, None).await.unwrap();
    house
        .until_run(|run| {
            run.issue == IssueState::Approved && run.waiting_for.is_empty() && run.wake_at.is_some()
        })
        .await;
    process.idle().await;
    assert_eq!(house.script.diary.count("publish/an-issue"), 0);
    process.at(&house, "2026-11-22T08:10:01Z");
    house
        .until_run(|run| run.issue == IssueState::Published && run.state == RunState::Waiting)
        .await;
    assert_eq!(house.script.diary.count("publish/an-issue"), 1);

    process.at(&house, "2026-11-22T18:00:00Z");
    house.until_run(|run| run.state == RunState::Completed).await;
    assert_eq!(house.script.diary.count("engagement/3"), 1);
    assert_eq!(house.outcomes().await, ["11-22:04:00 ran"]);
    process.stop().await;
}

#[tokio::test]
async fn a_send_back_is_drafted_again_at_once() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(&house, "2026-11-22T08:00:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process
        .engine
        .decide_issue(&run, Decision::SentBack, None, Some("shorter".to_owned()))
        .await
        .unwrap();
    house
        .until(|| async { (house.script.diary.count("review/3") == 2).then_some(()) })
        .await;
    assert_eq!(
        (
            house.script.diary.count("research/3"),
            house.script.diary.count("draft/3")
        ),
        (1, 2)
    );
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.stop().await;
}

#[tokio::test]
async fn an_unapproved_day_still_has_its_replies_read() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(&house, "2026-11-22T08:00:00Z");
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.at(&house, "2026-11-22T18:00:00Z");
    house
        .until(|| async { (house.script.diary.count("engagement/3") == 1).then_some(()) })
        .await;
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.stop().await;
}

#[tokio::test]
async fn a_failed_day_never_counts_as_run() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    house.script.fails_research.send_replace(true);
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_slot(SlotState::Skipped).await;
    let rows = house.rows().await;
    let reason = "the run failed: research: the result is not valid: no feed answered";
    assert_eq!(rows[0].reason.as_deref(), Some(reason));
    assert!(rows[0].run.is_some());
    process.stop().await;
}

#[tokio::test]
async fn an_artifact_that_is_none_is_no_success() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    let bytes = b"I am sorry, I cannot help with that.".to_vec();
    *house.script.makes.lock().unwrap() = Some(Artifact {
        kind: ArtifactKind::ResearchBrief,
        hash: ContentHash::of(&bytes),
        bytes,
    });
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_slot(SlotState::Skipped).await;
    let run = house.runs().await[0].id.clone();
    assert_eq!(
        house.script.diary.count("research/3"),
        1,
        "the stage itself ended well"
    );
    let reason = "the result is not valid: the research_brief is not one, by line 1, column 1";
    let stages = house.store.stages(&run).await.unwrap();
    assert_eq!(
        (stages[0].reason.as_deref(), stages[0].artifacts.len()),
        (Some(reason), 0)
    );
    // Mended, it goes on: the steps that were paid for are not repeated.
    *house.script.makes.lock().unwrap() = None;
    let retry = Command::Retry {
        run: run.clone(),
        budget_extra: MicroUsd::ZERO,
        embedded_only: false,
        at: "2026-11-22T04:10:00Z".parse().unwrap(),
    };
    house.store.apply(retry).await.unwrap();
    house
        .until(|| async {
            let stages = house.store.stages(&run).await.ok()?;
            (stages[0].state == StageState::Completed && stages[0].artifacts.len() == 1).then_some(())
        })
        .await;
    assert_eq!(house.script.diary.count("research/3"), 1);
    process.stop().await;
}

#[tokio::test]
async fn a_broken_file_keeps_the_last_good_pipelines() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    *house.workspace.lock().unwrap() = Err("pipelines/daily.toml:3: unknown key `schedul`".to_owned());
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    assert_eq!(house.outcomes().await, ["11-22:04:00 pending"]);
    process.stop().await;
}

#[tokio::test]
async fn a_changed_cron_replays_no_past_slot() {
    let house = House::new("2026-11-22T02:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    let mut changed = daily("");
    changed.pipeline.schedule = Some("0 3 * * *".to_owned());
    *house.workspace.lock().unwrap() = Ok(vec![release(changed)]);
    process.at(&house, "2026-11-22T03:30:00Z");
    house
        .until(|| async {
            let controls = house.store.controls().await.ok()?;
            (controls.first()?.schedule.as_deref() == Some("0 3 * * * Europe/Berlin")).then_some(())
        })
        .await;
    process.at(&house, "2026-11-22T04:30:00Z");
    process.idle().await;
    assert_eq!(
        house.outcomes().await,
        [""; 0],
        "03:00 was over before the change, 05:00 is no slot any more"
    );
    process.at(&house, "2026-11-23T02:00:01Z");
    house.until_slot(SlotState::Pending).await;
    assert_eq!(house.outcomes().await, ["11-23:02:00 pending"]);
    process.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_starts_no_slot_twice() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(&house, "2026-11-22T03:30:00Z");
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:30Z");
    process.idle().await;
    assert_eq!(house.outcomes().await, ["11-22:04:00 pending"]);
    assert_eq!(
        (house.runs().await.len(), house.script.diary.count("research/1")),
        (1, 1)
    );
    process.stop().await;
}

#[tokio::test]
async fn the_beat_wakes_the_planner_without_help() {
    let house = House::new("2026-11-22T03:58:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    house.clock.set("2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.stop().await;
}

#[tokio::test]
async fn an_operator_pauses_resumes_and_skips_a_date() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    let pause = |paused_at| Command::SetPaused {
        pipeline: "daily".into(),
        paused_at,
    };
    house
        .store
        .apply(pause(Some("2026-11-22T03:59:30Z".parse().unwrap())))
        .await
        .unwrap();
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_slot(SlotState::Skipped).await;
    house.store.apply(pause(None)).await.unwrap();
    let date = jiff::civil::date(2026, 11, 23);
    house
        .store
        .apply(Command::SkipDate {
            pipeline: "daily".into(),
            date,
        })
        .await
        .unwrap();
    process.at(&house, "2026-11-23T04:00:01Z");
    house
        .until(|| async { (house.rows().await.len() == 2).then_some(()) })
        .await;
    process.at(&house, "2026-11-24T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    let rows = house.rows().await;
    let reasons: Vec<_> = rows.iter().map(|row| row.reason.as_deref()).collect();
    assert_eq!(reasons, [Some("paused"), Some("skipped by the author"), None]);
    assert_eq!(
        house.outcomes().await,
        [
            "11-22:04:00 skipped",
            "11-23:04:00 skipped",
            "11-24:04:00 pending"
        ]
    );
    process.stop().await;
}

#[tokio::test]
async fn a_day_slept_through_is_skipped_by_its_worth_and_says_so() {
    let house = House::new("2026-11-22T03:59:00Z", daily("max_late = \"12h\""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T10:30:00Z");
    house.until_slot(SlotState::Skipped).await;
    let rows = house.rows().await;
    let reason = "research: past worth_until 11:00 (2026-11-22T10:00:00Z)";
    assert_eq!(rows[0].reason.as_deref(), Some(reason));
    // The day has no issue; its replies are read all the same.
    process.at(&house, "2026-11-22T18:00:00Z");
    house.until_run(|run| run.state == RunState::Completed).await;
    assert_eq!(house.script.diary.count("engagement/3"), 1);
    process.stop().await;
}

#[tokio::test]
async fn a_late_start_within_max_late_ran_late() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T08:30:00Z");
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    house.until_slot(SlotState::RanLate).await;
    assert_eq!(house.rows().await[0].reason.as_deref(), Some("4 h 30 min late"));
    process.stop().await;
}

#[tokio::test]
async fn a_day_is_told_outside_once_also_by_a_second_process() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house
        .notices
        .is_down
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(&house, "2026-11-22T08:00:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    house
        .until(|| async { (house.store.open_notices(9).await.unwrap().len() == 6).then_some(()) })
        .await;
    assert!(
        house.notices.told.lock().unwrap().is_empty(),
        "nobody can be told"
    );
    process.stop().await;

    house
        .notices
        .is_down
        .store(false, std::sync::atomic::Ordering::SeqCst);
    let second = house.start();
    house
        .until(|| async { (house.open_by("webhook").await == 0).then_some(()) })
        .await;
    // Half of the day that the author has is over.
    second.at(&house, "2026-11-22T20:30:00Z");
    let told = || house.notices.told.lock().unwrap().clone();
    house
        .until(|| async { (told().len() == 3 && house.open_by("webhook").await == 0).then_some(()) })
        .await;
    assert_eq!(
        told(),
        [
            format!("started/{run}"),
            format!("succeeded/{run}"),
            format!("not_approved/{run}/half")
        ]
    );
    assert_eq!(
        house.open_by("broken").await,
        4,
        "a way that fails holds up no other"
    );
    second.stop().await;
}

#[tokio::test]
async fn an_outbox_that_cannot_be_read_keeps_nobody_from_being_told() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house
        .mails
        .is_unreadable
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let process = house.start();
    process.idle().await;
    assert!(process.engine.settle_outbox().await.is_err(), "the fault fires");
    process.at(&house, "2026-11-22T04:00:01Z");
    let run = house.until_run(|run| run.state == RunState::Waiting).await;
    let started = format!("started/{run}");
    house
        .until(|| async {
            house
                .notices
                .told
                .lock()
                .unwrap()
                .contains(&started)
                .then_some(())
        })
        .await;
    process.stop().await;
}
