//! The cases of another feed reader: what it makes of them, we do, but for these.
//!
//! - Titles are plain text here, so expected titles are compared after their HTML is read as text.
//! - An author known by a web address alone has no name to show (`entry_authors_url`).
//! - `&rang;` is what HTML 5 says, not HTML 4 (`entities__rang`).
//! - Bytes of no encoding are UTF-8 with strays of windows-1252, not ISO 8859-2 (`bozo_linenoise`).
//! - A comment inside HTML ends where HTML ends it (`xml_malicious_comment`), and a broken DOCTYPE is no text.

use std::path::Path;

use copydesk_domain::PublishedAt;
use copydesk_text::feed::{self, Feed, FeedItem, LabFeed};
use serde_json::Value;
use url::Url;

use super::{shared, text};

/// The fields of an entry that an item has.
const ENTRY_FIELDS: &[&str] = &[
    "id",
    "link",
    "title",
    "author",
    "authors",
    "published",
    "updated",
    "published_parsed",
    "updated_parsed",
    "summary",
    "content",
];

struct Case {
    file: String,
    feed: Feed,
    expected: Value,
}

fn cases(shared: &Path, tier: &str) -> Vec<Case> {
    let folder = shared.join("feeds");
    let list: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let mut cases = Vec::new();
    for case in list["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["tier"] == tier)
    {
        let headers = case["response_headers"].as_object().unwrap();
        let header = |name: &str| {
            headers
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .and_then(|(_, value)| value.as_str())
        };
        let base = header("Content-Location").unwrap_or("http://127.0.0.1:8097/");
        let base = Url::parse("http://127.0.0.1:8097/").unwrap().join(base).unwrap();
        let bytes = std::fs::read(folder.join(text(case, "file"))).unwrap();
        let file = text(case, "file").trim_start_matches("cases/").to_owned();
        let nothing = || feed::parse(b"<rss/>", None, &base).unwrap();
        let feed = feed::parse(&bytes, header("Content-Type"), &base).unwrap_or_else(|error| {
            println!("  {file}: {error}");
            nothing()
        });
        cases.push(Case {
            file,
            feed,
            expected: case["plain"].clone(),
        });
    }
    cases
}

/// Whether a value of the case is what the reader found. Titles are compared as text: ours have no HTML, by choice.
fn is_right(name: &str, expected: &Value, item: &FeedItem, lab: &feed::LabItem) -> bool {
    let as_text = |text: &str| feed::to_text(text);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let same = |text: &Option<String>| {
        words(expected.as_str().unwrap_or_default()) == words(text.as_deref().unwrap_or_default())
    };
    match name {
        "id" => same(&item.id),
        "link" => same(&item.url),
        "title" => as_text(expected.as_str().unwrap_or_default()) == item.title.clone().unwrap_or_default(),
        "author" => item
            .authors
            .iter()
            .any(|name| expected.as_str().unwrap_or_default().contains(name)),
        "authors" => expected.as_object().unwrap().iter().all(|(index, author)| {
            let name = author["name"].as_str().or_else(|| author["email"].as_str());
            name.is_some()
                && item
                    .authors
                    .get(index.parse::<usize>().unwrap())
                    .map(String::as_str)
                    == name
        }),
        "published" | "published_parsed" => is_time(expected, item.published_at),
        "updated" | "updated_parsed" => is_time(expected, item.updated_at.or(item.published_at)),
        "summary" => same(&lab.summary),
        "content" => {
            words(expected["0"].as_str().unwrap_or_default())
                == words(lab.content.as_deref().unwrap_or_default())
        }
        other => panic!("no rule for {other}"),
    }
}

fn is_time(expected: &Value, got: Option<PublishedAt>) -> bool {
    let expected = match expected {
        Value::String(text) => feed::date::parse(text),
        Value::Array(parts) => {
            let part = |index: usize| parts[index].as_i64().unwrap();
            let text = format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                part(0),
                part(1),
                part(2),
                part(3),
                part(4),
                part(5)
            );
            feed::date::parse(&text)
        }
        _ => None,
    };
    expected.is_some() && expected.map(PublishedAt::earliest) == got.map(PublishedAt::earliest)
}

