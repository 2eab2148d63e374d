//! A task that is pinned to this machine, with every connection of the program written down.

use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{BINARY, Corpus, Desk, EVENING, text, word, wrapped};
use crate::stub::Stub;

/// The addresses of a trace of `connect`, without those of sockets of this machine's files.
fn dialled(trace: &str) -> Vec<String> {
    let lines = trace
        .lines()
        .filter(|line| line.contains("connect(") && line.contains("AF_INET"));
    let inside = lines.filter(|line| !line.contains("127.0.0.1") && !line.contains("\"::1\""));
    inside.map(str::to_owned).collect()
}

/// Runs the binary with every dial written down, among proxies that it must not use.
fn traced(desk: &Desk, arguments: &[&str]) -> (Output, String) {
    let trace = desk.dir().join("connects");
    let dir = desk.dir().to_str().unwrap().to_owned();
    let path = trace.to_str().unwrap();
    let mut words = vec!["-f", "-qq", "-e", "trace=connect", "-o", path, BINARY, "-C", &dir];
    words.extend(arguments);
    let output = wrapped("strace", &words)
        .env("HTTP_PROXY", "http://192.0.2.8:3128")
        .env("ALL_PROXY", "http://192.0.2.8:3128")
        .output()
        .unwrap();
    (output, std::fs::read_to_string(&trace).unwrap())
}

#[test]
fn a_pinned_task_whose_local_model_fails_reaches_no_other_host() {
    let test = "a_pinned_task_whose_local_model_fails_reaches_no_other_host";
    if wrapped("strace", &["-V"]).output().is_err() {
        println!("skipped: {test}: no strace");
        return;
    }
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let failing = Stub::scripted(
        Duration::ZERO,
        Box::new(|_| Some((503, json!({ "error": "down" })))),
    );
    let desk = Desk::of_corpus(&corpus, "24h");
    // An address of nobody (RFC 5737), so that a dial is seen and goes nowhere.
    let models = format!(
        "[models.here]\nbase_url = \"http://{}/v1\"\nmodel = \"m\"\nlocal_only = true\ntimeout = \"2s\"\n\
         [models.away]\nbase_url = \"http://192.0.2.7:8080/v1\"\nmodel = \"m\"\nfree = true\ntimeout = \"2s\"\n",
        failing.host()
    );
    desk.replace("config.toml", "[models]\n", &format!("{models}\n"));
    desk.replace(
        "config.toml",
        "default = [\"embedded\"]",
        "default = [\"here\", \"away\"]",
    );
    let (output, seen) = traced(&desk, &["run", "daily", "--now", EVENING, "--json"]);
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        run["waiting_for"],
        json!(["model"]),
        "{run} {}",
        text(&output.stderr)
    );
    assert!(
        !failing.calls().is_empty() && seen.contains("127.0.0.1"),
        "the local model was asked: {seen}"
    );
    assert_eq!(dialled(&seen), Vec::<String>::new());
    // Also where a person has the rest of the run answered elsewhere.
    let id = word(&run, "run");
    desk.json(0, &["retry", id, "--route", "away"]);
    let (output, seen) = traced(&desk, &["run", "daily", "--now", EVENING, "--json"]);
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(run["waiting_for"], json!(["model"]), "{run}");
    assert_eq!(dialled(&seen), Vec::<String>::new());
    // The same trace does show the other host where nothing pins the task.
    desk.replace("config.toml", "local_only = true\n", "");
    let (_, seen) = traced(&desk, &["run", "daily", "--now", EVENING, "--json", "--new"]);
    assert!(
        dialled(&seen).iter().any(|line| line.contains("192.0.2.7")),
        "{seen}"
    );
}
