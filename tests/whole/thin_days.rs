//! Days with little or nothing to tell: a short issue that says so, never an invented one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::rig::{Desk, json_file, list, word};
use crate::served::Served;

/// Feeds by name; one that is not there answers 503.
type Feeds = Arc<BTreeMap<&'static str, String>>;

/// A server of feeds that ends with the test.
struct House {
    server: Served,
}

impl House {
    fn serve(feeds: &[(&'static str, &[&str])]) -> Self {
        let written = feeds.iter().map(|(name, texts)| (*name, rss(name, texts)));
        let feeds: Feeds = Arc::new(written.collect());
        let router = Router::new()
            .route("/{name}", axum::routing::get(feed))
            .with_state(feeds);
        let server = Served::start(router);
        Self { server }
    }

    /// A folder whose daily pipeline reads these feeds, each with its beat.
    fn desk(&self, feeds: &[(&str, &str)]) -> Desk {
        let desk = Desk::new();
        desk.allow(&[&self.server.address.to_string()]);
        for (name, beat) in feeds {
            let url = format!("http://{}/{name}", self.server.address);
            let title = format!("The {name}");
            desk.json(0, &["feeds", "add", &url, "--title", &title, "--beat", beat]);
        }
        desk
    }
}

async fn feed(State(feeds): State<Feeds>, Path(name): Path<String>) -> Result<String, StatusCode> {
    feeds
        .get(name.as_str())
        .cloned()
        .ok_or(StatusCode::SERVICE_UNAVAILABLE)
}

fn rss(name: &str, texts: &[&str]) -> String {
    let mut items = String::new();
    for (number, text) in texts.iter().enumerate() {
        let title: Vec<&str> = text.split(' ').take(6).collect();
        write!(
            items,
            "<item><title>{}</title><guid isPermaLink=\"false\">{name}-{number}</guid>\
             <link>http://{name}.example/{number}</link>\
             <pubDate>Thu, 20 Aug 2026 12:0{number}:00 GMT</pubDate><description>{text}</description></item>",
            title.join(" ")
        )
        .unwrap();
    }
    format!("<rss version=\"2.0\"><channel><title>{name}</title>{items}</channel></rss>")
}

/// The issue of a day: its draft, and the issue as readers get it.
fn issue(desk: &Desk) -> (Value, String) {
    let run = desk.evening();
    assert_eq!(run["waiting_for"], json!(["approval"]), "{run}");
    let folder = desk.export(word(&run, "run"));
    let review = json_file(&folder.join("review.json"));
    for verdict in list(&review, "verdicts") {
        assert_eq!(verdict["verdict"], "supported", "{review}");
    }
    let text = std::fs::read_to_string(folder.join("issue.md")).unwrap();
    println!("{text}");
    (json_file(&folder.join("draft.json")), text)
}

#[test]
fn feeds_without_a_post_give_an_issue_that_says_so() {
    let house = House::serve(&[("chip", &[]), ("cloud", &[])]);
    let (draft, text) = issue(&house.desk(&[("chip", "AI"), ("cloud", "cloud")]));
    assert_eq!(word(&draft, "title"), "Nothing worth your time today");
    assert!(text.contains("AI: nothing new in one source read."));
    assert!(!text.contains("could not"), "everything was read");
}

#[test]
fn nothing_read_is_not_called_quiet() {
    let house = House::serve(&[]);
    let (draft, text) = issue(&house.desk(&[("chip", "AI"), ("cloud", "cloud"), ("sky", "cloud")]));
    assert_eq!(word(&draft, "title"), "No source could be read today");
    assert!(text.contains("AI: could not look; none of one source answered."));
    assert!(text.contains("Could not be read: The chip, The cloud, The sky."));
    let lower = text.to_lowercase();
    assert!(
        !lower.contains("quiet") && !lower.contains("nothing new"),
        "nobody knows"
    );
}

#[test]
fn a_beat_whose_only_feed_is_down_could_not_be_looked_at() {
    let news =
        "Nimbus opened a new cloud region in Oslo with three zones. The company invested 400 million euros.";
    let house = House::serve(&[("cloud", &[news]), ("chip", &[])]);
    let (_, text) = issue(&house.desk(&[("cloud", "cloud"), ("chip", "AI"), ("lock", "security")]));
    assert!(text.contains("Security: could not look; none of one source answered."));
    assert!(text.contains("AI: nothing new in one source read."));
    assert!(!text.contains("Security: nothing new"));
    assert!(text.contains("Oslo"), "the one story is told");
}

#[test]
fn noise_alone_tells_nothing() {
    let noise = ["Weekly open thread.", "Comments are open.", "Site maintenance."];
    let house = House::serve(&[("chip", &noise)]);
    let (draft, text) = issue(&house.desk(&[("chip", "AI")]));
    assert!(draft["nothing_today"].is_string(), "{draft}");
    assert!(!text.contains("“"), "there is nothing to quote");
}

#[test]
fn one_story_gives_a_short_issue() {
    let news = "The Rust team released version 1.98.0 on 20 August 2026. The release stabilises 14 library functions \
                and speeds up incremental builds by 12 percent.";
    let house = House::serve(&[("crab", &[news])]);
    let (draft, text) = issue(&house.desk(&[("crab", "AI")]));
    assert!(draft["nothing_today"].is_null(), "{draft}");
    assert!(text.contains("1.98.0"));
    let words = text
        .split("## Sources")
        .next()
        .unwrap()
        .split_whitespace()
        .count();
    assert!(words < 150, "{words} words about one short post");
}
