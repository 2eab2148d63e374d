//! A disk that is full, or that fails: what is stored stays, what was said is true, and with room the run goes on.

mod full;
mod inject;
mod publishing;
pub mod small;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use copydesk_store_sqlite::{Options, SqliteStore};

use crate::rig::{Desk, list, python, sha256, word};
use crate::stub::Stub;

/// The evening of all runs here.
const NOW: &str = "2026-08-20T23:00:00Z";
const RUN: [&str; 4] = ["run", "daily", "--now", NOW];
/// So many questions are asked at a time.
const CALLS_AT_ONCE: usize = 6;

/// What a run without a fault does.
struct Golden {
    calls: usize,
    artifacts: Vec<String>,
}

impl Golden {
    fn of(desk: &Desk, stub: &Stub) -> Self {
        stub.clear();
        let run = desk.json(4, &RUN);
        let golden = Self {
            calls: stub.calls().len(),
            artifacts: artifacts(&run),
        };
        assert_eq!(golden.artifacts.len(), 4, "{run}");
        assert!(golden.calls > 10, "the stub is asked");
        golden
    }

    /// Goes on after a fault, as a person would: no answer that was kept is asked for again, and what comes out is the
    /// same. `before`: the calls up to the fault.
    fn goes_on(&self, desk: &Desk, stub: &Stub, before: usize) {
        let runs = desk.json(0, &["runs"]);
        let known = runs.as_array().unwrap().first().cloned();
        let kept = known
            .as_ref()
            .and_then(|run| run["model_calls"].as_u64())
            .unwrap_or_default();
        let lost = before - usize::try_from(kept).unwrap();
        assert!(lost <= CALLS_AT_ONCE, "{lost} of {before} answers are lost");
        let done = match known {
            Some(run) if run["state"] == "waiting" => run,
            Some(run) => {
                let done = desk.json(4, &RUN);
                assert_eq!(done["run"], run["run"], "it goes on with the same run");
                done
            }
            None => desk.json(4, &RUN),
        };
        let calls = stub.calls().len();
        assert!(
            calls <= self.calls + lost,
            "{calls} calls, {} without a fault, {lost} lost",
            self.calls
        );
        assert_eq!(artifacts(&done), self.artifacts);
    }
}

fn artifacts(run: &Value) -> Vec<String> {
    let of_stages = list(run, "stages")
        .iter()
        .flat_map(|stage| list(stage, "artifacts"));
    of_stages
        .map(|artifact| word(artifact, "hash").to_owned())
        .collect()
}

/// Opens the database with the store itself: nothing in it is damaged, and no stage is done without its artifacts.
fn is_sound(desk: &Desk) {
    let path = desk.dir().join("data/copydesk.db");
    if !path.exists() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let damage = runtime.block_on(async {
        let store = SqliteStore::open(&path, Options::SHIPPED).await.unwrap();
        let damage = store.damage().await.unwrap();
        store.close().await;
        damage
    });
    assert_eq!(damage, Vec::<String>::new());
    for run in desk.json(0, &["runs"]).as_array().unwrap() {
        nothing_is_half_stored(desk, &desk.json(0, &["show", word(run, "run")]));
    }
}

/// Brings everything into the one file of the database, and takes WAL and index away.
pub fn one_file(desk: &Desk) {
    let program = "import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
assert base.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchone() == (0, 0, 0)
base.close()";
    let data = desk.dir().join("data");
    python(program, &[data.join("copydesk.db").to_str().unwrap()], b"");
    assert!(!data.join("copydesk.db-wal").exists());
}

/// No stage is done without its artifacts, and each of them can be read: an export has its bytes, by their hash.
fn nothing_is_half_stored(desk: &Desk, run: &Value) {
    let elsewhere = tempfile::tempdir().unwrap();
    let to = elsewhere.path().join("export");
    desk.json(0, &["export", word(run, "run"), "--to", to.to_str().unwrap()]);
    let exported: BTreeSet<String> = files_below(&to)
        .iter()
        .map(|name| sha256(&std::fs::read(to.join(name)).unwrap()))
        .collect();
    for stage in list(run, "stages") {
        let artifacts = list(stage, "artifacts");
        let is_done = stage["state"] == "completed" && stage["stage"] != "publish";
        assert!(!is_done || !artifacts.is_empty(), "{stage}");
        // The states of its answers are written into a report as it is exported.
        let as_stored = artifacts
            .iter()
            .filter(|artifact| artifact["kind"] != "engagement_report");
        for artifact in as_stored {
            assert!(
                exported.contains(word(artifact, "hash")),
                "{artifact} cannot be read"
            );
        }
    }
}

/// The files below a folder, by name.
fn files_below(dir: &Path) -> Vec<String> {
    let (mut names, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                names.push(path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    names.sort();
    names
}
