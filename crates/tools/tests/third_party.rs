//! Servers of other people's making, each for real: PyPI `mcp-server-fetch` and `mcp-server-time`, npm
//! `@playwright/mcp` with Debian's Chromium.

#[expect(dead_code, reason = "the other test program uses the rest")]
#[path = "contract/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use copydesk_config::McpServerConfig;
use serde_json::json;

use support::{Corpus, House, house};

/// A program below the folder that `cargo xtask verify` installs into; says which test is skipped where it is not there.
fn third_party(test: &str, path: &str) -> Option<PathBuf> {
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("../third-party")
        .join(path);
    if program.is_file() {
        return program.canonicalize().ok().map(|_| program);
    }
    println!("skipped: {test}: no {path}; `cargo xtask verify` installs it where it can");
    None
}

async fn trusted(name: &str, program: PathBuf, args: &[&str]) -> House {
    let config = McpServerConfig {
        command: Some(program.display().to_string()),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        timeout: jiff::SignedDuration::from_secs(60),
        ..McpServerConfig::default()
    };
    let house = house(BTreeMap::from([(name.to_owned(), config)]), &[]);
    house.hub.trust(Some(name)).await.unwrap();
    house
}

#[tokio::test]
async fn the_time_server_tells_a_time_in_two_zones() {
    let test = "the_time_server_tells_a_time_in_two_zones";
    let Some(program) = third_party(test, "python/bin/mcp-server-time") else {
        return;
    };
    let house = trusted("time", program, &["--local-timezone", "Europe/Berlin"]).await;
    let arguments =
        json!({ "source_timezone": "Europe/Berlin", "time": "05:00", "target_timezone": "Asia/Tokyo" });
    let told = house.value("time/convert_time", arguments).await.to_string();
    assert!(told.contains("Asia/Tokyo") && told.contains("05:00:00"), "{told}");
    let wrong = json!({ "timezone": "Nowhere/Land" });
    assert!(house.call("time/get_current_time", wrong).await.is_error);
    house.hub.close().await;
}

#[tokio::test]
async fn the_fetch_server_reads_a_page_and_refuses_this_machine_unless_told() {
    let test = "the_fetch_server_reads_a_page_and_refuses_this_machine_unless_told";
    let Some(program) = third_party(test, "python/bin/mcp-server-fetch") else {
        return;
    };
    let Some(corpus) = Corpus::start(test, &["--now", "2026-08-20T23:00:00Z"]) else {
        return;
    };
    let page = json!({ "url": format!("{}/feeds.opml", corpus.base), "raw": true });
    let house = trusted("fetch", program.clone(), &["--ignore-robots-txt"]).await;
    let refused = house.call("fetch/fetch", page.clone()).await;
    assert!(refused.is_error, "{}", refused.content.inspect());
    house.hub.close().await;
    let open = ["--ignore-robots-txt", "--allow-private-ips"];
    let house = trusted("fetch", program, &open).await;
    let told = house.value("fetch/fetch", page).await.to_string();
    assert!(told.contains("outline"), "{told}");
    house.hub.close().await;
}
