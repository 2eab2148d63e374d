//! Older pages of a feed.

use std::collections::HashSet;
use std::time::Instant as Moment;

use copydesk_domain::Instant;
use copydesk_net::GetRequest;
use copydesk_text::feed::{Feed, FeedItem, ItemKey};

use super::exchange::{ACCEPT, read};
use crate::servers::deps::ServerDeps;
use crate::servers::fault::ToolFault;

/// How reading older pages went.
#[derive(Debug, Default)]
pub(super) struct Older {
    /// Pages read beside the first.
    pub pages: u32,
    /// Their bytes, as they came.
    pub bytes: usize,
    /// Why a page that was wanted is missing.
    pub fault: Option<ToolFault>,
}

/// Where reading older pages ends; the page that passes a bound is the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Pages with the first.
    pub pages: u32,
    /// Items with those of the first.
    pub items: usize,
    /// Bytes beside those of the first.
    pub bytes: usize,
    /// The last moment at which a page is asked for.
    pub until: Option<Moment>,
}

impl Bounds {
    /// So many pages, whatever they hold: a poll is ended by its window.
    pub(super) const fn pages(pages: u32) -> Self {
        Self {
            pages,
            items: usize::MAX,
            bytes: usize::MAX,
            until: None,
        }
    }

    fn let_on(&self, older: &Older, feed: &Feed) -> bool {
        older.pages + 1 < self.pages
            && feed.items.len() < self.items
            && older.bytes < self.bytes
            && self.until.is_none_or(|until| Moment::now() < until)
    }
}

/// Adds older pages to `feed` while they can hold items after `since`, within `bounds`.
pub(super) async fn add_older(
    deps: &ServerDeps,
    feed: &mut Feed,
    since: Option<Instant>,
    bounds: &Bounds,
) -> Older {
    let mut older = Older::default();
    let mut visited = HashSet::new();
    let mut page_start = 0;
    while bounds.let_on(&older, feed) && may_go_on(&feed.items[page_start..], since) {
        let Some(next) = feed.next.take() else { break };
        if !visited.insert(next.clone()) {
            break;
        }
        match one_page(deps, next).await {
            Ok((page, bytes)) => {
                older.bytes += bytes;
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

/// One page of a feed, with its bytes.
pub(super) async fn one_page(deps: &ServerDeps, url: String) -> Result<(Feed, usize), ToolFault> {
    let mut request = GetRequest::new(url);
    request.accept = Some(ACCEPT.to_owned());
    let response = deps.client.get(request).await.map_err(|error| ToolFault {
        retry_at: error
            .retry_after()
            .and_then(|wait| wait.try_into().ok())
            .map(|wait| deps.clock.now().plus(wait)),
        ..ToolFault::of_fetch(&error)
    })?;
    Ok((read(&response)?, response.body.len()))
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
    let known: HashSet<ItemKey<'_>> = items.iter().filter_map(ItemKey::of).collect();
    let is_new = |item: &FeedItem| ItemKey::of(item).is_none_or(|key| !known.contains(&key));
    let fresh: Vec<FeedItem> = more.into_iter().filter(is_new).collect();
    items.extend(fresh);
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
    fn reading_ends_at_the_first_bound_that_is_passed() {
        let feed = |items: usize| {
            let url = url::Url::parse("https://norn.example/feed").unwrap();
            let text = "<rss version=\"2.0\"><channel><title>Norn</title></channel></rss>";
            let empty = copydesk_text::feed::parse(text.as_bytes(), None, &url).unwrap();
            Feed {
                items: vec![FeedItem::default(); items],
                ..empty
            }
        };
        let bounds = Bounds {
            pages: 3,
            items: 10,
            bytes: 100,
            until: None,
        };
        let older = |pages, bytes| Older {
            pages,
            bytes,
            fault: None,
        };
        assert!(bounds.let_on(&older(1, 99), &feed(9)));
        assert!(!bounds.let_on(&older(2, 0), &feed(0)), "pages");
        assert!(!bounds.let_on(&older(0, 0), &feed(10)), "items");
        assert!(!bounds.let_on(&older(0, 100), &feed(0)), "bytes");
        let late = Bounds {
            until: Some(Moment::now()),
            ..bounds
        };
        assert!(!late.let_on(&older(0, 0), &feed(0)), "time");
        assert!(Bounds::pages(2).let_on(&older(0, 1 << 40), &feed(50)));
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

    #[test]
    fn items_without_an_id_are_told_apart_by_title_where_they_share_an_address() {
        let change = |title: &str| FeedItem {
            url: Some("https://a.example/changes".to_owned()),
            title: Some(title.to_owned()),
            ..FeedItem::default()
        };
        let mut items = vec![change("1.2"), change("1.1")];
        append(&mut items, vec![change("1.1"), change("1.0")]);
        let titles: Vec<_> = items.iter().filter_map(|item| item.title.as_deref()).collect();
        assert_eq!(titles, ["1.2", "1.1", "1.0"]);
    }
}
