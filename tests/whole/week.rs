//! Seven days in a row, with the corpus' clock moved along.

use std::collections::{BTreeMap, BTreeSet};

use crate::outside;
use crate::rig::{Corpus, Desk, list, word};

const DAYS: [&str; 7] = ["14", "15", "16", "17", "18", "19", "20"];

#[test]
fn seven_days_in_a_row_end_in_valid_artifacts_and_tell_nothing_twice() {
    let test = "seven_days_in_a_row_end_in_valid_artifacts_and_tell_nothing_twice";
    let Some(corpus) = Corpus::serve(test, "2026-08-14T23:00:00Z") else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    // Who led with what, and what each published issue told.
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for day in DAYS {
        let now = format!("2026-08-{day}T23:00:00Z");
        corpus.move_to(&now);
        let run = desk.json(4, &["run", "daily", "--now", &now]);
        let id = word(&run, "run");
        let export = outside::check(&desk.export(id));
        let stories: BTreeMap<&str, &serde_json::Value> = list(&export.brief, "stories")
            .iter()
            .map(|story| (word(story, "id"), story))
            .collect();
        let mut today = BTreeSet::new();
        for section in list(&export.draft, "sections") {
            for story in list(section, "stories") {
                let story = stories[story.as_str().unwrap()];
                let hashes: Vec<&str> = list(story, "snapshots")
                    .iter()
                    .filter_map(|hash| hash.as_str())
                    .collect();
                let old: Vec<&&str> = hashes.iter().filter(|hash| told.contains_key(**hash)).collect();
                let has_new = old.len() < hashes.len();
                assert!(
                    old.is_empty() || has_new,
                    "{day}: {} is told again: {story}",
                    story["title"]
                );
                assert!(
                    old.is_empty() || story["is_new"] == false,
                    "{day}: {story} says that it is new"
                );
                today.extend(hashes.into_iter().map(str::to_owned));
            }
        }
        for hash in today {
            told.entry(hash).or_insert_with(|| id.to_owned());
        }
        println!(
            "{day}: {} stories, title {}",
            stories.len(),
            export.draft["title"]
        );
        let approved = desk.json(0, &["approve", id, "--wait"]);
        assert_eq!(approved["issue"], "published", "{approved}");
    }
    let pages = std::fs::read_dir(desk.dir().join("site"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert!(pages.count() >= DAYS.len(), "each day has its page");
}
