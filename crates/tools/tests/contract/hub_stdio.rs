//! Stdio servers that die, hang, babble and boast.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk_config::McpServerConfig;
use copydesk_journal::{ToolError, Tools};
use serde_json::json;

use crate::support::{House, PLANTED, Shelf, house_on};

/// The stand-in server in a folder of its own.
pub struct StandIn {
    pub folder: tempfile::TempDir,
}

impl StandIn {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn config(&self, description: &str) -> McpServerConfig {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/contract/stand_in.py");
        McpServerConfig {
            command: Some("python3".to_owned()),
            args: vec![
                script.display().to_string(),
                description.to_owned(),
                self.path().display().to_string(),
            ],
            env: BTreeMap::from([("OWN".to_owned(), "given".to_owned())]),
            timeout: jiff::SignedDuration::from_millis(400),
            ..McpServerConfig::default()
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A hub with this server, its tools trusted.
    pub async fn trusted(&self) -> House {
        let house = self.house(Arc::new(Shelf::default()), "Echoes.");
        house.hub.trust(Some("other")).await.unwrap();
        house
    }

    pub fn house(&self, store: Arc<Shelf>, description: &str) -> House {
        house_on(
            store,
            BTreeMap::from([("other".to_owned(), self.config(description))]),
            &[],
        )
    }

    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// Whether a process is there and is no zombie.
fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

async fn until(what: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        if what() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn what_a_server_was_given_is_blanked_where_it_says_why_it_failed() {
    let stand_in = StandIn::new();
    let mut config = stand_in.config(&format!("Echoes {PLANTED}."));
    config.env.insert("PLANTED".to_owned(), PLANTED.to_owned());
    let servers = BTreeMap::from([("other".to_owned(), config)]);
    let house = house_on(Arc::new(Shelf::default()), servers, &[]);
    house.hub.trust(Some("other")).await.unwrap();
    let specs = house.hub.list(&["other/*".to_owned()]).await.unwrap();
    let echo = specs.iter().find(|spec| spec.name.tool == "echo").unwrap();
    assert_eq!(echo.description, "Echoes ***.");
    for (tool, told) in [("fail", "it did not work***"), ("wrong", "no such argument***")] {
        let reply = house.call(&format!("other/{tool}"), json!({})).await;
        assert_eq!(reply.content.inspect(), &json!(told));
    }
    let result = house.value("other/env", json!({})).await;
    assert_eq!(result["PLANTED"], PLANTED, "a result is data, letter by letter");
    let error = house.try_call("other/die", json!({})).await.unwrap_err();
    assert!(
        matches!(error, ToolError::Closed { .. }) && error.to_string().contains("going down ***"),
        "{error}"
    );
    assert!(
        until(|| house
            .stderr
            .lock()
            .unwrap()
            .iter()
            .any(|line| line == "other: going down ***"))
        .await
    );
    house.hub.close().await;
}

#[tokio::test]
async fn a_server_that_fails_at_its_start_tells_no_secret() {
    let config = McpServerConfig {
        command: Some("sh".to_owned()),
        args: vec!["-c".to_owned(), "echo bad key $PLANTED >&2; exit 1".to_owned()],
        env: BTreeMap::from([("PLANTED".to_owned(), PLANTED.to_owned())]),
        timeout: jiff::SignedDuration::from_secs(5),
        ..McpServerConfig::default()
    };
    let house = house_on(
        Arc::default(),
        BTreeMap::from([("other".to_owned(), config)]),
        &[],
    );
    let error = house.try_call("other/echo", json!({})).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("bad key ***") && !text.contains(PLANTED), "{text}");
    let failed = house.hub.inspect_server("other").await.unwrap().failed;
    assert!(failed[0].to_string().contains("bad key ***"), "{failed:?}");
    house.hub.close().await;
}

#[tokio::test]
async fn a_session_is_opened_once_and_shared() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let calls = (0..8).map(|n| house.value("other/echo", json!({ "n": n })));
    let replies = futures::future::join_all(calls).await;
    assert_eq!(replies[7], json!({ "n": 7 }));
    assert_eq!(house.value("other/text", json!({})).await, json!("one\ntwo"));
    assert_eq!(stand_in.lines("starts").len(), 1);
    house.hub.close().await;
}

#[tokio::test]
async fn stages_that_begin_within_a_second_ask_for_the_tools_once_unless_they_have_changed() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let list = || async { house.hub.list(&["other/*".to_owned()]).await.unwrap().len() };
    let asked = || stand_in.lines("lists").len();
    let before = asked();
    assert_eq!((list().await, list().await), (14, 14));
    assert!(asked() <= before + 1, "{} after {before}", asked());
    let before = asked();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(list().await, 14);
    assert_eq!(asked(), before + 1, "a second is over");
    house.value("other/rename", json!({})).await;
    let listed = house.hub.list(&["other/*".to_owned()]).await;
    assert!(
        matches!(listed, Err(ToolError::NotTrusted { .. })),
        "the server said that they have changed, and one has: {listed:?}"
    );
    house.hub.close().await;
}

#[tokio::test]
async fn a_server_that_dies_in_a_call_is_closed_and_the_call_is_not_sent_again() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let start = Instant::now();
    let error = house.try_call("other/die", json!({})).await.unwrap_err();
    assert!(
        start.elapsed() < Duration::from_millis(390),
        "{:?}",
        start.elapsed()
    );
    assert!(!error.is_transient(), "it may have acted: {error}");
    let ToolError::Closed { reason, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        reason.contains("exit status: 3") && reason.contains("going down"),
        "{reason}"
    );
    assert_eq!(house.value("other/echo", json!({"a": 1})).await, json!({"a": 1}));
    assert_eq!(stand_in.lines("calls"), ["die", "echo"]);
    assert_eq!(stand_in.lines("starts").len(), 2);
    assert!(
        house
            .stderr
            .lock()
            .unwrap()
            .iter()
            .any(|line| line == "other: going down")
    );
    house.hub.close().await;
}

