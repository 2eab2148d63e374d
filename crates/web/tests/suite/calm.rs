//! The page for whoever reads it by keyboard or by ear, and pages for requests that cannot be read.

use copydesk_domain::{RunState, WaitingFor};
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

use crate::browser::{Browser, field};
use crate::house::{House, RUN};
use crate::material;

/// The levels of a page's headings, in order.
fn headings(page: &str) -> Vec<u8> {
    let bytes = page.as_bytes();
    let found = page.match_indices("<h").filter_map(|(at, _)| {
        let level = bytes.get(at + 2)?.checked_sub(b'0')?;
        (1..=6).contains(&level).then_some(level)
    });
    found.collect()
}

/// One heading of the page, before all others, and no level left out on the way down.
fn is_in_order(page: &str) {
    let levels = headings(page);
    assert_eq!(levels[0], 1, "{levels:?} {page}");
    assert!(!levels[1..].contains(&1), "{levels:?} {page}");
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

fn refresh_s(page: &str) -> Option<i64> {
    let (_, rest) = page.split_once("http-equiv=\"refresh\" content=\"")?;
    rest.split_once('"')?.0.parse().ok()
}

#[tokio::test]
async fn every_page_has_one_heading_of_its_own_and_the_others_below_it() {
    let house = House::open().await;
    let lease = house.lease().await;
    let report = material::report(house.now(), "Dear reader");
    house.stage(&lease, "engagement", 1, vec![report]).await;
    let browser = Browser::logged_in(&house).await;
    let run = format!("/runs/{RUN}");
    for path in ["/", "/spend", &run, &format!("{run}/issue"), "/nowhere"] {
        is_in_order(&browser.get(path).await.text);
    }
    is_in_order(&browser.press("approve", "").await.text);
    browser.press("approve", "I looked").await;
    is_in_order(&browser.page().await.text);
    let custom = House::custom().await;
    is_in_order(&Browser::logged_in(&custom).await.page().await.text);
    let stranger = Browser::new(&house);
    is_in_order(&stranger.get("/").await.text);
    let token = house.link_token().await;
    is_in_order(&stranger.get(&format!("/login?token={token}")).await.text);
}

#[tokio::test]
async fn a_link_leads_past_the_top_to_the_text() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.page().await.text;
    let (before, after) = page
        .split_once("<a class=\"skip\" href=\"#text\">Skip to the text</a>")
        .unwrap();
    assert!(before.ends_with("<body>"), "it comes first: {before}");
    assert!(
        after.contains("<div id=\"text\" tabindex=\"-1\"><article class=\"preview\""),
        "{after}"
    );
    let home = browser.get("/").await.text;
    assert!(
        home.contains("href=\"#main\"") && home.contains("<main id=\"main\""),
        "{home}"
    );
}

#[tokio::test]
async fn a_page_is_not_taken_away_while_somebody_reads_or_types() {
    let house = House::empty().await;
    house.create(&material::release()).await;
    let lease = house.lease().await;
    house.report(&lease, RunState::Running, None, Vec::new()).await;
    let browser = Browser::logged_in(&house).await;
    assert_eq!(refresh_s(&browser.page().await.text), Some(10), "something runs");
    // The day runs on, and its money is asked for.
    house
        .report(&lease, RunState::Waiting, None, vec![WaitingFor::Budget])
        .await;
    assert_eq!(
        refresh_s(&browser.page().await.text),
        None,
        "an amount can be typed"
    );

    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let lease = house.lease().await;
    house.report(&lease, RunState::Running, None, Vec::new()).await;
    let page = browser.page().await.text;
    assert_eq!(refresh_s(&page), None, "a note can be typed");
    assert!(
        page.contains(&format!("<a href=\"/runs/{RUN}\">Look again</a>")),
        "{page}"
    );
    browser.press("approve", "I looked").await;
    assert_eq!(
        refresh_s(&browser.page().await.text),
        Some(30),
        "ten minutes are held"
    );
    house.pass(SignedDuration::from_secs(9 * 60 + 40));
    assert_eq!(
        refresh_s(&browser.page().await.text),
        Some(21),
        "until it goes out"
    );
    house.pass(SignedDuration::from_secs(19));
    assert_eq!(refresh_s(&browser.page().await.text), Some(10));
}

/// A page that says what is wrong and leads back.
fn leads_back(answer: &crate::browser::Answer, status: StatusCode, to: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "{}",
        answer.text
    );
    is_in_order(&answer.text);
    assert!(
        answer.text.contains(&format!("class=\"button\" href=\"{to}\"")),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_answered_with_a_page_that_leads_back() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let run = format!("/runs/{RUN}");
    let twice = browser.get(&format!("{run}?draft=A&draft=B")).await;
    leads_back(&twice, StatusCode::BAD_REQUEST, &run);
    let broken = browser.get("/runs/%FF").await;
    leads_back(&broken, StatusCode::BAD_REQUEST, "/");
    let link = Browser::new(&house).get("/login?token=a&token=b").await;
    leads_back(&link, StatusCode::BAD_REQUEST, "/");
    let opened = browser.get(&format!("{run}/approve")).await;
    leads_back(&opened, StatusCode::METHOD_NOT_ALLOWED, &run);
    let csrf = browser.csrf().await;
    let origin = house.base.clone();
    let kind = [
        ("content-type", "text/plain"),
        ("origin", &*origin),
        ("sec-fetch-site", "same-origin"),
    ];
    let body = Some(format!("csrf={csrf}"));
    let plain = browser
        .send(Method::POST, &format!("{run}/reject"), body, &kind)
        .await;
    leads_back(&plain, StatusCode::UNSUPPORTED_MEDIA_TYPE, &run);
    let nothing = browser.post(&format!("{run}/approve"), &[("csrf", &csrf)]).await;
    leads_back(&nothing, StatusCode::BAD_REQUEST, &run);
    let forged = browser.post(&format!("{run}/approve"), &[("csrf", "x")]).await;
    leads_back(&forged, StatusCode::FORBIDDEN, &run);
}

#[tokio::test]
async fn a_note_that_is_too_long_is_named_so_and_not_lost() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let page = browser.page().await.text;
    let (csrf, hash) = (field(&page, "csrf").unwrap(), field(&page, "hash").unwrap());
    let note = "a".repeat(65 * 1024);
    let form = [("csrf", &*csrf), ("hash", &*hash), ("reason", &*note)];
    let answer = browser.post(&format!("/runs/{RUN}/send-back"), &form).await;
    leads_back(&answer, StatusCode::PAYLOAD_TOO_LARGE, &format!("/runs/{RUN}"));
    for words in ["longer than 64 KB", "Back button has what you typed"] {
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
    }
    assert!(house.store.decisions(&RUN.into()).await.unwrap().is_empty());
}
