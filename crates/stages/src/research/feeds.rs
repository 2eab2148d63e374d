//! Polling the pipeline's feeds. Those that fail in passing are asked a second time; where none can be read, the stage
//! is put off.

use std::time::Duration;

use copydesk_config::FeedConfig;
use copydesk_domain::artifact::{FeedReading, Missing, Window};
use copydesk_domain::{ContentHash, PublishedAt, Untrusted, counted};
use copydesk_journal::{StageContext, StageError, StepError, ToolName};
use serde::Deserialize;
use serde_json::json;

use super::owner::owner_of;
use super::reading::Reading;

/// Feeds polled at once; the connector adds its own limit for each host.
const AT_ONCE: usize = 8;

/// The pause before the second try: a name server or a network that is just coming up is often there by then.
const PAUSE: Duration = Duration::from_secs(2);
/// A server that wants to be left alone for longer is not asked a second time in the same go.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Part of each pause that varies, so that many desks do not come back at once.
const JITTER_MS: i64 = 1_000;

/// What `feeds/poll` gives.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Poll {
    #[serde(default)]
    pub(crate) title: Option<Untrusted<String>>,
    #[serde(default)]
    pub(crate) items: Vec<PollItem>,
}

/// One item of a feed.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct PollItem {
    #[serde(default)]
    pub(crate) url: Option<Untrusted<String>>,
    #[serde(default)]
    pub(crate) title: Option<Untrusted<String>>,
    #[serde(default)]
    pub(crate) authors: Vec<Untrusted<String>>,
    #[serde(default)]
    pub(crate) published_at: Option<PublishedAt>,
    #[serde(default)]
    pub(crate) summary: Option<Untrusted<String>>,
    #[serde(default)]
    pub(crate) content: Option<Untrusted<String>>,
    #[serde(default)]
    pub(crate) updated_at: Option<PublishedAt>,
    #[serde(default)]
    pub(crate) tags: Vec<Untrusted<String>>,
}

impl PollItem {
    /// Whether its date may be that of a change: the feed gives no other.
    pub(crate) fn has_changed(&self) -> bool {
        self.published_at.is_none() || self.published_at == self.updated_at
    }
}

/// A feed and what came of asking it.
#[derive(Debug, Clone)]
pub(crate) struct Polled {
    pub(crate) feed: FeedConfig,
    pub(crate) publisher: Untrusted<String>,
    pub(crate) owner: String,
    pub(crate) result: Result<Poll, String>,
    /// The fault may pass by itself.
    pub(crate) passing: Option<Passing>,
}

/// A fault that may pass by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passing {
    /// How long the server wants to be left alone; zero where it does not say.
    after: Duration,
}

impl Passing {
    fn of(fault: &serde_json::Value) -> Option<Self> {
        let after = Duration::from_secs(fault["retry_after_s"].as_u64().unwrap_or(0));
        (fault["passing"] == true).then_some(Self { after })
    }
}

/// Asks some feeds, and a second time those that fail in passing.
pub(crate) async fn poll(
    ctx: &StageContext,
    feeds: Vec<FeedConfig>,
    window: Window,
) -> Result<Vec<Polled>, StepError> {
    ctx.note(format!("asking {} feeds", feeds.len()));
    let mut polled = ask(ctx, feeds, window, "").await?;
    ask_second(ctx, &mut polled, window, "").await?;
    Ok(polled)
}

/// The same for all that there is to read. Where nothing can be, and that may pass, the stage is put off as long as
/// anybody waits; then it goes on without.
pub(crate) async fn poll_all(
    ctx: &StageContext,
    feeds: Vec<FeedConfig>,
    window: Window,
) -> Result<Vec<Polled>, StageError> {
    let mut polled = poll(ctx, feeds, window).await?;
    let mut go = 1;
    while let Some(after) = out_of_reach(&polled) {
        if !ctx.put_off(go, after, &in_words(&polled)).await? {
            break;
        }
        go += 1;
        let suffix = format!("/go-{go}");
        ask_again(ctx, &mut polled, window, &suffix, Duration::MAX).await?;
        ask_second(ctx, &mut polled, window, &suffix).await?;
    }
    Ok(polled)
}

