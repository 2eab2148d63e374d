//! `copydesk schedule`.

use copydesk_domain::{Instant, MicroUsd, RunState, SlotState};
use copydesk_engine::GoOn;
use copydesk_store::{Command, Slot, Store};
use serde_json::{Value, json};

use crate::house::{House, daily};

#[tokio::test]
async fn past_and_next_slots_are_listed_with_clock_changes_marked() {
    let mut pipeline = daily("");
    pipeline.pipeline.schedule = Some("30 2 * * *".to_owned());
    let house = House::new("2027-03-26T12:00:00Z", pipeline.clone());
    let (_sender, shutdown) = tokio::sync::watch::channel(false);
    let engine = house.engine(shutdown);
    let schedule = "30 2 * * * Europe/Berlin".to_owned();
    let since = "2027-03-25T12:00:00Z".parse().unwrap();
    house
        .store
        .apply(Command::SetSchedule {
            pipeline: "daily".into(),
            schedule,
            since,
        })
        .await
        .unwrap();
    let row = Command::PutSlot {
        pipeline: "daily".into(),
        slot: Slot {
            nominal: "2027-03-25T01:30:00Z".parse().unwrap(),
            zone: "Europe/Berlin".to_owned(),
        },
        state: SlotState::Folded,
        reason: Some("folded into 2027-03-26T01:30:00Z".to_owned()),
        run: None,
    };
    house.store.apply(row).await.unwrap();
    let skip = Command::SkipDate {
        pipeline: "daily".into(),
        date: jiff::civil::date(2027, 3, 29),
    };
    house.store.apply(skip).await.unwrap();

    let shown = engine
        .schedule_view(&[&pipeline], Instant::from_micros(0), 3)
        .await
        .unwrap();
    assert_eq!(serde_json::to_value(&shown).unwrap(), expected_slots());
}

/// One slot behind, one due, one plain, one in the gap of the clocks, one skipped.
fn expected_slots() -> Value {
    let slot = |nominal: &str, local: &str, state: Option<&str>, reason: Option<&str>, dst: Option<&str>| {
        json!({ "pipeline": "daily", "nominal": nominal, "zone": "Europe/Berlin", "local": local, "state": state,
                "reason": reason, "run": null, "dst": dst })
    };
    let gap = "clocks go forward from 02:00 to 03:00; 02:30 does not exist and means that instant";
    json!([
        slot(
            "2027-03-25T01:30:00Z",
            "2027-03-25T02:30:00+01:00",
            Some("folded"),
            Some("folded into 2027-03-26T01:30:00Z"),
            None
        ),
        slot(
            "2027-03-26T01:30:00Z",
            "2027-03-26T02:30:00+01:00",
            Some("pending"),
            Some("nothing is stored of it yet; `copydesk doctor` says whether a daemon works"),
            None
        ),
        slot(
            "2027-03-27T01:30:00Z",
            "2027-03-27T02:30:00+01:00",
            None,
            None,
            None
        ),
        slot(
            "2027-03-28T01:00:00Z",
            "2027-03-28T03:00:00+02:00",
            None,
            None,
            Some(gap)
        ),
        slot(
            "2027-03-29T00:30:00Z",
            "2027-03-29T02:30:00+02:00",
            None,
            Some("skipped by the author"),
            None
        ),
    ])
}

#[tokio::test]
async fn a_repeated_time_is_marked() {
    let mut pipeline = daily("");
    pipeline.pipeline.schedule = Some("30 2 * * *".to_owned());
    let house = House::new("2027-10-30T12:00:00Z", pipeline.clone());
    let (_sender, shutdown) = tokio::sync::watch::channel(false);
    let shown = house
        .engine(shutdown)
        .schedule_view(&[&pipeline], Instant::from_micros(0), 1)
        .await
        .unwrap();
    assert_eq!(shown[0].nominal.to_string(), "2027-10-31T00:30:00Z");
    assert_eq!(
        shown[0].dst.as_deref(),
        Some("clocks go back from 03:00 to 02:00; 02:30 comes twice")
    );
}

#[tokio::test]
async fn a_run_that_was_cancelled_and_tried_again_has_run_also_where_it_makes_no_issue() {
    let text = r#"
        [pipeline]
        name = "daily"
        schedule = "0 5 * * *"
        time_zone = "Europe/Berlin"
        [[stage]]
        agent = "custom"
        name = "digest"
        "#;
    let pipeline: copydesk_config::Pipeline = toml::from_str(text).unwrap();
    let house = House::new("2026-11-22T03:59:00Z", pipeline.clone());
    let process = house.start();
    process.idle().await;
    house.script.holds_research.send_replace(true);
    process.at(&house, "2026-11-22T04:00:01Z");
    let begun = || async { (house.script.diary.count("digest/2 begun") > 0).then_some(()) };
    house.until(begun).await;
    let run = house.runs().await.remove(0).id;
    process.engine.stop(&run).await.unwrap();
    house.until_slot(SlotState::Skipped).await;
    let shown = async || {
        let from = Instant::from_micros(0);
        let slots = process.engine.schedule_view(&[&pipeline], from, 0).await;
        let slot = slots.unwrap().remove(0);
        (slot.state, slot.reason.unwrap_or_default())
    };
    assert_eq!(
        shown().await,
        (Some(SlotState::Skipped), "the run was cancelled".to_owned())
    );

    house.script.holds_research.send_replace(false);
    let again = GoOn {
        extra: MicroUsd::ZERO,
        embedded: false,
        route: None,
    };
    process.engine.go_on(&run, again).await.unwrap();
    house.until_run(|run| run.state == RunState::Completed).await;
    assert_eq!(
        shown().await,
        (
            Some(SlotState::RanLate),
            "the run was cancelled; a later attempt made its artifact".to_owned()
        )
    );
    process.stop().await;
}
