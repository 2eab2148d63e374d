//! Issues by HTTP, at receivers that take them and cut the line, and with a process that is killed in between.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{Corpus, Desk, EVENING, json_file, list, sha256, word};

/// Longer than a run to the receiver takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// What becomes of the first call of each channel; later ones are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    /// It is taken, and the line cut.
    TakeAndCut,
    /// It is read, nothing is done, and the line cut.
    ReadAndCut,
    /// It is taken, and the answer never comes.
    TakeAndHang,
}

/// What one channel got.
#[derive(Debug, Default)]
struct Shelf {
    /// Calls, with key and body.
    calls: Vec<(String, Value)>,
    /// What readers see; by one key once at `/key`.
    taken: Vec<(String, Value)>,
    looks: usize,
    faults: usize,
}

#[derive(Default)]
struct Shared {
    shelves: Mutex<HashMap<String, Shelf>>,
    changed: Condvar,
}

/// An HTTP server with a channel below each of `/key`, `/look`, `/list` and `/ask`.
struct Receiver {
    host: String,
    shared: Arc<Shared>,
}

impl Receiver {
    fn start(first: First) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&server);
                std::thread::spawn(move || serve(stream, first, &shared));
            }
        });
        Self { host, shared }
    }

    /// The sections of the pipeline.
    fn channels(&self) -> String {
        let url = |path: &str| format!("http://{}/{path}", self.host);
        let common = "api_key_env = \"CMS_KEY\"\ntimeout = \"1s\"\n";
        format!(
            "[channels.key]\nurl = \"{}\"\nafter_doubt = \"same_key\"\n{common}\
             [channels.look]\nurl = \"{}\"\nafter_doubt = \"look_up\"\nlook_up_url = \"{}/{{key}}\"\n{common}\
             [channels.list]\nurl = \"{}\"\nafter_doubt = \"list_recent\"\nlist_url = \"{}\"\n{common}\
             [channels.ask]\nurl = \"{}\"\nformat = \"markdown\"\n{common}",
            url("key"),
            url("look"),
            url("look"),
            url("list"),
            url("list"),
            url("ask"),
        )
    }

    fn shelf<T>(&self, name: &str, look: impl Fn(&Shelf) -> T) -> T {
        let shelves = self.shared.shelves.lock().unwrap();
        look(shelves.get(name).expect("the channel was called"))
    }

    /// Calls and effects of each channel: `key`, `look`, `list`, `ask`.
    fn counts(&self) -> [(usize, usize); 4] {
        ["key", "look", "list", "ask"]
            .map(|name| self.shelf(name, |shelf| (shelf.calls.len(), shelf.taken.len())))
    }

    /// Waits until every channel was called.
    fn until_all_called(&self) {
        let shelves = self.shared.shelves.lock().unwrap();
        let is_open = |shelves: &mut HashMap<String, Shelf>| {
            shelves.values().filter(|shelf| shelf.faults > 0).count() < 4
        };
        let waited = self.shared.changed.wait_timeout_while(shelves, PATIENCE, is_open);
        assert!(!waited.unwrap().1.timed_out(), "not every channel was called");
    }
}

/// One connection, one request.
fn serve(mut stream: TcpStream, first: First, shared: &Shared) {
    let Some((line, head, body)) = read(&stream) else {
        return;
    };
    assert!(head.contains("authorization: Bearer a-key-of-the-test"), "{head}");
    let mut parts = line.split(' ');
    let (method, path) = (parts.next().unwrap(), parts.next().unwrap());
    let mut path = path.trim_start_matches('/').split('/');
    let (name, rest) = (path.next().unwrap().to_owned(), path.next());
    if method == "GET" {
        let mut shelves = shared.shelves.lock().unwrap();
        let shelf = shelves.entry(name).or_default();
        shelf.looks += 1;
        let (status, answer) = match rest {
            Some(key) if shelf.taken.iter().any(|(known, _)| known == key) => (200, json!({ "key": key })),
            Some(_) => (404, json!({})),
            None => {
                let ours = shelf.taken.iter().map(|(key, _)| json!({ "key": key }));
                let old = json!({ "id": 1, "created_at": "2020-01-01T00:00:00Z" });
                (200, Value::Array(ours.chain([old]).collect()))
            }
        };
        drop(shelves);
        reply(&mut stream, status, &answer);
        return;
    }
    let key = head
        .lines()
        .find_map(|line| line.strip_prefix("idempotency-key: "))
        .expect("a key")
        .to_owned();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["key"], key.as_str());
    let mut shelves = shared.shelves.lock().unwrap();
    let shelf = shelves.entry(name.clone()).or_default();
    let is_first = shelf.calls.is_empty();
    shelf.calls.push((key.clone(), body.clone()));
    let honours_keys = name == "key";
    let is_known = shelf.taken.iter().any(|(known, _)| *known == key);
    if !(is_first && first == First::ReadAndCut || honours_keys && is_known) {
        shelf.taken.push((key.clone(), body));
    }
    if is_first {
        shelf.faults += 1;
    }
    shared.changed.notify_all();
    drop(shelves);
    match first {
        First::TakeAndHang if is_first => std::thread::sleep(PATIENCE),
        First::TakeAndCut | First::ReadAndCut if is_first => {}
        _ => reply(
            &mut stream,
            201,
            &json!({ "url": format!("http://news.example/{key}") }),
        ),
    }
}

