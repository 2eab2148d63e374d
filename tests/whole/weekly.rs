//! The newsletter: made from the week's issues and briefs; only days without one are researched.

use std::collections::BTreeMap;

use crate::outside;
use crate::quality::keeps_the_rules;
use crate::rig::{Corpus, Desk, list, word};

/// The evening on which the newsletter is made.
const END: &str = "2026-08-20T23:30:00Z";

/// A folder whose daily and weekly pipelines read the corpus.
fn desk(corpus: &Corpus) -> Desk {
    let desk = Desk::of_corpus(corpus, "24h");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    let weekly = desk.read("pipelines/weekly.toml");
    let feeds = weekly.find("\n[[feed]]").expect("the shipped pipeline has feeds");
    desk.write("pipelines/weekly.toml", &weekly[..=feeds]);
    let opml = desk.dir().join("corpus.opml");
    desk.json(
        0,
        &["feeds", "import", opml.to_str().unwrap(), "--pipeline", "weekly"],
    );
    desk
}

fn publish(desk: &Desk, corpus: &Corpus, day: &str) {
    let now = format!("2026-08-{day}T23:00:00Z");
    corpus.move_to(&now);
    let run = desk.json(4, &["run", "daily", "--now", &now]);
    let approved = desk.json(0, &["approve", word(&run, "run"), "--wait"]);
    assert_eq!(approved["issue"], "published", "{approved}");
}

/// The newsletter's export and the feeds that were asked for it.
fn newsletter(desk: &Desk, corpus: &Corpus) -> (outside::Export, Vec<String>) {
    corpus.move_to(END);
    corpus.take_log();
    let run = desk.json(4, &["run", "weekly", "--now", END]);
    let asked = corpus.take_log();
    let paths = asked.iter().map(|request| word(request, "path").to_owned());
    let is_feed = regex::Regex::new(r"\.(?:xml|json|atom|rss|rdf)$").unwrap();
    let feeds = paths.filter(|path| is_feed.is_match(path)).collect();
    let export = outside::check(&desk.export(word(&run, "run")));
    keeps_the_rules("the week", &export, &BTreeMap::new());
    println!(
        "{}",
        std::fs::read_to_string(
            desk.dir()
                .join(format!("export-{}", word(&run, "run")))
                .join("issue.md")
        )
        .unwrap()
    );
    (export, feeds)
}

#[test]
fn a_week_with_a_brief_for_each_day_asks_no_feed() {
    let test = "a_week_with_a_brief_for_each_day_asks_no_feed";
    let Some(corpus) = Corpus::serve(test, "2026-08-14T23:00:00Z") else {
        return;
    };
    let desk = desk(&corpus);
    for day in ["14", "15", "16", "17", "18", "19", "20"] {
        publish(&desk, &corpus, day);
    }
    let (export, feeds) = newsletter(&desk, &corpus);
    assert!(feeds.is_empty(), "{feeds:?}");
    let stories = list(&export.brief, "stories");
    assert!(
        word(&stories[0], "reason").starts_with("led an issue of these days"),
        "{}",
        stories[0]
    );
    let days: std::collections::BTreeSet<&str> = list(&export.brief, "sources")
        .iter()
        .filter_map(|source| source["published_at"].as_str())
        .map(|at| &at[..10])
        .collect();
    assert!(days.len() >= 4, "posts of the whole week: {days:?}");
    let headings: Vec<&str> = list(&export.draft, "sections")
        .iter()
        .map(|section| word(section, "heading"))
        .collect();
    assert!(headings.contains(&"The one that matters"), "{headings:?}");
    assert!(
        !headings.contains(&"Beat by beat"),
        "a section for each beat: {headings:?}"
    );
}

#[test]
fn a_week_without_briefs_is_researched_whole() {
    let test = "a_week_without_briefs_is_researched_whole";
    let Some(corpus) = Corpus::serve(test, END) else {
        return;
    };
    let desk = desk(&corpus);
    let (export, feeds) = newsletter(&desk, &corpus);
    assert!(feeds.len() >= 20, "{feeds:?}");
    assert!(list(&export.brief, "stories").len() >= 8);
}
