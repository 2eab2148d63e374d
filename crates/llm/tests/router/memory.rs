//! What is learnt of an endpoint outlives the process.

use std::collections::BTreeMap;
use std::sync::Arc;

use copydesk_config::ModelConfig;
use copydesk_journal::Models;
use copydesk_llm::{Remembered, Router, RouterOptions, Way};
use copydesk_store::Store;
use copydesk_store_memory::MemoryStore;
use serde_json::json;

use super::calls::{Book, call, config, options, spec};
use super::stub::{Answer, Stub, says, status};

/// Another process on the same folder.
fn started(store: &MemoryStore) -> Router {
    Router::new(RouterOptions {
        store: Some(Arc::new(store.clone())),
        ..options()
    })
}

fn refusals() -> [Answer; 2] {
    [
        status(400, r#"{"error":{"message":"json_schema is not supported"}}"#),
        status(400, r#"{"error":{"message":"tools are not supported"}}"#),
    ]
}

#[tokio::test]
async fn what_a_complaint_taught_is_known_after_a_restart() {
    let [schema, tools] = refusals();
    let stub = Stub::with(vec![schema, tools, says("{\"a\": 3}")]).await;
    let store = MemoryStore::new();
    let config = config(&stub.base_url);
    for tries in [3, 1, 1] {
        let reply = started(&store)
            .ask(call(vec![spec("m", config.clone())]), &Book::default())
            .await
            .unwrap();
        assert_eq!(reply.tries, tries);
    }
    let known = Remembered::of(&store.endpoints().await.unwrap()[0], &config).unwrap();
    assert_eq!((known.way(), known.report), (Way::Prompt, None));
}

#[tokio::test]
async fn what_a_probe_found_is_used_after_a_restart_and_a_complaint_keeps_its_report() {
    let [schema, tools] = refusals();
    let list = status(200, r#"{"data":[{"id":"test-model"}]}"#);
    let questions = says(r#"{"questions":[]}"#);
    let stream = status(400, r#"{"error":"stream is not supported"}"#);
    let no_seed = status(400, r#"{"error":"unknown field: seed"}"#);
    let stub = Stub::with(vec![
        list,
        schema,
        tools,
        questions.clone(),
        stream,
        questions.clone(),
        no_seed,
        says("{\"a\": 3}"),
    ])
    .await;
    let store = MemoryStore::new();
    let config = config(&stub.base_url);
    let report = started(&store)
        .probe(&spec("m", config.clone()), &Book::default())
        .await;
    assert_eq!(report.way, Some(Way::Prompt));
    let reply = started(&store)
        .ask(call(vec![spec("m", config.clone())]), &Book::watched())
        .await
        .unwrap();
    assert_eq!(
        reply.tries, 2,
        "one for the seed, none for schema, tools and stream"
    );
    assert_eq!(
        stub.seen()[6].body["response_format"],
        json!({"type": "json_object"})
    );
    let known = Remembered::of(&store.endpoints().await.unwrap()[0], &config).unwrap();
    assert_eq!(known.report, Some(report));
    assert!(!known.streams());
}

#[tokio::test]
async fn another_model_or_other_parameters_are_learnt_anew() {
    let [schema, tools] = refusals();
    let stub = Stub::with(vec![schema, tools, says("{\"a\": 3}")]).await;
    let store = MemoryStore::new();
    let config = config(&stub.base_url);
    started(&store)
        .ask(call(vec![spec("m", config.clone())]), &Book::default())
        .await
        .unwrap();
    let changed = [
        ModelConfig {
            model: "other".to_owned(),
            ..config.clone()
        },
        ModelConfig {
            query: BTreeMap::from([("api-version".to_owned(), "2".to_owned())]),
            ..config.clone()
        },
    ];
    for config in changed {
        let router = started(&store);
        router
            .ask(call(vec![spec("m", config)]), &Book::default())
            .await
            .unwrap();
        let last = stub.seen().last().unwrap().body["response_format"]["type"].clone();
        assert_eq!(last, "json_schema");
    }
}