#[tokio::test]
async fn a_call_without_answer_ends_at_its_timeout_and_a_server_that_answers_pings_stays() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let error = house.try_call("other/hang", json!({})).await.unwrap_err();
    assert_eq!(
        error,
        ToolError::Timeout {
            tool: "other/hang".to_owned(),
            timeout_ms: 400,
            is_repeatable: false
        }
    );
    house.value("other/echo", json!({})).await;
    assert_eq!(stand_in.lines("starts").len(), 1);
    house.hub.close().await;
}

#[tokio::test]
async fn a_server_that_is_stuck_is_killed_and_started_anew() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let error = house.try_call("other/stuck", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::Timeout { .. }), "{error}");
    house.value("other/echo", json!({})).await;
    let starts = stand_in.lines("starts");
    assert_eq!(starts.len(), 2);
    assert!(until(|| !is_alive(&starts[0])).await);
    assert_eq!(stand_in.lines("calls"), ["stuck", "echo"]);
    house.hub.close().await;
}

#[tokio::test]
async fn a_late_answer_disturbs_nobody() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    assert!(house.try_call("other/late", json!({})).await.is_err());
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(house.value("other/echo", json!({"b": 2})).await, json!({"b": 2}));
    assert_eq!(stand_in.lines("starts").len(), 1);
    house.hub.close().await;
}

#[tokio::test]
async fn garbage_between_messages_is_read_over() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    assert_eq!(
        house.value("other/garbage", json!({})).await,
        json!("after the garbage")
    );
    house.hub.close().await;
}

#[tokio::test]
async fn answers_that_are_no_results_and_results_that_are_too_large_are_errors() {
    let stand_in = StandIn::new();
    let mut house = stand_in.trusted().await;
    for tool in ["other/broken", "other/huge"] {
        let error = house.try_call(tool, json!({})).await.unwrap_err();
        assert!(
            matches!(error, ToolError::Protocol { .. } | ToolError::Timeout { .. }),
            "{tool}: {error}"
        );
    }
    house.value("other/echo", json!({})).await;
    house.hub.close().await;
    house = stand_in.trusted().await;
    let error = house.try_call("other/nothing", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("no such tool"), "{error}");
    house.hub.close().await;
}

