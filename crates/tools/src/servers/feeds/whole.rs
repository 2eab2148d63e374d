//! A feed with all its pages, for commands: unconditional, and nothing is kept of it.

use copydesk_text::feed::Feed;

use super::paging::{add_older, one_page};
use crate::servers::deps::ServerDeps;

/// A feed as far as it could be read.
#[derive(Debug)]
pub struct WholeFeed {
    /// Its items, those of all pages, each once.
    pub feed: Feed,
    /// Pages that were read.
    pub pages: u32,
    /// Why an older page is missing.
    pub incomplete: Option<String>,
}

/// Reads a feed and the older pages that it names (`rel=next`), at most `pages_max` in all.
///
/// # Errors
/// Why its first page gave nothing, in one line.
pub async fn whole_feed(deps: &ServerDeps, url: &str, pages_max: u32) -> Result<WholeFeed, String> {
    let mut feed = one_page(deps, url.to_owned()).await.map_err(|fault| fault.why)?;
    let older = add_older(deps, &mut feed, None, pages_max).await;
    let pages = older.pages + 1;
    let incomplete = match older.fault {
        Some(fault) => Some(format!("page {}: {}", pages + 1, fault.why)),
        None if pages >= pages_max && feed.next.is_some() => {
            Some(format!("it has more than {pages_max} pages"))
        }
        None => None,
    };
    Ok(WholeFeed {
        feed,
        pages,
        incomplete,
    })
}
