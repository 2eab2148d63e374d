//! Probes.

use copydesk_llm::{Check, Router, RouterOptions};
use serde_json::json;

use super::calls::{config, embedded, options, router, spec};
use super::stub::{Stub, message, says, status};

#[tokio::test]
async fn the_embedded_model_can_do_everything() {
    let router = Router::new(RouterOptions {
        embedded: super::embedded::running().await,
        ..options()
    });
    let report = router.probe(&embedded()).await;
    assert!(report.has_price);
    assert_eq!((report.reachable, report.listed), (Check::Yes, Check::Yes));
    assert_eq!((report.json, report.tool_calls), (Check::Yes, Check::Yes));
}

#[tokio::test]
async fn each_ability_is_told_apart() {
    let list = status(200, r#"{"data":[{"id":"another-model"}]}"#);
    let stub = Stub::with(vec![list, says(r#"{"questions":[]}"#), says(r#"{"useful":[]}"#)]).await;
    let report = router().probe(&spec("m", config(&stub.base_url))).await;
    assert_eq!(report.reachable, Check::Yes);
    assert!(matches!(report.listed, Check::No { .. }));
    assert_eq!(report.json, Check::Yes);
    assert!(matches!(report.tool_calls, Check::No { .. }));
    assert_eq!(stub.seen()[0].path, "/v1/models");
}

#[tokio::test]
async fn an_endpoint_without_a_list_is_still_asked() {
    let call =
        json!([{"id": "c", "function": {"name": "archive__search", "arguments": "{\"query\":\"v\"}"}}]);
    let call = message(&json!({"role": "assistant", "tool_calls": call}), "tool_calls");
    let stub = Stub::with(vec![status(404, ""), says(r#"{"questions":[]}"#), call]).await;
    let report = router().probe(&spec("m", config(&stub.base_url))).await;
    assert!(matches!(report.listed, Check::Unknown { .. }));
    assert_eq!((report.json, report.tool_calls), (Check::Yes, Check::Yes));
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_said_so() {
    let report = router().probe(&spec("m", config("http://127.0.0.1:1/v1"))).await;
    assert!(matches!(report.reachable, Check::No { .. }));
    assert!(matches!(report.json, Check::Unknown { .. }));
}