#[tokio::test]
async fn failures_that_the_tool_reports_are_replies() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let reply = house.call("other/fail", json!({})).await;
    assert!(reply.is_error);
    assert_eq!(reply.content.inspect(), &json!("it did not work"));
    let reply = house.call("other/wrong", json!({})).await;
    assert!(reply.is_error);
    assert_eq!(reply.content.inspect(), &json!("no such argument"));
    house.hub.close().await;
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test compares its own environment with that of the child"
)]
async fn a_server_sees_only_the_environment_that_it_is_given() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let env = house.value("other/env", json!({})).await;
    assert_eq!(env["OWN"], "given");
    assert!(env.get("PATH").is_some());
    // Cargo sets some of these for every test; a wrapper around python3 may add others of its own.
    let ours = env
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| name.starts_with("CARGO") || name.starts_with("RUST"));
    assert_eq!(ours.count(), 0, "{env}");
    assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")));
    house.hub.close().await;
}

#[tokio::test]
async fn closing_leaves_no_process_behind() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let grandchild = house.value("other/fork", json!({})).await["pid"].to_string();
    let server = stand_in.lines("starts")[0].clone();
    assert!(is_alive(&grandchild) && is_alive(&server));
    house.hub.close().await;
    assert!(until(|| !is_alive(&grandchild) && !is_alive(&server)).await);
    let error = house.try_call("other/echo", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::Closed { .. }), "{error}");
}

#[tokio::test]
async fn dropping_the_hub_leaves_no_process_behind() {
    let stand_in = StandIn::new();
    let house = stand_in.trusted().await;
    let grandchild = house.value("other/fork", json!({})).await["pid"].to_string();
    let server = stand_in.lines("starts")[0].clone();
    drop(house);
    assert!(until(|| !is_alive(&grandchild) && !is_alive(&server)).await);
}

#[tokio::test]
async fn closing_does_not_wait_for_a_server_that_is_still_starting() {
    let silent = McpServerConfig {
        command: Some("sleep".to_owned()),
        args: vec!["60".to_owned()],
        ..McpServerConfig::default()
    };
    let house = house_on(
        Arc::new(Shelf::default()),
        BTreeMap::from([("silent".to_owned(), silent)]),
        &[],
    );
    let start = Instant::now();
    let call = house.try_call("silent/x", json!({}));
    let close = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        house.hub.close().await;
    };
    let (error, ()) = tokio::join!(call, close);
    assert!(matches!(error, Err(ToolError::Closed { .. })), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    let missing = McpServerConfig {
        command: Some("no-such-program-here".to_owned()),
        ..McpServerConfig::default()
    };
    let loud = McpServerConfig {
        command: Some("sh".to_owned()),
        args: vec!["-c".to_owned(), "echo no licence >&2; exit 9".to_owned()],
        ..McpServerConfig::default()
    };
    let neither = McpServerConfig::default();
    let servers = [("missing", missing), ("loud", loud), ("neither", neither)];
    let servers = servers.map(|(name, config)| (name.to_owned(), config));
    let house = house_on(Arc::new(Shelf::default()), servers.into(), &[]);
    let why = async |server: &str| {
        house
            .try_call(&format!("{server}/x"), json!({}))
            .await
            .unwrap_err()
            .to_string()
    };
    assert!(
        why("missing").await.contains("No such file"),
        "{}",
        why("missing").await
    );
    assert!(why("loud").await.contains("no licence"), "{}", why("loud").await);
    assert!(
        why("neither").await.contains("`command` or `url`"),
        "{}",
        why("neither").await
    );
    let failed = house.hub.inspect().await.unwrap().failed;
    assert_eq!(failed.len(), 3);
    assert!(failed.iter().all(ToolError::is_transient));
}

#[tokio::test]
async fn a_configured_server_cannot_take_the_place_of_a_bundled_one() {
    let stand_in = StandIn::new();
    let servers = BTreeMap::from([("feeds".to_owned(), stand_in.config("Echoes."))]);
    let house = house_on(Arc::new(Shelf::default()), servers, &[]);
    let tools = house.hub.list(&["feeds/*".to_owned()]).await.unwrap();
    assert_eq!(tools.len(), 1);
    assert_eq!(tools[0].name.tool, "poll");
    assert!(stand_in.lines("starts").is_empty());
}
