//! A run that has ended is shown as ended, whatever its issue waited for.

use copydesk_domain::{IssueState, Round, RunState, StageState};
use copydesk_store::{Command, OutboxState};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::Value;

use crate::browser::Browser;
use crate::house::{House, RUN, TEXT};
use crate::material;

/// Ends the run, as whoever drives it does.
async fn end(house: &House, state: RunState) {
    let lease = house.lease().await;
    house.report(&lease, state, None, Vec::new()).await;
    house.apply(Command::ReleaseLease { lease }).await;
}

async fn view(house: &House, browser: &Browser) -> Value {
    let bearer = format!("Bearer {}", house.api_token().await);
    let path = format!("/api/runs/{RUN}");
    let headers = [("authorization", &*bearer)];
    let answer = browser.send(reqwest::Method::GET, &path, None, &headers).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

/// Nothing on the page asks for anything or tells of something to come.
fn is_at_rest(page: &str) {
    for words in [
        "Ready for you",
        "In the works",
        "goes out in",
        "going out.",
        "wants you",
        "waits for you",
        ">Recall<",
        "class=\"bar\"",
        "/approve\"",
        "http-equiv=\"refresh\"",
        "Look again",
    ] {
        let shown = page.replace("<span class=\"verdict\">wants you</span>", "");
        assert!(!shown.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn an_approved_run_that_was_cancelled_counts_nothing_down() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    browser.press("approve", "I looked").await;
    let page = browser.page().await.text;
    assert!(
        page.contains("It goes out in") && page.contains(">Recall<"),
        "{page}"
    );
    end(&house, RunState::Cancelled).await;
    let page = browser.page().await.text;
    is_at_rest(&page);
    assert!(
        page.contains("Approved, then cancelled. It stays unpublished."),
        "{page}"
    );
    assert!(page.contains("lets it go out after all"), "{page}");
    let view = view(&house, &browser).await;
    assert_eq!(view["approval"]["hash"], Value::Null, "{view}");
    assert_eq!(view["approval"]["expires_at"], Value::Null);
}

#[tokio::test]
async fn a_reviewed_run_that_ended_waits_for_nobody() {
    for (state, words) in [
        (RunState::Cancelled, "Cancelled before you decided."),
        (RunState::Superseded, "Replaced by a newer one."),
        (RunState::Failed, "It failed."),
    ] {
        let house = House::open().await;
        let browser = Browser::logged_in(&house).await;
        let waiting = view(&house, &browser).await;
        assert!(waiting["approval"]["expires_at"].is_string(), "{waiting}");
        end(&house, state).await;
        let page = browser.page().await.text;
        is_at_rest(&page);
        assert!(page.contains(words), "{words}: {page}");
        let home = browser.get("/").await.text;
        assert!(
            !home.contains("waits for you</span>") && home.contains("left undecided"),
            "{home}"
        );
        let ended = view(&house, &browser).await;
        assert_eq!(ended["approval"]["hash"], Value::Null, "{ended}");
        assert_eq!(ended["approval"]["expires_at"], Value::Null, "{ended}");
    }
}

#[tokio::test]
async fn a_decision_on_a_run_that_ended_is_refused_with_how_it_ended() {
    let house = House::custom().await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.page().await.text;
    end(&house, RunState::Cancelled).await;
    let shown = browser.page().await.text;
    assert!(
        !shown.contains("class=\"bar\"") && shown.contains("Cancelled."),
        "{shown}"
    );
    let field = |name| crate::browser::field(&page, name).unwrap();
    let (csrf, hash) = (field("csrf"), field("hash"));
    let form = [("csrf", &*csrf), ("hash", &*hash)];
    let refused = browser.post(&format!("/runs/{RUN}/approve"), &form).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("the run is cancelled"), "{}", refused.text);
}

#[tokio::test]
async fn a_run_that_was_cancelled_before_its_draft_is_not_in_the_works() {
    let house = House::empty().await;
    house.create(&material::release()).await;
    let lease = house.lease().await;
    house.report(&lease, RunState::Running, None, Vec::new()).await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.page().await.text;
    assert!(
        page.contains("In the works.") && page.contains("nothing to read yet"),
        "{page}"
    );
    end(&house, RunState::Cancelled).await;
    let page = browser.page().await.text;
    is_at_rest(&page);
    assert!(page.contains("Cancelled before there was a draft."), "{page}");
    assert!(
        page.contains("There is nothing to read.") && page.contains("no draft</span>"),
        "{page}"
    );
    assert!(
        page.contains(&format!("<code>copydesk retry {RUN}</code>")),
        "{page}"
    );
}

#[tokio::test]
async fn a_run_that_is_done_without_an_issue_says_what_was_skipped() {
    let house = House::empty().await;
    house.create(&material::release()).await;
    let lease = house.lease().await;
    let (now, at) = (house.now(), house.now());
    let start = Command::StartStage {
        lease: lease.clone(),
        stage: "research".into(),
        round: copydesk_domain::Round::FIRST,
        now,
        at,
    };
    house.apply(start).await;
    let skip = Command::FinishStage {
        lease,
        stage: "research".into(),
        round: copydesk_domain::Round::FIRST,
        state: StageState::Skipped,
        reason: Some("past worth_until 11:00".to_owned()),
        artifacts: Vec::new(),
        bodies: Vec::new(),
        at,
    };
    house.apply(skip).await;
    end(&house, RunState::Completed).await;
    let page = Browser::logged_in(&house).await.page().await.text;
    is_at_rest(&page);
    for words in [
        "Done without an issue.",
        "research was skipped: past worth_until 11:00",
        "<code>copydesk run daily --new</code> starts another.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn an_issue_that_a_channel_refused_is_not_going_out() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    browser.press("approve", "I looked").await;
    house.pass(SignedDuration::from_mins(11));
    house.try_to_publish(TEXT).await.unwrap();
    let refused = Command::SettleIntent {
        lease: house.lease().await,
        key: "key".to_owned(),
        state: OutboxState::Refused,
        location: None,
        error: Some("HTTP 401".to_owned()),
        at: house.now(),
    };
    house.apply(refused).await;
    end(&house, RunState::Failed).await;
    let page = browser.page().await.text;
    is_at_rest(&page);
    for words in [
        "Approved, but not every channel took it.",
        "HTTP 401",
        "hands it to the channels again",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let view = view(&house, &browser).await;
    assert!(view["approval"]["hash"].is_string(), "the decision holds: {view}");
}

#[tokio::test]
async fn what_was_published_stays_so_when_its_evening_is_cancelled() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    browser.press("approve", "I looked").await;
    house.pass(SignedDuration::from_mins(11));
    let lease = house.lease().await;
    let published = Some(IssueState::Published);
    house
        .report(&lease, RunState::Running, published, Vec::new())
        .await;
    end(&house, RunState::Cancelled).await;
    let page = browser.page().await.text;
    is_at_rest(&page);
    assert!(
        page.contains("Published.") && page.contains("published</span>"),
        "{page}"
    );
    let view = view(&house, &browser).await;
    assert!(view["approval"]["hash"].is_string(), "{view}");
}

#[tokio::test]
async fn a_refused_issue_is_not_going_out_and_its_page_rests() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    browser.press("approve", "I looked").await;
    house.pass(SignedDuration::from_hours(1));
    let lease = house.lease().await;
    let (now, at) = (house.now(), house.now());
    let (stage, round) = ("publish".into(), Round::FIRST);
    let start = Command::StartStage {
        lease: lease.clone(),
        stage,
        round,
        now,
        at,
    };
    house.apply(start).await;
    let finish = Command::FinishStage {
        lease: lease.clone(),
        stage: "publish".into(),
        round,
        state: StageState::Failed,
        reason: Some("site: refused: the folder is a file".to_owned()),
        artifacts: Vec::new(),
        bodies: Vec::new(),
        at,
    };
    house.apply(finish).await;
    // It waits for the replies of the evening.
    house.report(&lease, RunState::Waiting, None, Vec::new()).await;
    let page = browser.page().await.text;
    for words in [
        "Approved, and a channel refused it.",
        "copydesk retry",
        ">Recall<",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for words in ["going out", "http-equiv=\"refresh\""] {
        assert!(!page.contains(words), "{words}: {page}");
    }
}
