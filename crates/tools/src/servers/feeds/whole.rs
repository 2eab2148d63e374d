//! A feed with all its pages, for commands: unconditional, and nothing is kept of it.

use std::time::{Duration, Instant};

use copydesk_text::feed::Feed;

use super::paging::{Bounds, add_older, one_page};
use crate::servers::deps::ServerDeps;

/// What reading a whole feed takes at most; the page that passes a limit is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedLimits {
    /// Pages in all.
    pub pages: u32,
    /// Items of all pages together.
    pub items: usize,
    /// Bytes of all pages together, as they came.
    pub bytes: usize,
    /// Time for all of them.
    pub time: Duration,
}

/// A feed as far as it could be read.
#[derive(Debug)]
pub struct WholeFeed {
    /// Its items, those of all pages, each once.
    pub feed: Feed,
    /// Pages that were read.
    pub pages: u32,
    /// Bytes of all pages, as they came.
    pub bytes: usize,
    /// Why an older page is missing.
    pub incomplete: Option<String>,
}

/// Reads a feed and the older pages that it names (`rel=next`), within limits.
///
/// # Errors
/// Why its first page gave nothing, in one line.
pub async fn whole_feed(deps: &ServerDeps, url: &str, limits: &FeedLimits) -> Result<WholeFeed, String> {
    let until = Instant::now() + limits.time;
    let (mut feed, bytes) = one_page(deps, url.to_owned()).await.map_err(|fault| fault.why)?;
    let bounds = Bounds {
        pages: limits.pages,
        items: limits.items,
        bytes: limits.bytes.saturating_sub(bytes),
        until: Some(until),
    };
    let older = add_older(deps, &mut feed, None, &bounds).await;
    let pages = older.pages + 1;
    let has_more = feed.next.is_some();
    let incomplete = match older.fault {
        Some(fault) => Some(format!("page {}: {}", pages + 1, fault.why)),
        None if !has_more => None,
        None if pages >= limits.pages => Some(format!("it has more than {pages} pages")),
        None if feed.items.len() >= limits.items => Some(format!(
            "it has more than {} items on its first {pages} pages",
            feed.items.len()
        )),
        None if older.bytes >= bounds.bytes => Some(format!(
            "its first {pages} pages have {} MiB",
            (bytes + older.bytes) / 1024 / 1024
        )),
        None if Instant::now() >= until => Some(format!(
            "reading {pages} of its pages took {} minutes",
            limits.time.as_secs() / 60
        )),
        None => None,
    };
    Ok(WholeFeed {
        feed,
        pages,
        bytes: bytes + older.bytes,
        incomplete,
    })
}
