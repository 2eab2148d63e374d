//! A replay beside the run that it replays.

use copydesk_domain::{RunId, RunState};
use copydesk_store::{Applied, Command, Lease, RunParams};
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

use crate::browser::Browser;
use crate::house::{House, RUN, TEXT};
use crate::material;

const REPLAY: &str = "daily-again";

/// A replay of the run with another title.
async fn replayed(house: &House) {
    let run = house.store.run(&RUN.into()).await.unwrap().unwrap();
    let at = house.now();
    let params = RunParams {
        id: REPLAY.into(),
        pipeline: run.pipeline,
        slot: None,
        parent: Some(RUN.into()),
        release: run.release,
        fixed_now: None,
        seed: 7,
        is_scheduled: false,
        at,
    };
    house.apply(Command::CreateRun(params)).await;
    let lease = lease(house).await;
    let draft = material::draft(at, "Quite <b>another</b> title");
    let hash = draft.hash;
    house
        .stage(&lease, "research", 1, vec![material::brief(at)])
        .await;
    house.stage(&lease, "draft", 1, vec![draft]).await;
    let issue = material::issue(at, hash, TEXT, "public", None);
    house
        .stage(&lease, "review", 1, vec![material::review(hash), issue])
        .await;
    house.report(&lease, RunState::Completed, None, Vec::new()).await;
}

async fn lease(house: &House) -> Lease {
    let now = house.now();
    let command = Command::LeaseRun {
        run: RunId::from(REPLAY),
        owner: "test".to_owned(),
        now,
        until: now.plus(SignedDuration::from_hours(1)),
    };
    match house.apply(command).await {
        Applied::Leased(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_replay_stands_beside_its_run_in_two_columns_and_offers_no_decision() {
    let house = House::open().await;
    replayed(&house).await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.get(&format!("/runs/{REPLAY}")).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "Then: ",
        "Now: ",
        "<del>",
        "<ins>",
        "It is shown here and goes nowhere",
        "differs",
        "&lt;b&gt;another",
    ] {
        assert!(page.text.contains(part), "{part}\n{}", page.text);
    }
    for part in ["/approve", "/send-back", "/reject", "<b>another", "<script"] {
        assert!(!page.text.contains(part), "{part}\n{}", page.text);
    }
    let original = browser.page().await.text;
    assert!(
        original.contains(&format!("href=\"/runs/{REPLAY}\"")),
        "the run names its replays"
    );
    let home = browser.get("/").await.text;
    assert!(home.contains(&format!("replay of {RUN}")));
}

#[tokio::test]
async fn a_replay_cannot_be_approved_over_the_api() {
    let house = House::open().await;
    replayed(&house).await;
    let authorization = format!("Bearer {}", house.api_token().await);
    let body = serde_json::json!({ "hash": house.issue_hash().await }).to_string();
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    let path = format!("/api/runs/{REPLAY}/approve");
    let answer = Browser::new(&house)
        .send(Method::POST, &path, Some(body), &headers)
        .await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    let state = house.store.run(&REPLAY.into()).await.unwrap().unwrap();
    assert_eq!(state.issue, copydesk_domain::IssueState::None);
}
