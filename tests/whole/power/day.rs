//! Three runs of a daemon under `strace`, each approved and published, the first with an answer to a reader: what it did to
//! its folder, what it told the outside, and what a client knew when.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::feed_house::FeedHouse;
use crate::power::promise::{Known, Promise};
use crate::power::trace::{self, CALLS, Event};
use crate::rig::{Desk, json_file, list, word};
use crate::service::{Service, token};
use crate::stub::Stub;

/// What a day left behind.
pub struct Day {
    /// Everything that was traced.
    pub events: Vec<Event>,
    /// The folder of the desk; the files in it are as the day left them.
    pub desk: Desk,
    /// What the client knew.
    pub promises: Vec<Promise>,
    /// The site after each publication, by path below `site`.
    pub sites: Vec<Vec<(PathBuf, Vec<u8>)>>,
    /// Address of the model's stub.
    pub models: String,
}

/// Records a day. `options`: words before `daemon`, such as `--unsafe-durability`.
pub fn record(synchronous: &str, options: &[&str]) -> Day {
    let feeds = FeedHouse::serve(jiff::Timestamp::now());
    let stub = Stub::extracting(Duration::ZERO);
    let desk = feeds.desk();
    stub.answers_for(&desk);
    // A price makes every call reserve money before it starts.
    desk.replace(
        "config.toml",
        "free = true",
        "price_in = \"$0.01/Mtok\"\nprice_out = \"$0.01/Mtok\"",
    );
    desk.replace(
        "config.toml",
        "synchronous = \"full\"",
        &format!("synchronous = \"{synchronous}\""),
    );
    // Without a schedule, nothing starts by itself.
    desk.replace("pipelines/daily.toml", "schedule = ", "# schedule = ");
    let outside = tempfile::tempdir().unwrap();
    let trace = outside.path().join("trace");
    let wrapper = [
        "strace",
        "-f",
        "-yy",
        "-xx",
        "-s",
        "100000000",
        "-e",
        CALLS,
        "-o",
        trace.to_str().unwrap(),
    ];
    let service = Service::start(&desk, &wrapper, options, &[]);
    let mut script = Script {
        desk: &desk,
        service: &service,
        options,
        promises: Vec::new(),
        token: String::new(),
        sites: Vec::new(),
    };
    script.first_words();
    let first = script.publish();
    script.answer(&first);
    script.publish();
    // The third makes the WAL long enough to be copied into the database, and begun anew.
    script.publish();
    let Script { promises, sites, .. } = script;
    service.stop();
    let text = std::fs::read_to_string(&trace).unwrap();
    let events = trace::parse(&text, &std::fs::canonicalize(desk.dir()).unwrap());
    Day {
        events,
        desk,
        promises,
        sites,
        models: stub.host(),
    }
}

struct Script<'a> {
    desk: &'a Desk,
    service: &'a Service,
    options: &'a [&'a str],
    promises: Vec<Promise>,
    token: String,
    sites: Vec<Vec<(PathBuf, Vec<u8>)>>,
}

