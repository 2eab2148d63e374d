//! A crash beside every kind of commit that a day makes: before it is durable, and after it before anybody knows.
//!
//! A day without a crash says which commands it commits, and how many of each. Then the same day is lived through again
//! and again, and each time the program ends at one of them; a person looks at what is there and goes on.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{Corpus, Desk, EVENING, json_file, list, text, word};
use crate::stub::Stub;

/// The transitions of the journal: every command that moves a run, in the order of a day. `renew_lease` comes after 20 s
/// of one stage, and moves nothing but the lease's end. `settle_unknown` is the author's word after a channel that
/// cannot tell: see `outbox`.
const TRANSITIONS: &[&str] = &[
    "put_release",
    "create_run",
    "lease_run",
    "update_run",
    "start_stage",
    "finish_step",
    "reserve_spend",
    "settle_spend",
    "put_feed_state",
    "put_snapshot",
    "write_log",
    "finish_stage",
    "release_lease",
    "request_cancel",
    "retry",
    "decide",
    "put_intent",
    "settle_intent",
];
/// SIGABRT: the program ended at its crash point.
const ABORTED: i32 = 6;
/// So many questions are asked at a time.
const CALLS_AT_ONCE: usize = 6;
/// Places of one command in a day that are tried in the long form, spread over it.
const PLACES: u32 = 4;
/// Commands that one go through the day takes at most.
const MOVES_MAX: usize = 40;

struct House {
    corpus: Corpus,
    stub: Stub,
}

/// A point, as `COPYDESK_CRASH` names it.
#[derive(Debug, Clone)]
struct Point {
    command: &'static str,
    moment: &'static str,
    count: u32,
}

impl Point {
    fn text(&self) -> String {
        format!("{}/{}/{}", self.command, self.moment, self.count)
    }
}

/// What a day left.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    artifacts: Vec<(String, String)>,
    entries: usize,
    receipts: usize,
    mails: usize,
}

/// One go through a day, with the crashes that are still to come.
struct Day {
    desk: Desk,
    crashes: Vec<Point>,
    fired: usize,
    /// What each process of the day committed, one file each.
    logs: Vec<PathBuf>,
}

impl Day {
    fn new(house: &House, crashes: Vec<Point>) -> Self {
        let desk = Desk::of_corpus(&house.corpus, "24h");
        desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
        let config = house.stub.config().replace(
            "free = true",
            "price_in = \"$0.01/Mtok\"\nprice_out = \"$0.01/Mtok\"",
        );
        desk.replace("config.toml", "[models]\n", &format!("{config}\n"));
        desk.replace("config.toml", "default = [\"embedded\"]", "default = [\"stub\"]");
        house.stub.clear();
        Self {
            desk,
            crashes,
            fired: 0,
            logs: Vec::new(),
        }
    }

    /// Runs a command; its data, or null where the program crashed on the way.
    fn command(&mut self, arguments: &[&str]) -> Value {
        let log = self.desk.dir().join(format!("commits-{}.log", self.logs.len()));
        let mut command = self.desk.command(arguments);
        command.arg("--json").env("COPYDESK_CRASH_LOG", &log);
        self.logs.push(log);
        if let Some(point) = self.crashes.first() {
            command.env("COPYDESK_CRASH", point.text());
        }
        let output = command.stderr(Stdio::piped()).output().unwrap();
        if output.status.signal() == Some(ABORTED) {
            self.crashes.remove(0);
            self.fired += 1;
            return Value::Null;
        }
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 4)),
            "{arguments:?} ends with {code:?}: {} {}",
            text(&output.stdout),
            text(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap_or(json!({}))
    }

    /// The run of the day, as it is stored.
    fn run(&self) -> Option<Value> {
        self.desk.json(0, &["runs"]).as_array()?.first().cloned()
    }

    /// Lives the day: each move follows from what is there, as a person would look and go on.
    fn live(&mut self) {
        for _ in 0..MOVES_MAX {
            let Some(run) = self.run() else {
                self.begin();
                continue;
            };
            let id = word(&run, "run").to_owned();
            let waiting = |what: &str| list(&run, "waiting_for").contains(&json!(what));
            match (word(&run, "state"), word(&run, "issue")) {
                ("completed", _) => return,
                ("cancelled", _) => _ = self.command(&["retry", &id]),
                (_, "none") if !self.was_cancelled() => _ = self.command(&["cancel", &id]),
                (_, "reviewed") if waiting("approval") => _ = self.command(&["approve", &id, "--wait"]),
                (_, "published") if waiting("answers") => self.answer(&id),
                _ => _ = self.command(&["run", "daily", "--now", EVENING]),
            }
        }
        panic!("the day does not end: {:?}", self.run());
    }

    /// The first move: research alone, so that there is something to cancel.
    fn begin(&mut self) {
        self.command(&["run", "daily", "--now", EVENING, "--until", "research"]);
    }

    fn was_cancelled(&self) -> bool {
        self.log_holds("retry")
    }

    /// Whether a command was on its way to the disk at some time.
    fn log_holds(&self, name: &str) -> bool {
        self.committed().any(|process| process.contains_key(name))
    }

    /// How often each process committed each command, or was about to.
    fn committed(&self) -> impl Iterator<Item = BTreeMap<String, u32>> {
        self.logs.iter().map(|log| {
            let mut counts = BTreeMap::new();
            for line in std::fs::read_to_string(log).unwrap_or_default().lines() {
                *counts.entry(line.to_owned()).or_default() += 1;
            }
            counts
        })
    }

    fn answer(&mut self, id: &str) {
        let report = json_file(&self.desk.export(id).join("engagement_report.json"));
        for reply in list(&report, "replies") {
            let Some(answer) = reply["answer"]["id"].as_str() else {
                continue;
            };
            if reply["state"] == "drafted" {
                self.command(&["approve", id, "--answer", answer]);
            }
        }
        self.command(&["run", "daily", "--now", EVENING]);
    }

    fn left(&self) -> Left {
        let run = self.run().unwrap();
        let id = word(&run, "run");
        let shown = self.desk.json(0, &["show", id]);
        let artifacts = list(&shown, "stages")
            .iter()
            .flat_map(|stage| list(stage, "artifacts"));
        let artifact = |artifact: &Value| {
            (
                word(artifact, "kind").to_owned(),
                word(artifact, "hash").to_owned(),
            )
        };
        let receipts = json_file(&self.desk.export(id).join("receipts.json"));
        let mails = std::fs::read_dir(self.desk.dir().join("outbox"));
        let is_mail = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".eml");
        Left {
            artifacts: artifacts.map(artifact).collect(),
            entries: self.desk.read("site/feed.xml").matches("<entry>").count(),
            receipts: receipts.as_array().unwrap().len(),
            mails: mails
                .into_iter()
                .flatten()
                .filter(|entry| is_mail(&entry.as_ref().unwrap().file_name()))
                .count(),
        }
    }

    /// Every step of the run has one final attempt.
    fn assert_no_step_is_repeated(&self, point: &str) {
        let run = self.run().unwrap();
        let lines = self.desk.json(0, &["logs", word(&run, "run")]);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for line in lines
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["outcome"] == "ok")
        {
            *seen
                .entry(format!("{} {} {}", line["stage"], line["round"], line["key"]))
                .or_default() += 1;
        }
        assert!(!seen.is_empty());
        for (step, count) in seen {
            assert_eq!(count, 1, "{point}: {step} has {count} outcomes");
        }
    }
}

