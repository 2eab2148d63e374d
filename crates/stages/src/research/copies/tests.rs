use std::path::Path;

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::Source;
use serde_json::Value;

use super::super::fixture;
use super::*;

/// Sentences that no other number shares a run of three words with.
fn sentences(from: usize, to: usize) -> String {
    let one =
        |n: usize| format!("Item{n} was seen{n} near gate{n} with crew{n} and left{n} before noon{n}. ");
    (from..to).map(one).collect()
}

fn reading(owner: &str, text: &str, day: &str) -> Reading {
    let source = Source {
        published_at: day.parse().ok(),
        ..fixture::source(owner, "A post", text)
    };
    fixture::reading(source, text)
}

/// For each reading the number of its original, or its own.
fn folded(mut readings: Vec<Reading>) -> Vec<usize> {
    fold(&mut readings);
    let number = |hash: ContentHash| readings.iter().position(|one| one.source.snapshot == hash);
    readings
        .iter()
        .enumerate()
        .map(|(at, one)| one.source.copy_of.and_then(number).unwrap_or(at))
        .collect()
}

#[test]
fn a_copy_with_an_intro_and_a_tail_follows_the_earlier() {
    let copy = format!(
        "{}{}{}",
        sentences(900, 903),
        sentences(0, 20),
        sentences(950, 952)
    );
    let original = sentences(0, 20);
    let found = folded(vec![
        reading("late.example", &copy, "2026-08-20T10:00:00Z"),
        reading("first.example", &original, "2026-08-20T08:00:00Z"),
    ]);
    assert_eq!(found, [1, 1]);
}

#[test]
fn a_shortened_copy_is_one_and_an_early_excerpt_is_no_original() {
    let whole = reading("first.example", &sentences(0, 40), "2026-08-20T08:00:00Z");
    let short = reading("short.example", &sentences(0, 12), "2026-08-20T09:00:00Z");
    assert_eq!(folded(vec![whole.clone(), short]), [0, 0]);
    let excerpt = format!("{} Originally published on first.example.", sentences(0, 12));
    let early = reading("early.example", &excerpt, "2026-08-20T07:00:00Z");
    assert_eq!(folded(vec![early, whole]), [1, 1]);
}

#[test]
fn a_press_release_at_three_sites_is_one_witness() {
    let text = sentences(0, 15);
    let found = folded(vec![
        reading(
            "b.example",
            &format!("{text}B adds a line here."),
            "2026-08-20T09:00:00Z",
        ),
        reading("a.example", &text, "2026-08-20T08:00:00Z"),
        reading("c.example", &text.replace("Item3", "Item 3"), "2026-08-20"),
    ]);
    assert_eq!(found, [1, 1, 1]);
}

#[test]
fn a_report_that_prints_a_statement_is_a_witness_of_its_own() {
    let statement = reading("vendor.example", &sentences(0, 10), "2026-08-20T08:00:00Z");
    let report = format!("{}{}", sentences(500, 530), sentences(0, 10));
    let found = folded(vec![
        statement,
        reading("paper.example", &report, "2026-08-20T12:00:00Z"),
    ]);
    assert_eq!(found, [0, 1]);
}

#[test]
fn a_digest_swallows_none_of_the_posts_that_it_quotes_from() {
    let first = reading("first.example", &sentences(0, 20), "2026-08-20T08:00:00Z");
    let second = reading("second.example", &sentences(100, 120), "2026-08-20T08:30:00Z");
    // Half of each, one of them with its origin named as a reprint has it, and words of its own between.
    let digest = |day: &str| {
        let text = format!(
            "{}{}{} This part was first published at first.example.",
            sentences(0, 12),
            sentences(500, 505),
            sentences(100, 112)
        );
        reading("digest.example", &text, day)
    };
    for day in ["2026-08-20T12:00:00Z", "2026-08-20T07:00:00Z", "2026-08-20"] {
        let found = folded(vec![first.clone(), second.clone(), digest(day)]);
        assert_eq!(found[..2], [0, 1], "{day}");
    }
    // Whole posts in a digest stay posts.
    let whole = format!("{}{}", sentences(0, 20), sentences(100, 120));
    let found = folded(vec![
        first.clone(),
        second.clone(),
        reading("digest.example", &whole, "2026-08-20T12:00:00Z"),
    ]);
    assert_eq!(found, [0, 1, 2]);
}

