//! Sources as they come: copies, paid posts, dates that are missing or to come, and pages that change after an issue cited
//! them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use serde_json::Value;

use crate::rig::{Desk, json_file, list, text, word};
use crate::served::Served;

/// The evening after.
const NEXT: &str = "2026-08-21T23:00:00Z";

type Files = Arc<Mutex<BTreeMap<String, String>>>;

/// A small web whose pages a test writes; it ends with the test.
struct Web {
    files: Files,
    server: Served,
}

impl Web {
    fn serve() -> Self {
        let files = Files::default();
        let router = Router::new()
            .route("/{name}", axum::routing::get(file))
            .with_state(Arc::clone(&files));
        let server = Served::start(router);
        Self { files, server }
    }

    fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.server.address)
    }

    fn put(&self, name: &str, body: &str) {
        self.files
            .lock()
            .unwrap()
            .insert(name.to_owned(), body.to_owned());
    }

    /// A feed of items: name of the page, title, the day's hour or none, more of the item.
    fn put_feed(&self, name: &str, items: &[(&str, &str, Option<&str>, &str)]) {
        let item = |(page, title, date, more): &(&str, &str, Option<&str>, &str)| {
            let date = date
                .map(|date| format!("<pubDate>{date}</pubDate>"))
                .unwrap_or_default();
            format!(
                "<item><title>{title}</title><link>{}</link>{date}{more}</item>",
                self.url(page)
            )
        };
        let items: String = items.iter().map(item).collect();
        self.put(
            name,
            &format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>{name}</title>{items}</channel></rss>"),
        );
    }

    fn desk(&self, feeds: &[&str]) -> Desk {
        let desk = Desk::new();
        desk.allow(&[&self.server.address.to_string()]);
        for feed in feeds {
            desk.json(
                0,
                &[
                    "feeds",
                    "add",
                    &self.url(feed),
                    "--title",
                    &format!("The {feed}"),
                    "--beat",
                    "cloud",
                ],
            );
        }
        desk
    }
}

async fn file(
    State(files): State<Files>,
    Path(name): Path<String>,
) -> Result<([(HeaderName, &'static str); 1], String), StatusCode> {
    let found = files.lock().unwrap().get(&name).cloned();
    let kind = if name.contains(".html") {
        "text/html; charset=utf-8"
    } else {
        "application/rss+xml"
    };
    found
        .map(|body| ([(CONTENT_TYPE, kind)], body))
        .ok_or(StatusCode::NOT_FOUND)
}

/// The sentences of one report.
const REPORT: [&str; 6] = [
    "Nimbus opened a new cloud region in Oslo with three zones on Thursday.",
    "The company invested 400 million euros in the region and hired 120 people there.",
    "Customers can start instances in the region today, and prices match those of Frankfurt.",
    "The power comes from two dams north of the city, under a contract of ten years.",
    "A second region in Bergen follows in spring, according to the head of the Nordic office.",
    "Rivals have announced plans for Norway too, but none of them has opened a site yet.",
];

fn page(title: &str, sentences: &[String], head: &str) -> String {
    let paragraphs = sentences.join("</p><p>");
    format!(
        "<!doctype html><html><head><title>{title}</title>{head}</head><body><nav><a href=/>Home</a></nav><article><h1>{title}</h1><p>{paragraphs}</p></article></body></html>"
    )
}

fn report() -> Vec<String> {
    REPORT.map(str::to_owned).to_vec()
}

fn brief_of(desk: &Desk, run: &Value) -> (std::path::PathBuf, Value) {
    let exported = desk.export(word(run, "run"));
    let brief = json_file(&exported.join("research_brief.json"));
    (exported, brief)
}

fn source<'a>(brief: &'a Value, url: &str) -> &'a Value {
    let mut all = list(brief, "sources").iter();
    all.find(|source| source["url"] == url)
        .unwrap_or_else(|| panic!("no {url} in {brief}"))
}

/// Sentences that stand in no other page.
fn others(word: &str) -> Vec<String> {
    let sentence =
        |n: usize| format!("The {word} number {n} was seen near gate {n} by a crew of {n} people.");
    (1..8).map(sentence).collect()
}

