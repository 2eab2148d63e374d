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

/// Two thousand words, then a count, where it is told.
fn worked(usage: Option<&Value>) -> Vec<String> {
    let words = delta(&json!({"content": "word ".repeat(2_000)}), None);
    let count = usage.map(|usage| json!({"choices": [], "usage": usage}).to_string());
    std::iter::once(words).chain(count).collect()
}

const BUSY: &str = r#"{"error":{"message":"the model is overloaded","code":503}}"#;

#[tokio::test]
async fn a_stream_that_ends_in_an_error_is_booked_at_its_count_and_without_one_in_full() {
    let usage = json!({"prompt_tokens": 900, "completion_tokens": 2_000});
    for (usage, code) in [(Some(&usage), 503), (Some(&usage), 429), (None, 503), (None, 429)] {
        let busy = BUSY.replace("503", &code.to_string());
        let parts = worked(usage);
        let parts: Vec<&str> = parts
            .iter()
            .map(String::as_str)
            .chain([busy.as_str(), "[DONE]"])
            .collect();
        let stub = Stub::with(vec![events(&parts)]).await;
        let book = Book::watched();
        asked(&stub, &book).await.unwrap_err();
        let entries = book.entries();
        assert_eq!(entries.len(), 4, "{code}");
        for entry in entries {
            let booked = (entry.settled, entry.is_assumed);
            let wanted = match usage {
                Some(_) => (Some(2_900), false),
                None => (Some(entry.reserved), true),
            };
            assert_eq!(booked, wanted, "{code}");
        }
        let counted = book
            .kept()
            .iter()
            .all(|kept| kept.tokens_out == usage.map(|_| 2_000));
        assert!(counted, "the record of the exchange tells the count");
    }
}

#[tokio::test]
async fn a_count_on_the_way_is_the_least_that_is_booked() {
    let counting = |tokens: u64| {
        let delta = json!({"index": 0, "delta": {"content": "word"}});
        json!({"choices": [delta], "usage": {"prompt_tokens": 90, "completion_tokens": tokens}}).to_string()
    };
    // The first is below the reserve, and the model wrote on; the second is above it already.
    for (tokens, is_above) in [(1, false), (500_000, true)] {
        let stub = Stub::with(vec![events(&[&counting(tokens), BUSY])]).await;
        let book = Book::watched();
        asked(&stub, &book).await.unwrap_err();
        let entry = book.entries()[0];
        let wanted = if is_above { 500_090 } else { entry.reserved };
        assert_eq!((entry.settled, entry.is_assumed), (Some(wanted), true));
    }
    // The same for an answer that is whole: what was counted before it was written is not its bill.
    let rest = delta(&json!({"content": "{\"a\": 3}"}), Some("stop"));
    let first = counting(1).replace("word", " ");
    let stub = Stub::with(vec![events(&[&first, &rest, "[DONE]"])]).await;
    let book = Book::watched();
    asked(&stub, &book).await.unwrap();
    let entry = book.entries()[0];
    assert_eq!((entry.settled, entry.is_assumed), (Some(entry.reserved), true));
}

#[tokio::test]
async fn a_count_outlives_the_time_of_the_call() {
    let parts = worked(Some(&json!({"prompt_tokens": 900, "completion_tokens": 2_000})));
    for timeout in [400, 30_000] {
        let config = ModelConfig {
            // The total time runs out, or the time between two parts.
            timeout: jiff::SignedDuration::from_millis(timeout),
            ..stalled(&parts).await
        };
        let book = Book::watched();
        router()
            .ask(call(vec![spec("m", config)]), &book)
            .await
            .unwrap_err();
        let entry = book.entries()[0];
        assert_eq!(
            (entry.settled, entry.is_assumed),
            (Some(2_900), false),
            "{timeout}"
        );
    }
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
