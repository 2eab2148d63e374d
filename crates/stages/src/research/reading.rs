//! From feed items to snapshots: each post of the window as its main text.

use std::collections::HashSet;

use copydesk_domain::artifact::{Fetch, OutsidePost, OutsideWhy, ReadFrom, Source, Window};
use copydesk_domain::{ContentHash, PublishedAt, Untrusted, counted};
use copydesk_journal::{StageContext, StepError, ToolName};
use copydesk_store::SnapshotParams;
use copydesk_text::{page, sentence, words};
use serde::Deserialize;
use serde_json::json;

use super::browser;
use super::canonical;
use super::feeds::{PollItem, Polled, one_line, passable};
use super::history::History;
use super::itself::is_about_itself;
use super::owner::owner_of;
use super::paid;
use super::unread::{self, LeftUnread};
use crate::step_key;

/// Who owns the author's own notes.
pub(crate) const AUTHOR: &str = "author";
/// Pages read at once.
const AT_ONCE: usize = 8;
/// Items without a date whose pages are opened to find one, for each feed.
const UNDATED_MAX: usize = 10;
/// A feed's own text of at least so many words is the whole post; a shorter one may be a teaser.
const FULL_TEXT_WORDS: usize = 120;
/// Posts outside the window that are listed; a feed whose clock is wrong has all of its items there.
const OUTSIDE_MAX: usize = 50;
/// A page that dates itself at least so long before the window was not first published in it.
const FIRST_MARGIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// A post that was read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) feed: String,
    pub(crate) source: Source,
    pub(crate) text: Untrusted<String>,
    pub(crate) links: Vec<String>,
    /// Why its page could not be read, where the feed's words had to do.
    pub(crate) page_fault: Option<String>,
    /// The address that it was asked at, as its feed gives it.
    pub(crate) fetched_from: String,
    /// An address of another site that its page calls its own: never more than a hint at the original.
    pub(crate) claimed_url: Option<String>,
}

impl Reading {
    /// Whether stories and notes may use it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.source.is_sponsored && self.source.copy_of.is_none()
    }

    /// What tells it from all others in the keys of steps.
    pub(crate) fn place(&self) -> String {
        let Source { snapshot, url, .. } = &self.source;
        format!("{}-{}", step_key::of_hash(snapshot), step_key::of_text(url))
    }

    /// Whether it stands at an address.
    pub(crate) fn is_at(&self, url: &str) -> bool {
        self.source.url == url || self.fetched_from == url
    }
}

/// What `web/read` gives.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct PageReply {
    url: Option<String>,
    canonical: Option<String>,
    title: Option<Untrusted<String>>,
    authors: Vec<Untrusted<String>>,
    published_at: Option<PublishedAt>,
    text: Untrusted<String>,
    links: Vec<LinkReply>,
    is_sponsored: bool,
}

