//! Each scenario of names and redirects, through a stub resolver and a stub connector: no test here can dial.

use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;

use super::stub::{Scene, Stub};
use super::{FetchError, GetRequest, GuardedClient, Options, Response};
use crate::address::{Allow, judge_address};
use crate::shared_data;

#[derive(Deserialize)]
struct Scenario {
    id: String,
    steps: Vec<Step>,
    expect: String,
}

#[derive(Deserialize)]
struct Step {
    url: Option<String>,
    #[serde(default)]
    resolves: Vec<Vec<String>>,
    #[serde(default)]
    status: u16,
    location: Option<String>,
    #[serde(default)]
    body: String,
    repeat: Option<usize>,
}

fn address(text: &str) -> IpAddr {
    match text {
        "public-1" => "1.1.1.1",
        "public-2" => "9.9.9.9",
        "public6-1" => "2606:4700::1111",
        other => other,
    }
    .parse()
    .unwrap()
}

fn scenes(scenario: &Scenario) -> Vec<Scene> {
    let scene = |step: &Step| {
        let location = step
            .location
            .as_ref()
            .map_or_else(String::new, |to| format!("Location: {to}\r\n"));
        let reply = format!(
            "HTTP/1.1 {} x\r\n{location}Set-Cookie: id=secret\r\nContent-Length: {}\r\n\r\n{}",
            step.status,
            step.body.len(),
            step.body
        );
        Scene {
            lookups: step
                .resolves
                .iter()
                .map(|answers| answers.iter().map(|text| address(text)).collect())
                .collect(),
            reply: reply.into_bytes(),
        }
    };
    scenario
        .steps
        .iter()
        .flat_map(|step| std::iter::repeat_n(scene(step), step.repeat.unwrap_or(1)))
        .collect()
}

fn client(stub: &Stub) -> GuardedClient {
    let options = Options {
        resolver: Arc::new(stub.clone()),
        ..Options::new(Allow::none(), "Copydesk/test")
    };
    GuardedClient::with_dialer(options, stub.clone())
}

/// Checks one scenario; the panic's text names it.
async fn play(scenario: &Scenario) {
    let id = &scenario.id;
    let stub = Stub::new(scenes(scenario));
    let client = client(&stub);
    let url = scenario.steps[0].url.clone().unwrap();
    let result = client.get(GetRequest::new(&url)).await;
    {
        let record = stub.record();
        assert!(!record.lookups.is_empty(), "{id}: the resolver was never asked");
        assert!(
            record.dialled.iter().all(|at| judge_address(at.ip()).is_none()),
            "{id}: {:?}",
            record.dialled
        );
        for head in &record.heads {
            let head = head.to_ascii_lowercase();
            assert!(
                !head.contains("authorization:") && !head.contains("cookie:"),
                "{id}: {head}"
            );
        }
        judge(scenario, &result, record.dialled.len());
    }
    if id.starts_with("rebind") {
        let again = client.get(GetRequest::new(&url)).await;
        assert!(
            matches!(again, Err(FetchError::Refused { .. })),
            "{id}: second lookup gave {again:?}"
        );
        assert_eq!(stub.record().dialled.len(), 1, "{id}");
    }
}

fn judge(scenario: &Scenario, result: &Result<Response, FetchError>, dials: usize) {
    let id = &scenario.id;
    let replies = scenario.steps.iter().filter(|step| step.status != 0).count();
    match scenario.expect.as_str() {
        "refuse" => {
            let is_named = match result {
                Err(FetchError::Refused { .. }) => true,
                Err(FetchError::RedirectLoop { .. } | FetchError::CookiesWanted { .. }) => {
                    scenario.steps[0].repeat.is_some()
                }
                _ => false,
            };
            assert!(is_named, "{id}: {result:?}");
            // Exactly the scripted replies were delivered: none before a bad lookup, one before a bad redirect.
            assert_eq!(dials, replies, "{id}");
        }
        "allow" | "no-credential-forwarded" if id.ends_with("-leak") => assert_eq!(dials, 2, "{id}"),
        "allow" | "public-only" | "not-followed" | "proxy-only-if-configured" => {
            assert!(result.is_ok(), "{id}: {result:?}");
            assert_eq!(dials, replies, "{id}");
        }
        "refuse-or-public-only" => assert!(dials <= 1, "{id}"),
        expect => panic!("{id}: unknown expectation {expect}"),
    }
}

