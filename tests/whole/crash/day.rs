//! One day in the life of a folder, with crashes on the way, and a person who looks at what is there and goes on.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::orphans;
use crate::rig::{Corpus, Desk, EVENING, json_file, list, text, word};
use crate::stub::Stub;

/// SIGABRT: the program ended at its crash point.
pub const ABORTED: i32 = 6;
/// Commands that one go through the day takes at most.
const MOVES_MAX: usize = 40;
/// The price of the stub, so that each call has its reserve and its bill.
const PRICE: &str = "price_in = \"$0.01/Mtok\"\nprice_out = \"$0.01/Mtok\"";

/// What days are lived with.
pub struct House {
    corpus: Corpus,
    pub stub: Stub,
}

impl House {
    pub fn new(test: &str) -> Self {
        Self {
            corpus: Corpus::serve(test, EVENING).expect("the shared data is here"),
            stub: Stub::extracting(Duration::ZERO),
        }
    }
}

/// A point, as `COPYDESK_CRASH` names it.
#[derive(Debug, Clone)]
pub struct Point {
    pub command: &'static str,
    pub moment: &'static str,
    pub count: u32,
}

impl Point {
    pub fn text(&self) -> String {
        format!("{}/{}/{}", self.command, self.moment, self.count)
    }
}

/// What a day left.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    artifacts: Vec<(String, String)>,
    pub entries: usize,
    pub receipts: usize,
    mails: usize,
}

/// One go through a day, with the crashes that are still to come.
pub struct Day {
    desk: Desk,
    crashes: Vec<Point>,
    pub fired: usize,
    /// Of the crashes, those that came while the tool server was there.
    pub fired_beside_a_server: usize,
    /// What each process of the day committed, one file each.
    logs: Vec<PathBuf>,
}

impl Day {
    pub fn new(house: &House, crashes: Vec<Point>) -> Self {
        Self::with(house, crashes, PRICE)
    }

    /// A day that asks one question at a time, beside a tool server of another's making that holds on to life.
    pub fn one_by_one(house: &House, crashes: Vec<Point>) -> Self {
        let day = Self::with(house, crashes, &format!("{PRICE}\nconcurrency_max = 1"));
        orphans::serve_research(&day.desk);
        day
    }

    fn with(house: &House, crashes: Vec<Point>, model: &str) -> Self {
        let desk = Desk::of_corpus(&house.corpus, "24h");
        desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
        let config = house.stub.config().replace("free = true", model);
        desk.replace("config.toml", "[models]\n", &format!("{config}\n"));
        desk.replace("config.toml", "default = [\"embedded\"]", "default = [\"stub\"]");
        house.stub.clear();
        Self {
            desk,
            crashes,
            fired: 0,
            fired_beside_a_server: 0,
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
        orphans::forget_start(&self.desk);
        let output = command.stderr(Stdio::piped()).output().unwrap();
        if output.status.signal() == Some(ABORTED) {
            self.crashes.remove(0);
            self.fired += 1;
            self.fired_beside_a_server += usize::from(orphans::has_started(&self.desk));
            orphans::assert_none_left(&self.desk);
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
    pub fn live(&mut self) {
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
    pub fn committed(&self) -> impl Iterator<Item = BTreeMap<String, u32>> {
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

    pub fn left(&self) -> Left {
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
    pub fn assert_no_step_is_repeated(&self, point: &str) {
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
