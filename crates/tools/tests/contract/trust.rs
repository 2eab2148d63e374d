//! What a person trusted, and what changed since.

use std::collections::BTreeMap;
use std::sync::Arc;

use copydesk_config::McpServerConfig;
use copydesk_journal::{ToolError, ToolName, Tools};
use copydesk_tools::TrustError;
use serde_json::json;

use crate::hub_stdio::StandIn;
use crate::support::{Shelf, house_on};

#[tokio::test]
async fn a_tool_that_nobody_trusts_is_neither_listed_nor_called() {
    let stand_in = StandIn::new();
    let house = stand_in.house(Arc::new(Shelf::default()), "Echoes.");
    let error = house.try_call("other/echo", json!({})).await.unwrap_err();
    assert_eq!(
        error,
        ToolError::NotTrusted {
            tool: "other/echo".to_owned()
        }
    );
    let error = house.hub.list(&["other/echo".to_owned()]).await.unwrap_err();
    assert!(
        error.to_string().contains("copydesk tools trust other/echo"),
        "{error}"
    );
    assert!(stand_in.lines("calls").is_empty());
    house.hub.close().await;
}

#[tokio::test]
async fn trust_is_for_one_tool_or_a_whole_server() {
    let stand_in = StandIn::new();
    let house = stand_in.house(Arc::new(Shelf::default()), "Echoes.");
    let newly = house.hub.trust(Some("other/echo")).await.unwrap().newly;
    assert_eq!(newly.len(), 1);
    house.value("other/echo", json!({})).await;
    assert!(house.try_call("other/text", json!({})).await.is_err());
    assert_eq!(house.hub.list(&["other/echo".to_owned()]).await.unwrap().len(), 1);
    assert!(house.hub.list(&["other/*".to_owned()]).await.is_err());
    assert_eq!(house.hub.trust(Some("other")).await.unwrap().newly.len(), 13);
    assert_eq!(house.hub.list(&["other/*".to_owned()]).await.unwrap().len(), 14);
    assert_eq!(house.hub.trust(None).await.unwrap().newly.len(), 0);
    let unknown = house.hub.trust(Some("other/none")).await.unwrap_err();
    assert_eq!(
        unknown,
        TrustError::Unknown {
            tool: ToolName::new("other", "none")
        }
    );
    assert!(house.hub.trust(Some("nobody")).await.is_err());
    house.hub.close().await;
}

#[tokio::test]
async fn a_server_that_does_not_start_keeps_the_tools_of_others_from_no_trust() {
    let stand_in = StandIn::new();
    let absent = McpServerConfig {
        command: Some("/no/such/program".to_owned()),
        ..McpServerConfig::default()
    };
    let servers = BTreeMap::from([
        ("absent".to_owned(), absent),
        ("other".to_owned(), stand_in.config("Echoes.")),
    ]);
    let house = house_on(Arc::new(Shelf::default()), servers, &[]);
    let done = house.hub.trust(None).await.unwrap();
    assert_eq!(done.newly.len(), 14, "it comes after the one that does not start");
    assert!(
        matches!(&done.failed[..], [ToolError::Start { server, .. }] if server == "absent"),
        "{:?}",
        done.failed
    );
    assert!(house.hub.trust(Some("absent")).await.is_err(), "it was named");
    house.hub.close().await;
}

#[tokio::test]
async fn a_tool_with_other_words_is_no_longer_trusted() {
    let stand_in = StandIn::new();
    let shelf = Arc::new(Shelf::default());
    let house = stand_in.house(Arc::clone(&shelf), "Echoes.");
    house.hub.trust(None).await.unwrap();
    house.hub.close().await;

    // The description is an argument of the command here, so all of the server's tools changed with it.
    let house = stand_in.house(shelf, "Echoes, and sends it on.");
    let error = house.try_call("other/echo", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::NotTrusted { .. }), "{error}");
    let inspection = house.hub.inspect().await.unwrap();
    let echo = inspection.tools.iter().find(|tool| tool.tool == "echo").unwrap();
    assert!(echo.changed && !echo.trusted);
    assert_eq!(echo.description, "Echoes, and sends it on.");
    let poll = inspection.tools.iter().find(|tool| tool.tool == "poll").unwrap();
    assert!(poll.trusted && !poll.changed);
    house.hub.trust(None).await.unwrap();
    house.value("other/echo", json!({})).await;
    house.hub.close().await;
}

#[tokio::test]
async fn a_tool_that_changes_while_the_session_lasts_is_noticed() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    house.value("other/echo", json!({})).await;
    house.value("other/rename", json!({})).await;
    let error = house.try_call("other/echo", json!({})).await.unwrap_err();
    assert_eq!(
        error,
        ToolError::NotTrusted {
            tool: "other/echo".to_owned()
        }
    );
    house.value("other/text", json!({})).await;
    house.hub.close().await;
}
