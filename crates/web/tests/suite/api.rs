//! The JSON API, health and metrics.

use std::time::Duration;

use copydesk_domain::{IssueState, RunState};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::browser::{Answer, Browser};
use crate::house::{House, RUN};

struct Script {
    browser: Browser,
    authorization: String,
}

impl Script {
    async fn new(house: &House) -> Self {
        let authorization = format!("Bearer {}", house.api_token().await);
        Self {
            browser: Browser::new(house),
            authorization,
        }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(
            &self
                .browser
                .send(Method::GET, path, None, &[("authorization", &self.authorization)])
                .await,
        )
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let headers = [
            ("authorization", &*self.authorization),
            ("content-type", "application/json"),
        ];
        read(
            &self
                .browser
                .send(Method::POST, path, Some(body.to_string()), &headers)
                .await,
        )
    }
}

fn read(answer: &Answer) -> (StatusCode, Value) {
    (
        answer.status,
        serde_json::from_str(&answer.text).unwrap_or_else(|error| panic!("{error}: {}", answer.text)),
    )
}

#[tokio::test]
async fn all_of_the_api_needs_a_token_of_a_person() {
    let house = House::open().await;
    let browser = Browser::logged_in(&house).await;
    let (login, session) = (house.link_token().await, browser.cookie.clone().unwrap());
    let session = format!("Bearer {}", session.split_once('=').unwrap().1);
    let login = format!("Bearer {login}");
    house.api_token().await;
    let routes = [
        (Method::GET, "/api/runs".to_owned()),
        (Method::POST, "/api/runs".to_owned()),
        (Method::GET, format!("/api/runs/{RUN}")),
        (Method::POST, format!("/api/runs/{RUN}/approve")),
    ];
    for (method, path) in routes {
        for token in [
            "",
            "Bearer ",
            "Bearer wrong",
            "Bearer AN API TOKEN",
            "Basic an api token",
            &login,
            &session,
        ] {
            let headers = [("authorization", token), ("content-type", "application/json")];
            let (status, error) = read(
                &browser
                    .send(method.clone(), &path, Some("{}".to_owned()), &headers)
                    .await,
            );
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} {token}");
            let fields = ["error", "code", "hint"];
            assert!(fields.iter().all(|field| error[field].is_string()), "{error}");
        }
    }
}

