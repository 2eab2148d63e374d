//! Posts that are not read because others come first: what is decided of them, kept and told.

use std::collections::HashMap;

use copydesk_config::{POSTS_MAX, POSTS_MAX_FREE};
use copydesk_domain::artifact::{Unread, UnreadPost, Window};
use copydesk_domain::task::{TakeNotes, Task};
use copydesk_domain::{Untrusted, counted};
use copydesk_journal::{StageContext, StepError};
use serde::{Deserialize, Serialize};

use super::choices;
use super::history::{History, How, Told};
use super::labels;
use super::reading::Candidate;
use super::triage::{self, Earlier, Item, Measure};

/// The step of the decision.
const STEP: &str = "triage";
/// Posts that are listed in the brief; their number tells the rest.
const LISTED_MAX: usize = 200;
/// Posts that have a line in the stage's log; the brief has more of them.
const LOGGED_MAX: usize = 20;

/// The posts that are not read.
#[derive(Debug, Default)]
pub(super) struct LeftUnread {
    /// As the brief has them.
    pub(super) unread: Unread,
    /// The beats of each.
    pub(super) beats: Vec<Vec<String>>,
}

/// Which posts are not read.
#[derive(Debug, Serialize, Deserialize)]
struct Decision {
    /// Posts that are read.
    read: usize,
    unread: Vec<Left>,
}

/// A post that is not read.
#[derive(Debug, Serialize, Deserialize)]
struct Left {
    url: String,
    reason: String,
}

/// Parts what is read from what is not. The decision is a step, so that whoever reads the run's log sees it, and a replay
/// reads the same.
pub(super) async fn part(
    ctx: &StageContext,
    candidates: Vec<Candidate>,
    window: Window,
    history: &History,
) -> Result<(Vec<Candidate>, LeftUnread), StepError> {
    if let Some(decision) = ctx.recall::<Decision>(STEP)? {
        return Ok(parted(candidates, &decision));
    }
    let posts_max = posts_max(ctx)?;
    if candidates.len() <= posts_max || ctx.has_recorded(TakeNotes::NAME) {
        return Ok((candidates, LeftUnread::default()));
    }
    let decision = decide(ctx, &candidates, (window, history), posts_max);
    tell(ctx, &decision).await?;
    Ok(parted(candidates, &decision))
}

/// By the route of the release: whoever answers, the same posts are read.
fn posts_max(ctx: &StageContext) -> Result<usize, StepError> {
    let is_paid = ctx.room::<TakeNotes>()?.is_some();
    let given = ctx.pipeline().pipeline.posts_max;
    let posts_max = given.unwrap_or(if is_paid { POSTS_MAX } else { POSTS_MAX_FREE });
    Ok(usize::try_from(posts_max).unwrap_or(usize::MAX))
}

fn decide(
    ctx: &StageContext,
    candidates: &[Candidate],
    (window, history): (Window, &History),
    posts_max: usize,
) -> Decision {
    let taste = choices::learn(&history.choices, ctx.now());
    let earlier: Vec<Earlier<'_>> = history.told.iter().map(|told| earlier(told, history)).collect();
    let measure = Measure {
        window,
        beats: &ctx.pipeline().pipeline.beats,
        taste: taste.as_ref(),
        earlier: &earlier,
    };
    let items: Vec<Item<'_>> = candidates.iter().map(item).collect();
    let skipped = triage::skipped(&items, posts_max, &measure);
    let left = skipped.into_iter().map(|one| Left {
        url: candidates[one.at].url.clone(),
        reason: one.reason,
    });
    let unread: Vec<Left> = left.collect();
    Decision {
        read: candidates.len() - unread.len(),
        unread,
    }
}

fn earlier<'a>(told: &'a Told, history: &History) -> Earlier<'a> {
    Earlier {
        url: &told.url,
        title: told.title.inspect(),
        told_at: (told.how == How::Told).then_some(told.at),
        slug: &told.slug,
        is_unwanted: labels::is_unwanted([&told.snapshot], &history.labels),
    }
}

fn item(candidate: &Candidate) -> Item<'_> {
    Item {
        feed: &candidate.feed,
        owner: &candidate.owner,
        publisher: candidate.publisher.inspect(),
        beats: &candidate.beats,
        url: &candidate.url,
        title: inner(candidate.item.title.as_ref()),
        summary: inner(candidate.item.summary.as_ref()),
        tags: &candidate.item.tags,
        published_at: candidate.item.published_at,
        updated_at: candidate.item.updated_at,
    }
}

fn inner(text: Option<&Untrusted<String>>) -> &str {
    text.map_or("", |text| text.inspect().as_str())
}

async fn tell(ctx: &StageContext, decision: &Decision) -> Result<(), StepError> {
    let words = format!(
        "{} read, {} not: others say more by what their feeds tell of them (`posts_max`)",
        counted(decision.read, "post", "posts"),
        decision.unread.len()
    );
    ctx.decided(STEP, decision, words.clone()).await?;
    ctx.log("info", words);
    for left in decision.unread.iter().take(LOGGED_MAX) {
        ctx.log("info", format!("not read: {}: {}", left.url, left.reason));
    }
    Ok(())
}

fn parted(candidates: Vec<Candidate>, decision: &Decision) -> (Vec<Candidate>, LeftUnread) {
    let places: HashMap<&str, usize> = decision
        .unread
        .iter()
        .enumerate()
        .map(|(place, left)| (left.url.as_str(), place))
        .collect();
    let is_left = |candidate: &Candidate| places.contains_key(candidate.url.as_str());
    let (mut left, read): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_left);
    left.sort_by_key(|candidate| places[candidate.url.as_str()]);
    let posts = left.iter().take(LISTED_MAX).map(|candidate| UnreadPost {
        feed: candidate.feed.clone(),
        url: candidate.url.clone(),
        title: candidate.item.title.clone(),
        published_at: candidate.item.published_at,
        reason: decision.unread[places[candidate.url.as_str()]].reason.clone(),
    });
    let unread = Unread {
        count: u32::try_from(left.len()).unwrap_or(u32::MAX),
        posts: posts.collect(),
    };
    let beats = left.into_iter().map(|candidate| candidate.beats).collect();
    (read, LeftUnread { unread, beats })
}