fn read(stream: &TcpStream) -> Option<(String, String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some((head.lines().next()?.to_owned(), head, body))
}

fn reply(stream: &mut TcpStream, status: u16, body: &Value) {
    let body = body.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// A folder at the gate whose issue goes to a site and to the four channels of a receiver.
fn at_the_gate(test: &str, first: First) -> Option<(Corpus, Receiver, Desk, String)> {
    let corpus = Corpus::serve(test, EVENING)?;
    let receiver = Receiver::start(first);
    let desk = Desk::of_corpus(&corpus, "7d");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    let channels = receiver.channels();
    desk.replace(
        "pipelines/daily.toml",
        "[replies]",
        &format!("{channels}\n[replies]"),
    );
    let problems = desk.json(0, &["check"]).to_string();
    assert!(problems.contains("`CMS_KEY` is not set"), "{problems}");
    let run = desk.evening();
    let id = word(&run, "run").to_owned();
    Some((corpus, receiver, desk, id))
}

/// A command with the key of the channels in its environment; it must end with `exit`.
fn with_key(desk: &Desk, exit: i32, arguments: &[&str]) -> Value {
    let output = desk
        .command(arguments)
        .arg("--json")
        .env("CMS_KEY", "a-key-of-the-test")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {stderr}");
    assert!(!stderr.contains("a-key-of-the-test"), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The run waits for the author because of `ask` alone.
fn asks(desk: &Desk, id: &str) {
    let shown = desk.json(0, &["show", id]);
    assert_eq!(shown["issue"], "unknown", "{shown}");
    assert!(
        list(&shown, "waiting_for").contains(&json!("publish_unknown")),
        "{shown}"
    );
    let publish = list(&shown, "stages")
        .iter()
        .find(|stage| stage["stage"] == "publish")
        .unwrap();
    let reason = word(publish, "reason");
    assert!(
        reason.contains("4 of 5 channels") && reason.contains("ask: "),
        "{reason}"
    );
    for arguments in [&["show", id][..], &["waiting"]] {
        let said = String::from_utf8_lossy(&desk.run(arguments).stdout).into_owned();
        for option in ["--delivered", "--not-delivered"] {
            let command = format!("copydesk retry {id} {option} ask --reason \"…\"");
            assert!(said.contains(&command), "{arguments:?} names no {option}: {said}");
        }
    }
}

/// Every channel has one receipt, and readers have the issue once everywhere.
fn is_out_once(receiver: &Receiver, desk: &Desk, id: &str) -> Value {
    assert_eq!(desk.json(0, &["show", id])["issue"], "published");
    let dir = desk.export(id);
    let receipts = json_file(&dir.join("receipts.json"));
    let issue = json_file(&dir.join("issue.json"));
    assert_eq!(receipts.as_array().unwrap().len(), 5, "{receipts}");
    for payload in list(&issue, "payloads") {
        let name = word(payload, "channel");
        let receipt = receipts
            .as_array()
            .unwrap()
            .iter()
            .find(|receipt| receipt["channel"] == name);
        assert_eq!(receipt.unwrap()["hash"], payload["hash"]);
        if name == "site" {
            continue;
        }
        receiver.shelf(name, |shelf| {
            assert_eq!(shelf.faults, 1, "{name}: its fault fired");
            assert_eq!(shelf.taken.len(), 1, "{name}: readers have it once");
            let (key, body) = &shelf.taken[0];
            assert_eq!(receipt.unwrap()["key"], key.as_str());
            assert_eq!(body["hash"], payload["hash"]);
            assert!(
                shelf.calls.iter().all(|(of, _)| of == key),
                "one key for every call"
            );
        });
    }
    receipts
}

#[test]
fn a_receiver_that_takes_an_issue_and_cuts_the_line_has_it_once() {
    let test = "a_receiver_that_takes_an_issue_and_cuts_the_line_has_it_once";
    let Some((_corpus, receiver, desk, id)) = at_the_gate(test, First::TakeAndCut) else {
        return;
    };
    with_key(&desk, 4, &["approve", &id, "--wait"]);
    asks(&desk, &id);
    // The key is honoured on the second call; the others are found; nobody calls `ask` again.
    assert_eq!(receiver.counts(), [(2, 1), (1, 1), (1, 1), (1, 1)]);
    with_key(&desk, 0, &["retry", &id]);
    with_key(&desk, 4, &["run", "daily"]);
    asks(&desk, &id);
    assert_eq!(
        receiver.counts()[3],
        (1, 1),
        "a retry is no leave to publish twice"
    );
    desk.failure(2, &["retry", &id, "--delivered", "ask"]);
    desk.failure(1, &["retry", &id, "--delivered", "look", "--reason", "I saw it"]);
    with_key(
        &desk,
        0,
        &["retry", &id, "--delivered", "ask", "--reason", "It stands there."],
    );
    with_key(&desk, 0, &["run", "daily"]);
    let receipts = is_out_once(&receiver, &desk, &id);
    let by_word: Vec<&Value> = receipts
        .as_array()
        .unwrap()
        .iter()
        .filter(|receipt| receipt["author_reason"].is_string())
        .collect();
    assert_eq!(by_word.len(), 1, "{receipts}");
    assert_eq!(
        (word(by_word[0], "channel"), word(by_word[0], "author_reason")),
        ("ask", "It stands there.")
    );
    let markdown = receiver.shelf("ask", |shelf| shelf.taken[0].1["payload"].clone());
    assert!(markdown.as_str().unwrap().starts_with("---\n"), "{markdown}");
    let log = String::from_utf8_lossy(&desk.run(&["logs", &id]).stdout).into_owned();
    assert!(
        log.contains("ask: the author says that it is out: It stands there."),
        "{log}"
    );
}

#[test]
fn an_issue_that_was_cut_off_on_its_way_is_handed_over_again() {
    let test = "an_issue_that_was_cut_off_on_its_way_is_handed_over_again";
    let Some((_corpus, receiver, desk, id)) = at_the_gate(test, First::ReadAndCut) else {
        return;
    };
    with_key(&desk, 4, &["approve", &id, "--wait"]);
    asks(&desk, &id);
    assert_eq!(receiver.counts(), [(2, 1), (2, 1), (2, 1), (1, 0)]);
    for name in ["look", "list"] {
        let looks = receiver.shelf(name, |shelf| shelf.looks);
        assert_eq!(looks, 2, "{name}: two looks before the second call");
    }
    with_key(
        &desk,
        0,
        &[
            "retry",
            &id,
            "--not-delivered",
            "ask",
            "--reason",
            "Not in its list.",
        ],
    );
    with_key(&desk, 0, &["run", "daily"]);
    assert_eq!(receiver.counts()[3], (2, 1));
    is_out_once(&receiver, &desk, &id);
}

#[test]
fn killed_between_call_and_receipt_it_publishes_once() {
    let test = "killed_between_call_and_receipt_it_publishes_once";
    let Some((_corpus, receiver, desk, id)) = at_the_gate(test, First::TakeAndHang) else {
        return;
    };
    // Time enough to be killed with every call under way.
    desk.replace("config.toml", "hold = \"0s\"", "hold = \"0s\" ");
    let mut child = desk
        .command(&["approve", &id, "--wait"])
        .env("CMS_KEY", "a-key-of-the-test")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    receiver.until_all_called();
    child.kill().unwrap();
    assert_eq!(
        child.wait().unwrap().signal(),
        Some(9),
        "the kill hit a live process"
    );
    assert_eq!(desk.json(0, &["show", &id])["issue"], "approved");
    assert_eq!(receiver.counts().map(|(_, effects)| effects), [1; 4]);
    with_key(&desk, 4, &["run", "daily"]);
    asks(&desk, &id);
    let before = receiver.counts();
    assert_eq!(before.map(|(_, effects)| effects), [1; 4]);
    assert_eq!(
        before[3].0, 1,
        "a channel that can do nothing is not called again"
    );
    with_key(
        &desk,
        0,
        &["retry", &id, "--delivered", "ask", "--reason", "It stands there."],
    );
    with_key(&desk, 0, &["run", "daily"]);
    let receipts = is_out_once(&receiver, &desk, &id);
    assert_eq!(receiver.counts(), before, "the author's word calls nobody");
    let stored = receiver.shelf("key", |shelf| shelf.taken[0].1.clone());
    let hash = receipts
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["channel"] == "key")
        .unwrap();
    assert_eq!(hash["hash"], stored["hash"]);
    assert_eq!(sha256(stored["payload"].as_str().unwrap().as_bytes()).len(), 64);
}
