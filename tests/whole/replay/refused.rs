//! What cannot be replayed, and what the author is told then.

use serde_json::Value;

use crate::rig::{Desk, EVENING, sha256, word};

#[test]
fn what_cannot_be_replayed_says_why_and_what_to_do_and_keeps_nothing() {
    let desk = Desk::new();
    let run = word(&desk.evening(), "run").to_owned();
    let missing = desk.dir().join("gone.md");
    let wrong = desk.dir().join("wrong.md");
    std::fs::write(&wrong, "---\ntask: write_poem\nversion: 1\n---\nRhyme.\n").unwrap();
    let (missing, wrong) = (missing.to_str().unwrap(), wrong.to_str().unwrap());
    for (arguments, exit, code, said) in [
        (vec!["replay", "nothing"], 2, "CD007", "nothing"),
        (
            vec!["replay", &run, "--from", "drafd"],
            2,
            "CD012",
            "research, draft, review",
        ),
        (
            vec!["replay", &run, "--from", "draft", "--model", "gone"],
            2,
            "CD015",
            "embedded",
        ),
        (
            vec![
                "replay",
                &run,
                "--from",
                "draft",
                "--route",
                "write_poem=embedded",
            ],
            2,
            "CD012",
            "write_poem",
        ),
        (
            vec!["replay", &run, "--from", "draft", "--prompt", missing],
            2,
            "CD012",
            "gone.md",
        ),
        (
            vec!["replay", &run, "--from", "draft", "--prompt", wrong],
            2,
            "CD001",
            "write_poem",
        ),
        (
            vec![
                "replay",
                &run,
                "--from",
                "review",
                "--route",
                "write_title=embedded",
            ],
            2,
            "CD012",
            "from `review` on no stage asks `write_title`",
        ),
        (vec!["replay", "--recording", missing], 2, "CD012", "gone.md"),
    ] {
        let failure = desk.failure(exit, &arguments);
        assert_eq!(word(&failure, "code"), code, "{failure}");
        assert!(word(&failure, "error").contains(said), "{failure}");
    }
    assert_eq!(
        desk.json(0, &["runs"]).as_array().unwrap().len(),
        1,
        "nothing was kept"
    );
}

#[test]
fn a_run_that_was_stopped_at_a_stage_is_not_at_its_end() {
    let desk = Desk::new();
    let stopped = desk.json(0, &["run", "daily", "--now", EVENING, "--until", "research"]);
    let run = word(&stopped, "run");
    let failure = desk.failure(1, &["replay", run]);
    assert_eq!(word(&failure, "code"), "CD024", "{failure}");
    let hint = format!("`copydesk run daily` goes on with it, or `copydesk cancel {run}`");
    assert_eq!(word(&failure, "hint"), hint);
}

#[test]
fn a_recording_in_which_no_stage_ended_is_neither_written_nor_replayed() {
    let desk = Desk::new();
    desk.run(&["run", "daily", "--now", EVENING, "--only", "engagement"]);
    let runs = desk.json(0, &["runs"]);
    let run = word(&runs[0], "run");
    desk.json(0, &["cancel", run]);
    let file = desk.dir().join("run.jsonl");
    let file = file.to_str().unwrap();
    let failure = desk.failure(1, &["export", run, "--recording", file, "--without-replies"]);
    assert_eq!(word(&failure, "code"), "CD024", "{failure}");
    assert!(!std::path::Path::new(file).exists(), "nothing was written");
    desk.json(0, &["export", run, "--recording", file]);
    desk.write("none.jsonl", &without_rounds(&desk.read("run.jsonl")));
    let none = desk.dir().join("none.jsonl");
    let failure = desk.failure(1, &["replay", "--recording", none.to_str().unwrap()]);
    assert_eq!(word(&failure, "code"), "CD024", "{failure}");
}

/// A recording without its rounds and their steps, whose last line fits.
fn without_rounds(recording: &str) -> String {
    let mut lines: Vec<&str> = recording.lines().collect();
    let mut end: Value = serde_json::from_str(lines.pop().unwrap()).unwrap();
    lines.retain(|line| !line.starts_with("{\"round\":") && !line.starts_with("{\"step\":"));
    let text = format!("{}\n", lines.join("\n"));
    end["end"]["lines"] = Value::from(lines.len());
    end["end"]["sha256"] = Value::from(sha256(text.as_bytes()));
    format!("{text}{end}\n")
}

#[test]
fn an_export_overwrites_no_file() {
    let desk = Desk::new();
    let run = word(&desk.evening(), "run").to_owned();
    desk.write("mine.txt", "mine");
    let file = desk.dir().join("mine.txt");
    let failure = desk.failure(2, &["export", &run, "--recording", file.to_str().unwrap()]);
    assert_eq!(word(&failure, "code"), "CD025", "{failure}");
    assert_eq!(desk.read("mine.txt"), "mine");
}
