//! A bundled server as another MCP host meets it.

use std::collections::BTreeMap;

use copydesk_tools::serve_over;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::support::house;

#[tokio::test]
async fn a_host_lists_and_calls_and_gets_text_too() {
    let house = house(BTreeMap::new(), &[]);
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (read, write) = tokio::io::split(far);
    let serving = tokio::spawn(async move { serve_over("archive", &house.deps, read, write).await });
    let (read, mut write) = tokio::io::split(near);
    let mut lines = BufReader::new(read).lines();
    let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let messages = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "search", "arguments": {"query": "a"}}}),
    ];
    let mut answers: Vec<Value> = Vec::new();
    for message in messages {
        write.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        if message.get("id").is_some() {
            answers.push(serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap());
        }
    }
    assert_eq!(answers[0]["result"]["serverInfo"]["name"], "copydesk-archive");
    let names: Vec<&Value> = answers[1]["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["name"])
        .collect();
    assert_eq!(names, ["search", "get"]);
    assert_eq!(
        answers[1]["result"]["tools"][0]["annotations"]["readOnlyHint"],
        true
    );
    assert_eq!(answers[2]["result"]["structuredContent"], json!({"hits": []}));
    assert_eq!(answers[2]["result"]["content"][0]["text"], r#"{"hits":[]}"#);
    drop((write, lines));
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_unknown_server_is_named_with_those_there_are() {
    let house = house(BTreeMap::new(), &[]);
    let error = serve_over("mail", &house.deps, tokio::io::empty(), tokio::io::sink())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no bundled tool server `mail`; there are: archive, feeds, replies, web"
    );
}
