//! What a follow-up opened and found useful, as sources of its story.

use copydesk_domain::artifact::{Fetch, ReadFrom, Source, Story};
use copydesk_domain::{ContentHash, PublishedAt, Untrusted};
use copydesk_journal::{StageContext, StageError};
use copydesk_store::{SnapshotParams, SnapshotRecord};
use copydesk_text::similarity;
use serde::Deserialize;
use serde_json::Value;

use super::first_seen::first_seen;
use super::history::{History, How};
use super::itself::is_about_itself;
use super::owner::owner_of;
use super::paid;
use super::reading::{AUTHOR, Reading, gives_orders};
use super::stories;

/// An entry that a loop opened.
#[derive(Debug, Clone)]
pub(crate) enum Opened {
    /// A stored text.
    Stored(ContentHash),
    /// A page that a post of the story links to.
    Page { url: String, content: Untrusted<Value> },
}

/// What `web/open` gives of a page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Page {
    url: Option<String>,
    title: Option<Untrusted<String>>,
    authors: Vec<Untrusted<String>>,
    published_at: Option<PublishedAt>,
    text: Untrusted<String>,
    is_sponsored: bool,
}

/// The reading of an opened entry; none where it is no source: without text, sponsored, the author's own words or a past
/// issue. `parent`: the post of the story whose publisher a page is of.
pub(crate) async fn read(
    ctx: &StageContext,
    opened: &Opened,
    parent: Option<&Reading>,
) -> Result<Option<Reading>, StageError> {
    let reading = match opened {
        Opened::Stored(hash) => match first_seen(ctx, hash).await {
            Ok(record) => of_record(record),
            // A past issue is in the archive and is no source.
            Err(StageError::Input { .. }) => None,
            Err(error) => return Err(error),
        },
        Opened::Page { url, content } => {
            let page = serde_json::from_value::<Page>(content.inspect().clone());
            match (page, parent) {
                (Ok(page), Some(parent)) if is_of_site(&page, url) => {
                    Some(store(ctx, url, page, parent).await?)
                }
                _ => None,
            }
        }
    };
    Ok(reading.filter(Reading::is_usable))
}

/// Whether a page has a text, and answered where it was asked for: what a link led on to elsewhere is not its publisher's.
fn is_of_site(page: &Page, asked: &str) -> bool {
    let answered = page.url.as_deref().unwrap_or(asked);
    !page.text.inspect().trim().is_empty() && owner_of(answered) == owner_of(asked)
}

/// A page that was stored on a day before, as it was read then.
fn of_record(record: SnapshotRecord) -> Option<Reading> {
    let fetch = record.fetches.first()?;
    if record.owner == AUTHOR || !fetch.url.starts_with("http") {
        return None;
    }
    let title = fetch
        .title
        .clone()
        .unwrap_or_else(|| Untrusted::new(fetch.url.clone()));
    let found = Found {
        snapshot: record.hash,
        url: fetch.url.clone(),
        title,
        authors: fetch.authors.clone(),
        published_at: fetch.published_at,
        publisher: fetch.publisher.clone(),
        owner: record.owner,
        is_sponsored: false,
    };
    Some(found.reading(record.text, fetch.fetched_at, None))
}

async fn store(ctx: &StageContext, url: &str, page: Page, parent: &Reading) -> Result<Reading, StageError> {
    let url = page.url.unwrap_or_else(|| url.to_owned());
    let title = page.title.unwrap_or_else(|| Untrusted::new(url.clone()));
    let fetch = Fetch {
        url: url.clone(),
        fetched_at: ctx.now(),
        title: Some(title.clone()),
        authors: page.authors.clone(),
        published_at: page.published_at,
        publisher: parent.source.publisher.clone(),
    };
    let snapshot = SnapshotParams {
        text: page.text.clone(),
        owner: parent.source.owner.clone(),
        fetch,
    };
    let found = Found {
        snapshot: ctx.put_snapshot(snapshot).await?,
        url,
        title,
        authors: page.authors,
        published_at: page.published_at,
        publisher: parent.source.publisher.clone(),
        owner: parent.source.owner.clone(),
        is_sponsored: page.is_sponsored,
    };
    Ok(found.reading(page.text, ctx.now(), Some(ReadFrom::Page)))
}

/// What is known of a found text.
struct Found {
    snapshot: ContentHash,
    url: String,
    title: Untrusted<String>,
    authors: Vec<Untrusted<String>>,
    published_at: Option<PublishedAt>,
    publisher: Untrusted<String>,
    owner: String,
    is_sponsored: bool,
}

