//! Hostile tool servers of the list in a whole run: the issue is made all the same, or the run waits for a person, and no
//! process is left. What each of them does to a call is tried in `crates/tools/tests/adversarial`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::rig::{Corpus, Desk, EVENING, word};

/// A desk whose research may call the server, which a person trusts where it lets itself be trusted.
fn desk(corpus: &Corpus, case: &str) -> (Desk, PathBuf) {
    let desk = Desk::of_corpus(corpus, "24h");
    let marks = desk.dir().join("marks");
    std::fs::create_dir(&marks).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/tests/adversarial/hostile.py");
    let args = json!([program, case, marks]);
    desk.replace(
        "config.toml",
        "[mcpServers]\n",
        &format!("[mcpServers.bad]\ncommand = \"python3\"\nargs = {args}\n"),
    );
    let tools = "[\"feeds/*\", \"web/*\", \"archive/*\"";
    desk.replace("pipelines/daily.toml", tools, &format!("{tools}, \"bad/*\""));
    desk.run(&["tools", "trust", "bad"]);
    (desk, marks)
}

/// The processes that a server started are gone.
fn assert_gone(case: &str, marks: &Path) {
    let pids = std::fs::read_to_string(marks.join("pids")).unwrap();
    let is_alive = |pid: &str| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        !status.is_empty() && !status.contains("State:\tZ")
    };
    let start = Instant::now();
    while let Some(pid) = pids.lines().find(|pid| is_alive(pid)) {
        assert!(start.elapsed() < Duration::from_secs(5), "{case}: {pid} is left");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_fails_when_it_is_listed_costs_no_issue() {
    let test = "a_server_that_fails_when_it_is_listed_costs_no_issue";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    for case in [
        "mcp-crash-start",
        "mcp-huge-list",
        "mcp-wrong-version",
        "mcp-poison-long",
    ] {
        let (desk, marks) = desk(&corpus, case);
        let start = Instant::now();
        let run = desk.evening();
        assert_eq!(run["waiting_for"], json!(["approval"]), "{case}: {run}");
        assert!(marks.join("fired").is_file(), "{case}: the fault never happened");
        println!("{case}: {:.1} s", start.elapsed().as_secs_f64());
        assert_gone(case, &marks);
    }
}

#[test]
fn a_server_that_is_another_since_it_was_trusted_makes_the_run_wait() {
    let test = "a_server_that_is_another_since_it_was_trusted_makes_the_run_wait";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    for case in ["mcp-rug-description", "mcp-rug-annotations", "mcp-rug-homoglyph"] {
        let (desk, marks) = desk(&corpus, case);
        std::fs::write(marks.join("phase"), "after").unwrap();
        let run = desk.evening();
        assert_eq!(run["waiting_for"], json!(["tool_trust"]), "{case}: {run}");
        assert!(word(&run, "reason").contains("bad/"), "{case}: {run}");
        assert!(marks.join("fired").is_file(), "{case}: the fault never happened");
        assert!(!marks.join("calls").exists(), "{case}: it was called");
        assert_gone(case, &marks);
    }
}

#[test]
fn what_a_server_says_of_its_tools_reaches_no_terminal_as_it_is() {
    let test = "what_a_server_says_of_its_tools_reaches_no_terminal_as_it_is";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    for case in ["mcp-poison-title", "mcp-poison-hidden", "mcp-poison-long"] {
        let (desk, _) = desk(&corpus, case);
        for words in [&["tools"][..], &["tools", "--json"]] {
            let shown = crate::rig::text(&desk.run(words).stdout);
            let is_hidden = |sign: char| {
                (sign.is_control() && sign != '\n') || ('\u{e0000}'..='\u{e007f}').contains(&sign)
            };
            assert!(
                shown.contains("act") && !shown.contains(is_hidden),
                "{case}: {shown:?}"
            );
            assert!(shown.len() < 40_000, "{case}: {} bytes", shown.len());
        }
    }
}