/// A day without a crash: what it left, how often it was asked, and how often one of its processes committed each
/// command at most.
fn golden(house: &House) -> (Left, usize, BTreeMap<String, u32>) {
    let mut day = Day::new(house, Vec::new());
    day.live();
    let mut counts = BTreeMap::new();
    for (command, count) in day.committed().flatten() {
        let most: &mut u32 = counts.entry(command).or_default();
        *most = count.max(*most);
    }
    (day.left(), house.stub.calls().len(), counts)
}

/// Where to crash: both sides of one commit of each kind, or of several in the long form.
fn points(counts: &BTreeMap<String, u32>) -> Vec<Point> {
    let is_long = std::env::var_os("COPYDESK_LONG").is_some();
    let mut points = Vec::new();
    for (number, command) in TRANSITIONS.iter().enumerate() {
        let most = counts[*command];
        let places = if is_long { PLACES.min(most) } else { 1 };
        for place in 0..places {
            // The short form takes one from the middle, where one process is sure to come by.
            let count = if is_long {
                1 + place * most / places
            } else {
                1 + u32::from(number % 2 == 1 && most > 1)
            };
            for moment in ["before", "after"] {
                points.push(Point {
                    command,
                    moment,
                    count,
                });
            }
        }
    }
    points
}

#[test]
fn a_crash_beside_every_kind_of_commit_loses_and_repeats_nothing() {
    let test = "a_crash_beside_every_kind_of_commit_loses_and_repeats_nothing";
    if crate::rig::shared(test).is_none() {
        return;
    }
    let house = || House {
        corpus: Corpus::serve(test, EVENING).expect("the shared data is here"),
        stub: Stub::extracting(Duration::ZERO),
    };
    let houses = [house(), house()];
    let goldens = [0, 1].map(|number| golden(&houses[number]));
    let (left, _, counts) = &goldens[0];
    println!(
        "a process commits at most {counts:?}, and a day asks {} times",
        goldens[0].1
    );
    for transition in TRANSITIONS {
        assert!(
            counts.contains_key(*transition),
            "a day never commits {transition}"
        );
    }
    assert_eq!((left.entries, left.receipts), (1, 1));
    let points = points(counts);
    let (mine, theirs) = points.split_at(points.len() / 2);
    std::thread::scope(|scope| {
        for (half, points, offset) in [(0, mine, 0), (1, theirs, mine.len())] {
            let (house, golden) = (&houses[half], &goldens[half]);
            scope.spawn(move || {
                for (number, point) in points.iter().enumerate() {
                    crash_at(house, point, offset + number, &golden.0, golden.1);
                }
            });
        }
    });
    println!("{} crashes", points.len());
}

/// One day with a crash, every fifth with a second one at the same place.
fn crash_at(house: &House, point: &Point, number: usize, left: &Left, calls: usize) {
    let times = if number % 5 == 4 { 2 } else { 1 };
    let mut day = Day::new(house, vec![point.clone(); times]);
    day.live();
    let name = format!("{} × {times}", point.text());
    let asked = house.stub.calls().len();
    println!("{name}: {} fired, asked {asked} times", day.fired);
    assert!(day.fired >= 1, "{name}: it never crashed");
    assert_eq!(day.left(), *left, "{name}");
    day.assert_no_step_is_repeated(&name);
    assert!(
        asked <= calls + day.fired * CALLS_AT_ONCE,
        "{name}: asked {asked} times, {calls} without a crash"
    );
}
