//! The cases of another feed reader: what it makes of them, we do, but for these.
//!
//! - Titles are plain text here, so expected titles are compared after their HTML is read as text.
//! - A base that is no web address is none: nothing is read from there.
//! - What [`CHOSEN`] lists.

use std::path::Path;

use copydesk_text::feed::{self, Feed, LabFeed};
use serde_json::Value;
use url::Url;

use super::{judge, shared, text};

/// Cases that we read otherwise on purpose, and why.
const CHOSEN: &[(&str, &str)] = &[
    (
        "wellformed__atom10__entry_authors_url.xml",
        "an author known by a web address alone has no name to show",
    ),
    ("entities__rang.xml", "`&rang;` is what HTML 5 says, not HTML 4"),
    (
        "encoding__bozo_linenoise.xml",
        "bytes of no encoding are UTF-8 with strays of windows-1252, not windows-1252 that happens to be UTF-8",
    ),
    (
        "wellformed__sanitize__xml_malicious_comment.xml",
        "a comment inside HTML ends where HTML ends it",
    ),
    (
        "wellformed__sanitize__xml_declaration_unexpected_character.xml",
        "a broken DOCTYPE is no text",
    ),
    (
        "wellformed__sanitize__item_content_encoded_script_nested_cdata.xml",
        "what stands in CDATA inside HTML is shown, escaped, not dropped",
    ),
    (
        "wellformed__sanitize__blogger_dollar_sign_in_attribute.xml",
        "an attribute without a meaning does no harm",
    ),
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
        let home = Url::parse("http://127.0.0.1:8097/").unwrap();
        let base = home.join(base).ok().filter(Url::has_host).unwrap_or(home);
        let bytes = std::fs::read(folder.join(text(case, "file"))).unwrap();
        let file = text(case, "file").trim_start_matches("cases/").to_owned();
        let nothing = || feed::parse(b"<rss/>", None, &base).unwrap();
        let mut feed = feed::parse(&bytes, header("Content-Type"), &base).unwrap_or_else(|error| {
            println!("  {file}: {error}");
            nothing()
        });
        feed.served_in(header("Content-Language").unwrap_or_default());
        cases.push(Case {
            file,
            feed,
            expected: case["plain"].clone(),
        });
    }
    cases
}

/// How many cases ask something, and how many of these are right in all that they ask.
#[derive(Default)]
struct Tally {
    asked: usize,
    right: usize,
}

impl Tally {
    fn add(&mut self, is_right: bool) {
        self.asked += 1;
        self.right += usize::from(is_right);
    }
}

/// Runs a tier; tallies the cases that ask for a field of `lab feed`, and those that ask for others alone.
fn score(shared: &Path, tier: &str) -> (Tally, Tally) {
    let (mut shown, mut others) = (Tally::default(), Tally::default());
    for case in cases(shared, tier) {
        let verdict = judge::judge(&case.file, &case.feed, &case.expected);
        for line in &verdict.wrong {
            println!("  {line}");
        }
        let is_right = verdict.wrong.is_empty();
        let reason = CHOSEN.iter().find(|(file, _)| *file == case.file);
        assert!(
            is_right || reason.is_some(),
            "{}: wrong without a reason",
            case.file
        );
        if let Some((_, reason)) = reason.filter(|_| !is_right) {
            println!("  on purpose: {reason}");
        }
        if verdict.shown > 0 {
            shown.add(is_right);
        } else if verdict.others > 0 {
            others.add(is_right);
        }
    }
    println!(
        "{tier}: {} of {} cases right that ask for what `lab feed` shows, {} of {} that ask for the rest",
        shown.right, shown.asked, others.right, others.asked
    );
    (shown, others)
}

#[test]
fn core_cases_are_read_as_another_reader_reads_them() {
    let Some(shared) = shared("core_cases_are_read_as_another_reader_reads_them") else {
        return;
    };
    let (shown, others) = score(&shared, "core");
    assert!(
        shown.asked >= 93 && shown.right >= 90,
        "{} of {}",
        shown.right,
        shown.asked
    );
    assert!(
        others.asked >= 61 && others.right >= 57,
        "{} of {}",
        others.right,
        others.asked
    );
}

#[test]
fn encodings_and_entities_are_read_as_another_reader_reads_them() {
    let Some(shared) = shared("encodings_and_entities_are_read_as_another_reader_reads_them") else {
        return;
    };
    let (shown, others) = score(&shared, "encoding");
    let (asked, right) = (shown.asked + others.asked, shown.right + others.right);
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
    let (shown, others) = score(&shared, "sanitize");
    let (asked, right) = (shown.asked + others.asked, shown.right + others.right);
    assert!(asked >= 60 && right >= asked - 5, "{right} of {asked}");
}
