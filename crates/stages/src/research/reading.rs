//! From feed items to snapshots: each post of the window as its main text.

use std::collections::HashSet;

use copydesk_domain::artifact::{Fetch, Source, Window};
use copydesk_domain::{ContentHash, PublishedAt, Untrusted};
use copydesk_journal::{StageContext, StageInputs, StepError, ToolName};
use copydesk_store::SnapshotParams;
use copydesk_text::{page, sentence, similarity, words};
use serde::Deserialize;
use serde_json::json;

use super::feeds::{PollItem, Polled, one_line, passable};

/// Who owns the author's own notes.
pub(crate) const AUTHOR: &str = "author";
/// Pages read at once.
const AT_ONCE: usize = 8;
/// Posts of one day's research; beyond it the newest are kept and the rest is logged.
const POSTS_MAX: usize = 200;
/// Items without a date whose pages are opened to find one, for each feed.
const UNDATED_MAX: usize = 10;
/// A feed's own text of at least so many words is the whole post; a shorter one may be a teaser.
const FULL_TEXT_WORDS: usize = 120;

/// A post that was read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) feed: String,
    pub(crate) source: Source,
    pub(crate) text: Untrusted<String>,
    pub(crate) links: Vec<String>,
    /// Why its page could not be read, where the feed's words had to do.
    pub(crate) page_fault: Option<String>,
}

impl Reading {
    /// Whether stories and notes may use it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.source.is_sponsored && self.source.copy_of.is_none()
    }
}

/// What `web/read` gives.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct PageReply {
    title: Option<Untrusted<String>>,
    authors: Vec<Untrusted<String>>,
    published_at: Option<PublishedAt>,
    text: Untrusted<String>,
    links: Vec<LinkReply>,
    is_sponsored: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct LinkReply {
    url: String,
}

/// An item that may lie in the window.
struct Candidate {
    publisher: Untrusted<String>,
    owner: String,
    feed: String,
    beats: Vec<String>,
    item: PollItem,
    url: String,
}

/// Reads every post of the window, in the order of feeds and items.
pub(crate) async fn read(
    ctx: &StageContext,
    polled: &[Polled],
    window: Window,
) -> Result<Vec<Reading>, StepError> {
    let mut candidates = candidates(polled, window);
    if candidates.len() > POSTS_MAX {
        let left_out = candidates.len() - POSTS_MAX;
        ctx.log(
            "warn",
            format!("{left_out} posts beyond the first {POSTS_MAX} were left out"),
        );
        candidates.truncate(POSTS_MAX);
    }
    ctx.note(format!("reading {} posts", candidates.len()));
    let read = ctx
        .for_each(candidates, AT_ONCE, |candidate| read_one(ctx, candidate, window))
        .await;
    let mut readings = Vec::new();
    for reading in read {
        readings.extend(reading?);
    }
    Ok(readings)
}

fn candidates(polled: &[Polled], window: Window) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for polled in polled {
        let Ok(poll) = &polled.result else { continue };
        let mut undated = 0;
        for item in &poll.items {
            let Some(url) = item.url.as_ref().map(|url| url.inspect().clone()) else {
                continue;
            };
            let is_wanted = if let Some(at) = item.published_at {
                window.holds(at)
            } else {
                undated += 1;
                undated <= UNDATED_MAX
            };
            if is_wanted && seen.insert(url.clone()) {
                candidates.push(Candidate {
                    publisher: polled.publisher.clone(),
                    owner: polled.owner.clone(),
                    feed: polled.feed.url.clone(),
                    beats: polled.feed.beats.clone(),
                    item: item.clone(),
                    url,
                });
            }
        }
    }
    candidates
}

async fn read_one(
    ctx: &StageContext,
    candidate: Candidate,
    window: Window,
) -> Result<Option<Reading>, StepError> {
    let in_feed = feed_text(&candidate);
    let is_whole =
        words::count(in_feed.text.inspect()) >= FULL_TEXT_WORDS && candidate.item.content.is_some();
    let (page, page_fault) = if is_whole && candidate.item.published_at.is_some() {
        (in_feed, None)
    } else {
        match read_page(ctx, &candidate.url).await? {
            Ok(page) => (page, None),
            Err(reason) => (in_feed, Some(reason)),
        }
    };
    let published_at = candidate.item.published_at.or(page.published_at);
    if !published_at.is_some_and(|at| window.holds(at)) || page.text.inspect().trim().is_empty() {
        return Ok(None);
    }
    store(ctx, candidate, page, published_at, page_fault)
        .await
        .map(Some)
}

/// The post as its feed tells it.
fn feed_text(candidate: &Candidate) -> PageReply {
    let html = candidate
        .item
        .content
        .as_ref()
        .or(candidate.item.summary.as_ref());
    let Some((html, base)) = html.zip(url::Url::parse(&candidate.url).ok()) else {
        return PageReply::default();
    };
    let page = page::extract_fragment(html.inspect(), &base);
    PageReply {
        title: None,
        authors: Vec::new(),
        published_at: None,
        text: Untrusted::new(page.text),
        links: page
            .links
            .into_iter()
            .map(|link| LinkReply { url: link.url })
            .collect(),
        is_sponsored: page.is_sponsored,
    }
}

