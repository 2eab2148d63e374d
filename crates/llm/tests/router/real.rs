//! The router against a real inference server: llama.cpp with random weights (`../shared/tinymodel`), or the one that
//! `COPYDESK_TEST_ENDPOINT=http://127.0.0.1:8900/v1` names.

use std::process::{Command, Stdio};

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use copydesk_config::ModelConfig;
use copydesk_domain::task::{RateDraft, Task};
use copydesk_journal::{ModelCall, ModelError, Models, ReplyContent};
use copydesk_llm::{Check, Way};
use copydesk_net::{HostPort, trusted_client};
use copydesk_store::ExchangeOutcome;
use serde_json::{Value, json};

use super::agent::{tool, turn_at};
use super::calls::{Book, call, config, router, spec};
use super::servers::{Server, installed, shared};

/// An endpoint, and what keeps it running.
struct Real {
    config: ModelConfig,
    _server: Option<Server>,
}

/// The endpoint, or nothing after saying which test is skipped.
fn real(test: &str) -> Option<Real> {
    if let Ok(base_url) = std::env::var("COPYDESK_TEST_ENDPOINT") {
        return Some(Real {
            config: patient(&base_url),
            _server: None,
        });
    }
    let (python, shared) = (
        installed(test, "tinymodel/bin/python")?,
        shared(test)?.join("tinymodel"),
    );
    let folder = tempfile::tempdir().unwrap();
    let weights = folder.path().join("tiny.gguf");
    let made = Command::new(&python)
        .arg(shared.join("make_gguf.py"))
        .arg(&weights)
        .stdout(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let server = Server::start(folder, "listening", |folder, port| {
        let mut command = Command::new(python);
        command
            .arg(shared.join("serve.py"))
            .arg(folder.join("tiny.gguf"))
            .arg(port.to_string());
        command
    });
    Some(Real {
        config: patient(&server.base_url()),
        _server: Some(server),
    })
}

fn patient(base_url: &str) -> ModelConfig {
    ModelConfig {
        model: std::env::var("COPYDESK_TEST_MODEL").unwrap_or_else(|_| "tiny-random".to_owned()),
        timeout: jiff::SignedDuration::from_secs(60),
        stall_timeout: jiff::SignedDuration::from_secs(30),
        tokens_out_max: 512,
        ..config(base_url)
    }
}

#[tokio::test]
async fn a_real_server_keeps_to_the_schema_and_is_billed_whole_and_as_a_stream() {
    let Some(real) = real("a_real_server_keeps_to_the_schema_and_is_billed_whole_and_as_a_stream") else {
        return;
    };
    for book in [Book::default(), Book::watched()] {
        let reply = router()
            .ask(call(vec![spec("real", real.config.clone())]), &book)
            .await
            .unwrap();
        let ReplyContent::Output(output) = reply.content else {
            panic!("no tool was offered")
        };
        assert!(output["a"].is_i64());
        assert!(reply.tokens_in > 0 && reply.tokens_out > 0);
        let entry = book.entries()[0];
        assert!(
            !entry.is_assumed && entry.settled.unwrap() <= entry.reserved,
            "{entry:?}"
        );
        assert_eq!(book.kept()[0].is_streamed, book.is_watched);
        assert_eq!(book.written.lock().unwrap().is_empty(), !book.is_watched);
    }
}

#[tokio::test]
async fn a_real_server_takes_the_schemas_of_tasks() {
    let Some(real) = real("a_real_server_takes_the_schemas_of_tasks") else {
        return;
    };
    let schema = schemars::schema_for!(<RateDraft as Task>::Output).to_value();
    let asked = ModelCall {
        schema,
        input: json!({}),
        ..call(vec![spec("real", real.config)])
    };
    // Random weights may write to the limit; what counts is that the server takes the request.
    let result = router().ask(asked, &Book::default()).await;
    let text = result
        .as_ref()
        .map_or_else(ToString::to_string, |_| String::new());
    assert!(result.is_ok() || text.contains("does not fit"), "{text}");
}

#[tokio::test]
async fn a_real_server_is_probed() {
    let Some(real) = real("a_real_server_is_probed") else {
        return;
    };
    let report = router().probe(&spec("real", real.config), &Book::default()).await;
    println!("{report:?}");
    assert_eq!((&report.reachable, &report.listed), (&Check::Yes, &Check::Yes));
    assert_eq!((&report.json, report.way), (&Check::Yes, Some(Way::JsonSchema)));
    assert_eq!((&report.streams, &report.usage), (&Check::Yes, &Check::Yes));
    assert!(!matches!(report.tool_calls, Check::Unknown { .. }));
}

/// The same server behind a gateway that takes no schemas for outputs.
async fn without_schemas(base_url: String) -> String {
    let host = HostPort::of_url(&base_url).unwrap();
    let client = trusted_client(&[host]).unwrap();
    let gateway = axum::Router::new().fallback(move |uri: Uri, body: Bytes| async move {
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        if asked["response_format"]["type"] == "json_schema" {
            let complaint = json!({"error": {"message": "response_format json_schema is not supported"}});
            return (
                StatusCode::BAD_REQUEST,
                HeaderMap::new(),
                Bytes::from(complaint.to_string()),
            );
        }
        let to = format!("{base_url}{}", uri.path().trim_start_matches("/v1"));
        let request = client
            .post(to)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let reply = request.send().await.unwrap();
        let kind = reply.headers().get(CONTENT_TYPE).cloned();
        let headers = kind.map(|kind| (CONTENT_TYPE, kind)).into_iter().collect();
        (reply.status(), headers, reply.bytes().await.unwrap())
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, gateway).await });
    format!("http://{address}/v1")
}

