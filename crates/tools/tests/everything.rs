//! The hub against a server that others wrote: npm's `@modelcontextprotocol/server-everything`, over stdio and over
//! streamable HTTP.

#[expect(dead_code, reason = "the other test program uses the rest")]
#[path = "contract/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use copydesk_config::McpServerConfig;
use copydesk_journal::{ToolError, Tools};
use serde_json::{Value, json};

use support::{House, house};

const PACKAGE: &str = "@modelcontextprotocol/server-everything";
const VERSION: &str = "2026.8.31";

/// The program of the server, installed below the target folder; `None` without npm.
fn program(test: &str) -> Option<PathBuf> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(install);
    if program.is_none() {
        println!("skipped: {test}: no npm");
    }
    program.clone()
}

fn install() -> Option<PathBuf> {
    Command::new("npm")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../third-party");
    let package = folder.join("node_modules").join(PACKAGE);
    let has_version = std::fs::read_to_string(package.join("package.json")).is_ok_and(|text| {
        serde_json::from_str::<Value>(&text).is_ok_and(|about| about["version"] == VERSION)
    });
    if !has_version {
        std::fs::create_dir_all(&folder).unwrap();
        let output = Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
                "--prefix",
            ])
            .arg(&folder)
            .arg(format!("{PACKAGE}@{VERSION}"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Some(package.join("dist/index.js"))
}

async fn trusted(config: McpServerConfig) -> House {
    let house = house(BTreeMap::from([("every".to_owned(), config)]), &[]);
    house.hub.trust(Some("every")).await.unwrap();
    house
}

fn over_stdio(program: &Path, timeout_ms: i64) -> McpServerConfig {
    McpServerConfig {
        command: Some("node".to_owned()),
        args: vec![program.display().to_string(), "stdio".to_owned()],
        timeout: jiff::SignedDuration::from_millis(timeout_ms),
        ..McpServerConfig::default()
    }
}

/// The server over HTTP; ends with this value.
struct Remote {
    process: Child,
    port: u16,
}

impl Remote {
    #[expect(
        clippy::disallowed_methods,
        reason = "finds a free port for a server of others"
    )]
    fn start(program: &Path, port: Option<u16>) -> Self {
        let port = port.unwrap_or_else(|| {
            TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port()
        });
        let mut process = Command::new("node")
            .arg(program)
            .arg("streamableHttp")
            .env("PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("listening")));
        // The pipe stays open for what the server says later.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port }
    }

    fn config(&self, timeout_ms: i64) -> McpServerConfig {
        McpServerConfig {
            url: Some(format!("http://127.0.0.1:{}/mcp", self.port)),
            headers: BTreeMap::from([("X-Desk".to_owned(), "1".to_owned())]),
            timeout: jiff::SignedDuration::from_millis(timeout_ms),
            ..McpServerConfig::default()
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn exercise(house: &House) {
    let tools = house.hub.list(&["every/*".to_owned()]).await.unwrap();
    assert!(tools.len() >= 10, "{}", tools.len());
    let echo = house.value("every/echo", json!({"message": "hello"})).await;
    assert!(echo.as_str().unwrap().contains("hello"), "{echo}");
    let sum = house.value("every/get-sum", json!({"a": 2, "b": 40})).await;
    assert!(sum.as_str().unwrap().contains("42"), "{sum}");
    let weather = house
        .value("every/get-structured-content", json!({"location": "Chicago"}))
        .await;
    assert!(weather["temperature"].is_number(), "{weather}");
    assert!(house.call("every/get-sum", json!({"a": "many"})).await.is_error);
    let environment = house.value("every/get-env", json!({})).await;
    assert!(environment.get("PATH").is_some(), "{environment}");
    let calls = (0..10).map(|n| house.value("every/get-sum", json!({"a": n, "b": n})));
    for (n, sum) in futures::future::join_all(calls).await.into_iter().enumerate() {
        assert!(sum.as_str().unwrap().contains(&(2 * n).to_string()), "{sum}");
    }
}

#[tokio::test]
async fn everything_over_stdio() {
    let Some(program) = program("everything_over_stdio") else {
        return;
    };
    let house = trusted(over_stdio(&program, 10_000)).await;
    exercise(&house).await;
    let environment = house.value("every/get-env", json!({})).await;
    assert!(
        environment
            .as_object()
            .unwrap()
            .keys()
            .all(|name| !name.starts_with("CARGO")),
        "{environment}"
    );
    let start = Instant::now();
    house.hub.close().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn everything_over_http() {
    let Some(program) = program("everything_over_http") else {
        return;
    };
    let remote = Remote::start(&program, None);
    let house = trusted(remote.config(10_000)).await;
    exercise(&house).await;
    house.hub.close().await;
}

#[tokio::test]
async fn a_long_call_ends_at_its_timeout_and_its_late_messages_disturb_nobody() {
    let test = "a_long_call_ends_at_its_timeout_and_its_late_messages_disturb_nobody";
    let Some(program) = program(test) else { return };
    let house = trusted(over_stdio(&program, 700)).await;
    let error = house
        .try_call(
            "every/trigger-long-running-operation",
            json!({"duration": 2, "steps": 8}),
        )
        .await;
    assert!(matches!(error, Err(ToolError::Timeout { .. })), "{error:?}");
    for _ in 0..3 {
        house.value("every/echo", json!({"message": "still here"})).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    house.hub.close().await;
}

#[tokio::test]
async fn a_remote_server_that_was_restarted_is_found_again() {
    let test = "a_remote_server_that_was_restarted_is_found_again";
    let Some(program) = program(test) else { return };
    let remote = Remote::start(&program, None);
    let port = remote.port;
    let house = trusted(remote.config(1_500)).await;
    house.value("every/echo", json!({"message": "one"})).await;
    let long = house.try_call(
        "every/trigger-long-running-operation",
        json!({"duration": 30, "steps": 3}),
    );
    let kill = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(remote);
    };
    let (error, ()) = tokio::join!(long, kill);
    assert!(error.as_ref().is_err_and(ToolError::is_transient), "{error:?}");
    assert!(
        house
            .try_call("every/echo", json!({"message": "two"}))
            .await
            .is_err()
    );
    let _restarted = Remote::start(&program, Some(port));
    house.value("every/echo", json!({"message": "three"})).await;
    house.hub.close().await;
}

#[tokio::test]
async fn a_session_that_the_restarted_server_does_not_know_is_replaced_at_the_next_call() {
    let test = "a_session_that_the_restarted_server_does_not_know_is_replaced_at_the_next_call";
    let Some(program) = program(test) else { return };
    let remote = Remote::start(&program, None);
    let port = remote.port;
    let house = trusted(remote.config(1_500)).await;
    house.value("every/echo", json!({"message": "one"})).await;
    drop(remote);
    let _restarted = Remote::start(&program, Some(port));
    // The old session may cost one call, which is never sent again by the hub itself.
    let first = house.try_call("every/echo", json!({"message": "two"})).await;
    assert!(
        first.as_ref().err().is_none_or(ToolError::is_transient),
        "{first:?}"
    );
    house.value("every/echo", json!({"message": "three"})).await;
    house.hub.close().await;
}
