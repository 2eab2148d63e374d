//! Probes.

use copydesk_config::ModelConfig;
use copydesk_llm::{Check, ProbeReport, Router, RouterOptions, Way};
use serde_json::json;

use super::calls::{Book, config, embedded, options, router, spec};
use super::stub::{Answer, Stub, message, says, status, streams};

fn list(id: &str) -> Answer {
    status(
        200,
        json!({"data": [{"id": id, "max_model_len": 4096}]}).to_string(),
    )
}

fn tool() -> Answer {
    let call =
        json!([{"id": "c", "function": {"name": "archive__search", "arguments": "{\"query\":\"v\"}"}}]);
    message(&json!({"role": "assistant", "tool_calls": call}), "tool_calls")
}

const QUESTIONS: &str = r#"{"questions":[]}"#;

async fn probed(script: Vec<Answer>) -> (ProbeReport, Stub) {
    let stub = Stub::with(script).await;
    let report = router()
        .probe(&spec("m", config(&stub.base_url)), &Book::default())
        .await;
    (report, stub)
}

fn reason_and_next(check: &Check) -> (&str, &str) {
    match check {
        Check::No { reason, next } => (reason, next),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_embedded_model_can_do_everything_that_it_needs_to() {
    let router = Router::new(RouterOptions {
        embedded: super::embedded::running().await,
        ..options()
    });
    let report = router.probe(&embedded(), &Book::default()).await;
    assert!(report.has_price);
    assert_eq!((report.reachable, report.listed), (Check::Yes, Check::Yes));
    assert_eq!((report.json, report.tool_calls), (Check::Yes, Check::Yes));
    assert_eq!(report.way, Some(Way::JsonSchema));
}

#[tokio::test]
async fn everything_that_an_endpoint_can_do_is_told() {
    let (report, stub) = probed(vec![
        list("test-model"),
        says(QUESTIONS),
        streams(QUESTIONS),
        tool(),
    ])
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
    assert_eq!(
        (report.way, report.context_window),
        (Some(Way::JsonSchema), Some(4096))
    );
    assert!(report.latency_ms.is_some() && report.answered_by.is_none());
    let seen = stub.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[2].body["stream"], true);
    assert_eq!(seen[2].body["stream_options"], json!({"include_usage": true}));
}

#[tokio::test]
async fn each_ability_is_told_apart() {
    let other = status(200, r#"{"data":[{"id":"test-modul"},{"id":"whisper"}]}"#);
    let useful = says(r#"{"useful":[]}"#);
    let (report, stub) = probed(vec![other, says(QUESTIONS), says(QUESTIONS), useful]).await;
    assert_eq!(report.reachable, Check::Yes);
    let (reason, next) = reason_and_next(&report.listed);
    assert_eq!(reason, "the endpoint lists 2 models, not `test-model`");
    assert!(
        next.contains("[models.m]") && next.contains("`test-modul`"),
        "{next}"
    );
    assert_eq!(report.json, Check::Yes);
    assert!(reason_and_next(&report.streams).0.contains("whole"));
    assert!(matches!(report.tool_calls, Check::No { .. }));
    assert_eq!(stub.seen()[0].path, "/v1/models");
}

#[tokio::test]
async fn the_first_way_that_gives_an_output_is_taken() {
    let refused = status(400, r#"{"error":{"message":"json_schema is not supported"}}"#);
    let no_tools = status(400, r#"{"detail":"tools are unknown"}"#);
    let called = json!([{"id": "c", "function": {"name": "open_questions_v1", "arguments": QUESTIONS}}]);
    let called = message(&json!({"content": null, "tool_calls": called}), "tool_calls");
    let words = says("Here they are, as prose.");
    for (script, way) in [
        (vec![says(QUESTIONS)], Way::JsonSchema),
        (vec![refused.clone(), called.clone()], Way::ToolCall),
        // A server that takes the schema and shows it to nobody.
        (vec![words.clone(), called], Way::ToolCall),
        (vec![refused.clone(), no_tools, says(QUESTIONS)], Way::Prompt),
        (vec![words.clone(), words.clone(), says(QUESTIONS)], Way::Prompt),
    ] {
        let asked = 1 + script.len();
        let script = [list("test-model")]
            .into_iter()
            .chain(script)
            .chain([says(QUESTIONS)]);
        let (report, stub) = probed(script.collect()).await;
        assert_eq!(report.way, Some(way));
        assert!(stub.count() >= asked);
    }
    let (report, _) = probed(vec![list("test-model"), words]).await;
    assert_eq!(report.way, None);
    assert!(reason_and_next(&report.json).1.contains("[routes]"));
}

#[tokio::test]
async fn an_endpoint_without_a_list_is_still_asked() {
    let missing = status(404, "");
    let (report, _) = probed(vec![missing, says(QUESTIONS), streams(QUESTIONS), tool()]).await;
    assert!(matches!(report.listed, Check::Unknown { .. }));
    assert_eq!((report.json, report.tool_calls), (Check::Yes, Check::Yes));
}

#[tokio::test]
async fn an_address_without_its_version_is_found_out() {
    let stub = Stub::at("/v1", vec![list("test-model")]).await;
    let root = stub.base_url.trim_end_matches("/v1").to_owned();
    for wrong in [root.clone(), format!("{root}/v1/chat/completions")] {
        let report = router().probe(&spec("m", config(&wrong)), &Book::default()).await;
        let (_, next) = reason_and_next(&report.reachable);
        let meant = format!("did you mean `base_url = \"{root}/v1\"`?");
        assert!(next.contains(&meant), "{next}");
        assert!(matches!(report.json, Check::Unknown { .. }));
    }
}

#[tokio::test]
async fn a_wrong_key_is_said_with_its_next_step() {
    let refused = status(401, r#"{"error":{"message":"invalid key sk-test-0123456789"}}"#);
    let (report, stub) = probed(vec![refused]).await;
    let (reason, next) = reason_and_next(&report.reachable);
    assert_eq!(reason, "status 401: invalid key ***");
    assert!(next.contains("give [models.m] a key"), "{next}");
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_said_so() {
    let report = router()
        .probe(&spec("m", config("http://127.0.0.1:1/v1")), &Book::default())
        .await;
    assert!(reason_and_next(&report.reachable).1.contains("start the server"));
    assert!(matches!(report.json, Check::Unknown { .. }));
}

#[tokio::test]
async fn tokens_that_nobody_counts_and_another_name_are_said() {
    let body = json!({"model": "bigger-model", "choices": [{"message": {"content": QUESTIONS}, "finish_reason": "stop"}]});
    let script = vec![list("test-model"), status(200, body.to_string())];
    let stub = Stub::with(script).await;
    let config = ModelConfig {
        free: true,
        ..config(&stub.base_url)
    };
    let report = router().probe(&spec("m", config), &Book::default()).await;
    assert!(reason_and_next(&report.usage).1.contains("reserve"));
    assert_eq!(report.answered_by.as_deref(), Some("bigger-model"));
}

/// A model that may write much, at $1 a million tokens.
fn wordy(base_url: &str) -> ModelConfig {
    ModelConfig {
        tokens_out_max: 30_000,
        ..config(base_url)
    }
}

#[tokio::test]
async fn each_question_is_reserved_with_little_room_and_booked() {
    let script = vec![list("test-model"), says(QUESTIONS), streams(QUESTIONS), tool()];
    let stub = Stub::with(script).await;
    let book = Book::default();
    let report = router().probe(&spec("m", wordy(&stub.base_url)), &book).await;
    assert_eq!((report.requests, report.spend_microusd.0), (3, 360));
    assert_eq!((book.entries().len(), book.settled()), (3, 360));
    for (seen, entry) in stub.seen()[1..].iter().zip(book.entries()) {
        let bytes = i64::try_from(seen.body.to_string().len()).unwrap();
        assert!(entry.reserved <= bytes + 512, "{entry:?}");
        let body = &seen.body;
        let room = body
            .get("max_completion_tokens")
            .or(body.get("max_tokens"))
            .unwrap();
        assert_eq!(room, 512);
    }
    let free = ModelConfig {
        free: true,
        ..wordy(&stub.base_url)
    };
    let book = Book::default();
    let report = router().probe(&spec("m", free), &book).await;
    assert!(book.entries().is_empty() && report.requests > 0);
    assert_eq!(report.spend_microusd.0, 0);
}

#[tokio::test]
async fn a_model_that_thinks_first_is_given_more_room_once() {
    let cut = message(&json!({"content": "", "reasoning_content": "hmm"}), "length");
    let rooms = |stub: &Stub| -> Vec<u64> {
        let bodies = stub.seen().into_iter().skip(1).map(|seen| seen.body);
        let room = |body: serde_json::Value| {
            let room = body.get("max_completion_tokens").or(body.get("max_tokens"));
            room.and_then(serde_json::Value::as_u64).unwrap()
        };
        bodies.map(room).collect()
    };
    let script = vec![
        list("test-model"),
        cut.clone(),
        says(QUESTIONS),
        streams(QUESTIONS),
        tool(),
    ];
    let stub = Stub::with(script).await;
    let book = Book::default();
    let report = router().probe(&spec("m", wordy(&stub.base_url)), &book).await;
    assert_eq!((report.json, report.way), (Check::Yes, Some(Way::JsonSchema)));
    assert_eq!(rooms(&stub), [512, 4_096, 4_096, 4_096]);
    assert_eq!((report.requests, book.settled()), (4, 480));
    // One that never comes to its answer is asked in each form with that room, and no more.
    let stub = Stub::with(vec![list("test-model"), cut]).await;
    let report = router()
        .probe(&spec("m", wordy(&stub.base_url)), &Book::default())
        .await;
    assert!(matches!(report.json, Check::No { .. }));
    assert_eq!(rooms(&stub), [512, 4_096, 4_096, 4_096, 4_096]);
}

#[tokio::test]
async fn what_has_no_price_or_no_money_is_asked_for_its_list_alone() {
    let stub = Stub::with(vec![list("test-model"), says(QUESTIONS)]).await;
    let half = ModelConfig {
        price_out: None,
        ..config(&stub.base_url)
    };
    let report = router().probe(&spec("m", half), &Book::default()).await;
    assert_eq!((report.reachable, report.listed), (Check::Yes, Check::Yes));
    let (reason, next) = reason_and_next(&report.json);
    assert!(
        reason.contains("no price") && next.contains("prices.toml"),
        "{reason}; {next}"
    );
    assert!(!report.has_price && report.requests == 0);
    let poor = Book {
        limit: Some(100),
        ..Book::default()
    };
    let stub = Stub::with(vec![list("test-model"), says(QUESTIONS)]).await;
    let report = router().probe(&spec("m", config(&stub.base_url)), &poor).await;
    let (reason, next) = reason_and_next(&report.json);
    assert!(
        reason.contains("budget") && next.contains("[budget]"),
        "{reason}; {next}"
    );
    assert_eq!(stub.count(), 1);
}
