//! The router against a real inference server, where one is given: `COPYDESK_TEST_ENDPOINT=http://127.0.0.1:8900/v1`.

use copydesk_config::ModelConfig;
use copydesk_domain::task::{RateDraft, Task};
use copydesk_journal::{ModelCall, Models, ReplyContent};
use copydesk_llm::Check;
use serde_json::json;

use super::calls::{Book, call, config, router, spec};

/// The endpoint, or nothing after saying which test is skipped.
fn endpoint(test: &str) -> Option<ModelConfig> {
    let Ok(base_url) = std::env::var("COPYDESK_TEST_ENDPOINT") else {
        println!("skipped: {test}: COPYDESK_TEST_ENDPOINT is not set");
        return None;
    };
    let model = std::env::var("COPYDESK_TEST_MODEL").unwrap_or_else(|_| "tiny".to_owned());
    let timeout = jiff::SignedDuration::from_secs(60);
    Some(ModelConfig {
        model,
        timeout,
        tokens_out_max: 512,
        ..config(&base_url)
    })
}

#[tokio::test]
async fn a_real_server_keeps_to_the_schema_and_is_billed() {
    let Some(config) = endpoint("a_real_server_keeps_to_the_schema_and_is_billed") else {
        return;
    };
    let book = Book::default();
    let reply = router()
        .ask(call(vec![spec("real", config)]), &book)
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
}

#[tokio::test]
async fn a_real_server_takes_the_schemas_of_tasks() {
    let Some(config) = endpoint("a_real_server_takes_the_schemas_of_tasks") else {
        return;
    };
    let schema = schemars::schema_for!(<RateDraft as Task>::Output).to_value();
    let asked = ModelCall {
        schema,
        input: json!({}),
        ..call(vec![spec("real", config)])
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
    let Some(config) = endpoint("a_real_server_is_probed") else {
        return;
    };
    let report = router().probe(&spec("real", config)).await;
    println!("{report:?}");
    assert_eq!(report.reachable, Check::Yes);
}
