//! The hub with the bundled servers alone.

use std::collections::BTreeMap;

use copydesk_journal::{ToolError, ToolName, Tools};
use copydesk_store::StoreError;
use serde_json::json;

use crate::support::house;

#[tokio::test]
async fn patterns_decide_what_is_listed_and_called() {
    let house = house(BTreeMap::new(), &[]);
    let list = async |patterns: &[&str]| {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let tools = house.hub.list(&patterns).await?;
        Ok::<_, ToolError>(
            tools
                .into_iter()
                .map(|tool| tool.name.to_string())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        list(&["web/*", "archive/search"]).await.unwrap(),
        ["archive/search", "web/open", "web/read"]
    );
    assert_eq!(list(&[]).await.unwrap(), [""; 0]);
    assert_eq!(
        list(&["nobody/x"]).await.unwrap_err(),
        ToolError::ServerUnknown {
            server: "nobody".to_owned()
        }
    );
    let call = async |tool: &str, pattern: &str| {
        let name: ToolName = tool.parse().unwrap();
        house
            .hub
            .call(&name, json!({"query": "x"}), &[pattern.to_owned()])
            .await
    };
    assert!(call("archive/search", "archive/*").await.is_ok());
    assert!(matches!(
        call("archive/search", "archive/get").await,
        Err(ToolError::NotAllowed { .. })
    ));
    assert!(matches!(
        call("feeds/none", "feeds/*").await,
        Err(ToolError::Protocol { .. })
    ));
}

#[tokio::test]
async fn a_fault_of_our_own_store_is_no_answer_of_a_tool() {
    let house = house(BTreeMap::new(), &[]);
    let full = StoreError::DiskFull {
        place: "data/copydesk.db".to_owned(),
    };
    *house.shelf.fails.lock().unwrap() = Some(full.clone());
    let query = json!({"query": "x"});
    let called = house.try_call("archive/search", query.clone()).await;
    assert_eq!(called, Err(ToolError::Store(full)));
    let unread = StoreError::Inconsistent {
        table: "archive",
        column: "at",
        id: "7".to_owned(),
    };
    *house.shelf.fails.lock().unwrap() = Some(unread);
    let why = house.why("archive/search", query).await;
    assert!(
        why.contains("archive.at of 7"),
        "one row is the answer's own: {why}"
    );
}

#[tokio::test]
async fn what_only_code_may_give_is_not_in_the_listed_schema() {
    let house = house(BTreeMap::new(), &[]);
    let tools = house.hub.list(&["web/open".to_owned()]).await.unwrap();
    let schema = &tools[0].input_schema;
    assert_eq!(schema["required"], json!(["id"]));
    assert_eq!(schema.get("$defs"), None);
    assert_eq!(schema["additionalProperties"], false);
    assert!(
        schema["properties"].get("listed").is_none() && schema["properties"].get("id").is_some(),
        "{schema}"
    );
}

#[tokio::test]
async fn wrong_arguments_are_named() {
    let house = house(BTreeMap::new(), &[]);
    let why = house.why("archive/search", json!({"query": 3})).await;
    assert!(why.contains("query"), "{why}");
    let why = house.why("feeds/poll", json!({"address": "x"})).await;
    assert!(why.contains("address"), "{why}");
    let error = house
        .try_call("archive/search", json!("words"))
        .await
        .unwrap_err();
    assert!(matches!(error, ToolError::Protocol { .. }), "{error}");
}

#[tokio::test]
async fn closing_is_final() {
    let house = house(BTreeMap::new(), &[]);
    house.value("archive/search", json!({"query": "x"})).await;
    house.hub.close().await;
    assert!(
        house
            .try_call("archive/search", json!({"query": "x"}))
            .await
            .is_err()
    );
}
