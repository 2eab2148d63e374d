//! Feeds that mean harm: each is read or refused in little time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use copydesk_text::feed::{self, Feed, LabFeed};
use url::Url;

use super::{json_lines, shared, text};

fn parse_timed(id: &str, bytes: &[u8], most: Duration) -> Option<Feed> {
    let base = Url::parse("https://feeds.example/x.xml").unwrap();
    let start = Instant::now();
    let feed = feed::parse(bytes, None, &base);
    let lab = feed.as_ref().ok().map(LabFeed::from);
    let took = start.elapsed();
    assert!(took < most, "{id}: {took:?}");
    assert!(
        lab.is_none_or(|lab| serde_json::to_string(&lab).unwrap().len() < 64 << 20),
        "{id}"
    );
    feed.ok()
}

#[test]
fn hostile_feeds_cost_little() {
    let Some(shared) = shared("hostile_feeds_cost_little") else {
        return;
    };
    let lines = json_lines(&shared.join("adversarial/feeds.jsonl"));
    let mut read = HashMap::new();
    for line in &lines {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text(line, "b64"))
            .unwrap();
        read.insert(
            text(line, "id").to_owned(),
            parse_timed(text(line, "id"), &bytes, Duration::from_secs(1)),
        );
    }
    println!(
        "{} hostile feeds, {} read as feeds",
        lines.len(),
        read.values().flatten().count()
    );
    assert_eq!(read.len(), lines.len(), "each was delivered");
}

#[test]
fn what_a_feed_says_once_is_not_kept_a_hundred_thousand_times() {
    let long = "x".repeat(5 << 20);
    let entries = (0..100_000)
        .map(|id| format!("<entry><link href='{id}'/></entry>"))
        .collect::<Vec<_>>()
        .concat();
    let items = (0..150_000)
        .map(|id| format!("{{\"id\":{id}}}"))
        .collect::<Vec<_>>()
        .join(",");
    let version = "\"version\":\"https://jsonfeed.org/version/1.1\"";
    let attacks = [
        (
            "author",
            format!("<feed><author><name>{long}</name></author>{entries}</feed>"),
        ),
        ("base", format!("<feed xml:base='/{long}/'>{entries}</feed>")),
        (
            "author in JSON",
            format!("{{{version},\"author\":\"{long}\",\"items\":[{items}]}}"),
        ),
    ];
    for (id, attack) in attacks {
        let feed = feed::parse(
            attack.as_bytes(),
            None,
            &Url::parse("https://a.example/").unwrap(),
        )
        .unwrap();
        assert_eq!(feed.items.len(), 100_000, "{id}");
        let words = feed.items.iter().map(|item| {
            item.authors.iter().map(String::len).sum::<usize>() + item.url.as_deref().map_or(0, str::len)
        });
        assert!(words.sum::<usize>() < 32 << 20, "{id}");
    }
}

#[test]
fn made_attacks_cost_little() {
    let entities = (1..10)
        .map(|i| format!("<!ENTITY a{i} \"{}\">", format!("&a{};", i - 1).repeat(10)))
        .collect::<Vec<_>>()
        .concat();
    let laughs = format!(
        "<!DOCTYPE r [<!ENTITY a0 \"ha\">{entities}]><rss><channel><title>&a9;</title></channel></rss>"
    );
    let item = |body: &str| {
        format!(
            "<rss><channel><item><title>t</title><description>{body}</description></item></channel></rss>"
        )
    };
    let attributes = (0..1_000_000)
        .map(|i| format!(" a{i}='{i}'"))
        .collect::<Vec<_>>()
        .concat();
    let items = (0..100_000)
        .map(|i| format!("<item><guid>{i}</guid><title>t{i}</title></item>"))
        .collect::<Vec<_>>()
        .concat();
    let attacks = [
        ("laughs", laughs),
        ("nested", item(&"<div>".repeat(100_000))),
        (
            "nested items",
            format!("<rss>{}", "<channel><item>".repeat(100_000)),
        ),
        ("unclosed", item(&"<b><i a=\"".repeat(100_000))),
        ("escaped", item(&"&lt;p&gt;&lt;a href=x&gt;".repeat(100_000))),
        (
            "attributes",
            format!(
                "<rss{attributes}><channel><item{attributes}><title{attributes}>t</title></item></channel></rss>"
            ),
        ),
        ("items", format!("<rss><channel>{items}</channel></rss>")),
        (
            "one big item",
            item(&"lorem &amp;amp; ipsum &lt;br&gt; ".repeat(300_000)),
        ),
        ("titles", format!("<rss><channel>{}", "<title>".repeat(200_000))),
        (
            "spaces",
            format!(
                "<rss><channel><item><title>a{}b</title></item>",
                " ".repeat(2_000_000)
            ),
        ),
    ];
    for (id, attack) in attacks {
        let start = Instant::now();
        parse_timed(id, attack.as_bytes(), Duration::from_secs(3));
        println!("{id}: {} KiB in {:?}", attack.len() / 1024, start.elapsed());
    }
}