impl Script<'_> {
    /// From the answer on whose bytes hold `mark`, a client knows something.
    fn knows(&mut self, mark: &str, known: Known) {
        self.promises.push(Promise {
            mark: mark.to_owned(),
            known,
        });
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.service.ask(method, path, &self.token, body)
    }

    /// A token and a note.
    fn first_words(&mut self) {
        self.token = token(self.desk, self.options);
        let known = Known::Token(self.token.clone());
        self.knows(&self.token.clone(), known);
        let note = self.desk.json(
            0,
            &[self.options, &["note", "A note that must not be lost."]].concat(),
        );
        let file = PathBuf::from(word(&note, "file"));
        let path = file.strip_prefix(self.desk.dir()).unwrap().to_owned();
        let known = Known::File {
            bytes: std::fs::read(&file).unwrap(),
            path,
        };
        self.knows(file.file_name().unwrap().to_str().unwrap(), known);
    }

    /// A run, from its start to its publication.
    fn publish(&mut self) -> String {
        let run = word(
            &self.ask("POST", "/api/runs", &json!({ "pipeline": "daily" })),
            "run",
        )
        .to_owned();
        self.knows(&run, Known::Run(run.clone()));
        let waiting = self.ask(
            "GET",
            &format!("/api/runs/{run}?wait=waiting&timeout_s=60"),
            &Value::Null,
        );
        assert_eq!(waiting["waiting_for"], json!(["approval"]), "{waiting}");
        let hash = word(&waiting["approval"], "hash").to_owned();
        self.knows(
            &hash,
            Known::Issue {
                run: run.clone(),
                hash: hash.clone(),
            },
        );
        self.reply_to(&run);
        let approved = self.ask(
            "POST",
            &format!("/api/runs/{run}/approve"),
            &json!({ "hash": hash }),
        );
        assert_eq!(approved["decision"], "approved", "{approved}");
        let mark = format!("\"decision\":\"approved\"…{run}");
        self.knows(
            &mark,
            Known::Approved {
                run: run.clone(),
                hash,
            },
        );
        // Once the reply is read too, the model is asked nothing more in this run.
        self.service
            .wait_for("the issue is published and the reply is read", || {
                let shown = self.ask("GET", &format!("/api/runs/{run}"), &Value::Null);
                let is_read = shown["issue"] == "published" && shown["waiting_for"] == json!(["answers"]);
                is_read.then_some(())
            });
        self.knows(
            &format!("\"issue\":\"published\"…{run}"),
            Known::Published(run.clone()),
        );
        self.sites.push(files(&self.desk.dir().join("site")));
        run
    }

    /// Puts a reader's question where engagement finds it.
    fn reply_to(&self, run: &str) {
        let to = tempfile::tempdir().unwrap();
        self.desk.json(
            0,
            &[
                self.options,
                &["export", run, "--to", to.path().to_str().unwrap()],
            ]
            .concat(),
        );
        let slug = word(&json_file(&to.path().join("issue.json")), "slug").to_owned();
        let new = self.desk.dir().join("replies/new");
        std::fs::create_dir_all(&new).unwrap();
        std::fs::create_dir_all(self.desk.dir().join("replies/cur")).unwrap();
        let mail = format!(
            "From: Reader <reader@readers.example>\nTo: author@copydesk.example\nDate: Fri, 21 Aug 2026 07:00:00 +0000\n\
             Message-ID: <{run}@readers.example>\nIn-Reply-To: <{slug}@copydesk.local>\nSubject: Re: today\n\
             Content-Type: text/plain; charset=utf-8\n\nHow many malicious npm packages did attackers publish?\n"
        );
        std::fs::write(new.join(format!("{run}.host")), mail).unwrap();
    }

    /// Approves the answer that was drafted.
    fn answer(&mut self, run: &str) {
        let answers = self.service.wait_for("an answer waits", || {
            let waiting = self.desk.json(0, &[self.options, &["waiting"]].concat());
            let mut runs = waiting.as_array().unwrap().iter();
            let answers = runs.find(|entry| entry["run"] == run)?["answers"].clone();
            answers
                .as_array()
                .is_some_and(|answers| !answers.is_empty())
                .then_some(answers)
        });
        let id = word(&list(&json!({ "answers": answers }), "answers")[0], "id").to_owned();
        let approved = self
            .desk
            .json(0, &[self.options, &["approve", run, "--answer", &id]].concat());
        let file = PathBuf::from(word(&approved, "file"));
        let path = file.strip_prefix(self.desk.dir()).unwrap().to_owned();
        let known = Known::File {
            bytes: std::fs::read(&file).unwrap(),
            path,
        };
        self.knows(file.file_name().unwrap().to_str().unwrap(), known);
    }
}

/// The files below a folder that are no part of one being written.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((
                    path.strip_prefix(folder).unwrap().to_owned(),
                    std::fs::read(&path).unwrap(),
                ));
            }
        }
    }
    found.sort();
    found
}
