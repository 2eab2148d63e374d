//! What feeds said so far, from what the bundled server keeps of them.

use std::sync::Arc;

use async_trait::async_trait;
use copydesk_domain::{Instant, PublishedAt};
use copydesk_journal::{FeedHeard, FeedHistory};
use copydesk_store::{FeedState, Store};
use copydesk_text::feed::parse;
use url::Url;

/// Reads the feeds that are kept in a store.
#[derive(Clone)]
pub struct FeedMemory {
    store: Arc<dyn Store>,
}

impl FeedMemory {
    /// Over a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }
}

#[async_trait]
impl FeedHistory for FeedMemory {
    async fn heard(&self, feed: &str) -> Option<FeedHeard> {
        let kept = self.store.feed_state(feed).await.ok()??;
        // A feed of some megabytes takes a while to read.
        tokio::task::spawn_blocking(move || of_state(&kept)).await.ok()?
    }
}

/// None where nothing is kept, or nothing that can be read any more.
fn of_state(kept: &FeedState) -> Option<FeedHeard> {
    if kept.body.is_empty() {
        return None;
    }
    let base = Url::parse(kept.moved_to.as_deref().unwrap_or(&kept.url)).ok()?;
    let feed = parse(&kept.body, kept.content_type.as_deref(), &base).ok()?;
    let published: Vec<Instant> = feed
        .items
        .iter()
        .filter_map(|item| item.published_at.map(PublishedAt::earliest))
        .collect();
    Some(FeedHeard {
        published,
        answered_at: kept.answered_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(body: &str) -> FeedState {
        FeedState {
            url: "https://a.example/feed".to_owned(),
            moved_to: None,
            etag: None,
            last_modified: None,
            content_type: Some("application/rss+xml".to_owned()),
            body: body.as_bytes().to_vec(),
            retry_at: None,
            fetched_at: "2026-11-18T04:00:00Z".parse().unwrap(),
            answered_at: "2026-11-20T04:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_dates_of_the_items_are_what_a_feed_said() {
        let body = r#"<rss version="2.0"><channel><title>T</title>
            <item><title>a</title><link>https://a.example/1</link><pubDate>Thu, 19 Nov 2026 09:00:00 GMT</pubDate></item>
            <item><title>b</title><link>https://a.example/2</link></item></channel></rss>"#;
        let heard = of_state(&state(body)).unwrap();
        assert_eq!(heard.published, ["2026-11-19T09:00:00Z".parse().unwrap()]);
        assert_eq!(heard.answered_at, state("").answered_at);
    }

    #[test]
    fn of_a_feed_that_never_answered_nothing_is_known() {
        assert_eq!(of_state(&state("")), None);
        assert_eq!(of_state(&state("<html></html>")), None);
    }
}