/// Two feeds of a day on which much is not what it seems.
fn odd_day() -> Web {
    let web = Web::serve();
    let (morning, noon) = (
        Some("Thu, 20 Aug 2026 08:00:00 GMT"),
        Some("Thu, 20 Aug 2026 12:00:00 GMT"),
    );
    let far = Some("Mon, 20 Jan 2031 12:00:00 GMT");
    web.put_feed(
        "northern",
        &[
            ("oslo.html", "How the Northern grows", noon, ""),
            ("undated.html", "A post without a day", None, ""),
            ("plan.html", "From the year 2031", far, ""),
            (
                "paid.html",
                "Why Norn is best",
                morning,
                "<category>Sponsored</category>",
            ),
        ],
    );
    web.put_feed("two", &[("reprint.html", "Oslo gets a region", morning, "")]);
    let canonical = format!(
        "<link rel=canonical href=\"{}?utm_source=x#top\">",
        web.url("oslo.html")
    );
    web.put("oslo.html", &page("Region in Oslo", &report(), &canonical));
    let mut reprint = vec!["Our partners report from the north.".to_owned()];
    reprint.extend(report());
    reprint.push("This article was first published by The northern.".to_owned());
    web.put("reprint.html", &page("Oslo gets a region", &reprint, ""));
    let entry = format!(
        "<entry><title>An old page with a new date</title><link href=\"{}\"/><updated>2026-08-20T09:00:00Z</updated></entry>",
        web.url("bumped.html")
    );
    web.put(
        "three",
        &format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>three</title>{entry}</feed>"),
    );
    let first = "<meta property=\"article:published_time\" content=\"2026-03-01\">";
    web.put(
        "bumped.html",
        &page("An old page with a new date", &others("boat"), first),
    );
    web.put("undated.html", &page("A post without a day", &others("ship"), ""));
    web.put("paid.html", &page("Why Norn is best", &others("mill"), ""));
    web
}

#[test]
fn copies_paid_posts_and_odd_dates_are_told_apart() {
    let web = odd_day();
    let desk = web.desk(&["northern", "two", "three"]);
    let run = desk.evening();
    let (exported, brief) = brief_of(&desk, &run);
    let original = source(&brief, &web.url("oslo.html"));
    let copy = source(&brief, &web.url("reprint.html"));
    let paid = source(&brief, &web.url("paid.html"));
    assert_eq!(
        copy["copy_of"], original["snapshot"],
        "it is earlier, but says what it is: {brief}"
    );
    assert!(original["copy_of"].is_null(), "{original}");
    assert_eq!(original["canonical_url"], web.url("oslo.html"));
    let about = json_file(&exported.join(format!("snapshots/{}.json", word(copy, "snapshot"))));
    assert_eq!(about["copy_of"], original["snapshot"], "{about}");
    assert_eq!(paid["is_sponsored"], true);
    let about = json_file(&exported.join(format!("snapshots/{}.json", word(paid, "snapshot"))));
    for field in ["is_sponsored", "read_from", "first_published_at"] {
        assert_eq!(about[field], paid[field], "{field}");
    }
    let bumped = source(&brief, &web.url("bumped.html"));
    assert_eq!(
        (word(bumped, "first_published_at"), word(bumped, "published_at")),
        ("2026-03-01", "2026-08-20T09:00:00Z")
    );
    assert_eq!(original["is_about_itself"], true, "{original}");
    let stories = list(&brief, "stories").iter();
    let told: Vec<&Value> = stories.flat_map(|story| list(story, "snapshots")).collect();
    assert!(told.contains(&&original["snapshot"]), "{brief}");
    assert!(
        !told.contains(&&copy["snapshot"]) && !told.contains(&&paid["snapshot"]),
        "{brief}"
    );
    let outside: Vec<(&str, &str)> = list(&brief, "outside")
        .iter()
        .map(|post| (word(post, "url"), word(post, "why")))
        .collect();
    let (plan, undated) = (web.url("plan.html"), web.url("undated.html"));
    assert_eq!(
        outside,
        [(plan.as_str(), "future"), (undated.as_str(), "undated")],
        "{brief}"
    );
    let issue = std::fs::read_to_string(exported.join("issue.md")).unwrap();
    assert!(issue.contains("(about itself)"), "{issue}");
}