/// How long to leave all of them alone at least, where none could be read and that may pass.
fn out_of_reach(polled: &[Polled]) -> Option<Duration> {
    if polled.iter().any(|polled| polled.result.is_ok()) {
        return None;
    }
    let passing = polled.iter().filter_map(|polled| polled.passing);
    passing.map(|passing| passing.after).min()
}

fn in_words(polled: &[Polled]) -> String {
    let feeds = counted(polled.len(), "feed", "feeds");
    let passing = polled.iter().filter(|polled| polled.passing.is_some());
    let faults =
        passing.filter_map(|polled| Some((polled.feed.url.as_str(), polled.result.as_ref().err()?.as_str())));
    let fault = named_fault(faults);
    format!("no source could be read: {feeds} asked, none answered{fault}")
}

/// The first of the feeds that could not be read, by its address, with why: ` (such as ADDRESS: …)`; empty where all were.
pub(crate) fn named_fault<'a>(mut faults: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let Some((feed, why)) = faults.next() else {
        return String::new();
    };
    let such_as = if faults.next().is_some() { "such as " } else { "" };
    format!(" ({such_as}{feed}: {why})")
}

/// The second try of a go: all feeds that failed in passing together, after one pause.
async fn ask_second(
    ctx: &StageContext,
    polled: &mut [Polled],
    window: Window,
    suffix: &str,
) -> Result<(), StepError> {
    let passing = polled.iter().filter_map(|polled| polled.passing);
    let wanted = passing
        .map(|passing| passing.after)
        .filter(|after| *after <= PAUSE_MAX);
    let Some(longest) = wanted.max() else {
        return Ok(());
    };
    let key = format!("poll{suffix}/again-1/pause");
    let jitter = u64::try_from(ctx.seed(&key) % JITTER_MS).unwrap_or(0);
    ctx.pause(&key, PAUSE.max(longest) + Duration::from_millis(jitter))
        .await?;
    ask_again(ctx, polled, window, &format!("{suffix}/again-1"), PAUSE_MAX).await
}

/// Asks those again that failed in passing and want to be left alone for at most `after_max`; the others stay as they are.
async fn ask_again(
    ctx: &StageContext,
    polled: &mut [Polled],
    window: Window,
    suffix: &str,
    after_max: Duration,
) -> Result<(), StepError> {
    let is_meant = |polled: &Polled| polled.passing.is_some_and(|passing| passing.after <= after_max);
    let feeds = polled.iter().filter(|polled| is_meant(polled));
    let feeds = feeds.map(|polled| polled.feed.clone()).collect();
    let mut asked = ask(ctx, feeds, window, suffix).await?.into_iter();
    for one in polled.iter_mut().filter(|polled| is_meant(polled)) {
        if let Some(asked) = asked.next() {
            *one = asked;
        }
    }
    Ok(())
}

async fn ask(
    ctx: &StageContext,
    feeds: Vec<FeedConfig>,
    window: Window,
    suffix: &str,
) -> Result<Vec<Polled>, StepError> {
    let polled = ctx
        .for_each(feeds, AT_ONCE, |feed| poll_one(ctx, feed, window, suffix))
        .await;
    polled.into_iter().collect()
}

async fn poll_one(
    ctx: &StageContext,
    feed: FeedConfig,
    window: Window,
    suffix: &str,
) -> Result<Polled, StepError> {
    let place = ContentHash::of(feed.url.as_bytes()).short(12);
    let key = format!("poll/{place}{suffix}");
    let tool = ToolName::new("feeds", "poll");
    let arguments = json!({ "url": feed.url, "since": window.from });
    let mut passing = None;
    let result = match ctx.call_tool(&key, &tool, arguments).await {
        Ok(reply) if reply.is_error => {
            passing = Passing::of(reply.content.inspect());
            Err(one_line(reply.content.inspect()))
        }
        Ok(reply) => serde_json::from_value::<Poll>(reply.content.inspect().clone())
            .map_err(|error| format!("feeds/poll answered something else: {error}")),
        Err(error) => Err(passable(error)?),
    };
    let title = result.as_ref().ok().and_then(|poll| poll.title.clone());
    let given = name_of(&feed).map(Untrusted::new);
    let publisher = given
        .or(title)
        .unwrap_or_else(|| Untrusted::new(host_of(&feed.url)));
    let owner = feed
        .owner
        .clone()
        .or_else(|| owner_of(&feed.url))
        .unwrap_or_else(|| publisher.inspect().to_lowercase());
    Ok(Polled {
        feed,
        publisher,
        owner,
        result,
        passing,
    })
}