#[tokio::test]
async fn every_fault_below_api_has_one_shape_and_a_stranger_learns_of_nothing() {
    let house = House::open().await;
    let script = Script::new(&house).await;
    let run = format!("/api/runs/{RUN}");
    let calls = [
        (Method::DELETE, "/api/runs", 405),
        (Method::OPTIONS, "/api/runs", 405),
        (Method::GET, &*format!("{run}/approve"), 405),
        (Method::PUT, &*run, 405),
        (Method::GET, "/api", 404),
        (Method::GET, "/api/", 404),
        (Method::DELETE, "/api/", 404),
        (Method::GET, "/api/nothing/here", 404),
        (Method::GET, "/api/runs/", 404),
        (Method::GET, "/api/runs/%ff", 400),
        (Method::POST, "/api/runs/%ff/approve", 400),
        (Method::GET, &*format!("{run}?wait=waiting&wait=waiting"), 400),
        (Method::GET, &*format!("{run}?timeout_s=soon"), 400),
        (Method::GET, &*format!("{run}?draft=1"), 400),
        (Method::POST, "/api/runs", 400),
    ];
    let body = || Some("{}".to_owned());
    for (method, path, status) in calls {
        let headers = [
            ("authorization", &*script.authorization),
            ("content-type", "application/json"),
        ];
        let answer = script.browser.send(method.clone(), path, body(), &headers).await;
        let (found, fault) = read(&answer);
        assert_eq!(found.as_u16(), status, "{method} {path}: {fault}");
        let fields = ["error", "code", "hint"];
        assert!(fields.iter().all(|field| fault[field].is_string()), "{fault}");
        assert_eq!(
            status == 405,
            !answer.header("allow").is_empty(),
            "{method} {path}"
        );
        let stranger = Browser::new(&house)
            .send(method.clone(), path, body(), &headers[1..])
            .await;
        let (found, fault) = read(&stranger);
        assert_eq!(found, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert!(fault["hint"].as_str().unwrap().contains("docs/api.md"), "{fault}");
    }
    let elsewhere = [("host", "evil.example")];
    let answer = script
        .browser
        .send(Method::GET, "/api/runs", None, &elsewhere)
        .await;
    assert_eq!(read(&answer).0, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_token_opens_the_api_until_it_ends() {
    let house = House::open().await;
    let script = Script::new(&house).await;
    assert_eq!(script.get("/api/runs").await.0, StatusCode::OK);
    house.pass(jiff::SignedDuration::from_mins(60));
    assert_eq!(script.get("/api/runs").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_run_reads_as_on_the_command_line() {
    let house = House::open().await;
    let script = Script::new(&house).await;
    let (status, run) = script.get(&format!("/api/runs/{RUN}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        run,
        serde_json::to_value(house.engine.view(&RUN.into()).await.unwrap()).unwrap()
    );
    assert_eq!(run["approval"]["hash"], house.issue_hash().await.to_string());
    let (_, list) = script.get("/api/runs").await;
    assert_eq!(
        (&list[0]["run"], &list[0]["waiting_for"]),
        (&json!(RUN), &json!(["approval"]))
    );
    let (status, error) = script.get("/api/runs/none").await;
    assert_eq!((status, &error["code"]), (StatusCode::NOT_FOUND, &json!("CD007")));
    let (status, _) = script.get(&format!("/api/runs/{RUN}?wait=tomorrow")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn posting_always_starts_a_new_run() {
    let house = House::open().await;
    let script = Script::new(&house).await;
    let (one, two) = (
        script.post("/api/runs", &json!({ "pipeline": "daily" })).await,
        script.post("/api/runs", &json!({ "pipeline": "daily" })).await,
    );
    assert_eq!((one.0, two.0), (StatusCode::CREATED, StatusCode::CREATED));
    assert_ne!(one.1["run"], two.1["run"]);
    let (status, error) = script.post("/api/runs", &json!({ "pipeline": "nightly" })).await;
    assert_eq!(
        (status, &error["code"]),
        (StatusCode::BAD_REQUEST, &json!("CD008"))
    );
    for wrong in [
        json!({}),
        json!([]),
        json!({ "pipeline": "daily", "force": true }),
    ] {
        assert_eq!(
            script.post("/api/runs", &wrong).await.0,
            StatusCode::BAD_REQUEST,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_hash_that_waits_can_be_approved_and_no_other() {
    let house = House::open().await;
    let script = Script::new(&house).await;
    let path = format!("/api/runs/{RUN}/approve");
    let other = json!({ "hash": "0".repeat(64) });
    assert_eq!(script.post(&path, &other).await.0, StatusCode::CONFLICT);
    assert_eq!(script.post(&path, &json!({})).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(house.issue_state().await, IssueState::Reviewed);
    let hash = json!({ "hash": house.issue_hash().await, "reason": "I looked" });
    let (status, approved) = script.post(&path, &hash).await;
    assert_eq!(
        (status, &approved["decision"]),
        (StatusCode::OK, &json!("approved"))
    );
    let (status, error) = script.post(&path, &hash).await;
    assert_eq!((status, &error["code"]), (StatusCode::CONFLICT, &json!("CD009")));
}

#[tokio::test]
async fn a_wait_answers_at_the_state_at_an_end_or_in_time() {
    let house = House::open().await;
    let script = Script::new(&house).await;
    let path = format!("/api/runs/{RUN}");
    let (_, now) = script.get(&format!("{path}?wait=waiting")).await;
    assert_eq!(now["state"], "waiting");
    let (_, late) = script.get(&format!("{path}?wait=completed&timeout_s=0")).await;
    assert_eq!(late["state"], "waiting");
    let lease = house.lease().await;
    let ended = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        house.report(&lease, RunState::Failed, None, vec![]).await;
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        let query = format!("{path}?wait=completed&timeout_s=60");
        tokio::join!(script.get(&query), ended).0
    });
    assert_eq!(waited.await.expect("woken by the change").1["state"], "failed");
}

#[tokio::test]
async fn health_and_metrics_need_no_token() {
    let house = House::open().await;
    let browser = Browser::new(&house);
    assert_eq!(browser.get("/healthz").await.text, "ok\n");
    assert_eq!(browser.get("/readyz").await.text, "ready\n");
    let metrics = browser.get("/metrics").await.text;
    assert!(
        metrics.contains("copydesk_runs{state=\"waiting\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("copydesk_waiting{for=\"approval\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("copydesk_http_answers_total{class=\"2xx\"} 2"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_planner_that_hangs_is_told_with_its_reason() {
    let hanging = || -> copydesk_web::Ready {
        std::sync::Arc::new(|| Err("the planner has not moved for 200 seconds".to_owned()))
    };
    let house = House::with(|options| copydesk_web::DeskOptions {
        alive: hanging(),
        ready: hanging(),
        ..options
    })
    .await;
    let browser = Browser::new(&house);
    for path in ["/healthz", "/readyz"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, reqwest::StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.text, "the planner has not moved for 200 seconds\n");
    }
}
