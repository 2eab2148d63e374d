//! Logging in, and what keeps others out.

use copydesk_domain::{ContentHash, IssueState};
use copydesk_store::TokenKind;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

use crate::browser::{Browser, field};
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
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(browser.page().await.status, StatusCode::OK);
    let mut second = Browser::new(&house);
    assert_eq!(second.log_in(&token).await.status, StatusCode::UNAUTHORIZED);
    assert!(second.cookie.is_none());
}

/// What the form behind a link sends.
async fn form_of(house: &House, token: &str) -> Vec<(&'static str, String)> {
    let path = format!("/login?token={token}&to=/runs/{RUN}");
    let page = Browser::new(house).get(&path).await.text;
    let of = |name| (name, field(&page, name).expect(name));
    vec![of("token"), of("to"), of("sheet")]
}

#[tokio::test]
async fn a_form_that_is_sent_twice_opens_one_session_and_one_commit_does_it() {
    let house = House::open().await;
    let token = house.link_token().await;
    let (form, other) = (form_of(&house, &token).await, form_of(&house, &token).await);
    assert_ne!(form[2], other[2], "each showing has a sheet of its own");
    let send = async |form: Vec<(&'static str, String)>| {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Browser::new(&house).post("/login", &pairs).await
    };
    let commits = || *house.store.changes().borrow();
    let before = commits();
    let first = send(form.clone()).await;
    assert_eq!(commits() - before, 1);
    // The answer was lost on its way, or the button pressed twice.
    let second = send(form.clone()).await;
    for answer in [&first, &second] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert_eq!(answer.header("location"), format!("/runs/{RUN}"));
    }
    assert_eq!(first.header("set-cookie"), second.header("set-cookie"));
    // The link is used up for everybody else, whatever they send with it.
    let mut guessed = form.clone();
    guessed[2].1 = "0".repeat(64);
    let mut short = form.clone();
    short[2].1.truncate(8);
    for strange in [other, guessed, short, form[..2].to_vec()] {
        assert_eq!(send(strange).await.status, StatusCode::UNAUTHORIZED);
    }
    // And a session that was left is not opened again.
    let mut browser = Browser::new(&house);
    let cookie = first.header("set-cookie").split(';').next().unwrap();
    browser.cookie = Some(cookie.to_owned());
    let csrf = browser.csrf().await;
    assert_eq!(
        browser.post("/logout", &[("csrf", &csrf)]).await.status,
        StatusCode::OK
    );
    assert_eq!(send(form).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.page().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_is_logged_in_goes_on_and_keeps_the_link() {
    let house = House::open().await;
    let mut browser = Browser::logged_in(&house).await;
    let cookie = browser.cookie.clone();
    let token = house.link_token().await;
    let entered = browser.log_in(&token).await;
    assert_eq!(
        (entered.status, entered.header("location")),
        (StatusCode::SEE_OTHER, &*format!("/runs/{RUN}"))
    );
    assert_eq!(browser.cookie, cookie);
    assert_eq!(
        Browser::new(&house).log_in(&token).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_stranger_is_told_the_command_and_goes_on_where_they_wanted_to_be() {
    let house = House::open().await;
    let path = format!("/runs/{RUN}/issue?draft=B");
    let page = Browser::new(&house).get(&path).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(
        page.text.contains(&format!("copydesk login --to &#39;{path}"))
            || page.text.contains(&format!("copydesk login --to '{path}'")),
        "{}",
        page.text
    );
    let to = field(&page.text, "to").unwrap();
    assert_eq!(to, path);
    // The link that the command prints can be pasted there, whole.
    let link = copydesk_web::login_link(&house.engine, &house.base, "/")
        .await
        .unwrap();
    let entered = Browser::new(&house)
        .post("/login", &[("token", &link.url), ("to", &to)])
        .await;
    assert_eq!(
        (entered.status, entered.header("location")),
        (StatusCode::SEE_OTHER, &*path)
    );
    // A link that is used up says the same, and a form leads back to the page that it stood on.
    let again = Browser::new(&house)
        .post("/login", &[("token", &link.url), ("to", &to)])
        .await;
    assert_eq!(field(&again.text, "to").as_deref(), Some(&*path));
    let from = format!("{}/runs/{RUN}", house.base);
    let late = Browser::new(&house)
        .post_with(
            &format!("/runs/{RUN}/approve"),
            &[("csrf", "x")],
            &[("referer", &from)],
        )
        .await;
    assert_eq!(field(&late.text, "to"), Some(format!("/runs/{RUN}")));
    let hostile = Browser::new(&house).get("/login?token=x&to=//evil.example").await;
    assert_eq!(field(&hostile.text, "to").as_deref(), Some("/"));
}

#[tokio::test]
async fn a_link_on_another_site_leads_to_the_page_and_a_form_there_changes_nothing() {
    let house = House::open().await;
    let author = Browser::logged_in(&house).await;
    let (csrf, hash) = (author.csrf().await, house.issue_hash().await.to_string());
    let clicked = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let page = author
        .send(Method::GET, &format!("/runs/{RUN}"), None, &clicked)
        .await;
    assert_eq!(page.status, StatusCode::OK);
    let form = [
        ("csrf", &*csrf),
        ("hash", &*hash),
        ("reason", "so"),
        ("label", "not_interested"),
        ("choice", "stop"),
        ("saw", "there"),
    ];
    let of_run = [
        "approve",
        "send-back",
        "reject",
        "recall",
        "stories",
        "channel",
        "go-on",
        "answers/a1/approve",
        "answers/a1/reject",
    ];
    let paths = of_run.map(|action| format!("/runs/{RUN}/{action}"));
    let before = *house.store.changes().borrow();
    for path in paths.iter().map(String::as_str).chain(["/logout", "/login"]) {
        for foreign in [
            [
                ("origin", "https://evil.example"),
                ("sec-fetch-site", "cross-site"),
            ],
            [("origin", "https://evil.example"), ("sec-fetch-site", "")],
            [("origin", "http://127.0.0.1:1"), ("sec-fetch-site", "same-site")],
            [("origin", "null"), ("sec-fetch-site", "cross-site")],
            [("origin", ""), ("sec-fetch-site", "cross-site")],
            [("origin", ""), ("sec-fetch-site", "")],
        ] {
            let answer = author.post_with(path, &form, &foreign).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {foreign:?}");
        }
        // Of our own page, but not of this session.
        if path != "/login" {
            let strange = [("csrf", "x"), ("hash", &*hash)];
            assert_eq!(
                author.post(path, &strange).await.status,
                StatusCode::FORBIDDEN,
                "{path}"
            );
        }
    }
    assert_eq!(*house.store.changes().borrow(), before);
    assert_eq!(author.page().await.status, StatusCode::OK, "still logged in");
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
}

#[tokio::test]
async fn links_and_sessions_that_ended_are_gone_with_the_next_login() {
    let house = House::open().await;
    let old = ContentHash::of(house.link_token().await.as_bytes());
    Browser::logged_in(&house).await;
    house.pass(SignedDuration::from_hours(3 * 24 + 1));
    let session = house.store.tokens(TokenKind::Session).await.unwrap();
    assert_eq!(session.len(), 1);
    let token = house.link_token().await;
    assert_eq!(house.store.token(&old).await, Ok(None));
    assert_eq!(house.store.tokens(TokenKind::Session).await, Ok(Vec::new()));
    let unused = house.link_token().await;
    house.pass(SignedDuration::from_mins(14));
    Browser::new(&house).log_in(&token).await;
    house.pass(SignedDuration::from_mins(2));
    let late = house
        .put_token("a late link", TokenKind::Login, house.now())
        .await;
    assert_eq!(
        Browser::new(&house).log_in(&late).await.status,
        StatusCode::SEE_OTHER
    );
    let unused = ContentHash::of(unused.as_bytes());
    assert_eq!(house.store.token(&unused).await, Ok(None));
    assert_eq!(house.store.tokens(TokenKind::Session).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_page_answers_a_strange_address_as_a_page() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    for (path, status) in [
        ("/runs/%ff", StatusCode::BAD_REQUEST),
        (&*format!("/runs/{RUN}?draft=1&draft=2"), StatusCode::BAD_REQUEST),
        (&*format!("/runs/{RUN}/approve"), StatusCode::METHOD_NOT_ALLOWED),
        ("/login?token=a&token=b", StatusCode::BAD_REQUEST),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(
            answer.text.contains("CD012") && answer.header("content-type").starts_with("text/html"),
            "{path}: {}",
            answer.text
        );
    }
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