/// The case's assertions on fields that we have: how many there are, and which are wrong.
fn judge(case: &Case) -> (usize, Vec<String>) {
    let lab = LabFeed::from(&case.feed);
    let (mut asked, mut wrong) = (0, Vec::new());
    let feed_fields = case.expected["feed"].as_object().cloned().unwrap_or_default();
    for (name, expected) in feed_fields {
        let got = match name.as_str() {
            "title" => case.feed.title.clone(),
            "link" => case.feed.home.clone(),
            _ => continue,
        };
        asked += 1;
        let expected = feed::to_text(expected.as_str().unwrap_or_default());
        if expected != got.clone().unwrap_or_default() {
            wrong.push(format!(
                "{}: feed.{name}: expected `{expected}`, got {got:?}",
                case.file
            ));
        }
    }
    let empty = (FeedItem::default(), feed::LabItem::from(&FeedItem::default()));
    for (index, entry) in case.expected["entries"].as_object().cloned().unwrap_or_default() {
        let index: usize = index.parse().unwrap();
        let item = case.feed.items.get(index).unwrap_or(&empty.0);
        let lab = lab.items.get(index).unwrap_or(&empty.1);
        for (name, expected) in entry
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| ENTRY_FIELDS.contains(&name.as_str()))
        {
            asked += 1;
            if !is_right(name, expected, item, lab) {
                wrong.push(format!(
                    "{}: {name}: expected {expected}, got {item:?}",
                    case.file
                ));
            }
        }
    }
    (asked, wrong)
}

/// Runs a tier; returns how many cases ask for a field that we have, and how many of these are right.
fn score(shared: &Path, tier: &str) -> (usize, usize) {
    let (mut asked, mut right) = (0, 0);
    for case in cases(shared, tier) {
        let (fields, wrong) = judge(&case);
        asked += usize::from(fields > 0);
        right += usize::from(fields > 0 && wrong.is_empty());
        for line in wrong {
            println!("  {line}");
        }
    }
    println!("{tier}: {right} of {asked} cases right");
    (asked, right)
}

#[test]
fn core_cases_are_read_as_another_reader_reads_them() {
    let Some(shared) = shared("core_cases_are_read_as_another_reader_reads_them") else {
        return;
    };
    let (asked, right) = score(&shared, "core");
    assert!(asked >= 93, "{asked}");
    assert!(right >= asked - 3, "{right} of {asked}");
}

#[test]
fn encodings_and_entities_are_read_as_another_reader_reads_them() {
    let Some(shared) = shared("encodings_and_entities_are_read_as_another_reader_reads_them") else {
        return;
    };
    let (asked, right) = score(&shared, "encoding");
    assert!(asked >= 129 && right * 100 >= asked * 98, "{right} of {asked}");
}

#[test]
fn hostile_html_comes_out_harmless() {
    let Some(shared) = shared("hostile_html_comes_out_harmless") else {
        return;
    };
    let mut asked = 0;
    for case in cases(&shared, "sanitize")
        .into_iter()
        .chain(cases(&shared, "other"))
    {
        let shown = serde_json::to_string(&LabFeed::from(&case.feed))
            .unwrap()
            .to_ascii_lowercase();
        asked += usize::from(!case.feed.items.is_empty());
        for forbidden in [
            "<script",
            "<iframe",
            "<object",
            "<embed",
            "<applet",
            "<style",
            "<form",
            " onclick=",
            " onload=",
            " style=",
            "=\\\"javascript:",
        ] {
            assert!(
                !shown.contains(forbidden),
                "{}: {forbidden} in {shown}",
                case.file
            );
        }
    }
    assert!(asked >= 200, "the attack was delivered: {asked}");
}

#[test]
fn hostile_html_keeps_its_meaning() {
    let Some(shared) = shared("hostile_html_keeps_its_meaning") else {
        return;
    };
    let (asked, right) = score(&shared, "sanitize");
    assert!(asked >= 60 && right >= asked - 5, "{right} of {asked}");
}
