//! What each hostile server is asked, and what has to come of it.

use std::time::Duration;

use copydesk_journal::{ToolName, Tools};
use serde_json::json;

use crate::{Bench, word};

/// What a call of a server may come to.
const ENDS: &[(&str, &[&str])] = &[
    ("mcp-crash-start", &["not_started"]),
    ("mcp-crash-mid-call", &["closed"]),
    ("mcp-hang-start", &["not_started"]),
    ("mcp-zombie-child", &["ok"]),
    ("mcp-stderr-flood", &["ok"]),
    ("mcp-stdout-noise", &["ok"]),
    ("mcp-stdout-binary", &["ok", "closed", "timeout"]),
    ("mcp-line-100mb", &["closed", "timeout"]),
    ("mcp-half-message", &["timeout"]),
    ("mcp-bad-utf8", &["ok", "closed", "timeout", "protocol"]),
    ("mcp-wrong-version", &["ok", "not_started"]),
    ("mcp-wrong-id", &["timeout"]),
    ("mcp-late-answer", &["timeout"]),
    ("mcp-sampling-request", &["ok"]),
    ("mcp-elicit-request", &["ok"]),
    ("mcp-roots-request", &["ok"]),
    ("mcp-batch-1000", &["ok", "timeout"]),
    ("mcp-huge-list", &["not_started"]),
    ("mcp-huge-result", &["closed", "timeout", "protocol"]),
    ("mcp-resource-link", &["ok"]),
    ("mcp-embedded-resource", &["ok"]),
    ("mcp-structured-mismatch", &["ok", "protocol"]),
    ("mcp-is-error", &["tool_error"]),
    ("mcp-error-code", &["tool_error"]),
];

/// Time for a call: a gigabyte on stderr takes a while, all else is at once or never.
pub fn timeout(id: &str) -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(if id == "mcp-stderr-flood" { 30 } else { 2 })
}

/// A server that fails: the call ends with a name for what happened.
pub async fn fault(bench: &Bench) {
    let id = bench.id.as_str();
    let ends = ENDS.iter().find(|(known, _)| *known == id);
    let ends = ends.unwrap_or_else(|| panic!("{id} is not known here")).1;
    let house = bench.house();
    // A server that does not get as far as its list cannot be trusted, and says why where it is called.
    let trusted = house.hub.trust(Some("bad")).await;
    let result = house.try_call("bad/act", json!({})).await;
    let end = word(&result);
    assert!(ends.contains(&end), "{id}: {end}: {result:?}; trust: {trusted:?}");
    match &result {
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains("bad") && said.len() < 1_500, "{id}: {said}");
        }
        Ok(reply) => {
            let content = reply.content.inspect().to_string();
            assert!(content.len() < 5_000, "{id}: {} bytes", content.len());
            assert!(
                !content.contains("root:"),
                "{id}: a link is no reading: {content}"
            );
        }
    }
    if id == "mcp-late-answer" {
        // Its answer comes to nobody, and the next question gets its own.
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(house.value("bad/second", json!({})).await, json!("done"));
    }
    if matches!(id, "mcp-sampling-request" | "mcp-elicit-request") {
        let answers = bench.lines("answers").join("\n");
        let is_refused = answers.contains("\"error\"") || answers.contains("\"decline\"");
        assert!(is_refused && !answers.contains("accept"), "{id}: {answers}");
    }
    if id == "mcp-roots-request" {
        assert!(!bench.lines("answers").join("\n").contains("file:"), "{id}");
    }
    bench.end(&house).await;
}

/// A server that a person trusted and that is another now.
pub async fn pin(bench: &Bench) {
    let id = bench.id.as_str();
    let house = bench.house();
    house.hub.trust(Some("bad")).await.unwrap();
    assert_eq!(word(&house.try_call("bad/act", json!({})).await), "ok", "{id}");
    let house = if id == "mcp-rug-new-tool" {
        // This one changes while the session lasts, and says so.
        bench.turn();
        tokio::time::sleep(Duration::from_millis(500)).await;
        house
    } else {
        house.hub.close().await;
        bench.turn();
        bench.house()
    };
    let calls = bench.lines("calls").len();
    let all = ["bad/*".to_owned()];
    let (asked, ends) = match id {
        "mcp-rug-order" => ("act", "ok"),
        "mcp-rug-removed-tool" => ("act", "protocol"),
        "mcp-rug-new-tool" => ("extra", "not_trusted"),
        "mcp-rug-name-case" => ("Act", "not_trusted"),
        "mcp-rug-homoglyph" => ("\u{430}ct", "not_trusted"),
        "mcp-rug-description" | "mcp-rug-schema" | "mcp-rug-annotations" | "mcp-rug-whitespace" => {
            ("act", "not_trusted")
        }
        other => panic!("{other} is not known here"),
    };
    let result = house.try_call(&format!("bad/{asked}"), json!({})).await;
    assert_eq!(word(&result), ends, "{id}: {result:?}");
    let made = bench.lines("calls").len() - calls;
    assert_eq!(
        made,
        usize::from(ends == "ok"),
        "{id}: calls that reached the server"
    );
    // A stage that lists all of the server's tools waits for a person before it begins.
    let listed = house.hub.list(&all).await.map(|tools| tools.len());
    let waits = matches!(listed, Err(copydesk_journal::ToolError::NotTrusted { .. }));
    assert_eq!(waits, ends == "not_trusted", "{id}: {listed:?}");
    if ends == "not_trusted" {
        house.hub.trust(Some("bad")).await.unwrap();
        let result = house.try_call(&format!("bad/{asked}"), json!({})).await;
        assert_eq!(word(&result), "ok", "{id}: {result:?}");
    }
    bench.end(&house).await;
}

/// A server whose words are orders: they are data, bounded, and nothing else is called.
pub async fn poison(bench: &Bench) {
    let id = bench.id.as_str();
    let house = bench.house();
    house.hub.trust(Some("bad")).await.unwrap();
    let stage = ["bad/act".to_owned()];
    let offered = house.hub.list(&stage).await.unwrap();
    assert_eq!(offered.len(), 1, "{id}: a model is offered what the stage lists");
    let is_hidden =
        |sign: char| (sign.is_control() && sign != '\n') || ('\u{e0000}'..='\u{e007f}').contains(&sign);
    let told = house.hub.inspect_server("bad").await.unwrap().tools;
    let descriptions = told.iter().map(|tool| &tool.description);
    for description in descriptions.chain([&offered[0].description]) {
        assert!(!description.contains(is_hidden), "{id}: {description:?}");
        assert!(description.chars().count() <= 4_001, "{id}");
    }
    let result = house
        .hub
        .call(&ToolName::new("bad", "act"), json!({}), &stage)
        .await;
    let end = if id == "mcp-poison-error" {
        "tool_error"
    } else {
        "ok"
    };
    assert_eq!(word(&result), end, "{id}: {result:?}");
    let refused = house
        .hub
        .call(&ToolName::new("bad", "publish"), json!({}), &stage)
        .await;
    assert_eq!(word(&refused), "not_allowed", "{id}");
    assert_eq!(bench.lines("calls"), ["act"], "{id}: nothing else was called");
    bench.end(&house).await;
}
