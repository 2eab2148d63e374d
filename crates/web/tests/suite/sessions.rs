//! Logging in, and what keeps others out.

use copydesk_domain::IssueState;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

use crate::browser::Browser;
use crate::house::{House, RUN};

#[tokio::test]
async fn a_link_logs_in_once_and_leads_to_the_run() {
    let house = House::open().await;
    let token = house.link_token().await;
    let mut browser = Browser::new(&house);
    let shown = browser.get(&format!("/login?token={token}&to=/runs/{RUN}")).await;
    assert_eq!(shown.status, StatusCode::OK);
    let entered = browser.log_in(&token).await;
    assert_eq!(
        (entered.status, entered.header("location")),
        (StatusCode::SEE_OTHER, &*format!("/runs/{RUN}"))
    );
    let cookie = entered.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(browser.page().await.status, StatusCode::OK);
    let mut second = Browser::new(&house);
    assert_eq!(second.log_in(&token).await.status, StatusCode::UNAUTHORIZED);
    assert!(second.cookie.is_none());
}

#[tokio::test]
async fn a_link_leads_to_no_other_site() {
    let house = House::open().await;
    for elsewhere in [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let token = house.link_token().await;
        let answer = Browser::new(&house)
            .post("/login", &[("token", &token), ("to", elsewhere)])
            .await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::SEE_OTHER, "/"),
            "{elsewhere}"
        );
    }
}

#[tokio::test]
async fn an_api_token_or_a_session_is_no_link() {
    let house = House::open().await;
    let api = house.api_token().await;
    let browser = Browser::logged_in(&house).await;
    let session = browser
        .cookie
        .clone()
        .unwrap()
        .split_once('=')
        .unwrap()
        .1
        .to_owned();
    for token in [&*api, &*session] {
        assert_eq!(
            Browser::new(&house).log_in(token).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    // Neither was used up by the try.
    assert_eq!(browser.page().await.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_and_actions_need_a_session() {
    let house = House::open().await;
    let stranger = Browser::new(&house);
    for path in ["/", &format!("/runs/{RUN}"), &format!("/runs/{RUN}/issue")] {
        assert_eq!(
            stranger.get(path).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    for path in [
        "approve",
        "send-back",
        "reject",
        "recall",
        "answers/a1/approve",
        "answers/a1/reject",
    ] {
        let answer = stranger
            .post(&format!("/runs/{RUN}/{path}"), &[("csrf", "x")])
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
}

#[tokio::test]
async fn a_form_of_another_session_is_refused() {
    let house = House::open().await;
    let (one, two) = (Browser::logged_in(&house).await, Browser::logged_in(&house).await);
    let (csrf, hash) = (two.csrf().await, house.issue_hash().await.to_string());
    for csrf in [&*csrf, "", "x"] {
        let answer = one
            .post(
                &format!("/runs/{RUN}/approve"),
                &[("csrf", csrf), ("hash", &hash)],
            )
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
}

#[tokio::test]
async fn a_request_under_another_name_is_refused() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    for host in [
        "evil.example",
        "evil.example:7420",
        "127.0.0.1.evil.example",
        "192.0.2.1",
    ] {
        for path in ["/", "/healthz", "/api/runs", "/style.css"] {
            let answer = browser.send(Method::GET, path, None, &[("host", host)]).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host}{path}");
        }
    }
    let local = browser
        .send(Method::GET, "/healthz", None, &[("host", "localhost:1")])
        .await;
    assert_eq!(local.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_in_use_lasts_a_week_and_no_longer() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    for _ in 0..3 {
        house.pass(SignedDuration::from_hours(48));
        assert_eq!(browser.page().await.status, StatusCode::OK);
    }
    house.pass(SignedDuration::from_hours(25));
    assert_eq!(browser.page().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_answer_bears_the_headers() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    for path in [
        "/",
        &format!("/runs/{RUN}"),
        "/nowhere",
        "/login",
        "/style.css",
        "/api/runs",
        "/healthz",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("script"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert!(
            !answer.text.contains("<script") && !answer.text.contains("style=\""),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let csrf = browser.csrf().await;
    let note = "x".repeat(100_000);
    let form = [("csrf", &*csrf), ("hash", "x"), ("reason", &*note)];
    let answer = browser.post(&format!("/runs/{RUN}/send-back"), &form).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
}
