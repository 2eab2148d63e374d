//! JSON Feed 1.0 and 1.1, with forgiveness for wrong types: what cannot be read is missing, never an error.

use serde_json::{Map, Value};
use url::Url;

use super::about::{self, About};
use super::categories::{self, Category};
use super::links::{self, Enclosure, Link};
use super::model::{Feed, FeedError, FeedItem, FeedKind, Marked, TextKind};
use super::parse::ITEMS_MAX;
use super::{address, authors, entities, fields, html, relink};

/// Reads a JSON feed; see [`super::parse`].
pub fn read(text: &str, base: &Url) -> Result<Feed, FeedError> {
    let value = lenient(text)?;
    let is_versioned = value
        .get("version")
        .and_then(Value::as_str)
        .is_some_and(|version| version.contains("jsonfeed.org"));
    let entries = value
        .get("items")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let is_like_one = entries
        .first()
        .is_some_and(|first| first.get("id").is_some() || first.get("url").is_some());
    let Some(root) = value.as_object().filter(|_| is_versioned || is_like_one) else {
        let hint = "this is JSON, but no JSON Feed: it has no `version` of jsonfeed.org".to_owned();
        return Err(FeedError::NotAFeed { hint });
    };
    let everyones = authors_of(root);
    let mut items: Vec<FeedItem> = entries
        .iter()
        .filter_map(Value::as_object)
        .take(ITEMS_MAX)
        .map(|entry| item(entry, base))
        .collect();
    authors::inherit(&mut items, &everyones);
    let link = |name| text_of(root, name).and_then(|link| address::resolve(&link, base));
    Ok(Feed {
        kind: FeedKind::Json,
        title: line(root, "title"),
        home: link("home_page_url").map(String::from),
        next: link("next_url").filter(|next| next != base).map(String::from),
        about: about_of(root, &everyones, base),
        items,
    })
}

/// The JSON in `text`. Where it breaks the rules by signs alone, it is read without them.
fn lenient(text: &str) -> Result<Value, FeedError> {
    serde_json::from_str(text).or_else(|error| {
        // The first fault is the one to tell of.
        serde_json::from_str(&mended(text)).map_err(|_| FeedError::Json {
            reason: error.to_string(),
        })
    })
}

/// `text` with a blank for each control character, and U+FFFD for each half of a pair of surrogates without the other.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '\\' || c < ' ') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (surrogate(rest), surrogate(rest.get(6..).unwrap_or_default())) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(_), _) => {
                out.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            _ if rest.starts_with('\\') => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            _ => {
                out.push(' ');
                rest = &rest[1..];
                continue;
            }
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out + rest
}

/// The half of a pair of surrogates that `text` begins with in the form `\uD83D`.
fn surrogate(text: &str) -> Option<u16> {
    let figures = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(figures, 16)
        .ok()
        .filter(|code| (0xD800..=0xDFFF).contains(code))
}

fn about_of(root: &Map<String, Value>, authors: &[String], base: &Url) -> About {
    About {
        id: text_of(root, "feed_url"),
        subtitle: text_of(root, "description").map(|text| Marked::from((clean(&text), kind_of(&text)))),
        language: text_of(root, "language").as_deref().and_then(about::language),
        authors: authors.to_vec(),
        links: links_of(
            root,
            &[("home_page_url", "alternate"), ("feed_url", "self")],
            base,
        ),
        ..About::default()
    }
}

fn links_of(object: &Map<String, Value>, members: &[(&str, &str)], base: &Url) -> Vec<Link> {
    let link = |(name, relation): &(&str, &str)| {
        let url = address::resolve(&text_of(object, name)?, base)?;
        Some(Link {
            relation: (*relation).to_owned(),
            ..Link::alternate(&url)
        })
    };
    members.iter().filter_map(link).collect()
}

fn enclosures_of(entry: &Map<String, Value>, base: &Url) -> Vec<Enclosure> {
    let attached = |value: &Value| {
        let object = value.as_object()?;
        Some(Enclosure {
            url: address::resolve(&text_of(object, "url")?, base)?.into(),
            length: object.get("size_in_bytes").and_then(Value::as_u64),
            media: text_of(object, "mime_type"),
            title: line(object, "title"),
        })
    };
    let listed = list(entry, "attachments").iter().filter_map(attached);
    links::capped(listed, links::ENCLOSURES_MAX)
}

/// The members of a list; none where there is no list.
fn list<'a>(object: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    object
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn kind_of(text: &str) -> TextKind {
    if html::looks_like_html(text) {
        TextKind::Html
    } else {
        TextKind::Plain
    }
}

