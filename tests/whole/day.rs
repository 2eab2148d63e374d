//! One day over the corpus, from the feeds to the author's gate.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::outside;
use crate::rig::{Corpus, Desk, EVENING, list, sha256, word};

/// To the gate in so long, in an unoptimised build too.
const GATE_MAX: Duration = Duration::from_secs(30);

#[test]
fn a_day_reaches_the_gate_with_every_span_in_place() {
    let Some(corpus) = Corpus::serve("a_day_reaches_the_gate_with_every_span_in_place", EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    let started = Instant::now();
    let run = desk.evening();
    println!("to the gate in {:.1} s", started.elapsed().as_secs_f64());
    assert!(started.elapsed() < GATE_MAX);
    assert_eq!(run["state"], "waiting");
    assert_eq!(run["waiting_for"], serde_json::json!(["approval"]));
    assert_eq!(run["issue"], "reviewed");
    assert_eq!(run["slot"], serde_json::Value::Null);
    let dir = desk.export(word(&run, "run"));
    let export = outside::check(&dir);
    assert!(
        list(&export.brief, "missing").is_empty(),
        "{}",
        export.brief["missing"]
    );
    assert_eq!(
        sha256(&std::fs::read(dir.join("issue.json")).unwrap()),
        word(&run["approval"], "hash")
    );
    let blocked = list(&export.review, "verdicts")
        .iter()
        .filter(|verdict| verdict["verdict"] == "blocked")
        .count();
    println!(
        "{} verdicts, {blocked} blocked",
        list(&export.review, "verdicts").len()
    );
    for sentence in list(&export.draft, "sentences") {
        let text = word(sentence, "text");
        assert!(
            !text.contains("“This ") && !text.contains("“It "),
            "a dangling word: {text}"
        );
    }
    assert!(
        std::fs::read_to_string(dir.join("issue.md"))
            .unwrap()
            .contains("Assembled by extraction, no language model used")
    );
}

#[test]
fn a_day_with_nothing_to_say_is_an_issue_that_says_why() {
    let desk = Desk::new();
    let run = desk.evening();
    assert_eq!(run["issue"], "reviewed", "{run}");
    let dir = desk.export(word(&run, "run"));
    let file = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(dir.join(name)).unwrap()).unwrap()
    };
    assert!(list(&file("research_brief.json"), "stories").is_empty());
    let reason = "The sources that were read had nothing in the window.";
    assert_eq!(file("draft.json")["nothing_today"], reason);
    assert!(
        std::fs::read_to_string(dir.join("issue.md"))
            .unwrap()
            .contains(reason)
    );
}

#[test]
fn the_attack_told_by_nine_posts_is_one_story_and_leads() {
    let Some(corpus) = Corpus::serve("the_attack_told_by_nine_posts_is_one_story_and_leads", EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    let run = desk.evening();
    let export = outside::check(&desk.export(word(&run, "run")));
    let stories = std::fs::read_to_string(corpus.root.join("stories.jsonl")).unwrap();
    let truth = crate::rig::json_lines(&stories)
        .into_iter()
        .find(|story| story["story"] == "arrayref-supply-chain-2026-08");
    let truth = truth.expect("the corpus has this story");
    let told: BTreeSet<&str> = list(&truth, "posts")
        .iter()
        .filter_map(|post| post.as_str())
        .collect();
    let lead = &list(&export.brief, "stories")[0];
    let mut found = BTreeSet::new();
    for hash in list(lead, "snapshots") {
        for fetch in list(&export.about[hash.as_str().unwrap()], "fetches") {
            found.insert(
                word(fetch, "url")
                    .split("/s/")
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned(),
            );
        }
    }
    let right = found.iter().filter(|post| told.contains(post.as_str())).count();
    println!(
        "the lead has {} posts, {right} of {} right: {found:?}",
        found.len(),
        told.len()
    );
    assert!(
        found.contains("rust-blog/supply-chain-attack-on-arrayref"),
        "{found:?}"
    );
    assert!(
        right > 6,
        "the post and at least six of the eight advisories: {found:?}"
    );
    let section = &list(&export.draft, "sections")[0];
    assert_eq!(section["stories"][0], lead["id"], "the first section tells it");
}

#[test]
fn the_same_evening_twice_gives_the_same_bytes() {
    let Some(corpus) = Corpus::serve("the_same_evening_twice_gives_the_same_bytes", EVENING) else {
        return;
    };
    let made = || {
        let desk = Desk::of_corpus(&corpus, "7d");
        let run = desk.evening();
        desk.json(4, &["run", "daily"]);
        run["stages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|stage| stage["artifacts"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(made(), made());
}

#[test]
fn a_day_without_posts_is_said_and_invents_nothing() {
    let quiet = "2015-01-05T05:00:00Z";
    let Some(corpus) = Corpus::serve("a_day_without_posts_is_said_and_invents_nothing", quiet) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    let output = desk
        .command(&["run", "daily", "--now", quiet, "--json"])
        .output()
        .unwrap();
    let run: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    println!(
        "exit {:?}, issue {}, {}",
        output.status.code(),
        run["issue"],
        run["reason"]
    );
    assert_ne!(run["state"], "failed", "{run}");
    let draft = crate::rig::json_file(&desk.export(word(&run, "run")).join("draft.json"));
    for sentence in list(&draft, "sentences") {
        assert!(
            list(sentence, "evidence")
                .iter()
                .all(|evidence| evidence.get("coverage").is_some()),
            "{sentence}"
        );
    }
}
