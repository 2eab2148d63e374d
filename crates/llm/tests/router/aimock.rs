//! The router against npm's `@copilotkit/aimock`: schemas, tools, streams, limits of rate, and chaos.

use std::process::Command;
use std::time::Instant;

use copydesk_config::ModelConfig;
use copydesk_journal::{ModelError, Models, ReplyContent};
use copydesk_llm::{Check, Way};
use copydesk_net::{HostPort, trusted_client};
use serde_json::{Value, json};

use super::agent::{tool, turn_at};
use super::calls::{Book, call, config, router, spec};
use super::servers::{Server, installed};

const PROGRAM: &str = "aimock/node_modules/@copilotkit/aimock/dist/cli.js";

fn fixtures() -> Value {
    let call = json!({"name": "archive__search", "arguments": {"query": "quiet"}});
    let slow_down = json!({"message": "slow down", "type": "rate_limit_error"});
    json!({"fixtures": [
        {"match": {"model": "probed", "toolName": "archive__search"}, "response": {"toolCalls": [call]}},
        {"match": {"model": "probed"}, "response": {"content": "{\"questions\":[]}"}},
        {"match": {"model": "json"}, "response": {"content": "{\"a\": 3}"}},
        {"match": {"model": "caller", "toolName": "archive__search"}, "response": {"toolCalls": [call]}},
        {"match": {"model": "busy"}, "response": {"error": slow_down, "status": 429, "retryAfter": 1}},
    ]})
}

fn started(test: &str) -> Option<Server> {
    let program = installed(test, PROGRAM)?;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fixtures.json"), fixtures().to_string()).unwrap();
    Some(Server::start(folder, "listening", |folder, port| {
        let mut command = Command::new("node");
        command
            .arg(program)
            .args(["--port", &port.to_string(), "--strict", "--fixtures"]);
        command.arg(folder);
        command
    }))
}

fn model(server: &Server, model: &str) -> ModelConfig {
    ModelConfig {
        model: model.to_owned(),
        timeout: jiff::SignedDuration::from_secs(20),
        stall_timeout: jiff::SignedDuration::from_secs(10),
        ..config(&server.base_url())
    }
}

/// How often each model was asked, by the server's own journal.
async fn asked(server: &Server, model: &str) -> usize {
    let entries = control(server, reqwest::Method::GET, "journal", None).await;
    let entries = entries.as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .filter(|entry| entry["body"]["model"] == model)
        .count()
}

async fn control(server: &Server, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
    let host = HostPort::of_url(&server.root).unwrap();
    let request = trusted_client(&[host])
        .unwrap()
        .request(method, format!("{}/__aimock/{path}", server.root));
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    request.send().await.unwrap().json().await.unwrap_or_default()
}

#[tokio::test]
async fn another_implementation_gives_schemas_and_streams() {
    let Some(server) = started("another_implementation_gives_schemas_and_streams") else {
        return;
    };
    for book in [Book::default(), Book::watched()] {
        let reply = router()
            .ask(call(vec![spec("m", model(&server, "json"))]), &book)
            .await
            .unwrap();
        assert_eq!(reply.content, ReplyContent::Output(json!({"a": 3})));
        assert!(!book.entries()[0].is_assumed, "its count of tokens is read");
        let kept = &book.kept()[0];
        assert_eq!(kept.is_streamed, book.is_watched);
        assert!(
            kept.request_id
                .as_deref()
                .is_some_and(|id| id.starts_with("req-")),
            "{kept:?}"
        );
    }
    assert_eq!(asked(&server, "json").await, 2);
}

#[tokio::test]
async fn another_implementation_calls_tools() {
    let Some(server) = started("another_implementation_calls_tools") else {
        return;
    };
    for book in [Book::default(), Book::watched()] {
        let call = turn_at(model(&server, "caller"), vec![tool("archive/search", "query")]);
        let reply = router().ask(call, &book).await.unwrap();
        let ReplyContent::Calls(calls) = reply.content else {
            panic!("no call: {:?}", reply.content)
        };
        assert_eq!(calls.len(), 1);
        assert_eq!(
            (calls[0].name.as_str(), &calls[0].arguments),
            ("archive/search", &json!({"query": "quiet"}))
        );
    }
}

#[tokio::test]
async fn another_implementation_is_probed() {
    let Some(server) = started("another_implementation_is_probed") else {
        return;
    };
    let report = router()
        .probe(&spec("m", model(&server, "probed")), &Book::default())
        .await;
    let all = [
        &report.reachable,
        &report.listed,
        &report.json,
        &report.streams,
        &report.tool_calls,
        &report.usage,
    ];
    assert!(all.into_iter().all(|check| *check == Check::Yes), "{report:?}");
    assert_eq!(report.way, Some(Way::JsonSchema));
}

#[tokio::test]
async fn its_limit_of_rate_is_waited_for_and_the_next_model_is_asked() {
    let Some(server) = started("its_limit_of_rate_is_waited_for_and_the_next_model_is_asked") else {
        return;
    };
    let route = vec![
        spec("busy", model(&server, "busy")),
        spec("free", model(&server, "json")),
    ];
    let reply = router().ask(call(route), &Book::default()).await.unwrap();
    assert_eq!((reply.model.as_str(), reply.tries), ("free", 2));
    let alone = vec![spec("busy", model(&server, "busy"))];
    let started = Instant::now();
    let error = router().ask(call(alone), &Book::default()).await.unwrap_err();
    assert!(matches!(error, ModelError::Exhausted { .. }), "{error}");
    assert!(error.to_string().contains("slow down (request req-"), "{error}");
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[tokio::test]
async fn its_chaos_gives_errors_that_have_a_type() {
    let Some(server) = started("its_chaos_gives_errors_that_have_a_type") else {
        return;
    };
    for (knob, words) in [
        ("dropRate", "status 500"),
        ("malformedRate", "no JSON"),
        ("rateLimitRate", "status 429"),
        ("disconnectRate", "broke off"),
    ] {
        control(&server, reqwest::Method::POST, "chaos", Some(json!({ knob: 1 }))).await;
        for book in [Book::default(), Book::watched()] {
            let error = router()
                .ask(call(vec![spec("m", model(&server, "json"))]), &book)
                .await
                .unwrap_err();
            assert!(matches!(error, ModelError::Exhausted { .. }), "{knob}: {error}");
            assert!(error.to_string().contains(words), "{knob}: {error}");
            assert!(book.kept().len() <= 4 && !book.kept().is_empty());
            book.settled();
        }
    }
    control(&server, reqwest::Method::DELETE, "chaos", None).await;
    let route = vec![spec("m", model(&server, "json"))];
    assert!(router().ask(call(route), &Book::default()).await.is_ok());
}
