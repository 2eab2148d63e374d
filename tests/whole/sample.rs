//! `try --sample`: what a person sees first.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::outside;
use crate::rig::{BINARY, json_file, list, text, word};

const READY_MAX: Duration = Duration::from_secs(10);
/// Pairwise F1 of stories against the truth of the sample.
const STORIES_F1_MIN: f64 = 0.7;
/// Of the ten posts that tell the lead.
const LEAD_POSTS_MIN: usize = 6;

#[test]
fn the_sample_makes_an_honest_issue_within_ten_seconds() {
    let home = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let output = Command::new(BINARY)
        .args(["try", "--sample"])
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    println!(
        "{}in {:.1} s",
        text(&output.stdout),
        started.elapsed().as_secs_f64()
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(started.elapsed() < READY_MAX);
    let runs = std::fs::read_dir(home.path().join("copydesk-try/out")).unwrap();
    let dir = runs
        .map(|entry| entry.unwrap().path())
        .next()
        .expect("it exports");
    let export = outside::check(&dir);
    let markdown = std::fs::read_to_string(dir.join("issue.md")).unwrap();
    println!("{markdown}");
    assert!(
        word(&export.draft, "title").contains("SAMPLE"),
        "{}",
        export.draft["title"]
    );
    for verdict in list(&export.review, "verdicts") {
        assert_eq!(
            verdict["verdict"], "supported",
            "templates add nothing: {verdict}"
        );
    }
    assert!(markdown.contains("Assembled by extraction, no language model used. 11 of 12 sources read."));
    let truth = json_file(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample/truth.json"));
    told(&export, &truth);
    names_what_is_quiet(&export, &truth);
    stories(&export, &truth);
}

/// The posts of a story as `SOURCE/SLUG`.
fn posts(export: &outside::Export, story: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for hash in list(story, "snapshots") {
        found.extend(
            list(&export.about[hash.as_str().unwrap()], "fetches")
                .iter()
                .map(|fetch| post(word(fetch, "url"))),
        );
    }
    found
}

/// `http://HOST/SOURCE/SLUG` as `SOURCE/SLUG`.
fn post(url: &str) -> String {
    url.splitn(4, '/').nth(3).unwrap_or_default().to_owned()
}

/// What leads, and what is never quoted.
fn told(export: &outside::Export, truth: &Value) {
    let lead = list(truth, "stories")
        .iter()
        .find(|story| story["id"] == truth["lead"])
        .unwrap();
    let wanted: BTreeSet<String> = list(lead, "posts")
        .iter()
        .map(|post| post.as_str().unwrap().to_owned())
        .collect();
    let first = posts(export, &list(&export.brief, "stories")[0]);
    println!(
        "the lead: {} of {} posts, {} beside",
        first.intersection(&wanted).count(),
        wanted.len(),
        first.difference(&wanted).count()
    );
    assert!(
        first.intersection(&wanted).count() >= LEAD_POSTS_MIN && first.is_subset(&wanted),
        "{first:?}"
    );
    let sponsored: Vec<&str> = list(truth, "sponsored")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for sentence in list(&export.draft, "sentences") {
        let said = word(sentence, "text").to_lowercase();
        for order in ["assistant", "ignore", "previous instructions", "buy now"] {
            assert!(!said.contains(order), "an order to a model is quoted: {said}");
        }
        for hash in list(sentence, "evidence")
            .iter()
            .filter_map(|evidence| evidence["snapshot"].as_str())
        {
            let urls = list(&export.about[hash], "fetches")
                .iter()
                .map(|fetch| post(word(fetch, "url")));
            assert!(
                urls.clone().all(|url| !sponsored.contains(&url.as_str())),
                "sponsored: {sentence}"
            );
        }
    }
    for source in list(&export.brief, "sources") {
        let url = post(word(source, "url"));
        let is_injected = list(truth, "injected")
            .iter()
            .any(|injected| injected == url.as_str());
        assert!(!is_injected || source["gives_orders"] == true, "{source}");
        let is_sponsored = sponsored.contains(&url.as_str());
        assert_eq!(source["is_sponsored"], is_sponsored, "{source}");
    }
    assert!(list(truth, "differences").len() >= 3);
}

/// Quiet and unreadable are two things, and both are said.
fn names_what_is_quiet(export: &outside::Export, truth: &Value) {
    let section = list(&export.draft, "sections")
        .iter()
        .find(|section| section["kind"] == "quiet")
        .expect("a section Quiet");
    let ids: BTreeSet<&str> = list(section, "paragraphs")
        .iter()
        .flat_map(|ids| ids.as_array().unwrap())
        .filter_map(Value::as_str)
        .collect();
    let sentences = list(&export.draft, "sentences")
        .iter()
        .filter(|sentence| ids.contains(word(sentence, "id")));
    let said = sentences
        .map(|sentence| word(sentence, "text"))
        .collect::<Vec<_>>()
        .join(" ");
    println!("quiet: {said}");
    for beat in list(truth, "quiet_beats") {
        assert!(
            said.to_lowercase().contains(beat.as_str().unwrap()),
            "{beat} is quiet: {said}"
        );
    }
    let missing = list(&export.brief, "missing");
    for feed in list(truth, "unreadable_feeds") {
        let name = feed.as_str().unwrap();
        assert!(
            missing.iter().any(|missing| word(missing, "feed").contains(name)),
            "{name}: {missing:?}"
        );
    }
    assert!(
        said.contains("Meridian"),
        "a feed that could not be read is named: {said}"
    );
}

/// Pairwise F1 over all posts that both the truth and the brief know.
fn stories(export: &outside::Export, truth: &Value) {
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    let groups = list(truth, "stories")
        .iter()
        .map(|story| list(story, "posts").clone());
    let single = list(truth, "singletons")
        .iter()
        .chain(list(truth, "noise"))
        .map(|post| vec![post.clone()]);
    for (number, group) in groups.chain(single).enumerate() {
        wanted.extend(
            group
                .iter()
                .map(|post| (post.as_str().unwrap().to_owned(), number)),
        );
    }
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for (number, story) in list(&export.brief, "stories").iter().enumerate() {
        found.extend(posts(export, story).into_iter().map(|post| (post, number)));
    }
    let known: Vec<&String> = wanted.keys().collect();
    let (mut right, mut wrong, mut missed) = (0.0, 0.0, 0.0);
    for (index, a) in known.iter().enumerate() {
        for b in &known[index + 1..] {
            let is_true = wanted[*a] == wanted[*b];
            let is_found = found.get(*a).is_some_and(|story| found.get(*b) == Some(story));
            match (is_true, is_found) {
                (true, true) => right += 1.0,
                (false, true) => wrong += 1.0,
                (true, false) => missed += 1.0,
                (false, false) => {}
            }
        }
    }
    let f1 = 2.0 * right / (2.0 * right + wrong + missed);
    println!("stories: F1 {f1:.3} ({right} right, {wrong} wrong, {missed} missed)");
    assert!(f1 >= STORIES_F1_MIN);
}
