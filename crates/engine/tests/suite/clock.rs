//! Clocks that jump, sleep and change: what a daemon makes of each, in a table.
//!
//! A case is a pipeline and a list of readings. After each reading the slots are exactly those named, with their
//! verdicts and reasons, and so many runs have begun.

use std::fmt::Write as _;

use copydesk_config::Pipeline;
use copydesk_domain::{IssueState, WaitingFor};
use copydesk_store::SlotRecord;

use crate::clock_cases::{BERLIN, CASES, Case, Reading};
use crate::house::{House, Process, daily, release};

/// A pipeline of research alone, at no wall time: its slot is decided as soon as research is through.
fn short(cron: &str, zone: &str) -> Pipeline {
    let text = format!(
        "[pipeline]\nname = \"daily\"\nschedule = \"{cron}\"\ntime_zone = \"{zone}\"\n\
         [[stage]]\nagent = \"research\"\n"
    );
    toml::from_str(&text).expect("a pipeline")
}

/// `01-31T02:30 ran (reason)`
fn line(row: &SlotRecord) -> String {
    let mut line = format!(
        "{} {}",
        row.slot.nominal.timestamp().strftime("%m-%dT%H:%M"),
        row.state
    );
    if let Some(reason) = &row.reason {
        let _ = write!(line, " ({reason})");
    }
    line
}

async fn lines(house: &House) -> Vec<String> {
    house.rows().await.iter().map(line).collect()
}

/// Moves the clock, waits until the slots are as expected, and sees that they stay so.
async fn read(house: &House, process: &Process, case: &str, (now, expected): &Reading) {
    process.at(house, now);
    let comes = tokio::time::timeout(std::time::Duration::from_secs(15), async {
        let mut changes = copydesk_store::Store::changes(&house.store);
        while lines(house).await != *expected {
            let _ = tokio::time::timeout(std::time::Duration::from_millis(50), changes.changed()).await;
        }
    });
    let is_there = comes.await.is_ok();
    assert!(
        is_there,
        "{case}: at {now}: {:#?}, not {expected:#?}",
        lines(house).await
    );
    process.idle().await;
    assert_eq!(lines(house).await, *expected, "{case}: a while after {now}");
    // One run for each slot that ran, and none else.
    let runs = house.runs().await;
    let with_run = house.rows().await.into_iter().filter_map(|row| row.run).count();
    assert_eq!(runs.len(), with_run, "{case}: at {now}");
    let ran = expected.iter().filter(|line| line.contains(" ran")).count();
    assert_eq!(house.script.diary.count("research/1"), ran, "{case}: at {now}");
}

async fn run_case(case: &Case) {
    let (first, _) = case.readings[0];
    let house = House::new(first, short(case.cron, case.zone));
    let process = house.start();
    for reading in case.readings {
        read(&house, &process, case.name, reading).await;
    }
    process.stop().await;
}

#[tokio::test]
async fn every_clock_of_the_table_gives_exactly_its_slots() {
    // At once: each has a house of its own, and most of their time is waiting.
    let cases = CASES.iter().map(run_case);
    futures::future::join_all(cases).await;
}

#[tokio::test]
async fn a_zone_that_changes_in_the_pipeline_counts_from_then_on() {
    let case = "the zone changes";
    let house = House::new("2026-11-22T03:59:00Z", short("0 5 * * *", BERLIN));
    let process = house.start();
    read(&house, &process, case, &("2026-11-22T03:59:30Z", &[])).await;
    read(
        &house,
        &process,
        case,
        &("2026-11-22T04:00:00Z", &["11-22T04:00 ran"]),
    )
    .await;
    let moved = release(short("0 5 * * *", "America/New_York"));
    *house.workspace.lock().unwrap() = Ok(vec![moved]);
    for reading in [
        ("2026-11-22T06:00:00Z", &["11-22T04:00 ran"][..]),
        ("2026-11-22T10:00:00Z", &["11-22T04:00 ran", "11-22T10:00 ran"]),
        ("2026-11-23T04:00:00Z", &["11-22T04:00 ran", "11-22T10:00 ran"]),
        (
            "2026-11-23T10:00:00Z",
            &["11-22T04:00 ran", "11-22T10:00 ran", "11-23T10:00 ran"],
        ),
    ] {
        read(&house, &process, case, &reading).await;
    }
    let zones: Vec<String> = house.rows().await.into_iter().map(|row| row.slot.zone).collect();
    assert_eq!(zones, [BERLIN, "America/New_York", "America/New_York"]);
    process.stop().await;
}

#[tokio::test]
async fn asleep_from_0450_to_0930_research_runs_late_and_draft_and_review_follow() {
    let house = House::new("2026-11-22T03:50:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T08:30:00Z");
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    house
        .until(|| async { (lines(&house).await == ["11-22T04:00 ran_late (4 h 30 min late)"]).then_some(()) })
        .await;
    let steps = house.script.diary.steps();
    let of = |stage: &str| [1, 2, 3].map(|step| format!("{stage}/{step}"));
    assert_eq!(steps, [of("research"), of("draft"), of("review")].concat());
    assert_eq!(house.runs().await.len(), 1);
    process.stop().await;
}

#[tokio::test]
async fn asleep_to_1200_the_slot_is_skipped_past_worth_until_1100() {
    // By default a slot may be 6 hours late, so that no run begins; with more, its research is skipped.
    for (settings, reason) in [
        ("", "past worth_until 11:00; 7 h late; max_late is 6 h"),
        (
            "max_late = \"12h\"",
            "research: past worth_until 11:00 (2026-11-22T10:00:00Z)",
        ),
    ] {
        let house = House::new("2026-11-22T03:50:00Z", daily(settings));
        let process = house.start();
        process.idle().await;
        process.at(&house, "2026-11-22T11:00:00Z");
        let expected = format!("11-22T04:00 skipped ({reason})");
        house
            .until(|| async { (lines(&house).await == [expected.as_str()]).then_some(()) })
            .await;
        process.idle().await;
        assert_eq!(house.script.diary.steps(), [""; 0], "{settings}");
        assert_eq!(house.runs().await.len(), usize::from(!settings.is_empty()));
        process.stop().await;
    }
}

#[tokio::test]
async fn a_clock_in_2038_expires_nothing_that_waits() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T08:30:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.at(&house, "2038-01-19T03:14:08Z");
    process.idle().await;
    house.script.diary.clear();
    process.at(&house, "2026-11-22T08:31:00Z");
    process.idle().await;
    let record = house.runs().await.remove(0);
    assert_eq!((&record.id, record.issue), (&run, IssueState::Reviewed));
    assert_eq!(record.waiting_for, [WaitingFor::Approval]);
    assert_eq!(house.script.diary.steps(), [""; 0]);
    process.stop().await;
}
