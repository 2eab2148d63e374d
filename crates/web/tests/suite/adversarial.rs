//! The shared cases of hostile links, forms and sessions, each played on a desk of its own.
//!
//! Our link opens the page and approves nothing, so the cases on approve links are played on that link.

use std::collections::BTreeMap;
use std::path::PathBuf;

use copydesk_domain::{ContentHash, IssueState};
use copydesk_store::{Command, StoreError, TokenKind};
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::browser::{Browser, field};
use crate::house::{House, RUN, TEXT};
use crate::material::HOSTILE;

#[expect(
    clippy::disallowed_methods,
    reason = "a test finds its data beside the project"
)]
fn cases() -> Option<Vec<(String, String)>> {
    let folder = std::env::var_os("COPYDESK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join("adversarial/web.jsonl")).ok()?;
    let word = |case: &Value, name: &str| case[name].as_str().unwrap().to_owned();
    let cases = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    Some(
        cases
            .map(|case| (word(&case, "group"), word(&case, "id")))
            .collect(),
    )
}

#[tokio::test]
async fn every_shared_case_is_held_off() {
    let Some(cases) = cases() else {
        println!("skipped: every_shared_case_is_held_off: no shared data");
        return;
    };
    let mut played: BTreeMap<String, usize> = BTreeMap::new();
    for (group, id) in cases {
        let house = House::open().await;
        let is_known = match &*group {
            "approve-link" => link(&house, &id).await,
            "hash-bound" => bytes(&house, &id).await,
            "csrf" => forgery(&house, &id).await,
            "login" => login(&house, &id).await,
            _ => false,
        };
        assert!(is_known, "nobody plays {group}/{id}");
        *played.entry(group).or_default() += 1;
    }
    let counts: Vec<(&str, usize)> = played.iter().map(|(group, count)| (&**group, *count)).collect();
    assert_eq!(
        counts,
        [("approve-link", 19), ("csrf", 5), ("hash-bound", 5), ("login", 5)]
    );
}

async fn is_untouched(house: &House) {
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
    assert!(house.store.decisions(&RUN.into()).await.unwrap().is_empty());
}

/// The link refuses, by GET and by POST, and gives no session.
async fn is_refused(house: &House, token: &str) {
    let mut browser = Browser::new(house);
    assert_eq!(
        browser.get(&format!("/login?token={token}")).await.status,
        StatusCode::UNAUTHORIZED
    );
    let answer = browser.log_in(token).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(
        browser.cookie.is_none() && answer.text.contains("not valid"),
        "{}",
        answer.text
    );
    is_untouched(house).await;
}

async fn link(house: &House, id: &str) -> bool {
    let token = house.link_token().await;
    let path = format!("/login?token={token}&to=/runs/{RUN}");
    let mut author = Browser::new(house);
    match id {
        "web-link-get"
        | "web-link-prefetch-header"
        | "web-link-scanner-twice"
        | "web-link-scanner-renders" => {
            scanned(&mut author, house, &token).await;
        }
        "web-link-scanner-submits" => {
            let hash = house.issue_hash().await.to_string();
            let form = [("hash", &*hash), ("token", &*token), ("csrf", &*token)];
            assert_eq!(
                author.post(&format!("/runs/{RUN}/approve"), &form).await.status,
                StatusCode::UNAUTHORIZED
            );
            is_untouched(house).await;
        }
        "web-link-replay-after-approve" | "web-link-replay-after-edit" | "web-link-replay-after-reject" => {
            replay(house, id).await;
        }
        "web-link-other-action" => {
            author.cookie = Some(format!(
                "copydesk_{}={token}",
                house.base.rsplit(':').next().unwrap()
            ));
            assert_eq!(author.page().await.status, StatusCode::UNAUTHORIZED);
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", &*bearer), ("content-type", "application/json")];
            let body = format!("{{\"hash\":\"{}\"}}", house.issue_hash().await);
            let answer = author
                .send(
                    Method::POST,
                    &format!("/api/runs/{RUN}/approve"),
                    Some(body),
                    &headers,
                )
                .await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            is_untouched(house).await;
        }
        "web-link-referrer" => {
            let shown = author.get(&path).await;
            assert_eq!(shown.header("referrer-policy"), "same-origin");
            assert!(!shown.text.contains("href=\"http"), "{}", shown.text);
        }
        "web-link-logs" => return logs(house, &token).await,
        "web-link-history" => {
            let entered = author.log_in(&token).await;
            assert_eq!(entered.status, StatusCode::SEE_OTHER);
            assert!(!entered.header("location").contains(&token));
            assert!(!author.page().await.text.contains(&token));
        }
        "web-link-forwarded" => {
            author.log_in(&token).await;
            is_refused(house, &token).await;
        }
        _ => return spoilt(house, id).await,
    }
    true
}

/// Whatever looks at the link twenty times changes nothing, and the author can still use it.
async fn scanned(author: &mut Browser, house: &House, token: &str) {
    let path = format!("/login?token={token}&to=/runs/{RUN}");
    for _ in 0..20 {
        let headers = [("purpose", "prefetch"), ("sec-purpose", "prefetch")];
        let shown = author.send(Method::GET, &path, None, &headers).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(
            !shown.text.contains("<script") && !shown.text.contains("http-equiv"),
            "{}",
            shown.text
        );
    }
    is_untouched(house).await;
    assert_eq!(author.log_in(token).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        author.press("approve", "I looked").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(house.issue_state().await, IssueState::Approved);
}

/// Links whose token is not good.
async fn spoilt(house: &House, id: &str) -> bool {
    let token = house.link_token().await;
    match id {
        "web-link-expired" => {
            house.pass(SignedDuration::from_secs(15 * 60));
            is_refused(house, &token).await;
        }
        "web-link-future" => {
            let later = house.now().plus(SignedDuration::from_mins(5));
            let token = house.put_token("from-the-future", TokenKind::Login, later).await;
            is_refused(house, &token).await;
        }
        "web-link-truncated" => {
            for length in 0..token.len() {
                is_refused(house, &token[..length]).await;
            }
        }
        "web-link-empty-sig" => is_refused(house, "").await,
        "web-link-key-rotated" => is_refused(&House::open().await, &token).await,
        "web-link-case-change" => is_refused(house, &token.to_uppercase()).await,
        _ => return false,
    }
    true
}

/// A form that was good once, sent again when things have changed.
async fn replay(house: &House, id: &str) {
    let author = Browser::logged_in(house).await;
    let page = author.page().await.text;
    let (csrf, hash) = (field(&page, "csrf").unwrap(), field(&page, "hash").unwrap());
    let path = format!("/runs/{RUN}/approve");
    let state = match id {
        "web-link-replay-after-approve" => {
            author.press("approve", "I looked").await;
            house.pass(SignedDuration::from_hours(24));
            IssueState::Approved
        }
        "web-link-replay-after-edit" => {
            house.review_again("public", None, "Edited", TEXT).await;
            IssueState::Reviewed
        }
        _ => {
            author.press("reject", "").await;
            IssueState::Rejected
        }
    };
    let decisions = house.store.decisions(&RUN.into()).await.unwrap().len();
    let answer = author.post(&path, &[("csrf", &csrf), ("hash", &hash)]).await;
    // What was approved is approved: the same press again leads to the page, and nothing is decided anew.
    let expected = match state {
        IssueState::Approved => StatusCode::SEE_OTHER,
        _ => StatusCode::CONFLICT,
    };
    assert_eq!(answer.status, expected, "{id}");
    assert_eq!(house.issue_state().await, state, "{id}");
    assert_eq!(
        house.store.decisions(&RUN.into()).await.unwrap().len(),
        decisions,
        "{id}"
    );
}

/// Everything that is traced while a link is used and misused.
async fn logs(house: &House, token: &str) -> bool {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let (lines, mut author) = (Lines::default(), Browser::new(house));
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    // One thread serves and asks, so the guard covers the server too.
    let guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    author.get(&format!("/login?token={token}")).await;
    author.log_in(token).await;
    Browser::new(house).log_in(token).await;
    drop(guard);
    let bytes = lines.0.lock().unwrap().clone();
    let ours: Vec<&str> = std::str::from_utf8(&bytes)
        .unwrap()
        .lines()
        .filter(|line| line.contains("copydesk_web"))
        .collect();
    let cookie = author.cookie.unwrap();
    let prefix = ContentHash::of(token.as_bytes()).short(8);
    assert!(
        ours.iter()
            .all(|line| !line.contains(token) && !line.contains(cookie.split_once('=').unwrap().1))
    );
    assert!(ours.iter().any(|line| line.contains(&prefix)), "{ours:#?}");
    true
}

/// After an approval something changes: the publisher is refused.
async fn bytes(house: &House, id: &str) -> bool {
    let author = Browser::logged_in(house).await;
    assert_eq!(
        author.press("approve", "I looked").await.status,
        StatusCode::SEE_OTHER
    );
    house.pass(SignedDuration::from_hours(1));
    let text = match id {
        "web-bytes-one-byte" => {
            house
                .review_again("public", None, &HOSTILE.replacen('p', "q", 1), TEXT)
                .await;
            TEXT
        }
        "web-bytes-recipient" => {
            house.review_again("paying", None, HOSTILE, TEXT).await;
            TEXT
        }
        "web-bytes-time" => {
            let earlier = house.now().minus(SignedDuration::from_hours(2));
            house.review_again("public", Some(earlier), HOSTILE, TEXT).await;
            TEXT
        }
        "web-bytes-late-template" => {
            house
                .review_again("public", None, HOSTILE, "another template")
                .await;
            "another template"
        }
        "web-bytes-render-drift" => "rendered otherwise",
        _ => return false,
    };
    let refused = house.try_to_publish(text).await.unwrap_err();
    let is_bound = matches!(
        refused,
        StoreError::HashChanged { .. } | StoreError::DecisionRefused { .. }
    );
    assert!(is_bound, "{id}: {refused}");
    assert!(house.store.outbox(&RUN.into()).await.unwrap().is_empty(), "{id}");
    true
}

async fn forgery(house: &House, id: &str) -> bool {
    let author = Browser::logged_in(house).await;
    let (csrf, hash) = (author.csrf().await, house.issue_hash().await.to_string());
    let path = format!("/runs/{RUN}/approve");
    let form = [("csrf", &*csrf), ("hash", &*hash)];
    let (answer, expected) = match id {
        "web-csrf-origin-null" => (
            author.post_with(&path, &form, &[("origin", "null")]).await,
            StatusCode::FORBIDDEN,
        ),
        "web-csrf-no-origin-no-token" => {
            let bare = [("origin", ""), ("sec-fetch-site", "")];
            let with_token = author.post_with(&path, &form, &bare).await;
            assert_eq!(with_token.status, StatusCode::FORBIDDEN);
            (
                author.post_with(&path, &form[1..], &bare).await,
                StatusCode::FORBIDDEN,
            )
        }
        "web-csrf-fetch-site" => (
            author
                .post_with(&path, &form, &[("sec-fetch-site", "cross-site")])
                .await,
            StatusCode::FORBIDDEN,
        ),
        "web-csrf-get-mutation" => {
            let of_run = [
                "approve",
                "send-back",
                "reject",
                "recall",
                "answers/a1/approve",
                "answers/a1/reject",
            ];
            for action in of_run {
                let query = format!("/runs/{RUN}/{action}?csrf={csrf}&hash={hash}");
                assert_eq!(
                    author.get(&query).await.status,
                    StatusCode::METHOD_NOT_ALLOWED,
                    "{action}"
                );
            }
            assert_eq!(author.get("/logout").await.status, StatusCode::METHOD_NOT_ALLOWED);
            let bearer = format!("Bearer {}", house.api_token().await);
            let (call, headers) = (format!("/api{path}"), [("authorization", &*bearer)]);
            (
                author.send(Method::GET, &call, None, &headers).await,
                StatusCode::METHOD_NOT_ALLOWED,
            )
        }
        "web-csrf-simple-content-type" => {
            for kind in ["text/plain", "multipart/form-data; boundary=x"] {
                let headers = [("content-type", kind), ("authorization", "Bearer x")];
                let answer = author
                    .send(Method::POST, "/api/runs", Some("{}".to_owned()), &headers)
                    .await;
                assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
            }
            (
                author.post(&format!("/api{path}"), &form).await,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            )
        }
        _ => return false,
    };
    assert_eq!(answer.status, expected, "{id}");
    is_untouched(house).await;
    true
}

async fn login(house: &House, id: &str) -> bool {
    let author = Browser::logged_in(house).await;
    match id {
        "web-login-lock-out" => {
            let mut stranger = Browser::new(house);
            for number in 0..100 {
                assert_eq!(
                    stranger.log_in(&format!("guess {number}")).await.status,
                    StatusCode::UNAUTHORIZED
                );
            }
            assert_eq!(author.page().await.status, StatusCode::OK);
            Browser::logged_in(house).await;
        }
        "web-login-logout" => {
            let csrf = author.csrf().await;
            let left = author.post("/logout", &[("csrf", &csrf)]).await;
            assert!(left.status == StatusCode::OK && left.header("set-cookie").contains("Max-Age=0"));
            assert_eq!(author.page().await.status, StatusCode::UNAUTHORIZED);
        }
        "web-login-idle" => {
            house.pass(SignedDuration::from_hours(3 * 24 + 1));
            assert_eq!(author.page().await.status, StatusCode::UNAUTHORIZED);
        }
        "web-login-absolute" => {
            for _ in 0..4 {
                house.pass(SignedDuration::from_hours(41));
                assert_eq!(author.page().await.status, StatusCode::OK);
            }
            house.pass(SignedDuration::from_hours(5));
            assert_eq!(author.page().await.status, StatusCode::UNAUTHORIZED);
        }
        "web-login-x-forwarded-for" => {
            let forged = [
                ("x-forwarded-for", "127.0.0.1"),
                ("x-forwarded-host", "127.0.0.1"),
                ("forwarded", "for=127.0.0.1"),
            ];
            let path = format!("/runs/{RUN}");
            let answer = Browser::new(house).send(Method::GET, &path, None, &forged).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            let mut named = forged.to_vec();
            named.push(("host", "evil.example"));
            let answer = author.send(Method::GET, &path, None, &named).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
        }
        _ => return false,
    }
    true
}

#[tokio::test]
async fn taking_a_link_and_knowing_its_hash_are_two_things() {
    let house = House::open().await;
    let token = house.link_token().await;
    let hash = ContentHash::of(token.as_bytes());
    // Whoever reads the store learns hashes only, and a hash logs nobody in.
    assert!(house.store.token(&hash).await.unwrap().is_some());
    is_refused(&house, &hash.to_string()).await;
    house
        .apply(Command::TakeToken {
            hash,
            now: house.now(),
        })
        .await;
    is_refused(&house, &token).await;
}
