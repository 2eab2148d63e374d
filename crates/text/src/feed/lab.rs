//! A feed as `copydesk lab feed` prints it: fixed names, unknown values as `null`.

use copydesk_domain::PublishedAt;
use serde::{Deserialize, Serialize};

use super::harmless::harmless;
use super::model::{Feed, FeedItem, TextKind};

/// `{"title","items":[…]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabFeed {
    /// Name of the feed, plain text.
    pub title: Option<String>,
    /// The items in the order of the feed.
    pub items: Vec<LabItem>,
}

/// `{"id","url","title","authors","published_at","summary","content"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabItem {
    /// The feed's own id.
    pub id: Option<String>,
    /// Address of the piece.
    pub url: Option<String>,
    /// Title, plain text.
    pub title: Option<String>,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Published, else updated.
    pub published_at: Option<PublishedAt>,
    /// Short form: plain text, or HTML that is safe to show.
    pub summary: Option<String>,
    /// Long form: plain text, or HTML that is safe to show.
    pub content: Option<String>,
}

impl From<&Feed> for LabFeed {
    fn from(feed: &Feed) -> Self {
        Self {
            title: feed.title.clone(),
            items: feed.items.iter().map(LabItem::from).collect(),
        }
    }
}

impl From<&FeedItem> for LabItem {
    fn from(item: &FeedItem) -> Self {
        let safe = |text: &Option<String>, kind| {
            text.as_deref().map(|text| match kind {
                TextKind::Plain => text.to_owned(),
                TextKind::Html => harmless(text),
            })
        };
        Self {
            id: item.id.clone(),
            url: item.url.clone(),
            title: item.title.clone(),
            authors: item.authors.clone(),
            published_at: item.published_at,
            summary: safe(&item.summary, item.summary_kind),
            content: safe(&item.content, item.content_kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_are_null() {
        let item = LabItem::from(&FeedItem::default());
        assert_eq!(
            serde_json::to_string(&item).unwrap(),
            r#"{"id":null,"url":null,"title":null,"authors":[],"published_at":null,"summary":null,"content":null}"#
        );
    }
}
