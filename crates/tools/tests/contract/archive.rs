//! `archive` over a store.

use std::collections::BTreeMap;

use copydesk_domain::{ContentHash, Untrusted};
use copydesk_store::ArchiveRecord;
use serde_json::json;

use crate::support::house;

#[tokio::test]
async fn what_is_found_can_be_read() {
    let house = house(BTreeMap::new(), &[]);
    let text = "Prices fell by 3 percent.";
    let hash = ContentHash::of(text.as_bytes());
    house.shelf.archive.lock().unwrap().push(ArchiveRecord {
        hash,
        kind: "snapshot".to_owned(),
        title: Untrusted::new("Prices".to_owned()),
        url: "https://news.example/prices".to_owned(),
        at: Some("2026-08-20T10:00:00Z".parse().unwrap()),
        text: Untrusted::new(text.to_owned()),
    });
    let found = house
        .value("archive/search", json!({"query": "fell", "limit": 500}))
        .await;
    assert_eq!(found["hits"][0]["hash"], hash.to_string());
    assert_eq!(found["hits"][0]["at"], "2026-08-20T10:00:00Z");
    let whole = house
        .value("archive/get", json!({"hash": hash.to_string()}))
        .await;
    assert_eq!(whole["text"], text);
    let why = house
        .why("archive/get", json!({"hash": ContentHash::of(b"").to_string()}))
        .await;
    assert!(why.contains("holds nothing"), "{why}");
    assert!(
        house
            .why("archive/get", json!({"hash": "x"}))
            .await
            .contains("not a hash")
    );
}
