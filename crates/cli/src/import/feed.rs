//! Issues of a feed: its own texts, and the pages of items of which it gives only a summary.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use copydesk_domain::PublishedAt;
use copydesk_text::feed::{Feed, FeedError, FeedItem, parse};
use copydesk_text::page::{Page, extract_fragment};
use copydesk_text::words;
use copydesk_tools::{FeedLimits, PageReader, ServerDeps, whole_feed};
use futures::StreamExt;
use url::Url;

use super::found::Import;

/// What one import reads at most. Items of a feed that is larger come with the next one, from the feed's older pages or a
/// file of it.
pub(super) const LIMITS: FeedLimits = FeedLimits {
    // Feeds give ten and more items a page.
    pages: 200,
    items: 10_000,
    // A thousand long letters with all their markup.
    bytes: 256 * 1024 * 1024,
    time: Duration::from_mins(20),
};
/// A summary of fewer words is a teaser, and the page is read.
const FULL_TEXT_WORDS: usize = 120;
/// Pages read at once, on one host.
const AT_ONCE: usize = 2;
/// Pages read in one import.
const PAGES_READ_MAX: usize = 1_000;

/// Why a feed gave no issues.
#[derive(Debug, thiserror::Error)]
pub enum FeedFault {
    /// It cannot be read, in one line.
    #[error("{0}")]
    Unread(String),
    /// A bug of ours.
    #[error("its items could not be sorted: {0}")]
    Bug(#[from] tokio::task::JoinError),
}

impl From<FeedError> for FeedFault {
    fn from(error: FeedError) -> Self {
        Self::Unread(error.to_string())
    }
}

/// Reads the issues of the feed at an address, with its older pages.
///
/// # Errors
/// [`FeedFault`] where there is no feed.
pub async fn from_address(deps: &ServerDeps, url: &str) -> Result<Import, FeedFault> {
    let started = Instant::now();
    let whole = whole_feed(deps, url, &LIMITS).await.map_err(FeedFault::Unread)?;
    let left = Left {
        bytes: LIMITS.bytes.saturating_sub(whole.bytes),
        until: started + LIMITS.time,
    };
    let mut import = issues_of(deps, whole.feed, url, left).await?;
    import.incomplete = whole.incomplete;
    Ok(import)
}

/// Reads the issues of a feed in a file. Older pages that it names are not looked for.
///
/// # Errors
/// [`FeedFault`] if it is no feed.
pub async fn from_file(deps: &ServerDeps, bytes: &[u8], name: &str) -> Result<Import, FeedFault> {
    let base = Url::parse("https://import.invalid/").expect("the address is fixed and valid");
    let feed = parse(bytes, None, &base)?;
    let left = Left {
        bytes: LIMITS.bytes,
        until: Instant::now() + LIMITS.time,
    };
    issues_of(deps, feed, name, left).await
}

/// What an import may still read.
#[derive(Debug, Clone, Copy)]
struct Left {
    bytes: usize,
    until: Instant,
}

/// An item with its text, or with the address of its page where the text is a teaser.
enum Item {
    Whole(FeedItem, Box<Page>),
    Teaser(FeedItem, String),
    Nothing(FeedItem),
}

async fn issues_of(
    deps: &ServerDeps,
    mut feed: Feed,
    feed_url: &str,
    left: Left,
) -> Result<Import, FeedFault> {
    feed.newest_first();
    let mut import = Import::default();
    for over in feed.items.split_off(LIMITS.items.min(feed.items.len())) {
        import.skip(&name_of(&over), format!("more than {} items", LIMITS.items));
    }
    let reader = PageReader::new(deps);
    let items = std::mem::take(&mut feed.items);
    // Thousands of texts take a while, and others use the same threads.
    let sorting = tokio::task::spawn_blocking(move || items.into_iter().map(sorted).collect::<Vec<Item>>());
    let items = sorting.await?;
    let mut pages_left = PAGES_READ_MAX;
    let bytes_left = AtomicUsize::new(left.bytes);
    let mut work = Vec::new();
    for item in items {
        let may_read = !matches!(item, Item::Teaser(..)) || pages_left > 0;
        pages_left -= usize::from(matches!(item, Item::Teaser(..)) && may_read);
        work.push(finished(&reader, item, may_read, (&bytes_left, left.until)));
    }
    let mut done = futures::stream::iter(work).buffered(AT_ONCE);
    while let Some((item, page, was_read)) = done.next().await {
        import.pages_read += usize::from(was_read);
        let what = name_of(&item);
        match page {
            Ok(page) => {
                let place = format!("{feed_url}#{}", item.id.as_deref().unwrap_or(&what));
                import.take(&what, item.url.clone(), place, described(page, &item));
            }
            Err(reason) => import.skip(&what, reason),
        }
    }
    Ok(import)
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

/// The item with its text. `left`: bytes of pages that may still be read, and until when.
async fn finished(
    reader: &PageReader,
    item: Item,
    may_read: bool,
    left: (&AtomicUsize, Instant),
) -> (FeedItem, Result<Page, String>, bool) {
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
        Item::Teaser(item, url) => match teaser(reader, &url, left).await {
            Ok(page) => (item, page, true),
            Err(reason) => (item, Err(reason), false),
        },
    }
}

/// The page of a teaser, or why it was not asked for.
async fn teaser(
    reader: &PageReader,
    url: &str,
    (bytes_left, until): (&AtomicUsize, Instant),
) -> Result<Result<Page, String>, String> {
    if bytes_left.load(Ordering::Relaxed) == 0 {
        let most = LIMITS.bytes / 1024 / 1024;
        return Err(format!("only a summary, and {most} MiB were read already"));
    }
    let late = format!(
        "only a summary, and the import has taken {} minutes already",
        LIMITS.time.as_secs() / 60
    );
    let Ok(read) = tokio::time::timeout_at(until.into(), reader.read(url)).await else {
        return Err(late);
    };
    if let Ok(page) = &read {
        let taken = |left: usize| Some(left.saturating_sub(page.text.len()));
        // Always `Some`, so never refused.
        let _ = bytes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken);
    }
    Ok(read.map_err(|why| format!("the feed gives only a summary, and its page cannot be read: {why}")))
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