/// The name that the author gave to a feed's publisher. An address for a title, as lists of feeds have it where they know
/// no name, names nobody.
fn name_of(feed: &FeedConfig) -> Option<String> {
    let is_name = |title: &String| !title.trim().is_empty() && !title.contains("://");
    feed.title.clone().filter(is_name)
}

/// The words for a failure that costs this source only; an error that stops the stage otherwise.
pub(crate) fn passable(error: StepError) -> Result<String, StepError> {
    match error {
        StepError::Tool(
            copydesk_journal::ToolError::NotTrusted { .. }
            | copydesk_journal::ToolError::NotAllowed { .. }
            | copydesk_journal::ToolError::NotReplayed { .. },
        )
        | StepError::Store(_)
        | StepError::Model(_)
        | StepError::Interrupted
        | StepError::Cancelled => Err(error),
        StepError::Tool(_) | StepError::Outcome { .. } | StepError::Recorded { .. } => Ok(error.to_string()),
    }
}

/// A tool's own words for its failure, in one line of at most 200 characters.
pub(crate) fn one_line(content: &serde_json::Value) -> String {
    let text = match content {
        serde_json::Value::String(text) => text.clone(),
        other => other
            .get("error")
            .and_then(|error| error.as_str())
            .map_or_else(|| other.to_string(), str::to_owned),
    };
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(200)
        .collect()
}

fn host_of(url: &str) -> String {
    url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| url.to_owned())
}

/// What came of each feed, for the brief.
pub(crate) fn readings(polled: &[Polled], readings: &[Reading]) -> Vec<FeedReading> {
    polled
        .iter()
        .map(|polled| FeedReading {
            feed: polled.feed.url.clone(),
            title: polled.publisher.clone(),
            beats: polled.feed.beats.clone(),
            owner: polled.owner.clone(),
            answered: polled.result.is_ok(),
            posts: u32::try_from(
                readings
                    .iter()
                    .filter(|reading| reading.feed == polled.feed.url)
                    .count(),
            )
            .unwrap_or(u32::MAX),
        })
        .collect()
}

/// What could not be read: feeds first, then pages.
pub(crate) fn missing(polled: &[Polled], readings: &[Reading]) -> Vec<Missing> {
    let feeds = polled.iter().filter_map(|polled| {
        let reason = polled.result.as_ref().err()?.clone();
        Some(Missing {
            feed: polled.feed.url.clone(),
            url: None,
            reason,
        })
    });
    let pages = readings.iter().filter_map(|reading| {
        let reason = reading.page_fault.clone()?;
        Some(Missing {
            feed: reading.feed.clone(),
            url: Some(reading.source.url.clone()),
            reason,
        })
    });
    feeds.chain(pages).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_could_not_be_read_is_named() {
        let faults = [
            ("https://a.example/feed", "not a feed"),
            ("https://b.example/", "404"),
        ];
        assert_eq!(
            named_fault(faults[..1].iter().copied()),
            " (https://a.example/feed: not a feed)"
        );
        assert_eq!(
            named_fault(faults.into_iter()),
            " (such as https://a.example/feed: not a feed)"
        );
        assert_eq!(named_fault([].into_iter()), "");
    }

    #[test]
    fn an_address_for_a_title_names_nobody() {
        let name = |title: &str| {
            let feed = FeedConfig {
                url: "https://a.example/feed".to_owned(),
                title: Some(title.to_owned()),
                beats: Vec::new(),
                owner: None,
            };
            name_of(&feed)
        };
        assert_eq!(name("The A: news").as_deref(), Some("The A: news"));
        assert_eq!((name("https://a.example/feed"), name(" ")), (None, None));
    }
}
