//! Streams: asked for where somebody watches, held to the same rules as whole replies.

use std::time::{Duration, Instant};

use copydesk_config::ModelConfig;
use copydesk_journal::{ModelError, Models, ReplyContent};
use serde_json::{Value, json};

use super::calls::{Book, call, config, router, spec};
use super::stub::{Answer, Stub, events, says, status, streams};
use super::wire::{Play, plain, response};

async fn asked(stub: &Stub, book: &Book) -> Result<copydesk_journal::ModelReply, ModelError> {
    router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), book)
        .await
}

fn delta(delta: &Value, finish: Option<&str>) -> String {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).to_string()
}

#[tokio::test]
async fn a_stream_is_asked_for_only_where_somebody_watches() {
    let stub = Stub::with(vec![says("{\"a\": 3}"), streams("{\"a\": 3}")]).await;
    asked(&stub, &Book::default()).await.unwrap();
    let book = Book::watched();
    let reply = asked(&stub, &book).await.unwrap();
    assert_eq!(reply.content, ReplyContent::Output(json!({"a": 3})));
    assert_eq!(
        (reply.tokens_in, reply.tokens_out),
        (100, 20),
        "the count at the end of the stream"
    );
    assert_eq!(stub.seen()[0].body.get("stream"), None);
    assert_eq!(stub.seen()[1].body["stream"], true);
    assert!(
        !book.written.lock().unwrap().is_empty(),
        "nobody was told how far it is"
    );
    let kept = book.kept();
    assert!(kept[0].is_streamed && kept[0].reply.is_some());
    assert!(!book.entries()[0].is_assumed);
}

#[tokio::test]
async fn a_stream_that_ends_without_a_reason_is_no_answer_and_is_booked() {
    let cut = events(&[&delta(&json!({"content": "{\"a\": 3}"}), None), "[DONE]"]);
    let stub = Stub::with(vec![cut]).await;
    let book = Book::watched();
    let error = asked(&stub, &book).await.unwrap_err();
    assert!(error.to_string().contains("without a finish reason"), "{error}");
    assert!(
        book.entries()
            .iter()
            .all(|entry| entry.is_assumed && entry.settled == Some(entry.reserved))
    );
}

#[tokio::test]
async fn an_error_in_a_stream_is_the_error_that_it_says() {
    let busy = r#"{"error":{"message":"the model is overloaded","code":503}}"#;
    let part = delta(&json!({"content": "{\"a\""}), None);
    let stub = Stub::with(vec![events(&[&part, busy]), streams("{\"a\": 4}")]).await;
    let reply = asked(&stub, &Book::watched()).await.unwrap();
    assert_eq!(
        (reply.content, reply.tries),
        (ReplyContent::Output(json!({"a": 4})), 2)
    );
}

#[tokio::test]
async fn an_endpoint_that_does_not_stream_answers_whole_from_then_on() {
    let complaint = |text: &str| status(400, json!({"error": {"message": text}}).to_string());
    let stub = Stub::with(vec![
        complaint("unknown field stream_options"),
        complaint("streaming is not supported"),
        says("{\"a\": 3}"),
    ])
    .await;
    let router = router();
    let route = vec![spec("m", config(&stub.base_url))];
    for tries in [3, 1] {
        let reply = router.ask(call(route.clone()), &Book::watched()).await.unwrap();
        assert_eq!(reply.tries, tries);
    }
    let seen: Vec<(Value, Value)> = stub
        .seen()
        .iter()
        .map(|seen| (seen.body["stream"].clone(), seen.body["stream_options"].clone()))
        .collect();
    let options = json!({"include_usage": true});
    assert_eq!(seen[0], (json!(true), options));
    assert_eq!(seen[1], (json!(true), Value::Null));
    assert_eq!(seen[3], (Value::Null, Value::Null));
}

#[tokio::test]
async fn thoughts_in_a_stream_are_no_answer_and_are_kept() {
    let thinks = delta(&json!({"reasoning_content": "maybe {\"a\": 9}"}), None);
    let says = delta(&json!({"content": "{\"a\": 3}"}), Some("stop"));
    let stub = Stub::with(vec![events(&[&thinks, &says, "[DONE]"])]).await;
    let book = Book::watched();
    let reply = asked(&stub, &book).await.unwrap();
    assert_eq!(reply.content, ReplyContent::Output(json!({"a": 3})));
    let kept: Value = serde_json::from_slice(book.kept()[0].reply.as_ref().unwrap()).unwrap();
    assert_eq!(
        kept["choices"][0]["message"]["reasoning_content"],
        "maybe {\"a\": 9}"
    );
}

#[tokio::test]
async fn a_stream_that_nobody_asked_for_is_taken_if_it_is_whole() {
    let typed = streams("{\"a\": 3}");
    let untyped = Answer {
        headers: Vec::new(),
        ..typed.clone()
    };
    for answer in [typed, untyped] {
        let stub = Stub::with(vec![answer]).await;
        let reply = asked(&stub, &Book::default()).await.unwrap();
        assert_eq!(reply.content, ReplyContent::Output(json!({"a": 3})));
    }
}

/// A model that sends these events and then nothing, with the connection left open.
async fn stalled(events: &[String]) -> ModelConfig {
    let body = events
        .iter()
        .fold(String::new(), |body, event| body + "data: " + event + "\n\n");
    let raw = plain(Play::Stall(response(
        "Content-Type: text/event-stream\r\n",
        body.as_bytes(),
    )))
    .await;
    ModelConfig {
        timeout: jiff::SignedDuration::from_secs(30),
        stall_timeout: jiff::SignedDuration::from_millis(200),
        ..config(&format!("http://127.0.0.1:{}/v1", raw.port))
    }
}

#[tokio::test]
async fn a_reply_that_stalls_is_given_up_long_before_the_call_is() {
    let part = delta(&json!({"content": "{\"a\""}), None);
    let config = stalled(&[part]).await;
    let started = Instant::now();
    let error = router()
        .ask(call(vec![spec("m", config)]), &Book::watched())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("nothing more came for 200 ms"),
        "{error}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_stream_that_stalls_after_its_finish_reason_is_whole() {
    let config = stalled(&[delta(&json!({"content": "{\"a\": 3}"}), Some("stop"))]).await;
    let book = Book::watched();
    let reply = router().ask(call(vec![spec("m", config)]), &book).await.unwrap();
    assert_eq!(
        (reply.content, reply.tries),
        (ReplyContent::Output(json!({"a": 3})), 1)
    );
    assert!(book.entries()[0].is_assumed, "its count of tokens never came");
}
