//! What a feed is once it is read.

use copydesk_domain::PublishedAt;
use serde::{Deserialize, Serialize};

use super::about::{self, About};
use super::categories::Category;
use super::links::{Enclosure, Link};
use super::{entities, html};

/// A feed as read: one page of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// The dialect.
    pub kind: FeedKind,
    /// Name of the feed, plain text.
    pub title: Option<String>,
    /// Address of the site that the feed tells about, absolute.
    pub home: Option<String>,
    /// Address of the next, older page (`rel="next"`, `next_url`), absolute; never this page itself.
    pub next: Option<String>,
    /// What else the feed says of itself.
    #[serde(default)]
    pub about: About,
    /// The items in the order of the document, each once.
    pub items: Vec<FeedItem>,
}

/// The dialect of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    /// RSS 0.91 to 2.0.
    Rss,
    /// RSS 0.90 and 1.0.
    Rdf,
    /// Atom 0.3 and 1.0.
    Atom,
    /// Channel Definition Format.
    Cdf,
    /// JSON Feed 1.0 and 1.1.
    Json,
}

/// One item of a feed. `None` means that the feed does not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FeedItem {
    /// The feed's own id (`guid`, `id`, `rdf:about`), as given.
    pub id: Option<String>,
    /// Address of the piece: absolute, http or https, without tracking parameters.
    pub url: Option<String>,
    /// Title, plain text.
    pub title: Option<String>,
    /// Names, one author each; an e-mail address where that is all there is.
    pub authors: Vec<String>,
    /// When it was published; else when it was updated.
    pub published_at: Option<PublishedAt>,
    /// When it was last changed, where the feed says so.
    pub updated_at: Option<PublishedAt>,
    /// Short form, as given but for its links, which are absolute. See [`Self::summary_kind`].
    pub summary: Option<String>,
    /// Whether [`Self::summary`] is text or HTML.
    #[serde(default)]
    pub summary_kind: TextKind,
    /// Long form, as given but for its links, which are absolute. See [`Self::content_kind`].
    pub content: Option<String>,
    /// Whether [`Self::content`] is text or HTML.
    #[serde(default)]
    pub content_kind: TextKind,
    /// When the first of it was written, where the feed says so apart from when it was published.
    #[serde(default)]
    pub created_at: Option<PublishedAt>,
    /// The words of [`Self::categories`], each once.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What it is filed under, in the order given.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// All its links but enclosures in the order given, tracking parameters included.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Files that belong to it.
    #[serde(default)]
    pub enclosures: Vec<Enclosure>,
    /// Address where readers answer.
    #[serde(default)]
    pub comments: Option<String>,
}

/// A text with how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    /// As given but for its links, which are absolute.
    pub text: String,
    /// Whether [`Self::text`] is text or HTML.
    pub kind: TextKind,
}

impl Marked {
    /// As plain text, paragraphs apart by a space.
    pub fn plain(&self) -> String {
        as_text(&self.text, self.kind)
    }
}

impl From<(String, TextKind)> for Marked {
    fn from((text, kind): (String, TextKind)) -> Self {
        Self { text, kind }
    }
}

/// How a text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// Characters that mean themselves.
    #[default]
    Plain,
    /// HTML of a stranger: untrusted.
    Html,
}

/// Why bytes are not a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Nothing there, or white space only.
    #[error("the feed is empty")]
    Empty,
    /// Something else than a feed; `hint` says what it looks like and where its feed may be.
    #[error("not a feed: {hint}")]
    NotAFeed {
        /// What was found instead, and the next thing to try.
        hint: String,
    },
    /// JSON that breaks off or is malformed.
    #[error("the JSON feed cannot be read: {reason}")]
    Json {
        /// The reader's words, with line and column.
        reason: String,
    },
}

impl Feed {
    /// Takes the server's word (`Content-Language`, the first of a list) for the language of a feed that names none.
    pub fn served_in(&mut self, content_language: &str) {
        if self.about.language.is_none() {
            let first = content_language.split(',').next().unwrap_or_default();
            self.about.language = about::language(first);
        }
    }

    /// Puts the newest item first. Items of one time keep their order; those without a date come last.
    pub fn newest_first(&mut self) {
        self.items
            .sort_by_key(|item| std::cmp::Reverse(item.published_at.map(PublishedAt::latest)));
    }
}

impl FeedItem {
    /// The short form as plain text, paragraphs apart by a space.
    pub fn summary_text(&self) -> Option<String> {
        self.summary
            .as_deref()
            .map(|text| as_text(text, self.summary_kind))
    }

    /// The long form as plain text, paragraphs apart by a space.
    pub fn content_text(&self) -> Option<String> {
        self.content
            .as_deref()
            .map(|text| as_text(text, self.content_kind))
    }

    /// The longer of content and summary as HTML: untrusted, plain text escaped.
    pub fn body_html(&self) -> Option<String> {
        let content = self.content.as_deref().map(|text| (text, self.content_kind));
        let summary = self.summary.as_deref().map(|text| (text, self.summary_kind));
        [content, summary]
            .into_iter()
            .flatten()
            .rev()
            .max_by_key(|(text, _)| text.len())
            .map(|(text, kind)| match kind {
                TextKind::Plain => entities::escape(text).into_owned(),
                TextKind::Html => text.to_owned(),
            })
    }
}

fn as_text(text: &str, kind: TextKind) -> String {
    match kind {
        TextKind::Plain => text.to_owned(),
        TextKind::Html => html::to_text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, published_at: Option<&str>) -> FeedItem {
        let published_at = published_at.map(|text| text.parse().unwrap());
        FeedItem {
            id: Some(id.to_owned()),
            published_at,
            ..FeedItem::default()
        }
    }

    #[test]
    fn newest_comes_first_and_undated_last() {
        let items = vec![
            item("undated", None),
            item("old", Some("2026-08-01T00:00:00Z")),
            item("day", Some("2026-08-20")),
            item("new", Some("2026-08-20T10:00:00Z")),
        ];
        let mut feed = Feed {
            kind: FeedKind::Rss,
            title: None,
            home: None,
            next: None,
            about: About::default(),
            items,
        };
        feed.newest_first();
        let ids: Vec<_> = feed.items.iter().filter_map(|item| item.id.as_deref()).collect();
        assert_eq!(ids, ["day", "new", "old", "undated"]);
    }

    #[test]
    fn an_item_kept_before_it_had_links_is_still_read() {
        let kept = r#"{"id":"a","url":null,"title":"T","authors":[],"published_at":null,"updated_at":null,
            "summary":null,"content":null,"tags":["x"]}"#;
        let item: FeedItem = serde_json::from_str(kept).unwrap();
        assert_eq!(
            (item.tags.as_slice(), item.links.len()),
            (&["x".to_owned()][..], 0)
        );
    }

    #[test]
    fn an_item_survives_json() {
        let item = item("a", Some("2026-08-20"));
        let json = serde_json::to_string(&item).unwrap();
        assert_eq!(serde_json::from_str::<FeedItem>(&json).unwrap(), item);
    }
}
