//! What is reserved before a request and settled after it.

use copydesk_config::ModelConfig;
use copydesk_journal::{ModelError, Models};

use super::calls::{Book, Entry, call, config, router, spec};
use super::stub::{Stub, says, status};

#[tokio::test]
async fn a_call_is_reserved_at_its_most_and_settled_at_its_count() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let book = Book::default();
    router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
        .await
        .unwrap();
    let sent = serde_json::to_string(&stub.seen()[0].body).unwrap().len();
    let reserved = i64::try_from(sent).unwrap() + 100;
    assert_eq!(
        book.entries(),
        [Entry {
            reserved,
            settled: Some(120),
            is_assumed: false
        }]
    );
}

#[tokio::test]
async fn a_call_that_does_not_fit_is_never_sent() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let book = Book {
        limit: Some(200),
        ..Book::default()
    };
    let error = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ModelError::OverBudget(breach) if breach.model == "m" && breach.task == "count"),
        "{error}"
    );
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn an_endpoint_without_a_price_is_never_asked() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let unpriced = ModelConfig {
        price_in: None,
        price_out: None,
        ..config("https://models.example/v1")
    };
    let route = vec![spec("here", config(&stub.base_url)), spec("away", unpriced)];
    let error = router().ask(call(route), &Book::default()).await.unwrap_err();
    assert_eq!(
        error,
        ModelError::NoPrice {
            model: "away".to_owned()
        }
    );
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn free_models_never_touch_the_ledger() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let unpriced = ModelConfig {
        price_in: None,
        price_out: None,
        ..config(&stub.base_url)
    };
    let free = ModelConfig {
        free: true,
        ..config(&stub.base_url)
    };
    for config in [unpriced, free] {
        let book = Book {
            limit: Some(0),
            ..Book::default()
        };
        router().ask(call(vec![spec("m", config)]), &book).await.unwrap();
        assert!(book.entries().is_empty());
    }
}

#[tokio::test]
async fn a_bill_nobody_knows_is_booked_in_full_as_assumed() {
    let no_usage = r#"{"choices":[{"message":{"content":"{\"a\": 3}"}}]}"#;
    let zeros = r#"{"choices":[{"message":{"content":"{\"a\": 3}"}}],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#;
    let no_input = zeros.replace("\"completion_tokens\":0", "\"completion_tokens\":20");
    let no_output = zeros.replace("\"prompt_tokens\":0", "\"prompt_tokens\":100");
    for body in [no_usage, zeros, &no_input, &no_output] {
        let stub = Stub::with(vec![status(200, body)]).await;
        let book = Book::default();
        router()
            .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
            .await
            .unwrap();
        let entry = book.entries()[0];
        assert_eq!((entry.settled, entry.is_assumed), (Some(entry.reserved), true));
    }
}

#[tokio::test]
async fn an_error_in_a_good_status_is_booked_unless_it_is_all_that_came_and_no_model_was_asked() {
    let of = |body: &str| status(200, body);
    let usage = r#""usage":{"prompt_tokens":900,"completion_tokens":2000}"#;
    let full = None;
    for (answer, wanted) in [
        (of(r#"{"error":{"code":429}}"#), Some((0, false))),
        (of(r#"{"error":{"code":503}}"#), full),
        (of(r#"{"error":{"code":408}}"#), full),
        (
            of(r#"{"error":{"code":429},"choices":[{"message":{"content":"hal"}}]}"#),
            full,
        ),
        (
            of(&format!(r#"{{"error":{{"code":429}},{usage}}}"#)),
            Some((2_900, false)),
        ),
        (
            of(&format!(r#"{{"error":{{"code":503}},{usage}}}"#)),
            Some((2_900, false)),
        ),
        (
            status(502, format!(r#"{{"error":{{"message":"gone"}},{usage}}}"#)),
            Some((2_900, false)),
        ),
        // Gateways whose own limit of time ran out.
        (status(408, ""), full),
        (status(425, ""), full),
        (status(429, ""), Some((0, false))),
        (status(503, ""), Some((0, false))),
    ] {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let code = answer.status;
        let stub = Stub::with(vec![answer]).await;
        let book = Book::default();
        router()
            .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
            .await
            .unwrap_err();
        for entry in book.entries() {
            let wanted = wanted.unwrap_or((entry.reserved, true));
            assert_eq!(
                (entry.settled, entry.is_assumed),
                (Some(wanted.0), wanted.1),
                "{code} {body}"
            );
        }
    }
}

#[tokio::test]
async fn a_cached_beginning_in_anthropics_spelling_is_on_the_bill() {
    let body = r#"{"choices":[{"message":{"content":"{\"a\": 3}"}}],
        "usage":{"input_tokens":50,"output_tokens":7,"cache_read_input_tokens":1000,"cache_creation_input_tokens":200}}"#;
    let stub = Stub::with(vec![status(200, body)]).await;
    let book = Book::default();
    let cheap = ModelConfig {
        price_cached: Some(copydesk_domain::MicroUsd(100_000)),
        ..config(&stub.base_url)
    };
    router().ask(call(vec![spec("m", cheap)]), &book).await.unwrap();
    assert_eq!(book.settled(), 50 + 200 + 100 + 7);
}

#[tokio::test]
async fn a_bill_above_its_reserve_is_booked_as_it_is() {
    let body = r#"{"choices":[{"message":{"content":"{\"a\": 3}"}}],
        "usage":{"prompt_tokens":100000,"completion_tokens":900000,"total_tokens":1000000}}"#;
    let stub = Stub::with(vec![status(200, body)]).await;
    let book = Book::default();
    router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
        .await
        .unwrap();
    assert_eq!(book.settled(), 1_000_000);
}

#[tokio::test]
async fn each_try_has_its_own_reserve() {
    // Turned away, then a gateway whose model may have worked, then prose, then an answer.
    let stub = Stub::with(vec![
        status(429, ""),
        status(504, ""),
        says("no"),
        says("{\"a\": 3}"),
    ])
    .await;
    let book = Book::default();
    let reply = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &book)
        .await
        .unwrap();
    assert_eq!(reply.tries, 4);
    let entries = book.entries();
    let settled: Vec<(Option<i64>, bool)> = entries
        .iter()
        .map(|entry| (entry.settled, entry.is_assumed))
        .collect();
    let full = (Some(entries[1].reserved), true);
    assert_eq!(
        settled,
        [(Some(0), false), full, (Some(120), false), (Some(120), false)]
    );
}
