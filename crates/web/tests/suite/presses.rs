//! Buttons that are pressed twice, on an old page, or without the word that they want.

use copydesk_domain::{Decision, IssueState};
use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::browser::{Browser, field};
use crate::house::{House, RUN};
use crate::material;

async fn decisions(house: &House) -> Vec<Decision> {
    let stored = house.store.decisions(&RUN.into()).await.unwrap();
    stored.into_iter().map(|record| record.decision).collect()
}

/// Sends the form of a button twice, as a double click does.
async fn twice(browser: &Browser, action: &str) -> [StatusCode; 2] {
    let page = browser.page().await.text;
    let (csrf, hash) = (field(&page, "csrf").unwrap(), field(&page, "hash").unwrap());
    let form = [("csrf", &*csrf), ("hash", &*hash), ("reason", "I looked")];
    let path = format!("/runs/{RUN}/{action}");
    let (first, second) = tokio::join!(browser.post(&path, &form), browser.post(&path, &form));
    [first.status, second.status]
}

#[tokio::test]
async fn a_double_click_ends_on_the_page_and_counts_once() {
    for (action, decision) in [
        ("approve", Decision::Approved),
        ("reject", Decision::Rejected),
        ("send-back", Decision::SentBack),
    ] {
        let house = House::open().await;
        let browser = Browser::logged_in(&house).await;
        assert_eq!(
            twice(&browser, action).await,
            [StatusCode::SEE_OTHER; 2],
            "{action}"
        );
        assert_eq!(decisions(&house).await, [decision]);
    }
}

#[tokio::test]
async fn a_double_click_on_recall_takes_back_once() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    browser.press("approve", "I looked").await;
    assert_eq!(twice(&browser, "recall").await, [StatusCode::SEE_OTHER; 2]);
    assert_eq!(decisions(&house).await, [Decision::Approved, Decision::Recalled]);
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
}

#[tokio::test]
async fn a_double_click_on_an_answer_counts_once() {
    for (action, decision) in [("approve", Decision::Approved), ("reject", Decision::Rejected)] {
        let house = House::open().await;
        let lease = house.lease().await;
        let report = material::report(house.now(), "Dear reader");
        house.stage(&lease, "engagement", 1, vec![report]).await;
        let browser = Browser::logged_in(&house).await;
        let page = browser.page().await.text;
        let (_, form) = page.split_once("/answers/a1/approve").unwrap();
        let (csrf, hash) = (field(form, "csrf").unwrap(), field(form, "hash").unwrap());
        let form = [("csrf", &*csrf), ("hash", &*hash)];
        let path = format!("/runs/{RUN}/answers/a1/{action}");
        for _ in 0..2 {
            assert_eq!(browser.post(&path, &form).await.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(decisions(&house).await, [decision]);
        let sent = house.outbox.out.lock().unwrap().len();
        assert_eq!(sent, usize::from(decision == Decision::Approved));
        let other = if action == "approve" { "reject" } else { "approve" };
        let path = format!("/runs/{RUN}/answers/a1/{other}");
        assert_eq!(
            browser.post(&path, &form).await.status,
            StatusCode::CONFLICT,
            "another word is another decision"
        );
    }
}

#[tokio::test]
async fn a_press_on_an_old_page_says_what_became_of_it() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.page().await.text;
    let (csrf, hash) = (field(&page, "csrf").unwrap(), field(&page, "hash").unwrap());
    browser.press("reject", "no").await;
    let form = [("csrf", &*csrf), ("hash", &*hash), ("reason", "I looked")];
    let late = browser.post(&format!("/runs/{RUN}/approve"), &form).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("already rejected"), "{}", late.text);
    // After an approval and its recall, the approval of before is no longer what stands.
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    browser.press("approve", "I looked").await;
    browser.press("recall", "").await;
    let again = browser.press("approve", "I looked again").await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(house.issue_state().await, IssueState::Approved);
}

#[tokio::test]
async fn an_approval_with_open_claims_comes_back_until_it_says_why() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    for blank in ["", " \t "] {
        let asked = browser.press("approve", blank).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        for part in [
            "Not approved yet: the issue has 1 claim that is blocked and 1 claim that is unsettled. Say why",
            "role=\"alert\"",
            "aria-invalid=\"true\"",
            &format!("value=\"{blank}\" autofocus"),
            "Ready for you.",
        ] {
            assert!(asked.text.contains(part), "{part}: {}", asked.text);
        }
        assert!(decisions(&house).await.is_empty());
    }
    let done = browser.press("approve", " I checked both. ").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let stored = house.store.decisions(&RUN.into()).await.unwrap();
    assert_eq!(stored[0].reason.as_deref(), Some("I checked both."));
}

#[tokio::test]
async fn a_script_is_asked_for_no_reason_and_told_that_it_came_second() {
    let house = House::open().await;
    let browser = Browser::new(&house);
    let bearer = format!("Bearer {}", house.api_token().await);
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let path = format!("/api/runs/{RUN}/approve");
    let body = format!("{{\"hash\":\"{}\"}}", house.issue_hash().await);
    let post = async || {
        browser
            .send(reqwest::Method::POST, &path, Some(body.clone()), &headers)
            .await
    };
    let done = post().await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(post().await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_page_without_open_claims_asks_for_no_reason() {
    let house = House::empty().await;
    house.write_day_of(material::clean).await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.page().await.text;
    assert!(
        page.contains("nothing wants you") && !page.contains("Why it may go out"),
        "{page}"
    );
    assert_eq!(browser.press("approve", "").await.status, StatusCode::SEE_OTHER);
    let house = House::empty().await;
    house.write_day_of(material::unsettled).await;
    let browser = Browser::logged_in(&house).await;
    assert_eq!(
        browser.press("approve", "").await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "whoever reads it says why"
    );
}

#[tokio::test]
async fn what_is_sent_back_without_a_note_comes_back() {
    for house in [House::open().await, House::custom().await] {
        let browser = Browser::logged_in(&house).await;
        let asked = browser.press("send-back", "  ").await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        for part in [
            "Not sent back yet: say what the next one should do better.",
            "<details name=\"decision\" open>",
            "aria-invalid=\"true\">  </textarea>",
        ] {
            assert!(asked.text.contains(part), "{part}: {}", asked.text);
        }
        assert!(decisions(&house).await.is_empty());
        assert_eq!(
            browser.press("send-back", "shorter").await.status,
            StatusCode::SEE_OTHER
        );
    }
}

#[tokio::test]
async fn what_expired_is_not_asked_for_a_reason() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    house.pass(SignedDuration::from_hours(25));
    let late = browser.press("approve", "").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("expired"), "{}", late.text);
    assert_eq!(house.issue_state().await, IssueState::Expired);
}
