//! SIGTERM while a model is being asked: the program ends within ten seconds, an answer that comes until then is kept, and
//! what was cut off is no attempt.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::feed_house::FeedHouse;
use crate::rig::{Desk, list, word};
use crate::stub::Stub;

/// From the signal to the end.
const END_MAX: Duration = Duration::from_secs(10);
/// Until a model is asked, on a busy machine.
const ASKED_MAX: Duration = Duration::from_mins(1);
/// A model that nobody waits for.
const NEVER: Duration = Duration::from_mins(10);
/// A model that answers within the seconds that a call has to end.
const SOON: Duration = Duration::from_secs(3);
/// More than a step has attempts (three) and a call has tries (four): counted ones would fail it.
const ENDS: usize = 5;

/// A folder whose every task is asked at a stub that does not answer yet.
fn unanswered(now: jiff::Timestamp) -> (FeedHouse, Stub, Desk) {
    let feeds = FeedHouse::serve(now);
    let stub = Stub::extracting(NEVER);
    let desk = feeds.desk();
    stub.answers_for(&desk);
    (feeds, stub, desk)
}

/// Waits until the stub has been asked more often than before.
fn until_asked(stub: &Stub, before: usize) {
    let waited = Instant::now();
    while stub.calls().len() <= before {
        assert!(waited.elapsed() < ASKED_MAX, "the model is never asked");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Nothing of a run says that something went wrong, and no step was tried twice.
fn nothing_counts(desk: &Desk, run: &str) -> Vec<Value> {
    let steps = desk.json(0, &["logs", run]).as_array().unwrap().clone();
    for step in &steps {
        assert_eq!(step["outcome"], "ok", "{step}");
    }
    let file = desk.dir().join("data/copydesk.db");
    let database =
        rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    // A new attempt is a new row; what the model's client tried again within one is counted in it.
    let sql = "SELECT count(*) - count(DISTINCT stage || '/' || round || '/' || key) +
                      count(*) FILTER (WHERE state <> 'completed' OR tries > 1)
               FROM attempt";
    let counted: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(counted, 0, "attempts beside the one of each step that went well");
    steps
}

#[test]
fn a_run_that_is_told_to_end_during_a_call_ends_soon_and_loses_no_attempt() {
    let (_feeds, stub, desk) = unanswered("2026-08-20T23:00:00Z".parse().unwrap());
    let run = ["run", "daily", "--now", "2026-08-20T23:00:00Z"];
    for _ in 0..ENDS {
        let before = stub.calls().len();
        let mut child = desk
            .command(&run)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until_asked(&stub, before);
        let id = child.id().to_string();
        let told = Instant::now();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let status = child.wait().unwrap();
        assert!(told.elapsed() < END_MAX, "{:?}", told.elapsed());
        assert_eq!(status.code(), Some(1), "it was not done, and it was not killed");
        let left = desk.json(0, &["runs"])[0].clone();
        assert_eq!(
            (&left["state"], &left["waiting_for"]),
            (&json!("queued"), &json!([])),
            "{left}"
        );
        nothing_counts(&desk, word(&left, "run"));
    }
    let asked = stub.calls();
    assert!(
        asked.iter().all(|call| call.answered_at.is_none()),
        "nothing was answered yet"
    );
    stub.answers_after(Duration::ZERO);
    let done = desk.json(4, &run);
    assert_eq!(done["waiting_for"], json!(["approval"]), "{done}");
    assert_eq!(
        desk.json(0, &["runs"]).as_array().unwrap().len(),
        1,
        "the same run"
    );
    assert!(!nothing_counts(&desk, word(&done, "run")).is_empty());
}

#[test]
fn an_answer_that_comes_soon_after_the_signal_is_kept_and_not_asked_for_again() {
    let (_feeds, stub, desk) = unanswered("2026-08-20T23:00:00Z".parse().unwrap());
    stub.answers_after(SOON);
    let run = ["run", "daily", "--now", "2026-08-20T23:00:00Z"];
    let mut child = desk
        .command(&run)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until_asked(&stub, 0);
    let id = child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(told.success());
    assert_eq!(child.wait().unwrap().code(), Some(1), "the day is not done");
    let asked = stub.calls();
    assert!(
        asked.iter().all(|call| call.answered_at.is_some()),
        "every call was answered"
    );
    stub.answers_after(Duration::ZERO);
    let done = desk.json(4, &run);
    nothing_counts(&desk, word(&done, "run"));
    let twice = stub.by_question().into_iter().find(|(_, times)| *times > 1);
    assert_eq!(twice, None, "no question was asked twice");
}

#[test]
fn a_daemon_that_is_told_to_end_during_a_call_ends_soon_and_the_next_one_goes_on() {
    let (_feeds, stub, desk) = unanswered(jiff::Timestamp::now());
    desk.replace("pipelines/daily.toml", "schedule = ", "# schedule = ");
    let daemon = Daemon::start(&desk);
    let token = Daemon::token(&desk);
    let (status, started) = daemon.ask("POST", "/api/runs", Some(&token), &json!({ "pipeline": "daily" }));
    assert!((200..300).contains(&status), "{status} {started}");
    let run = word(&started, "run").to_owned();
    until_asked(&stub, 0);
    // Within ten seconds, and with exit code 0.
    daemon.stop();
    assert_eq!(desk.json(0, &["show", &run])["state"], "queued");
    nothing_counts(&desk, &run);
    stub.answers_after(Duration::ZERO);
    let daemon = Daemon::start(&desk);
    let path = format!("/api/runs/{run}?wait=waiting&timeout_s=60");
    let (_, waiting) = daemon.ask("GET", &path, Some(&token), &Value::Null);
    assert_eq!(waiting["waiting_for"], json!(["approval"]), "{waiting}");
    let research = &list(&waiting, "stages")[0];
    assert_eq!(
        (&research["stage"], &research["state"]),
        (&json!("research"), &json!("completed"))
    );
    nothing_counts(&desk, &run);
    daemon.stop();
}