fn item(entry: &Map<String, Value>, base: &Url) -> FeedItem {
    let id = text_of(entry, "id");
    let url = text_of(entry, "url")
        .and_then(|url| address::resolve(&url, base))
        .or_else(|| text_of(entry, "external_url").and_then(|url| address::resolve(&url, base)))
        .or_else(|| id.as_deref().and_then(address::absolute));
    let date = |name| text_of(entry, name).as_deref().and_then(fields::parse_date);
    let updated_at = date("date_modified");
    let html_content = text_of(entry, "content_html").map(|content| relink::absolutise(&content, base));
    let content_kind = if html_content.is_some() {
        TextKind::Html
    } else {
        TextKind::Plain
    };
    let summary = text_of(entry, "summary").map(|summary| clean(&summary));
    let summary_kind = summary.as_deref().map_or(TextKind::Plain, kind_of);
    let tags = list(entry, "tags").iter().filter_map(Value::as_str);
    let categories = categories::unique(tags.map(|tag| Category::plain(html::tidy(tag))));
    FeedItem {
        id,
        url: url.map(|url| address::strip_tracking(&url).to_string()),
        title: line(entry, "title"),
        authors: authors_of(entry),
        published_at: date("date_published").or(updated_at),
        updated_at,
        summary,
        summary_kind,
        content: html_content
            .or_else(|| text_of(entry, "content_text"))
            .map(|content| clean(&content)),
        content_kind,
        created_at: None,
        tags: fields::unique(categories.iter().map(|category| category.term.clone())),
        categories,
        links: links_of(entry, &[("url", "alternate"), ("external_url", "related")], base),
        enclosures: enclosures_of(entry, base),
        comments: None,
    }
}

/// A member as text: strings that say something, and numbers, which some write as ids.
fn text_of(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !html::is_forbidden(*c)).collect()
}

/// A line of plain text. Exporters leave the references of their HTML in it.
fn line(object: &Map<String, Value>, name: &str) -> Option<String> {
    let text = text_of(object, name)?;
    let text = if html::looks_like_html(&text) {
        html::to_text(&text)
    } else {
        html::tidy(&entities::decode(&text))
    };
    Some(text).filter(|text| !text.is_empty())
}

/// `authors` of version 1.1, else `author` of 1.0, which may hold several names in one.
fn authors_of(object: &Map<String, Value>) -> Vec<String> {
    let name = |author: &Value| match author {
        Value::Object(author) => line(author, "name"),
        Value::String(name) => Some(html::tidy(name)),
        _ => None,
    };
    let listed = fields::unique(list(object, "authors").iter().filter_map(name));
    if !listed.is_empty() {
        return listed;
    }
    object
        .get("author")
        .and_then(name)
        .map(|name| authors::several(&name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_feed_is_read() {
        let base = Url::parse("https://a.example/feed.json").unwrap();
        let text = r#"{"version":"https://jsonfeed.org/version/1.1","title":"F","next_url":"/2","language":"en_US","authors":[{"name":"Ann Lee"}],
            "items":[{"id":1,"url":"/p?utm_source=x","title":"T &amp; U","content_html":"<a href='q'>q</a>",
            "date_published":"2026-08-20T01:02:03.456Z","tags":["a","a",3],
            "attachments":[{"url":"/e.mp3","mime_type":"audio/mpeg","size_in_bytes":5},{"url":1}]},{"id":"x","author":{"name":"Bo Ek, Cy Dow"}},7]}"#;
        let feed = read(text, &base).unwrap();
        assert_eq!(feed.next.as_deref(), Some("https://a.example/2"));
        assert_eq!(feed.items.len(), 2);
        let item = &feed.items[0];
        assert_eq!(item.url.as_deref(), Some("https://a.example/p"));
        assert_eq!(item.title.as_deref(), Some("T & U"));
        assert_eq!(item.authors, ["Ann Lee"]);
        assert_eq!(
            item.content.as_deref(),
            Some("<a href='https://a.example/q'>q</a>")
        );
        assert_eq!(item.tags, ["a"]);
        assert_eq!(item.enclosures[0].length, Some(5));
        assert_eq!(item.links[0].relation, "alternate");
        assert_eq!(feed.about.language.as_deref(), Some("en-US"));
        assert_eq!(feed.items[1].authors, ["Bo Ek", "Cy Dow"]);
        assert_eq!(feed.items[1].url, None);
    }

    #[test]
    fn halves_of_characters_and_raw_control_signs_spoil_no_feed() {
        let base = Url::parse("https://a.example/feed.json").unwrap();
        let start = r#"{"version":"https://jsonfeed.org/version/1.1","items":["#;
        let read = |title: &str| {
            let text = format!("{start}{{\"id\":1,\"title\":\"{title}\"}}]}}");
            read(&text, &base).map(|feed| feed.items[0].title.clone().unwrap())
        };
        assert_eq!(read("a\nb\u{1}c").unwrap(), "a b c");
        assert_eq!(read(r"x\uD83D y").unwrap(), "x\u{fffd} y");
        assert_eq!(
            read(r"\ude00\uD83D\uDE00\ud83d\ud83d\ude00").unwrap(),
            "\u{fffd}😀\u{fffd}😀"
        );
        assert_eq!(read("\u{2}\\\\ud83d\\n\\\"").unwrap(), "\\ud83d \"");
        assert!(read(r"\uD8").is_err() && read("\u{1}\\").is_err());
    }

    #[test]
    fn wrong_types_are_missing_values() {
        let base = Url::parse("https://a.example/feed.json").unwrap();
        let text = r#"{"version":"https://jsonfeed.org/version/1.1","title":["x"],"items":{"id":null}}"#;
        let feed = read(text, &base).unwrap();
        assert_eq!((feed.title, feed.items.len()), (None, 0));
    }
}
