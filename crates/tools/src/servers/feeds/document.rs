//! What `poll` takes and gives.

use std::str::FromStr;

use copydesk_domain::{Instant, PublishedAt};
use copydesk_text::feed::{Feed, FeedItem, LabItem, TextKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::servers::fault::ToolFault;

/// Pages of one feed when the caller names no number.
const PAGES: u32 = 3;
/// Pages of one feed at most.
const PAGES_MAX: u32 = 10;
/// Items given at most; the oldest are left out.
const ITEMS_MAX: usize = 1_000;
/// Bytes of all texts together: three of the four mebibytes that a result may have, so that the rest of each item and
/// the escapes of JSON fit too.
const TEXT_BYTES_MAX: usize = 3 * 1024 * 1024;
/// Bytes of one text. A long essay with markup has 200 KB.
const ITEM_BYTES_MAX: usize = 512 * 1024;

/// `poll`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PollArgs {
    /// Address of the feed.
    pub url: String,
    /// Pages read at most: 1 to 10, 3 if not given. Older pages are read only while they hold items after `since`.
    pub max_pages: Option<u32>,
    /// Instant (2026-08-20T05:00:00Z) or day (2026-08-20); decides how many pages are read, filters nothing.
    pub since: Option<String>,
}

impl PollArgs {
    /// The number of pages, inside its limits.
    pub(super) fn pages(&self) -> u32 {
        self.max_pages.unwrap_or(PAGES).clamp(1, PAGES_MAX)
    }

    /// `since` as an instant.
    pub(super) fn since(&self) -> Result<Option<Instant>, ToolFault> {
        let Some(text) = &self.since else { return Ok(None) };
        let since =
            PublishedAt::from_str(text).map_err(|error| ToolFault::new(format!("`since`: {error}")))?;
        Ok(Some(since.earliest()))
    }
}

/// `poll`
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct PollReply {
    /// Address that answered, after redirects.
    pub url: String,
    /// Where the feed has moved for good.
    pub moved_to: Option<String>,
    /// Name of the feed.
    pub title: Option<String>,
    /// Address of its site.
    pub home: Option<String>,
    /// Newest first; items without a date keep their place at the end.
    pub items: Vec<Item>,
    /// The server says that its first page is what it was; the items are those kept from then.
    pub not_modified: bool,
    /// When the feed wants to be asked again, if an older page said so.
    pub retry_at: Option<String>,
    /// Pages whose items are here.
    pub pages_read: u32,
    /// Why an older page that was wanted is not here.
    pub incomplete: Option<String>,
    /// Items left out, or given without their texts, because there were too many.
    pub items_cut: usize,
}

/// One item, fields as `copydesk lab feed` names them, and a few more.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct Item {
    /// The feed's own id.
    pub id: Option<String>,
    /// Address of the piece.
    pub url: Option<String>,
    /// Plain text.
    pub title: Option<String>,
    /// Names.
    pub authors: Vec<String>,
    /// Published, else updated; a bare date where only the day is known.
    pub published_at: Option<String>,
    /// Last change.
    pub updated_at: Option<String>,
    /// Short form.
    pub summary: Option<String>,
    /// `plain` or `html` (scripts and the like removed).
    pub summary_kind: &'static str,
    /// Long form.
    pub content: Option<String>,
    /// `plain` or `html` (scripts and the like removed).
    pub content_kind: &'static str,
    /// Categories.
    pub tags: Vec<String>,
}

impl From<&FeedItem> for Item {
    fn from(item: &FeedItem) -> Self {
        let LabItem {
            id,
            url,
            title,
            authors,
            published_at,
            summary,
            content,
        } = LabItem::from(item);
        Self {
            id,
            url,
            title,
            authors,
            published_at: published_at.map(|at| at.to_string()),
            updated_at: item.updated_at.map(|at| at.to_string()),
            summary,
            summary_kind: kind_name(item.summary_kind),
            content,
            content_kind: kind_name(item.content_kind),
            tags: item.tags.clone(),
        }
    }
}

const fn kind_name(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Plain => "plain",
        TextKind::Html => "html",
    }
}

/// The items as they are given, and how many of them had to be cut.
pub(super) fn items_of(mut feed: Feed) -> (Vec<Item>, usize) {
    feed.newest_first();
    let mut cut = feed.items.len().saturating_sub(ITEMS_MAX);
    let mut left = TEXT_BYTES_MAX;
    let mut items: Vec<Item> = Vec::new();
    for item in feed.items.iter().take(ITEMS_MAX) {
        let mut item = Item::from(item);
        let mut is_cut = false;
        for text in [&mut item.summary, &mut item.content] {
            let bytes = text.as_ref().map_or(0, String::len);
            if bytes > left.min(ITEM_BYTES_MAX) {
                *text = None;
                is_cut = true;
            } else {
                left -= bytes;
            }
        }
        cut += usize::from(is_cut);
        items.push(item);
    }
    (items, cut)
}

#[cfg(test)]
mod tests {
    use copydesk_text::feed::{About, FeedKind};

    use super::*;

    fn feed(items: Vec<FeedItem>) -> Feed {
        Feed {
            kind: FeedKind::Atom,
            title: None,
            home: None,
            next: None,
            about: About::default(),
            items,
        }
    }

    fn item(content: usize) -> FeedItem {
        FeedItem {
            content: Some("x".repeat(content)),
            ..FeedItem::default()
        }
    }

    #[test]
    fn texts_beyond_the_limit_are_left_out_and_counted() {
        let (items, cut) = items_of(feed(vec![item(10), item(ITEM_BYTES_MAX + 1)]));
        assert_eq!((items.len(), cut), (2, 1));
        assert!(items[0].content.is_some() && items[1].content.is_none());
        let (items, cut) = items_of(feed((0..10).map(|_| item(ITEM_BYTES_MAX)).collect()));
        assert_eq!(
            (items.iter().filter(|item| item.content.is_some()).count(), cut),
            (6, 4)
        );
    }

    #[test]
    fn since_is_an_instant_or_a_day() {
        let args = |since: &str| PollArgs {
            url: String::new(),
            max_pages: Some(99),
            since: Some(since.to_owned()),
        };
        assert_eq!(
            args("2026-08-20").since().unwrap().unwrap().to_string(),
            "2026-08-20T00:00:00Z"
        );
        assert!(args("yesterday").since().is_err());
        assert_eq!(args("").pages(), 10);
    }
}
