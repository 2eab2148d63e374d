//! Fields of feeds, as another reader reads them.

use copydesk_domain::PublishedAt;
use copydesk_text::feed::{self, Feed, FeedItem, LabFeed, LabItem};
use serde_json::{Map, Value};

use super::{Scorer, begin, counts, one};
use crate::cases::{FeedCase, Source, feeds};
use crate::error::EvalError;
use crate::measure::share;
use crate::product::Product;
use crate::tally::{Tally, whole};

/// Counts: cases right, cases that assert a field of ours.
pub(super) const SCORER: Scorer = Scorer {
    name: "feeds",
    metrics: &[("right", |groups| {
        let sum = whole(groups);
        share(sum[0], sum[1])
    })],
    score,
};

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let mut tally = Tally::new("cases");
    let (mut silent, mut right) = (0, 0);
    for case in feeds(source)? {
        let (asked, wrong) = judge(&case);
        if asked == 0 {
            silent += 1;
            continue;
        }
        tally.cases += 1;
        right += usize::from(wrong.is_none());
        tally.add(&case.id, "", counts([one(wrong.is_none()), 1.0]));
        if let Some(wrong) = wrong {
            tally.miss(&case.id, wrong);
        }
    }
    tally.detail("cases right", right as f64, tally.cases);
    let all = tally.cases + silent;
    tally.detail("cases that assert no field of ours", silent as f64, all);
    Ok(tally)
}

/// How many fields of ours a case asserts, and the first that is wrong.
fn judge(case: &FeedCase) -> (usize, Option<String>) {
    let nothing = || feed::parse(b"<rss/>", None, &case.base).ok();
    let read = feed::parse(&case.bytes, case.content_type.as_deref(), &case.base).ok();
    let Some(feed) = read.or_else(nothing) else {
        return (0, None);
    };
    let (mut asked, mut wrong) = of_feed(&case.of_feed, &feed);
    let lab = LabFeed::from(&feed);
    let empty = FeedItem::default();
    let empty_lab = LabItem::from(&empty);
    for (place, fields) in &case.of_entries {
        let item = feed.items.get(*place).unwrap_or(&empty);
        let shown = lab.items.get(*place).unwrap_or(&empty_lab);
        for (name, expected) in fields {
            let Some(is_right) = is_right(name, expected, item, shown) else {
                continue;
            };
            asked += 1;
            if !is_right {
                wrong.get_or_insert_with(|| {
                    format!("entry {place}, {name}: not {}", begin(&expected.to_string()))
                });
            }
        }
    }
    (asked, wrong)
}

fn of_feed(fields: &Map<String, Value>, feed: &Feed) -> (usize, Option<String>) {
    let (mut asked, mut wrong) = (0, None);
    for (name, expected) in fields {
        let got = match name.as_str() {
            "title" => &feed.title,
            "link" => &feed.home,
            _ => continue,
        };
        asked += 1;
        let expected = feed::to_text(expected.as_str().unwrap_or_default());
        if expected != got.clone().unwrap_or_default() {
            wrong.get_or_insert_with(|| format!("feed.{name}: not {}", begin(&expected)));
        }
    }
    (asked, wrong)
}

/// Whether a field is as expected; `None` for a field that an item does not have here. Titles are plain text by
/// choice, so HTML in an expected one is read as text first.
fn is_right(name: &str, expected: &Value, item: &FeedItem, shown: &LabItem) -> Option<bool> {
    let text = expected.as_str().unwrap_or_default();
    let same = |found: Option<&String>| words(text) == words(found.map_or("", String::as_str));
    Some(match name {
        "id" => same(item.id.as_ref()),
        "link" => same(item.url.as_ref()),
        "title" => feed::to_text(text) == item.title.clone().unwrap_or_default(),
        "author" => item.authors.iter().any(|name| text.contains(name.as_str())),
        "authors" => has_authors(expected, &item.authors),
        "published" | "published_parsed" => is_time(expected, item.published_at),
        "updated" | "updated_parsed" => is_time(expected, item.updated_at.or(item.published_at)),
        "summary" => same(shown.summary.as_ref()),
        "content" => {
            let first = &expected["0"];
            let first = first["value"].as_str().or_else(|| first.as_str());
            let content = first.unwrap_or(text);
            words(content) == words(shown.content.as_deref().unwrap_or_default())
        }
        _ => return None,
    })
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn has_authors(expected: &Value, found: &[String]) -> bool {
    let Some(expected) = expected.as_object() else {
        return false;
    };
    expected.iter().all(|(place, author)| {
        let name = author["name"].as_str().or_else(|| author["email"].as_str());
        let place = place.parse::<usize>().unwrap_or(usize::MAX);
        name.is_some() && found.get(place).map(String::as_str) == name
    })
}

/// Times are compared as instants, however they are written.
fn is_time(expected: &Value, found: Option<PublishedAt>) -> bool {
    let written = match expected {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let part = |at: usize| parts.get(at).and_then(Value::as_i64).unwrap_or(0);
            format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                part(0),
                part(1),
                part(2),
                part(3),
                part(4),
                part(5)
            )
        }
        _ => return false,
    };
    let expected = feed::date::parse(&written);
    expected.is_some() && expected.map(PublishedAt::earliest) == found.map(PublishedAt::earliest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case(expect: &Value) -> FeedCase {
        let feed = "<rss version='2.0'><channel><title>A</title><item><title>One &amp;amp; two</title><pubDate>Thu, 20 Aug 2026 10:00:00 GMT</pubDate></item></channel></rss>";
        let entries = expect.as_object().unwrap().clone();
        FeedCase {
            id: "a".to_owned(),
            bytes: feed.as_bytes().to_vec(),
            content_type: None,
            base: "http://a.example/".parse().unwrap(),
            of_feed: json!({ "title": "A" }).as_object().unwrap().clone(),
            of_entries: vec![(0, entries)],
        }
    }

    #[test]
    fn fields_are_compared_by_meaning() {
        let right = json!({ "title": "One &amp; two", "published": "2026-08-20T10:00:00Z", "tags": [] });
        assert_eq!(judge(&case(&right)), (3, None));
        let (asked, wrong) = judge(&case(
            &json!({ "published_parsed": [2026, 8, 20, 11, 0, 0, 3, 232, 0] }),
        ));
        assert_eq!(asked, 2);
        assert!(wrong.unwrap().starts_with("entry 0, published_parsed"));
    }
}