impl PageReply {
    /// A page that a browser showed at `url`.
    fn shown(url: String, page: page::Page) -> Self {
        let links = page.links.into_iter().map(|link| LinkReply { url: link.url });
        Self {
            url: Some(url),
            canonical: page.canonical,
            title: page.title.map(Untrusted::new),
            authors: page.authors.into_iter().map(Untrusted::new).collect(),
            published_at: page.published_at,
            text: Untrusted::new(page.text),
            links: links.collect(),
            is_sponsored: page.is_sponsored,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
struct LinkReply {
    url: String,
}

/// An item that may lie in the window.
pub(super) struct Candidate {
    pub(super) publisher: Untrusted<String>,
    pub(super) owner: String,
    pub(super) feed: String,
    pub(super) beats: Vec<String>,
    pub(super) item: PollItem,
    pub(super) url: String,
    /// The pipeline names the owner of the feed.
    is_owner_given: bool,
    /// The feed leads to many sites.
    is_of_many: bool,
    /// What its address gave the last time that it was read.
    seen_as: Option<ContentHash>,
}

/// What came of reading the posts of a window.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// Those inside it, in the order of feeds and items.
    pub(crate) readings: Vec<Reading>,
    /// Those whose date keeps them out in a way that a person may want to know.
    pub(crate) outside: Vec<OutsidePost>,
    /// Those that others came before.
    pub(super) unread: LeftUnread,
}

/// What came of one post.
enum Outcome {
    Inside(Box<Reading>),
    Outside(OutsidePost),
    /// It was published before the window, or has no text.
    Nothing,
}

/// Reads the posts of the window, in the order of feeds and items: all of them, or those that weigh most.
pub(crate) async fn read(
    ctx: &StageContext,
    polled: &[Polled],
    window: Window,
    history: &History,
) -> Result<Read, StepError> {
    let (mut candidates, unread) = unread::part(ctx, candidates(polled, window), window, history).await?;
    let urls: Vec<String> = candidates.iter().map(|candidate| candidate.url.clone()).collect();
    let seen = ctx.newest_snapshots("seen_before", &urls).await?;
    for (candidate, seen) in candidates.iter_mut().zip(seen) {
        candidate.seen_as = seen;
    }
    ctx.note(format!("reading {}", counted(candidates.len(), "post", "posts")));
    let is_shown = |(_, candidate): &(usize, Candidate)| browser::is_wanted(ctx, &candidate.url);
    let (shown, plain): (Vec<_>, Vec<_>) = candidates.into_iter().enumerate().partition(is_shown);
    let mut read = Vec::new();
    // There is one browser, which shows one page at a time.
    for (group, at_once) in [(plain, AT_ONCE), (shown, 1)] {
        let outcomes = ctx.for_each(group, at_once, |(place, candidate)| async move {
            let outcome = read_one(ctx, candidate, window).await?;
            Ok::<_, StepError>((place, outcome))
        });
        read.extend(outcomes.await);
    }
    let mut read: Vec<(usize, Outcome)> = read.into_iter().collect::<Result<_, _>>()?;
    read.sort_by_key(|(place, _)| *place);
    let mut all = Read {
        outside: to_come(polled, window),
        unread,
        ..Read::default()
    };
    for (_, outcome) in read {
        match outcome {
            Outcome::Inside(reading) => all.readings.push(*reading),
            Outcome::Outside(post) => all.outside.push(post),
            Outcome::Nothing => {}
        }
    }
    all.outside.truncate(OUTSIDE_MAX);
    Ok(all)
}

/// Items that are dated after the window though they can be read: a clock or a zone is wrong, or a date is a plan.
fn to_come(polled: &[Polled], window: Window) -> Vec<OutsidePost> {
    let mut found = Vec::new();
    for polled in polled {
        let Ok(poll) = &polled.result else { continue };
        let is_to_come = |item: &&PollItem| item.published_at.is_some_and(|at| at.earliest() > window.to);
        found.extend(poll.items.iter().filter(is_to_come).map(|item| {
            OutsidePost {
                feed: polled.feed.url.clone(),
                url: item
                    .url
                    .as_ref()
                    .map(|url| url.inspect().clone())
                    .unwrap_or_default(),
                title: item.title.clone(),
                published_at: item.published_at,
                why: OutsideWhy::Future,
            }
        }));
    }
    found
}

fn candidates(polled: &[Polled], window: Window) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for polled in polled {
        let Ok(poll) = &polled.result else { continue };
        let mut undated = 0;
        let is_of_many = leads_to_many(&poll.items);
        for item in &poll.items {
            let Some(url) = item.url.as_ref().map(|url| url.inspect().clone()) else {
                continue;
            };
            let is_wanted = match item.published_at {
                Some(at) => window.holds(at),
                // Its page is opened once, however many items stand at it.
                None if seen.contains(&url) => false,
                None => {
                    undated += 1;
                    undated <= UNDATED_MAX
                }
            };
            if is_wanted && seen.insert(url.clone()) {
                candidates.push(Candidate {
                    publisher: polled.publisher.clone(),
                    owner: polled.owner.clone(),
                    feed: polled.feed.url.clone(),
                    beats: polled.feed.beats.clone(),
                    item: item.clone(),
                    url,
                    is_owner_given: polled.feed.owner.is_some(),
                    is_of_many,
                    seen_as: None,
                });
            }
        }
    }
    candidates
}

/// Sites of one feed above which it is a collection of what others write.
const SITES_MAX: usize = 2;

/// Whether the items of a feed lead to more sites than one house has.
fn leads_to_many(items: &[PollItem]) -> bool {
    let urls = items.iter().filter_map(|item| item.url.as_ref());
    let sites: HashSet<String> = urls.filter_map(|url| owner_of(url.inspect())).collect();
    sites.len() > SITES_MAX
}

async fn read_one(ctx: &StageContext, candidate: Candidate, window: Window) -> Result<Outcome, StepError> {
    let in_feed = feed_text(&candidate.item, &candidate.url);
    let is_whole = is_whole(&candidate.item, &in_feed);
    let (page, page_fault, read_from) = if is_whole && candidate.item.published_at.is_some() {
        (in_feed, None, ReadFrom::Feed)
    } else {
        match shown_page(ctx, &candidate.url).await? {
            Ok((page, read_from)) => (page, None, read_from),
            Err(reason) => (in_feed, Some(reason), ReadFrom::Feed),
        }
    };
    let Some(published_at) = candidate.item.published_at.or(page.published_at) else {
        return Ok(Outcome::Outside(OutsidePost {
            feed: candidate.feed,
            url: candidate.url,
            title: candidate.item.title.or(page.title),
            published_at: None,
            why: OutsideWhy::Undated,
        }));
    };
    if !window.holds(published_at) || page.text.inspect().trim().is_empty() {
        return Ok(Outcome::Nothing);
    }
    let first_published_at = page
        .published_at
        .filter(|first| first.latest() < window.from.minus(FIRST_MARGIN) && candidate.item.has_changed());
    let read = PageRead {
        page,
        page_fault,
        read_from,
        published_at,
        first_published_at,
    };
    let reading = store(ctx, candidate, read).await?;
    Ok(Outcome::Inside(Box::new(reading)))
}

/// A post's text with what came of getting it.
struct PageRead {
    page: PageReply,
    page_fault: Option<String>,
    read_from: ReadFrom,
    published_at: PublishedAt,
    first_published_at: Option<PublishedAt>,
}

/// Whether the feed has the whole post.
fn is_whole(item: &PollItem, in_feed: &PageReply) -> bool {
    words::count(in_feed.text.inspect()) >= FULL_TEXT_WORDS && item.content.is_some()
}

/// The text of the post at an address as its feed has it today, where the feed has the whole of it.
pub(crate) fn text_in_feed(polled: &[Polled], url: &str) -> Option<Untrusted<String>> {
    let polls = polled.iter().filter_map(|polled| polled.result.as_ref().ok());
    let mut items = polls.flat_map(|poll| &poll.items);
    let item = items.find(|item| item.url.as_ref().is_some_and(|own| own.inspect() == url))?;
    let in_feed = feed_text(item, url);
    is_whole(item, &in_feed).then_some(in_feed.text)
}

/// The text of a page as it is now.
pub(crate) async fn text_of_page(
    ctx: &StageContext,
    url: &str,
) -> Result<Result<Untrusted<String>, String>, StepError> {
    Ok(read_page(ctx, url).await?.map(|page| page.text))
}

/// The post as its feed tells it.
fn feed_text(item: &PollItem, url: &str) -> PageReply {
    let html = item.content.as_ref().or(item.summary.as_ref());
    let Some((html, base)) = html.zip(url::Url::parse(url).ok()) else {
        return PageReply::default();
    };
    let page = page::extract_fragment(html.inspect(), &base);
    PageReply {
        text: Untrusted::new(page.text),
        links: page
            .links
            .into_iter()
            .map(|link| LinkReply { url: link.url })
            .collect(),
        is_sponsored: page.is_sponsored,
        ..PageReply::default()
    }
}

/// The page of a post: as a browser shows it, where the pipeline wants that of its host and the guarded reader has
/// reached it; else as that reader has it.
async fn shown_page(
    ctx: &StageContext,
    url: &str,
) -> Result<Result<(PageReply, ReadFrom), String>, StepError> {
    if !browser::is_wanted(ctx, url) {
        return Ok(read_page(ctx, url).await?.map(|page| (page, ReadFrom::Page)));
    }
    let plain = match fetch_page(ctx, url).await? {
        Ok(plain) => plain,
        Err(reason) => return Ok(Err(reason)),
    };
    let answered = plain.url.clone().unwrap_or_else(|| url.to_owned());
    let reason = match browser::read(ctx, &answered).await? {
        Ok(page) if !page.text.trim().is_empty() => {
            return Ok(Ok((PageReply::shown(answered, page), ReadFrom::Browser)));
        }
        Ok(_) => "the page has no text in the browser either".to_owned(),
        Err(reason) => reason,
    };
    ctx.log("warn", format!("{url}: {reason}"));
    if plain.text.inspect().trim().is_empty() {
        return Ok(Err(reason));
    }
    Ok(Ok((plain, ReadFrom::Page)))
}

/// The page as the guarded reader has it, if it has text.
async fn read_page(ctx: &StageContext, url: &str) -> Result<Result<PageReply, String>, StepError> {
    let fetched = fetch_page(ctx, url).await?;
    Ok(fetched.and_then(|page| {
        if page.text.inspect().trim().is_empty() {
            return Err("the page has no text".to_owned());
        }
        Ok(page)
    }))
}

async fn fetch_page(ctx: &StageContext, url: &str) -> Result<Result<PageReply, String>, StepError> {
    let key = format!("read/{}", step_key::of_text(url));
    let tool = ToolName::new("web", "read");
    match ctx.call_tool(&key, &tool, json!({ "url": url })).await {
        Ok(reply) if reply.is_error => Ok(Err(one_line(reply.content.inspect()))),
        Ok(reply) => Ok(
            serde_json::from_value::<PageReply>(reply.content.inspect().clone())
                .map_err(|error| format!("web/read answered something else: {error}")),
        ),
        Err(error) => passable(error).map(Err),
    }
}

async fn store(ctx: &StageContext, candidate: Candidate, read: PageRead) -> Result<Reading, StepError> {
    let PageRead {
        page, published_at, ..
    } = read;
    let place = Place::of(&candidate, &page);
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
        published_at: Some(published_at),
        publisher: place.publisher.clone(),
    };
    let snapshot = SnapshotParams {
        text: page.text.clone(),
        owner: place.owner.clone(),
        fetch,
    };
    let hash = ctx.put_snapshot(snapshot).await?;
    let (heading, text) = (title.inspect(), page.text.inspect());
    let source = Source {
        snapshot: hash,
        url: place.url,
        is_sponsored: page.is_sponsored || paid::says_so(heading, &candidate.item.tags, text),
        gives_orders: gives_orders(heading, text),
        is_about_itself: is_about_itself(place.publisher.inspect(), &place.owner, heading, text),
        title,
        publisher: place.publisher,
        authors,
        owner: place.owner,
        published_at: Some(published_at),
        fetched_at: ctx.now(),
        beats: candidate.beats,
        copy_of: None,
        canonical_url: place.canonical_url,
        read_from: Some(read.read_from),
        first_published_at: read.first_published_at,
        changed_from: candidate.seen_as.filter(|before| *before != hash),
    };
    let links = page.links.into_iter().map(|link| link.url).collect();
    Ok(Reading {
        feed: candidate.feed,
        source,
        text: page.text,
        links,
        page_fault: read.page_fault,
        fetched_from: candidate.url,
        claimed_url: place.claimed_url,
    })
}

