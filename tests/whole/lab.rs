//! The parts of `lab` on input of every size and kind: a result or a clear word, and nothing lost.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::rig::{BINARY, list, text, word};

const LINE: &str = "The pump ran dry on Monday, and nobody on the night shift noticed it before six.";

/// Runs a part with these bytes on stdin.
fn lab(arguments: &[&str], input: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("input");
    std::fs::write(&file, input).unwrap();
    Command::new(BINARY)
        .arg("lab")
        .args(arguments)
        .current_dir(folder.path())
        .stdin(File::open(&file).unwrap())
        .output()
        .unwrap()
}

/// The answers, a line each; the part must end well.
fn answers(arguments: &[&str], input: &[u8]) -> Vec<Value> {
    let output = lab(arguments, input);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn page(html: &[u8]) -> (Value, String) {
    let output = lab(&["extract", "--url", "https://pump.example/a"], html);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (
        serde_json::from_slice(&output.stdout).unwrap(),
        text(&output.stderr),
    )
}

fn jsonl(rows: impl Iterator<Item = Value>) -> Vec<u8> {
    rows.fold(String::new(), |mut all, row| {
        writeln!(all, "{row}").unwrap();
        all
    })
    .into_bytes()
}

#[test]
fn a_page_of_50_mib_is_read_to_its_limit_and_says_so() {
    let mut html = String::from("<html><head><title>Pump</title></head><body><h1>Pump</h1>");
    while html.len() < 50 << 20 {
        write!(html, "<p>{LINE}</p>").unwrap();
    }
    let (read, said) = page(html.as_bytes());
    let paragraphs = (20 << 20) / (LINE.len() + 7);
    assert!(word(&read, "text").lines().count() >= paragraphs - 2);
    assert!(
        said.contains(&html.len().to_string()) && said.contains("20 MiB"),
        "{said}"
    );
}

#[test]
fn depth_length_and_broken_bytes_lose_no_text() {
    let deep = format!("<h1>Pump</h1>{}<p>{LINE}</p>", "<div>".repeat(100_000));
    assert_eq!(word(&page(deep.as_bytes()).0, "text"), LINE);
    let long = format!("{LINE} ").repeat((10 << 20) / LINE.len());
    let (read, said) = page(format!("<h1>Pump</h1><p>{long}</p>").as_bytes());
    assert_eq!(word(&read, "text"), long.trim_end());
    assert_eq!(said, "");
    let mut broken = format!("<meta charset=utf-8><h1>Pump</h1><p>{LINE}</p><p>A broken ").into_bytes();
    broken.extend(b"\xff\xfe\xc3( sign in the middle of this line, and ten more words behind it.</p>");
    let (read, _) = page(&broken);
    let read = word(&read, "text");
    assert!(
        read.starts_with(LINE) && read.ends_with("ten more words behind it."),
        "{read}"
    );
    let mixed = "قال المهندس Ivar Dahl إن المضخة رقم 12 توقفت يوم الاثنين ولم يلاحظ ذلك أحد قبل السادسة صباحا.";
    assert_eq!(
        word(
            &page(format!("<h1>المضخة</h1><p dir=rtl>{mixed}</p>").as_bytes()).0,
            "text"
        ),
        mixed
    );
}

#[test]
fn nothing_gives_nothing_or_a_word() {
    let (read, _) = page(b"");
    assert_eq!(
        read,
        json!({ "title": null, "authors": [], "published_at": null, "text": "" })
    );
    for part in [&["cluster"][..], &["summarise", "--sentences", "2"], &["ground"]] {
        assert_eq!(answers(part, b""), Vec::<Value>::new(), "{part:?}");
    }
    let output = lab(&["feed", "--url", "https://pump.example/f"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("the feed is empty"),
        "{}",
        text(&output.stderr)
    );
    let blank = jsonl([json!({ "id": "1", "title": "", "text": "" })].into_iter());
    assert_eq!(answers(&["cluster"], &blank), [json!({ "id": "1", "story": 0 })]);
    assert_eq!(
        answers(&["summarise", "--sentences", "2"], &blank),
        [json!({ "id": "1", "summary": "" })]
    );
}

#[test]
fn a_feed_of_100_000_items_gives_them_all() {
    let mut xml = String::from("<rss version=\"2.0\"><channel><title>Pump</title>");
    for at in 0..100_000 {
        write!(xml, "<item><title>Item {at}</title><guid>g{at}</guid></item>").unwrap();
    }
    xml.push_str("</channel></rss>");
    let read = &answers(&["feed", "--url", "https://pump.example/f"], xml.as_bytes())[0];
    let ids: BTreeSet<&str> = list(read, "items").iter().map(|item| word(item, "id")).collect();
    assert_eq!(ids.len(), 100_000);
}

#[test]
fn twenty_thousand_copies_are_one_story() {
    let rows = (0..20_000).map(
        |at| json!({ "id": at, "title": "Pump runs dry", "text": format!("{LINE} {at} litres were lost.") }),
    );
    let found = answers(&["cluster"], &jsonl(rows));
    assert_eq!(found.len(), 20_000);
    assert!(
        found
            .iter()
            .zip(0..)
            .all(|(answer, at)| *answer == json!({ "id": at, "story": 0 }))
    );
}

#[test]
fn of_100_000_sentences_those_at_the_head_are_weighed() {
    let words = [
        "gauge", "valve", "float", "switch", "shift", "harbour", "crew", "paper",
    ];
    let sentences: Vec<String> = (0..100_000)
        .map(|at| format!("{} {} {at} is at rest.", words[at % 8], words[at / 8 % 8]))
        .collect();
    let rows = [json!({ "id": "a", "title": "Pump 3 reads its gauge", "sentences": sentences })];
    let found = answers(&["summarise", "--sentences", "2"], &jsonl(rows.into_iter()));
    let summary = word(&found[0], "summary");
    let head = |sentence: &&String| summary.contains(sentence.as_str());
    assert_eq!(sentences[..250].iter().filter(head).count(), 2, "{summary}");
    // What shares two words with the title leads.
    assert!(summary.starts_with("switch gauge 3 is"), "{summary}");
}

#[test]
fn a_single_line_of_10_mb_is_a_post_like_others() {
    let long = "pump ".repeat(2 << 20);
    let rows = [
        json!({ "id": "long", "text": long }),
        json!({ "id": "short", "text": LINE }),
    ];
    assert_eq!(
        answers(&["cluster"], &jsonl(rows.into_iter())),
        [
            json!({ "id": "long", "story": 0 }),
            json!({ "id": "short", "story": 1 })
        ]
    );
    let cut = br#"{"id":"1","text":"no end"#;
    let output = lab(&["cluster"], cut);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("stdin, line 1"),
        "{}",
        text(&output.stderr)
    );
}
