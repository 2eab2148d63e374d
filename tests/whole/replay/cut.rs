//! From the records, with the network cut.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::{day, hashes};
use crate::rig::{BINARY, Corpus, Desk, EVENING, text, word};
use crate::stub::Stub;

/// The binary where no network is: a namespace with nothing but its own loopback. The plain binary where the machine
/// does not allow one; the servers are gone in either case.
fn without_network(desk: &Desk, arguments: &[&str]) -> Command {
    let words = "ip link set lo up && exec \"$@\"";
    let allowed = Command::new("unshare")
        .args(["-n", "sh", "-c", "ip link set lo up"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !allowed {
        println!("no network namespace here: the servers alone are gone");
        return desk.command(arguments);
    }
    let mut command = Command::new("unshare");
    command
        .args(["-n", "sh", "-c", words, "sh", BINARY, "-C"])
        .arg(desk.dir())
        .args(arguments);
    command
}

fn replayed(desk: &Desk, run: &str) -> Value {
    let output = without_network(desk, &["replay", run, "--json"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{} {}",
        text(&output.stdout),
        text(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Three times the same, and no mark on the run.
fn thrice(desk: &Desk, run: &str) {
    let before = desk.json(0, &["show", run]);
    let receipts = desk.export(run).join("receipts.json");
    let receipts_before = std::fs::read(&receipts).ok();
    let mut took = Vec::new();
    for _ in 0..3 {
        let started = std::time::Instant::now();
        let replay = replayed(desk, run);
        took.push(started.elapsed());
        assert_eq!(replay["same"], true, "{}", replay["difference"]);
        assert_eq!(replay["difference"], Value::Null);
        assert_eq!(
            (&replay["model_calls"], &replay["tool_calls"]),
            (&0.into(), &0.into())
        );
        assert_eq!((word(&replay, "parent"), &replay["slot"]), (run, &Value::Null));
        assert_eq!(
            (word(&replay, "issue"), word(&replay, "state")),
            ("none", "completed")
        );
        assert_eq!(hashes(&replay), hashes(&before));
    }
    println!(
        "{} rounds replayed in {took:?}",
        before["stages"].as_array().unwrap().len()
    );
    assert_eq!(desk.json(0, &["show", run]), before, "the run is as it was");
    desk.export(run);
    assert_eq!(std::fs::read(&receipts).ok(), receipts_before);
    let waiting = desk.json(0, &["waiting"]);
    assert_eq!(
        waiting.as_array().unwrap().len(),
        usize::from(before["state"] == "waiting"),
        "{waiting}"
    );
}

#[test]
fn a_recorded_day_replays_three_times_to_the_same_hashes_with_the_network_cut() {
    let name = "a_recorded_day_replays_three_times_to_the_same_hashes_with_the_network_cut";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let (desk, run) = day(&corpus, |_| {});
    drop(corpus);
    // What the author wrote since changes nothing either: the run has its release.
    let prompt = desk.read("prompts/draft/write_title.md");
    desk.write(
        "prompts/draft/write_title.md",
        &format!("{prompt}\nAlways in Latin.\n"),
    );
    thrice(&desk, &run);
}

#[test]
fn a_day_that_a_model_answered_replays_without_it() {
    let name = "a_day_that_a_model_answered_replays_without_it";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let stub = Stub::extracting(Duration::ZERO);
    let (desk, run) = day(&corpus, |desk| stub.answers_for(desk));
    let asked = stub.calls().len();
    assert!(asked > 20, "{asked}");
    drop(corpus);
    thrice(&desk, &run);
    assert_eq!(stub.calls().len(), asked, "the model was asked nothing more");
}

/// Answers by extraction, but for a task that is refused while this is true.
fn refusing(task: &'static str) -> (Stub, Arc<AtomicBool>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let said = Arc::clone(&refuses);
    let script = move |asked: &str| {
        let error = serde_json::json!({ "error": { "message": "no such key" } });
        (asked == task && said.load(Ordering::SeqCst)).then_some((401, error))
    };
    (Stub::scripted(Duration::ZERO, Box::new(script)), refuses)
}

#[test]
fn what_a_person_had_tried_again_replays_as_it_ended() {
    let name = "what_a_person_had_tried_again_replays_as_it_ended";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let (stub, refuses) = refusing("write_title");
    let desk = Desk::of_corpus(&corpus, "7d");
    stub.answers_for(&desk);
    let run = desk.evening();
    assert_eq!(run["waiting_for"], serde_json::json!(["model"]), "{run}");
    refuses.store(false, Ordering::SeqCst);
    let id = word(&run, "run").to_owned();
    desk.json(0, &["retry", &id]);
    let ended = desk.json(4, &["run", "daily", "--now", EVENING]);
    assert_eq!(ended["issue"], "reviewed", "{ended}");
    drop(corpus);
    thrice(&desk, &id);
}

#[test]
fn a_run_that_was_finished_with_the_embedded_model_replays_with_it() {
    let name = "a_run_that_was_finished_with_the_embedded_model_replays_with_it";
    let Some(corpus) = Corpus::serve(name, EVENING) else {
        return;
    };
    let (stub, _refuses) = refusing("write_title");
    let desk = Desk::of_corpus(&corpus, "7d");
    stub.answers_for(&desk);
    let id = word(&desk.evening(), "run").to_owned();
    desk.json(0, &["retry", &id, "--embedded"]);
    let ended = desk.json(4, &["run", "daily", "--now", EVENING]);
    assert_eq!(ended["issue"], "reviewed", "{ended}");
    drop(corpus);
    thrice(&desk, &id);
}

#[test]
fn a_run_keeps_its_release_whatever_is_edited_in_its_midst_and_the_next_has_the_new_one() {
    let desk = Desk::new();
    let first = desk.json(0, &["run", "daily", "--now", EVENING, "--until", "research"]);
    let prompt = desk.read("prompts/draft/plan_issue.md");
    desk.write("prompts/draft/plan_issue.md", &format!("{prompt}\nBe brief.\n"));
    let run = word(&first, "run").to_owned();
    let ended = desk.json(4, &["run", "daily", "--now", EVENING]);
    assert_eq!(
        (word(&ended, "run"), &ended["release"]),
        (run.as_str(), &first["release"])
    );
    let next = desk.json(4, &["run", "daily", "--now", EVENING, "--new"]);
    assert_ne!(next["release"], first["release"]);
    let replay = desk.json(0, &["replay", &run]);
    assert_eq!(
        (&replay["same"], &replay["release"]),
        (&true.into(), &first["release"])
    );
}