/// Where a post stands and whose it is.
struct Place {
    /// The address for links.
    url: String,
    canonical_url: Option<String>,
    claimed_url: Option<String>,
    owner: String,
    publisher: Untrusted<String>,
}

impl Place {
    /// The pipeline's word for the owner goes first, then the address of the post, then that of its feed: feeds are
    /// often served by somebody else. What a collection of many sites lists is published by each site, not by the list.
    fn of(candidate: &Candidate, page: &PageReply) -> Self {
        let answered = page.url.clone().unwrap_or_else(|| candidate.url.clone());
        let canonical = canonical::judge(page.canonical.as_deref(), &answered);
        let url = canonical
            .believed
            .clone()
            .unwrap_or_else(|| candidate.url.clone());
        let own = owner_of(&answered).filter(|_| !candidate.is_owner_given);
        let publisher = match &own {
            Some(own) if candidate.is_of_many => Untrusted::new(own.clone()),
            _ => candidate.publisher.clone(),
        };
        Self {
            url,
            canonical_url: canonical.believed,
            claimed_url: canonical.claimed,
            owner: own.unwrap_or_else(|| candidate.owner.clone()),
            publisher,
        }
    }
}

/// Whether a page speaks to a model.
pub(super) fn gives_orders(title: &str, text: &str) -> bool {
    sentence::addresses_model(title) || text.lines().any(sentence::addresses_model)
}

#[cfg(test)]
mod tests;