#[test]
fn a_page_that_changed_after_an_issue_cited_it_is_told_with_its_words() {
    let web = Web::serve();
    web.put_feed(
        "one",
        &[(
            "oslo.html",
            "Region in Oslo",
            Some("Thu, 20 Aug 2026 12:00:00 GMT"),
            "",
        )],
    );
    web.put("oslo.html", &page("Region in Oslo", &report(), ""));
    let desk = web.desk(&["one"]);
    let run = desk.evening();
    let (_, first) = brief_of(&desk, &run);
    let before = source(&first, &web.url("oslo.html"))["snapshot"].clone();
    assert!(list(&first, "changes").is_empty(), "{first}");
    desk.json(0, &["approve", word(&run, "run")]);

    // Nothing changed: nothing is told.
    let quiet = desk.json(4, &["run", "daily", "--now", "2026-08-21T22:00:00Z", "--new"]);
    let (_, brief) = brief_of(&desk, &quiet);
    assert!(list(&brief, "changes").is_empty(), "{brief}");

    let mut corrected = report();
    corrected[1] = corrected[1].replace("400 million", "40 million");
    corrected.push("Correction: an earlier version of this report gave a wrong sum.".to_owned());
    web.put("oslo.html", &page("Region in Oslo", &corrected, ""));
    let next = desk.json(4, &["run", "daily", "--now", NEXT, "--new"]);
    let (exported, brief) = brief_of(&desk, &next);
    let change = &list(&brief, "changes")[0];
    assert_eq!(
        (&change["before"], word(change, "url")),
        (&before, web.url("oslo.html").as_str()),
        "{change}"
    );
    assert!(word(change, "told_in").starts_with("2026-08-21"), "{change}");
    let blocks = list(change, "blocks");
    let piece = |mark: &str| {
        let mut pieces = list(&blocks[0], "pieces").iter();
        pieces
            .find(|piece| piece["mark"] == mark)
            .map(|piece| word(piece, "text").to_owned())
    };
    assert_eq!(
        (piece("removed").as_deref(), piece("added").as_deref()),
        (Some("400"), Some("40")),
        "{change}"
    );
    assert_eq!(blocks[1]["kind"], "added", "{change}");
    let after = word(change, "after");
    assert!(exported.join(format!("snapshots/{after}.txt")).is_file());
    let about = json_file(&exported.join(format!("snapshots/{after}.json")));
    assert_eq!(about["change"]["told_in"], change["told_in"], "{about}");
    let shown = text(&desk.run(&["show", word(&next, "run")]).stdout);
    assert!(
        shown.contains("1 source changed since an issue of yours cited it"),
        "{shown}"
    );
}

#[test]
fn a_post_that_its_feed_carries_whole_is_compared_without_its_page() {
    let web = Web::serve();
    let body = |sum: &str| {
        let told: Vec<String> = (0..4).flat_map(|_| report()).collect();
        let html = told.join("</p><p>").replace("400 million", sum);
        format!(
            "<content:encoded xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><![CDATA[<p>{html}</p>]]></content:encoded>"
        )
    };
    let day = Some("Thu, 20 Aug 2026 12:00:00 GMT");
    web.put_feed(
        "one",
        &[("oslo.html", "Region in Oslo", day, &body("400 million"))],
    );
    let desk = web.desk(&["one"]);
    let run = desk.evening();
    let (_, first) = brief_of(&desk, &run);
    assert_eq!(
        source(&first, &web.url("oslo.html"))["read_from"],
        "feed",
        "{first}"
    );
    desk.json(0, &["approve", word(&run, "run")]);
    web.put_feed(
        "one",
        &[("oslo.html", "Region in Oslo", day, &body("40 million"))],
    );
    let next = desk.json(4, &["run", "daily", "--now", NEXT, "--new"]);
    let (_, brief) = brief_of(&desk, &next);
    assert_eq!(list(&brief, "changes").len(), 1, "{brief}");
    let said = text(&desk.run(&["logs", word(&next, "run")]).stdout);
    assert!(
        !said.contains("cannot be read again"),
        "the page is not there, and nobody asked for it: {said}"
    );
}