#[tokio::test]
async fn a_real_server_gives_outputs_by_tool_call_too() {
    let Some(real) = real("a_real_server_gives_outputs_by_tool_call_too") else {
        return;
    };
    let gateway = ModelConfig {
        base_url: without_schemas(real.config.base_url.clone()).await,
        ..real.config
    };
    for book in [Book::default(), Book::watched()] {
        let reply = router()
            .ask(call(vec![spec("real", gateway.clone())]), &book)
            .await
            .unwrap();
        let ReplyContent::Output(output) = reply.content else {
            panic!("no tool was offered")
        };
        assert!(output["a"].is_i64());
        let last = book.kept().pop().unwrap();
        let asked: Value = serde_json::from_slice(&last.request).unwrap();
        assert_eq!(asked["tool_choice"]["function"]["name"], "count_v1");
        assert_eq!(last.is_streamed, book.is_watched);
    }
}

#[tokio::test]
async fn the_faults_of_a_real_server_are_borne() {
    let Some(real) = real("the_faults_of_a_real_server_are_borne") else {
        return;
    };
    // Calls repeated to the limit, with cut arguments: usable calls, or a typed error, in at most four tries.
    let tools = vec![tool("archive/search", "query"), tool("web/open", "id")];
    let short = ModelConfig {
        tokens_out_max: 48,
        ..real.config.clone()
    };
    for book in [Book::default(), Book::watched()] {
        let result = router().ask(turn_at(short.clone(), tools.clone()), &book).await;
        println!("turn: {result:?}");
        assert!(
            matches!(result, Ok(_) | Err(ModelError::Exhausted { .. })),
            "{result:?}"
        );
        assert!((1..=4).contains(&book.kept().len()));
    }
    // A prompt that is longer than its window is turned away and not asked again.
    let book = Book::default();
    let long = ModelCall {
        system: "one two three ".repeat(20_000),
        ..call(vec![spec("real", real.config)])
    };
    let error = router().ask(long, &book).await.unwrap_err();
    assert!(matches!(error, ModelError::TooLong { .. }), "{error}");
    assert!(error.to_string().contains("status 400"), "{error}");
    assert_eq!(book.kept().len(), 1);
    assert_eq!(book.kept()[0].outcome, ExchangeOutcome::Failed);
    assert_eq!(book.settled(), 0, "a request that was turned away costs nothing");
}
