//! Issues of a feed: its own texts, and the pages of items of which it gives only a summary.

use copydesk_domain::PublishedAt;
use copydesk_text::feed::{Feed, FeedError, FeedItem, parse};
use copydesk_text::page::{Page, extract_fragment};
use copydesk_text::words;
use copydesk_tools::{PageReader, ServerDeps, whole_feed};
use futures::StreamExt;
use url::Url;

use super::found::Import;

/// Pages of one feed. Feeds give ten and more items a page.
const PAGES_MAX: u32 = 200;
/// Items of one feed.
const ITEMS_MAX: usize = 10_000;
/// A summary of fewer words is a teaser, and the page is read.
const FULL_TEXT_WORDS: usize = 120;
/// Pages read at once, on one host.
const AT_ONCE: usize = 2;
/// Pages read in one import.
const PAGES_READ_MAX: usize = 1_000;

/// Reads the issues of the feed at an address, with its older pages.
///
/// # Errors
/// Why there is no feed, in one line.
pub async fn from_address(deps: &ServerDeps, url: &str) -> Result<Import, String> {
    let whole = whole_feed(deps, url, PAGES_MAX).await?;
    let mut import = issues_of(deps, whole.feed, url).await;
    import.incomplete = whole.incomplete;
    Ok(import)
}

/// Reads the issues of a feed in a file. Older pages that it names are not looked for.
///
/// # Errors
/// [`FeedError`] if it is no feed.
pub async fn from_file(deps: &ServerDeps, bytes: &[u8], name: &str) -> Result<Import, FeedError> {
    let base = Url::parse("https://import.invalid/").expect("the address is fixed and valid");
    let feed = parse(bytes, None, &base)?;
    Ok(issues_of(deps, feed, name).await)
}

/// An item with its text, or with the address of its page where the text is a teaser.
enum Item {
    Whole(FeedItem, Box<Page>),
    Teaser(FeedItem, String),
    Nothing(FeedItem),
}

async fn issues_of(deps: &ServerDeps, mut feed: Feed, feed_url: &str) -> Import {
    feed.newest_first();
    let mut import = Import::default();
    for left in feed.items.split_off(ITEMS_MAX.min(feed.items.len())) {
        import.skip(&name_of(&left), format!("more than {ITEMS_MAX} items"));
    }
    let reader = PageReader::new(deps);
    let items = std::mem::take(&mut feed.items);
    // Thousands of texts take a while, and others use the same threads.
    let sorting = tokio::task::spawn_blocking(move || items.into_iter().map(sorted).collect::<Vec<Item>>());
    let items = sorting.await.unwrap_or_default();
    let mut pages_left = PAGES_READ_MAX;
    let mut work = Vec::new();
    for item in items {
        let may_read = !matches!(item, Item::Teaser(..)) || pages_left > 0;
        pages_left -= usize::from(matches!(item, Item::Teaser(..)) && may_read);
        work.push(finished(&reader, item, may_read));
    }
    let mut done = futures::stream::iter(work).buffered(AT_ONCE);
    while let Some((item, page, was_read)) = done.next().await {
        import.pages_read += usize::from(was_read);
        let what = name_of(&item);
        match page {
            Ok(page) => {
                let place = item
                    .id
                    .clone()
                    .map_or_else(|| what.clone(), |id| format!("{feed_url}#{id}"));
                import.take(&what, item.url.clone(), place, described(page, &item));
            }
            Err(reason) => import.skip(&what, reason),
        }
    }
    import
}

fn sorted(item: FeedItem) -> Item {
    let base = item.url.as_deref().and_then(|url| Url::parse(url).ok());
    let base = base.unwrap_or_else(|| Url::parse("https://import.invalid/").expect("the address is valid"));
    let Some(html) = item.body_html() else {
        return match item.url.clone() {
            Some(url) => Item::Teaser(item, url),
            None => Item::Nothing(item),
        };
    };
    let page = extract_fragment(&html, &base);
    match item.url.clone() {
        Some(url) if words::count(&page.text) < FULL_TEXT_WORDS && item.content.is_none() => {
            Item::Teaser(item, url)
        }
        _ => Item::Whole(item, Box::new(page)),
    }
}

async fn finished(reader: &PageReader, item: Item, may_read: bool) -> (FeedItem, Result<Page, String>, bool) {
    match item {
        Item::Whole(item, page) => (item, Ok(*page), false),
        Item::Nothing(item) => (
            item,
            Err("it has neither a text nor an address".to_owned()),
            false,
        ),
        Item::Teaser(item, _) if !may_read => {
            let reason = format!("only a summary, and {PAGES_READ_MAX} pages were read already");
            (item, Err(reason), false)
        }
        Item::Teaser(item, url) => {
            let page = reader.read(&url).await;
            let page = page
                .map_err(|why| format!("the feed gives only a summary, and its page cannot be read: {why}"));
            (item, page, true)
        }
    }
}

/// The page with what the feed says of it; the feed knows best.
fn described(page: Page, item: &FeedItem) -> Page {
    let authors = if item.authors.is_empty() {
        page.authors
    } else {
        item.authors.clone()
    };
    Page {
        title: item.title.clone().or(page.title),
        published_at: item.published_at.or(page.published_at),
        authors,
        ..page
    }
}

/// What to call an item.
fn name_of(item: &FeedItem) -> String {
    let date = |at: PublishedAt| format!("an item of {}", at.date());
    item.url
        .clone()
        .or_else(|| item.title.clone())
        .or_else(|| item.id.clone())
        .or_else(|| item.published_at.map(date))
        .unwrap_or_else(|| "an item without a name".to_owned())
}