impl Found {
    /// It has no feed and no beat: it was no post of the window, and who was read on a beat does not change by it.
    fn reading(
        self,
        text: Untrusted<String>,
        fetched_at: copydesk_domain::Instant,
        read_from: Option<ReadFrom>,
    ) -> Reading {
        let (heading, words) = (self.title.inspect(), text.inspect());
        let source = Source {
            is_sponsored: self.is_sponsored || paid::says_so(heading, &[], words),
            gives_orders: gives_orders(heading, words),
            is_about_itself: is_about_itself(self.publisher.inspect(), &self.owner, heading, words),
            snapshot: self.snapshot,
            url: self.url.clone(),
            title: self.title,
            publisher: self.publisher,
            authors: self.authors,
            owner: self.owner,
            published_at: self.published_at,
            fetched_at,
            beats: Vec::new(),
            copy_of: None,
            canonical_url: None,
            read_from,
            first_published_at: None,
            changed_from: None,
        };
        Reading {
            feed: String::new(),
            source,
            text,
            links: Vec::new(),
            page_fault: None,
            fetched_from: self.url,
            claimed_url: None,
        }
    }
}

/// Whether a found text adds to what is read: it is no post of the day or a copy of one, and no issue told it. Pure.
pub(crate) fn is_another(found: &Reading, readings: &[Reading], history: &History, story: &Story) -> bool {
    let is_known = readings
        .iter()
        .any(|known| known.source.snapshot == found.source.snapshot || known.is_at(&found.source.url));
    let is_told = history
        .told
        .iter()
        .any(|told| told.snapshot == found.source.snapshot && told.how == How::Told);
    let repeats = |known: &Reading| similarity::near_duplicate(known.text.inspect(), found.text.inspect());
    let mut own = readings
        .iter()
        .filter(|reading| story.snapshots.contains(&reading.source.snapshot));
    !is_known && !is_told && !own.any(repeats)
}

/// Puts a found text among the sources of a story, behind its posts. `readings`: all that are read so far. Pure.
pub(crate) fn add<'r>(story: &mut Story, found: &'r Reading, readings: impl Iterator<Item = &'r Reading>) {
    story.snapshots.push(found.source.snapshot);
    if !story.is_new {
        story.new_snapshots.push(found.source.snapshot);
    }
    let own = readings.filter(|reading| story.snapshots.contains(&reading.source.snapshot));
    story.witnesses = stories::witnesses(own.chain([found]));
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Instant;

    use super::super::fixture;
    use super::super::history::Told;
    use super::*;

    fn reading(owner: &str, text: &str) -> Reading {
        fixture::reading(fixture::source(owner, text, text), text)
    }

    fn told(reading: &Reading, how: How) -> History {
        History {
            told: vec![Told {
                snapshot: reading.source.snapshot,
                slug: "2026-08-12".to_owned(),
                at: Instant::from_micros(0),
                how,
                title: reading.source.title.clone(),
                text: reading.text.clone(),
                url: reading.source.url.clone(),
                published_at: None,
            }],
            ..History::default()
        }
    }

    #[test]
    fn a_page_that_answers_from_another_site_is_none_of_its_publisher() {
        let page = |url: Option<&str>, text: &str| Page {
            url: url.map(str::to_owned),
            text: Untrusted::new(text.to_owned()),
            ..Page::default()
        };
        let asked = "https://norn.example/out?u=1";
        assert!(is_of_site(&page(None, "Prices fell."), asked));
        assert!(is_of_site(
            &page(Some("https://www.norn.example/a"), "Prices fell."),
            asked
        ));
        assert!(!is_of_site(
            &page(Some("https://vali.example/a"), "Prices fell."),
            asked
        ));
        assert!(!is_of_site(&page(None, " \n"), asked));
    }

    #[test]
    fn what_was_read_or_told_or_repeats_a_post_is_found_by_nobody() {
        let post = reading(
            "norn.example",
            "The mirror of Moss fell at noon and 40 images were lost to it.",
        );
        let readings = [post.clone()];
        let story = Story {
            snapshots: vec![post.source.snapshot],
            ..fixture::story("s1")
        };
        let nothing = History::default();
        let other = reading(
            "lock.example",
            "Moss had let the certificate of its mirror lapse in July.",
        );
        assert!(is_another(&other, &readings, &nothing, &story));
        assert!(is_another(&other, &readings, &told(&other, How::Listed), &story));
        assert!(!is_another(&other, &readings, &told(&other, How::Told), &story));
        assert!(!is_another(&post, &readings, &nothing, &story));
        let copy = reading(
            "copy.example",
            "The mirror of Moss fell at noon and 40 images were lost to it!",
        );
        assert!(!is_another(&copy, &readings, &nothing, &story));
        let mut same_page = reading(
            "norn.example",
            "The mirror of Moss is up again, and nobody knows why.",
        );
        same_page.source.url.clone_from(&post.source.url);
        assert!(!is_another(&same_page, &readings, &nothing, &story));
    }

    #[test]
    fn each_found_owner_is_a_witness_and_news_of_a_told_story() {
        let post = reading("norn.example", "one");
        let (first, second) = (reading("lock.example", "two"), reading("copy.example", "three"));
        let mut story = Story {
            snapshots: vec![post.source.snapshot],
            is_new: false,
            ..fixture::story("s1")
        };
        add(&mut story, &first, [&post].into_iter());
        add(&mut story, &second, [&post, &first].into_iter());
        assert_eq!(story.witnesses, 3);
        assert_eq!(story.snapshots.len(), 3);
        assert_eq!(
            story.new_snapshots,
            [first.source.snapshot, second.source.snapshot]
        );
    }
}
