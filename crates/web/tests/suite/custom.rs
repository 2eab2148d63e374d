//! What a custom stage made, on the page and over the API.

use copydesk_domain::{Decision, RunState, WaitingFor};
use copydesk_store::Subject;
use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::browser::Browser;
use crate::house::{House, RUN};
use crate::material;

#[tokio::test]
async fn what_a_stage_made_is_read_and_approved_on_the_page() {
    let house = House::custom().await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.page().await.text;
    for part in [
        "is ready for you.",
        "Silence approves nothing.",
        "title: first",
        "hostile words: ",
        "points:\n    - one\n    - two",
        "by gpt",
        "Approve digest",
        "Run digest again with this note",
        "&lt;script&gt;",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for part in [
        "<script",
        "no draft yet",
        "nothing to read yet",
        "http-equiv=\"refresh\"",
    ] {
        assert!(!page.contains(part), "{part}\n{page}");
    }
    assert!(browser.get("/").await.text.contains("Waits for your decision."));
    let approved = browser.press("approve", "").await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.text);
    let decisions = house.store.decisions(&RUN.into()).await.unwrap();
    assert_eq!(decisions[0].subject, Subject::Stage("digest".into()));
    assert_eq!(decisions[0].decision, Decision::Approved);
    let page = browser.page().await.text;
    assert!(
        page.contains("Approved ") && !page.contains(&format!("/runs/{RUN}/approve")),
        "{page}"
    );
}

#[tokio::test]
async fn other_bytes_and_late_ones_are_refused() {
    let house = House::custom().await;
    let browser = Browser::logged_in(&house).await;
    let csrf = browser.csrf().await;
    let form = [("csrf", &*csrf), ("hash", &*"0".repeat(64)), ("reason", "")];
    let answer = browser.post(&format!("/runs/{RUN}/approve"), &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    house.pass(SignedDuration::from_hours(24));
    let late = browser.press("approve", "").await;
    assert!(
        late.status.is_client_error() && late.text.contains("expired at"),
        "{}",
        late.text
    );
    let decisions = house.store.decisions(&RUN.into()).await.unwrap();
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0].decision, Decision::Expired);
}

#[tokio::test]
async fn a_stage_that_was_sent_back_shows_its_next_round() {
    let house = House::custom().await;
    let browser = Browser::logged_in(&house).await;
    let sent = browser.press("send-back", "shorter, please").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let page = browser.page().await.text;
    assert!(
        page.contains("You said: shorter, please") && !page.contains("Approve digest"),
        "{page}"
    );
    let lease = house.lease().await;
    house
        .stage(&lease, "digest", 2, vec![material::custom("second")])
        .await;
    let waits = vec![WaitingFor::Approval];
    house.report(&lease, RunState::Waiting, None, waits).await;
    let page = browser.page().await.text;
    assert!(
        page.contains("round 2") && page.contains("title: second"),
        "{page}"
    );
    assert_eq!(browser.press("reject", "").await.status, StatusCode::SEE_OTHER);
    assert!(browser.page().await.text.contains("Rejected "));
}