#[tokio::test]
async fn every_scenario_holds() {
    let Some(text) = shared_data::read("every_scenario_holds", "adversarial/ssrf-scenarios.jsonl") else {
        return;
    };
    let mut played = 0;
    for line in text.lines() {
        play(&serde_json::from_str(line).unwrap()).await;
        played += 1;
    }
    assert!(played > 0);
    assert_eq!(played, text.lines().count());
    println!("{played} scenarios played");
}

/// Plays all scenarios once more in a process whose environment names proxies.
#[test]
fn proxies_of_the_environment_change_nothing() {
    let proxy = "http://127.0.0.1:9";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "client::scenario_tests::every_scenario_holds"])
        .envs(
            [
                "HTTP_PROXY",
                "http_proxy",
                "HTTPS_PROXY",
                "https_proxy",
                "ALL_PROXY",
                "all_proxy",
            ]
            .map(|name| (name, proxy)),
        )
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn the_checked_address_is_the_dialled_one() {
    let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec();
    let lookups = [vec![
        address("10.0.0.1"),
        address("public-2"),
        address("public-1"),
    ]]
    .into();
    let stub = Stub::new([Scene { lookups, reply }]);
    let response = client(&stub)
        .get(GetRequest::new("https://news.example:8443/a?b"))
        .await
        .unwrap();
    assert_eq!(response.body, "ok");
    let record = stub.record();
    assert_eq!(record.dialled, ["9.9.9.9:8443".parse().unwrap()]);
    assert!(
        record.heads[0].starts_with("GET /a?b HTTP/1.1\r\n"),
        "{}",
        record.heads[0]
    );
    assert!(
        record.heads[0]
            .to_ascii_lowercase()
            .contains("host: news.example:8443\r\n")
    );
}

#[tokio::test]
async fn a_refused_address_asks_no_resolver() {
    let stub = Stub::default();
    for url in [
        "http://127.0.0.1/",
        "http://printer.local/",
        "ftp://news.example/",
    ] {
        let result = client(&stub).get(GetRequest::new(url)).await;
        assert!(matches!(result, Err(FetchError::Refused { .. })), "{url}");
    }
    let record = stub.record();
    assert!(record.lookups.is_empty() && record.dialled.is_empty());
}

#[tokio::test]
async fn lying_and_garbled_replies_are_named() {
    let get = async |reply: &str| {
        let lookups = [vec![address("public-1")]].into();
        let stub = Stub::new([Scene {
            lookups,
            reply: reply.as_bytes().to_vec(),
        }]);
        client(&stub).get(GetRequest::new("http://news.example/")).await
    };
    assert!(matches!(get("").await, Err(FetchError::Cut { bytes: 0, .. })));
    assert!(matches!(
        get("SSH-2.0-OpenSSH\r\n\r\n").await,
        Err(FetchError::Garbled { .. })
    ));
    let cut = get("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
    assert!(matches!(cut, Err(FetchError::Cut { bytes: 3, .. })));
    let cut = get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").await;
    assert!(matches!(cut, Err(FetchError::Cut { .. })));
    let short = get("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcdef").await;
    assert_eq!(short.unwrap().body, "ab");
    let packed = get("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx").await;
    assert!(matches!(packed, Err(FetchError::UnknownEncoding { encoding, .. }) if encoding == "br"));
    let headers = "X: y\r\n".repeat(300);
    assert!(matches!(
        get(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")).await,
        Err(FetchError::Garbled { .. })
    ));
}
