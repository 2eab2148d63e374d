//! What a case expects of a feed, beside what the feed reader made of it.

use copydesk_domain::PublishedAt;
use copydesk_text::feed::{self, About, Category, Enclosure, Feed, FeedItem, LabFeed, LabItem, Link, Marked};
use serde_json::{Map, Value};

/// What `lab feed` prints of an entry.
const SHOWN: &[&str] = &[
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

/// How many fields a case asks for, and which of them are wrong.
#[derive(Default)]
pub struct Verdict {
    /// Fields that `lab feed` prints.
    pub shown: usize,
    /// Other fields.
    pub others: usize,
    /// One line for each wrong field.
    pub wrong: Vec<String>,
}

/// Judges all that a case expects, but for fields that no reader of feeds needs.
pub fn judge(file: &str, feed: &Feed, expected: &Value) -> Verdict {
    let mut verdict = Verdict::default();
    for (name, expected) in members(&expected["feed"]) {
        verdict.others += usize::from(name != "title");
        verdict.shown += usize::from(name == "title");
        if !is_feed_right(&name, &expected, feed) {
            let about = (&feed.title, &feed.home, &feed.about);
            verdict
                .wrong
                .push(format!("{file}: feed.{name}: expected {expected}, got {about:?}"));
        }
    }
    let lab = LabFeed::from(feed);
    let empty = (FeedItem::default(), LabItem::from(&FeedItem::default()));
    for (index, entry) in members(&expected["entries"]) {
        let index: usize = index.parse().unwrap();
        let item = feed.items.get(index).unwrap_or(&empty.0);
        let lab = lab.items.get(index).unwrap_or(&empty.1);
        for (name, expected) in members(&entry) {
            let is_shown = SHOWN.contains(&name.as_str());
            verdict.shown += usize::from(is_shown);
            verdict.others += usize::from(!is_shown);
            if !is_entry_right(&name, &expected, item, lab) {
                verdict
                    .wrong
                    .push(format!("{file}: {name}: expected {expected}, got {item:?}"));
            }
        }
    }
    verdict
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn same(expected: &Value, got: Option<&str>) -> bool {
    words(expected.as_str().unwrap_or_default()) == words(got.unwrap_or_default())
}

/// Titles are compared as text: ours have no HTML, by choice.
fn is_title(expected: &Value, got: Option<&str>) -> bool {
    feed::to_text(expected.as_str().unwrap_or_default()) == got.unwrap_or_default()
}

/// Expected names may hold an address that ours leave out.
fn is_author(expected: &Value, names: &[String]) -> bool {
    let expected = expected.as_str().unwrap_or_default();
    names.iter().any(|name| expected.contains(name))
}

fn is_feed_right(name: &str, expected: &Value, feed: &Feed) -> bool {
    let About {
        id,
        subtitle,
        rights,
        language,
        authors,
        published_at,
        updated_at,
        categories,
        links,
    } = &feed.about;
    let marked = |text: &Option<Marked>| same(expected, text.as_ref().map(|text| text.text.as_str()));
    match name {
        "title" => is_title(expected, feed.title.as_deref()),
        "link" => same(expected, feed.home.as_deref()),
        "id" => same(expected, id.as_deref()),
        "subtitle" => marked(subtitle),
        "rights" => marked(rights),
        "language" => same(expected, language.as_deref()),
        "author" => is_author(expected, authors),
        "published" | "published_parsed" => is_time(expected, *published_at),
        "updated" | "updated_parsed" => is_time(expected, *updated_at),
        "tags" => each(expected, categories, category),
        "links" => each(expected, links, link),
        other => panic!("no rule for feed.{other}"),
    }
}

fn is_entry_right(name: &str, expected: &Value, item: &FeedItem, lab: &LabItem) -> bool {
    match name {
        "id" => same(expected, item.id.as_deref()),
        "link" => same(expected, item.url.as_deref()),
        "title" => is_title(expected, item.title.as_deref()),
        "author" => is_author(expected, &item.authors),
        "authors" => each(expected, &item.authors, |member, name| match member {
            "name" | "email" => Some(name.clone()),
            _ => None,
        }),
        "published" | "published_parsed" => is_time(expected, item.published_at),
        "updated" | "updated_parsed" => is_time(expected, item.updated_at.or(item.published_at)),
        "created" | "created_parsed" => is_time(expected, item.created_at),
        "summary" => same(expected, lab.summary.as_deref()),
        "content" => same(&expected["0"], lab.content.as_deref()),
        "tags" => each(expected, &item.categories, category),
        "links" => each(expected, &item.links, link),
        "enclosures" => each(expected, &item.enclosures, enclosure),
        "comments" => same(expected, item.comments.as_deref()),
        other => panic!("no rule for {other}"),
    }
}

/// Whether each expected part, named by its index, is what `read` finds under the name of each of its members.
fn each<T>(expected: &Value, got: &[T], read: impl Fn(&str, &T) -> Option<String>) -> bool {
    members(expected).iter().all(|(index, part)| {
        let got = got.get(index.parse::<usize>().unwrap());
        members(part)
            .iter()
            .all(|(name, value)| got.and_then(|got| read(name, got)).as_deref() == value.as_str())
    })
}

fn category(name: &str, category: &Category) -> Option<String> {
    match name {
        "term" => Some(category.term.clone()),
        "scheme" => category.scheme.clone(),
        "label" => category.label.clone(),
        other => panic!("no rule for tags.{other}"),
    }
}

fn link(name: &str, link: &Link) -> Option<String> {
    match name {
        "href" => Some(link.url.clone()),
        "rel" => Some(link.relation.clone()),
        "type" => link.media.clone(),
        "title" => link.title.clone(),
        "hreflang" => link.language.clone(),
        other => panic!("no rule for links.{other}"),
    }
}

fn enclosure(name: &str, enclosure: &Enclosure) -> Option<String> {
    match name {
        "href" | "url" => Some(enclosure.url.clone()),
        "length" => enclosure.length.map(|length| length.to_string()),
        "type" => enclosure.media.clone(),
        "title" => enclosure.title.clone(),
        other => panic!("no rule for enclosures.{other}"),
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
