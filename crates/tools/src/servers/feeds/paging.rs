//! Older pages of a feed.

use std::collections::HashSet;

use copydesk_domain::Instant;
use copydesk_net::GetRequest;
use copydesk_text::feed::{Feed, FeedItem};

use super::exchange::{ACCEPT, read};
use crate::servers::deps::ServerDeps;
use crate::servers::fault::{ToolFault, fetch_fault};

/// How reading older pages went.
#[derive(Debug, Default)]
pub(super) struct Older {
    /// Pages read beside the first.
    pub pages: u32,
    /// Why a page that was wanted is missing.
    pub fault: Option<ToolFault>,
}

/// Adds older pages to `feed` while they can hold items after `since`: at most `pages_max` pages with the first.
pub(super) async fn add_older(
    deps: &ServerDeps,
    feed: &mut Feed,
    since: Option<Instant>,
    pages_max: u32,
) -> Older {
    let mut older = Older::default();
    let mut visited = HashSet::new();
    let mut page_start = 0;
    while older.pages + 1 < pages_max && may_go_on(&feed.items[page_start..], since) {
        let Some(next) = feed.next.take() else { break };
        if !visited.insert(next.clone()) {
            break;
        }
        match one_page(deps, next).await {
            Ok(page) => {
                page_start = feed.items.len();
                append(&mut feed.items, page.items);
                feed.next = page.next;
                older.pages += 1;
            }
            Err(fault) => {
                older.fault = Some(fault);
                break;
            }
        }
    }
    older
}

pub(super) async fn one_page(deps: &ServerDeps, url: String) -> Result<Feed, ToolFault> {
    let mut request = GetRequest::new(url);
    request.accept = Some(ACCEPT.to_owned());
    let response = deps.client.get(request).await.map_err(|error| ToolFault {
        retry_at: error
            .retry_after()
            .and_then(|wait| wait.try_into().ok())
            .map(|wait| deps.clock.now().plus(wait)),
        ..ToolFault::new(fetch_fault(&error))
    })?;
    read(&response)
}

/// Whether the page after one with these items may hold items after `since`. Items without a date do not tell.
fn may_go_on(page: &[FeedItem], since: Option<Instant>) -> bool {
    let Some(since) = since else {
        return !page.is_empty();
    };
    !page.is_empty()
        && page
            .iter()
            .filter_map(|item| item.published_at)
            .all(|at| at.latest() >= since)
}

/// Adds items that are not there yet: feeds shift while they are read, so pages overlap.
fn append(items: &mut Vec<FeedItem>, more: Vec<FeedItem>) {
    let known: HashSet<String> = items.iter().filter_map(key).collect();
    items.extend(
        more.into_iter()
            .filter(|item| key(item).is_none_or(|key| !known.contains(&key))),
    );
}

fn key(item: &FeedItem) -> Option<String> {
    item.id
        .as_ref()
        .map(|id| format!("id {id}"))
        .or_else(|| item.url.as_ref().map(|url| format!("url {url}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, at: &str) -> FeedItem {
        FeedItem {
            id: Some(id.to_owned()),
            published_at: at.parse().ok(),
            ..FeedItem::default()
        }
    }

    #[test]
    fn reading_goes_on_while_all_items_are_new_enough() {
        let since = Some("2026-08-20T00:00:00Z".parse().unwrap());
        assert!(may_go_on(&[item("a", "2026-08-21")], since));
        assert!(may_go_on(&[item("a", "2026-08-21"), item("b", "")], since));
        assert!(!may_go_on(
            &[item("a", "2026-08-21"), item("b", "2026-08-19")],
            since
        ));
        assert!(!may_go_on(&[], since));
        assert!(may_go_on(&[item("a", "2020-01-01")], None));
    }

    #[test]
    fn an_item_on_two_pages_comes_once() {
        let mut items = vec![item("a", ""), item("b", "")];
        append(
            &mut items,
            vec![item("b", ""), item("c", ""), FeedItem::default()],
        );
        assert_eq!(items.len(), 4);
    }
}