#[test]
fn a_copy_of_a_copy_does_not_make_two_posts_one() {
    // Each shares most with its neighbour; the ends share too little.
    let chain = |from: usize| {
        let text = sentences(from, from + 30);
        reading(
            &format!("p{from}.example"),
            &text,
            &format!("2026-08-20T{:02}:00:00Z", 8 + from / 10),
        )
    };
    let found = folded(vec![chain(0), chain(9), chain(18)]);
    assert_eq!(found, [0, 0, 1], "each follows the one whose text it has");
}

#[test]
fn what_pages_say_of_the_original_goes_before_dates() {
    let (a, b) = (sentences(0, 20), format!("{} Posted by us.", sentences(0, 20)));
    let first = reading("blog.example", &a, "2026-08-20T12:00:00Z");
    let mut copy = reading("hub.example", &b, "2026-08-20T08:00:00Z");
    assert_eq!(folded(vec![first.clone(), copy.clone()]), [1, 1]);
    copy.claimed_url = Some(first.source.url.clone());
    assert_eq!(folded(vec![first.clone(), copy]), [0, 0]);
    let named = format!(
        "{} This article was first published at blog.example.",
        sentences(0, 20)
    );
    assert_eq!(
        folded(vec![
            first,
            reading("hub.example", &named, "2026-08-20T08:00:00Z")
        ]),
        [0, 0]
    );
}

#[test]
fn a_claim_without_the_text_is_nothing() {
    let paper = reading("paper.example", &sentences(0, 20), "2026-08-20T08:00:00Z");
    let mut liar = reading("evil.example", &sentences(300, 320), "2026-08-20T07:00:00Z");
    liar.claimed_url = Some(paper.source.url.clone());
    assert_eq!(folded(vec![paper, liar]), [0, 1]);
}

#[test]
fn posts_of_one_template_and_owner_are_apart_unless_they_are_the_same_bytes() {
    let advisory = |n: usize| format!("{} Crate number {n}.", sentences(0, 10));
    let one = reading("a.example", &advisory(1), "2026-08-20");
    let two = reading("a.example", &advisory(2), "2026-08-20");
    assert_eq!(folded(vec![one.clone(), two]), [0, 1]);
    assert_eq!(folded(vec![one.clone(), one]), [0, 0]);
}

/// Each post of the corpus by itself and owner; prints what was folded.
#[test]
fn of_the_corpus_only_the_article_on_two_blogs_is_folded() {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    #[expect(clippy::disallowed_methods, reason = "a test has settings")]
    let root = std::env::var_os("COPYDESK_SHARED")
        .map_or_else(beside, Into::into)
        .join("corpus");
    let Ok(posts) = std::fs::read_to_string(root.join("posts.jsonl")) else {
        println!("skipped: of_the_corpus_only_the_article_on_two_blogs_is_folded: no shared data");
        return;
    };
    let truth = std::fs::read_to_string(root.join("truth.jsonl")).unwrap();
    let texts: Vec<Value> = truth
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut readings = Vec::new();
    let mut ids = Vec::new();
    for line in posts.lines() {
        let post: Value = serde_json::from_str(line).unwrap();
        let text = texts.iter().find(|text| text["id"] == post["id"]).unwrap();
        readings.push(reading(
            &format!("{}.example", post["source"].as_str().unwrap()),
            text["text"].as_str().unwrap(),
            post["published"].as_str().unwrap(),
        ));
        ids.push(post["id"].as_str().unwrap().to_owned());
    }
    fold(&mut readings);
    let copies: Vec<&String> = readings
        .iter()
        .zip(&ids)
        .filter(|(one, _)| one.source.copy_of.is_some())
        .map(|(_, id)| id)
        .collect();
    println!("{} posts, folded: {copies:?}", ids.len());
    assert_eq!(copies.len(), 1, "{copies:?}");
    assert!(
        copies[0].starts_with("kserve") || copies[0].starts_with("llm-d"),
        "{copies:?}"
    );
}