async fn read_page(ctx: &StageContext, url: &str) -> Result<Result<PageReply, String>, StepError> {
    let key = format!("read/{}", ContentHash::of(url.as_bytes()).short(12));
    let tool = ToolName::new("web", "read");
    match ctx.call_tool(&key, &tool, json!({ "url": url })).await {
        Ok(reply) if reply.is_error => Ok(Err(one_line(reply.content.inspect()))),
        Ok(reply) => Ok(
            match serde_json::from_value::<PageReply>(reply.content.inspect().clone()) {
                Ok(page) if page.text.inspect().trim().is_empty() => Err("the page has no text".to_owned()),
                Ok(page) => Ok(page),
                Err(error) => Err(format!("web/read answered something else: {error}")),
            },
        ),
        Err(error) => passable(error).map(Err),
    }
}

async fn store(
    ctx: &StageContext,
    candidate: Candidate,
    page: PageReply,
    published_at: Option<PublishedAt>,
    page_fault: Option<String>,
) -> Result<Reading, StepError> {
    let title = candidate
        .item
        .title
        .clone()
        .or(page.title)
        .unwrap_or_else(|| Untrusted::new(candidate.url.clone()));
    let authors = if candidate.item.authors.is_empty() {
        page.authors
    } else {
        candidate.item.authors.clone()
    };
    let fetch = Fetch {
        url: candidate.url.clone(),
        fetched_at: ctx.now(),
        title: Some(title.clone()),
        authors: authors.clone(),
        published_at,
        publisher: candidate.publisher.clone(),
    };
    let snapshot = SnapshotParams {
        text: page.text.clone(),
        owner: candidate.owner.clone(),
        fetch,
    };
    let hash = ctx.put_snapshot(snapshot).await?;
    let source = Source {
        snapshot: hash,
        url: candidate.url,
        is_sponsored: page.is_sponsored || is_labelled_sponsored(title.inspect()),
        gives_orders: gives_orders(title.inspect(), page.text.inspect()),
        title,
        publisher: candidate.publisher,
        authors,
        owner: candidate.owner,
        published_at,
        fetched_at: ctx.now(),
        beats: candidate.beats,
        copy_of: None,
    };
    let links = page.links.into_iter().map(|link| link.url).collect();
    Ok(Reading {
        feed: candidate.feed,
        source,
        text: page.text,
        links,
        page_fault,
    })
}

fn gives_orders(title: &str, text: &str) -> bool {
    sentence::addresses_model(title) || text.lines().any(sentence::addresses_model)
}

fn is_labelled_sponsored(title: &str) -> bool {
    let title = title.to_lowercase();
    [
        "sponsored:",
        "[sponsored]",
        "(sponsored)",
        "advertisement:",
        "[ad]",
        "paid post:",
    ]
    .iter()
    .any(|label| title.contains(label))
}

/// Notes of the author as snapshots owned by `author`.
pub(crate) async fn author_notes(
    ctx: &StageContext,
    inputs: &StageInputs,
) -> Result<Vec<Reading>, StepError> {
    let mut readings = Vec::new();
    for note in &inputs.author_notes {
        let text = Untrusted::new(note.text.trim().to_owned());
        let title = Untrusted::new(
            note.text
                .trim()
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(90)
                .collect::<String>(),
        );
        let publisher = Untrusted::new("The author".to_owned());
        let fetch = Fetch {
            url: format!("note:{}", note.from),
            fetched_at: ctx.now(),
            title: Some(title.clone()),
            authors: Vec::new(),
            published_at: Some(PublishedAt::At(note.at)),
            publisher: publisher.clone(),
        };
        let url = fetch.url.clone();
        let snapshot = SnapshotParams {
            text: text.clone(),
            owner: AUTHOR.to_owned(),
            fetch,
        };
        let hash = ctx.put_snapshot(snapshot).await?;
        let source = Source {
            snapshot: hash,
            url,
            title,
            publisher,
            authors: Vec::new(),
            owner: AUTHOR.to_owned(),
            published_at: Some(PublishedAt::At(note.at)),
            fetched_at: ctx.now(),
            beats: Vec::new(),
            is_sponsored: false,
            gives_orders: false,
            copy_of: None,
        };
        readings.push(Reading {
            feed: "notes".to_owned(),
            source,
            text,
            links: Vec::new(),
            page_fault: None,
        });
    }
    Ok(readings)
}

/// Marks posts that repeat an earlier one's text: the same text is one witness.
pub(crate) fn fold_copies(readings: &mut [Reading]) {
    for later in 1..readings.len() {
        let (before, rest) = readings.split_at_mut(later);
        let Some(reading) = rest.first_mut() else { return };
        let original = before
            .iter()
            .find(|other| other.source.copy_of.is_none() && is_copy(other, reading));
        reading.source.copy_of = original.map(|other| other.source.snapshot);
    }
}

/// Two addresses of one owner with alike texts are two posts (such as advisories from one template), unless the
/// bytes are the same.
fn is_copy(a: &Reading, b: &Reading) -> bool {
    let is_same_text = a.source.snapshot == b.source.snapshot;
    is_same_text
        || (a.source.owner != b.source.owner
            && similarity::near_duplicate(a.text.inspect(), b.text.inspect()))
}
