//! Writes and syncs that fail, one by one: `strace` lets the n-th call of a kind fail with an error of the disk.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Golden, RUN, is_sound};
use crate::feed_house::FeedHouse;
use crate::programs::{can_trace, is_long};
use crate::rig::{BINARY, Desk, text, word, wrapped};
use crate::service::{Service, token};
use crate::stub::Stub;

/// Call, error, and which of the calls fail: the n-th alone, or all from there on.
const FAULTS: [(&str, &str, &str); 4] = [
    ("pwrite64", "ENOSPC", "+"),
    ("pwrite64", "EIO", ""),
    ("fsync", "EIO", ""),
    ("fsync", "EIO", "+"),
];
/// Places of each fault in a run: in the short form, and in the long one.
const PLACES: (usize, usize) = (3, 30);

#[test]
fn a_write_or_sync_that_fails_loses_nothing() {
    let test = "a_write_or_sync_that_fails_loses_nothing";
    if !can_trace(test) {
        return;
    }
    let feeds = FeedHouse::serve(super::NOW.parse().unwrap());
    let stub = Stub::extracting(Duration::ZERO);
    let house = feeds.desk();
    stub.answers_for(&house);
    let golden = Golden::of(&house, &stub);
    let places = if is_long() { PLACES.1 } else { PLACES.0 };
    for (call, error, reach) in FAULTS {
        let count = count(&feeds, &stub, call);
        assert!(count > places, "{count} calls of {call}");
        for place in 0..places {
            // From the first call on, evenly. Commits are shared as they come, so the last tenth may not be reached.
            let when = 1 + place * (count * 9 / 10) / (places - 1).max(1);
            let inject = format!("inject={call}:error={error}:when={when}{reach}");
            let desk = feeds.desk();
            stub.answers_for(&desk);
            stub.clear();
            let (code, said, trace) = traced(&desk, call, &inject);
            assert!(
                trace.contains("(INJECTED)"),
                "{inject}: the fault was not hit; {said}"
            );
            println!(
                "{inject} of {count}: exit {code}, {}",
                said.lines().last().unwrap_or_default()
            );
            said_clearly(&inject, code, &said);
            if call == "fsync" && reach.is_empty() {
                reopens(&inject, &trace);
            }
            let before = stub.calls().len();
            is_sound(&desk);
            golden.goes_on(&desk, &stub, before);
        }
    }
}

/// How often the writer's thread makes a call in a run without faults.
fn count(feeds: &FeedHouse, stub: &Stub, call: &str) -> usize {
    let desk = feeds.desk();
    stub.answers_for(&desk);
    let (code, said, trace) = traced(&desk, call, "signal=none");
    assert_eq!(code, 4, "{said}");
    // `when` counts the calls of each thread on its own.
    let writer = trace
        .lines()
        .find(|line| line.contains("copydesk.db-wal>"))
        .unwrap();
    let thread = writer.split(' ').next().unwrap();
    let call = format!("{call}(");
    let is_it = |line: &&str| {
        let mut words = line.split_whitespace();
        words.next() == Some(thread) && words.next().is_some_and(|word| word.starts_with(&call))
    };
    trace.lines().filter(is_it).count()
}

/// A run under `strace`: exit code, what it said, and the trace.
fn traced(desk: &Desk, call: &str, inject: &str) -> (i32, String, String) {
    let outside = tempfile::tempdir().unwrap();
    let trace = outside.path().join("trace");
    let calls = format!("trace={call},pwrite64,openat");
    let mut words = vec![
        "-f",
        "-y",
        "-s",
        "0",
        "-e",
        &calls,
        "-e",
        inject,
        "-o",
        trace.to_str().unwrap(),
        BINARY,
    ];
    let dir = desk.dir().to_str().unwrap();
    words.extend(["-C", dir, "--json"]);
    words.extend(RUN);
    let output = wrapped("strace", &words).output().unwrap();
    let text_of = |path: &Path| std::fs::read_to_string(path).unwrap();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stderr),
        text_of(&trace),
    )
}

/// A fault that was met is said with its code and the next step. One that only a checkpoint met is none: the WAL still
/// has everything.
fn said_clearly(inject: &str, code: i32, said: &str) {
    if code == 4 {
        return;
    }
    assert_eq!(code, 3, "{inject}: {said}");
    let failure: Value = serde_json::from_str(said.lines().last().unwrap_or_default())
        .unwrap_or_else(|_| panic!("{inject}: {said}"));
    let expected = if inject.contains("ENOSPC") {
        "CD005"
    } else {
        "CD010"
    };
    assert_eq!(failure["code"], expected, "{inject}: {failure}");
    assert!(!word(&failure, "hint").is_empty(), "{failure}");
}

/// After a sync that failed, the kernel may hold for written what is not on the disk: nothing is written any more by a
/// descriptor that was open then.
fn reopens(inject: &str, trace: &str) {
    let mut after = trace
        .lines()
        .skip_while(|line| !line.contains("(INJECTED)"))
        .skip(1);
    let next = after.find(|line| {
        let is_write = line.contains("pwrite64(") && line.contains("copydesk.db-wal>");
        is_write || (line.contains("openat(") && line.contains("copydesk.db"))
    });
    assert!(
        next.is_none_or(|line| line.contains("openat(")),
        "{inject}: {next:?}"
    );
}

/// One failed sync costs a running daemon one attempt, and nobody has to do anything.
#[test]
fn a_daemon_goes_on_by_itself_after_a_sync_that_failed() {
    let test = "a_daemon_goes_on_by_itself_after_a_sync_that_failed";
    if !can_trace(test) {
        return;
    }
    let feeds = FeedHouse::serve(jiff::Timestamp::now());
    let stub = Stub::extracting(Duration::ZERO);
    let desk = feeds.desk();
    stub.answers_for(&desk);
    feeds.hears_of(&desk);
    desk.replace("pipelines/daily.toml", "schedule = ", "# schedule = ");
    let outside = tempfile::tempdir().unwrap();
    let trace = outside.path().join("trace");
    let inject = "inject=fsync:error=EIO:when=40";
    let wrapper = [
        "strace",
        "-f",
        "-y",
        "-s",
        "0",
        "-e",
        "trace=fsync,pwrite64,openat",
        "-e",
        inject,
        "-o",
        trace.to_str().unwrap(),
    ];
    let service = Service::start(&desk, &wrapper, &[], &[]);
    let token = token(&desk, &[]);
    let started = service.ask("POST", "/api/runs", &token, &json!({ "pipeline": "daily" }));
    let run = word(&started, "run");
    service.wait_for("the run waits for the author", || {
        let shown = service.ask("GET", &format!("/api/runs/{run}"), &token, &Value::Null);
        (shown["waiting_for"] == json!(["approval"])).then_some(())
    });
    let said = service.said();
    service.stop();
    let trace = std::fs::read_to_string(trace).unwrap();
    assert!(trace.contains("(INJECTED)"), "the fault was not hit");
    assert!(said.contains("a commit failed"), "{said}");
    reopens(inject, &trace);
    assert!(
        feeds
            .alarms()
            .iter()
            .any(|alarm| word(alarm, "message").contains("the database failed")),
        "{:?}",
        feeds.alarms()
    );
    is_sound(&desk);
}
