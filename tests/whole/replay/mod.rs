//! Past runs once more: from their records with the network cut, and beside the original with another model or prompt.

mod anew;
mod cut;
mod recording;
mod refused;

use serde_json::Value;

use crate::rig::{Corpus, Desk, EVENING, json_file, word};

/// A day over the corpus that was sent back once, published, and read by somebody with a question. Its desk, its run, and
/// the corpus, which still answers.
fn day(corpus: &Corpus, prepare: impl Fn(&Desk)) -> (Desk, String) {
    let desk = Desk::of_corpus(corpus, "7d");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    prepare(&desk);
    let run = word(&desk.evening(), "run").to_owned();
    desk.json(0, &["send-back", &run, "--note", "shorter, please"]);
    desk.json(4, &["run", "daily", "--now", EVENING]);
    let slug = word(&json_file(&desk.export(&run).join("issue.json")), "slug").to_owned();
    deliver(&desk, &slug);
    desk.json(0, &["approve", &run, "--wait"]);
    let shown = desk.json(0, &["show", &run]);
    if shown["state"] == "running" {
        desk.json(4, &["run", "daily"]);
    }
    let shown = desk.json(0, &["show", &run]);
    assert_eq!(shown["waiting_for"], serde_json::json!(["answers"]), "{shown}");
    assert_eq!(shown["issue"], "published", "{shown}");
    (desk, run)
}

fn deliver(desk: &Desk, slug: &str) {
    let new = desk.dir().join("replies/new");
    std::fs::create_dir_all(&new).unwrap();
    std::fs::create_dir_all(desk.dir().join("replies/cur")).unwrap();
    let mail = format!(
        "From: A Reader <reader@readers.example>\nTo: author@copydesk.example\nDate: Fri, 21 Aug 2026 07:00:00 +0000\n\
         Message-ID: <one@readers.example>\nIn-Reply-To: <{slug}@copydesk.local>\nSubject: Re: today\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\nWhen was the proc-macro1 crate reported as malicious?\n"
    );
    std::fs::write(new.join("one.host"), mail).unwrap();
}

/// Hashes of what the stages of a run made, by stage, as `show` has them.
fn hashes(run: &Value) -> Vec<(String, Vec<String>)> {
    let stages = run["stages"].as_array().unwrap().iter();
    stages
        .map(|stage| {
            let artifacts = stage["artifacts"].as_array().unwrap().iter();
            let hashes = artifacts
                .map(|artifact| word(artifact, "hash").to_owned())
                .collect();
            (word(stage, "stage").to_owned(), hashes)
        })
        .filter(|(_, hashes): &(String, Vec<String>)| !hashes.is_empty())
        .collect()
}
