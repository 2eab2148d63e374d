//! Posts that are not read because others come first: what is decided of them, kept and told.

use std::collections::HashMap;

use copydesk_config::{POSTS_MAX, POSTS_MAX_FREE};
use copydesk_domain::artifact::{Unread, UnreadPost, Window};
use copydesk_domain::task::TakeNotes;
use copydesk_domain::{Untrusted, counted};
use copydesk_journal::{StageContext, StepError};
use serde_json::json;

use super::choices;
use super::history::{History, How, Told};
use super::labels;
use super::reading::Candidate;
use super::triage::{self, Earlier, Item, Measure, Skipped};

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

/// Parts what is read from what is not. The decision is a step, so that whoever reads the run's log sees it.
pub(super) async fn part(
    ctx: &StageContext,
    candidates: Vec<Candidate>,
    window: Window,
    history: &History,
) -> Result<(Vec<Candidate>, LeftUnread), StepError> {
    // By the release, as the question itself: whoever answers, the same posts are read.
    let is_paid = ctx.room::<TakeNotes>()?.is_some();
    let settings = &ctx.pipeline().pipeline;
    let posts_max = settings
        .posts_max
        .unwrap_or(if is_paid { POSTS_MAX } else { POSTS_MAX_FREE });
    let posts_max = usize::try_from(posts_max).unwrap_or(usize::MAX);
    if candidates.len() <= posts_max {
        return Ok((candidates, LeftUnread::default()));
    }
    let taste = choices::learn(&history.choices, ctx.now());
    let earlier: Vec<Earlier<'_>> = history.told.iter().map(|told| earlier(told, history)).collect();
    let measure = Measure {
        window,
        beats: &settings.beats,
        taste: taste.as_ref(),
        earlier: &earlier,
    };
    let items: Vec<Item<'_>> = candidates.iter().map(item).collect();
    let skipped = triage::skipped(&items, posts_max, &measure);
    tell(ctx, &candidates, &skipped).await?;
    Ok(parted(candidates, &skipped))
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

async fn tell(ctx: &StageContext, candidates: &[Candidate], skipped: &[Skipped]) -> Result<(), StepError> {
    let read = candidates.len() - skipped.len();
    let words = format!(
        "{} read, {} not: others say more by what their feeds tell of them (`posts_max`)",
        counted(read, "post", "posts"),
        skipped.len()
    );
    let each: Vec<_> = skipped
        .iter()
        .map(|one| json!({ "url": candidates[one.at].url, "reason": one.reason }))
        .collect();
    if !ctx
        .decided("triage", &json!({ "read": read, "unread": each }), words.clone())
        .await?
    {
        return Ok(());
    }
    ctx.log("info", words);
    for one in skipped.iter().take(LOGGED_MAX) {
        ctx.log(
            "info",
            format!("not read: {}: {}", candidates[one.at].url, one.reason),
        );
    }
    Ok(())
}

fn parted(candidates: Vec<Candidate>, skipped: &[Skipped]) -> (Vec<Candidate>, LeftUnread) {
    let reasons: HashMap<usize, &str> = skipped.iter().map(|one| (one.at, one.reason.as_str())).collect();
    let listed = skipped.iter().take(LISTED_MAX).map(|one| {
        let candidate = &candidates[one.at];
        UnreadPost {
            feed: candidate.feed.clone(),
            url: candidate.url.clone(),
            title: candidate.item.title.clone(),
            published_at: candidate.item.published_at,
            reason: one.reason.clone(),
        }
    });
    let unread = Unread {
        count: u32::try_from(skipped.len()).unwrap_or(u32::MAX),
        posts: listed.collect(),
    };
    let beats = skipped
        .iter()
        .map(|one| candidates[one.at].beats.clone())
        .collect();
    let all = candidates.into_iter().enumerate();
    let read = all
        .filter(|(at, _)| !reasons.contains_key(at))
        .map(|(_, candidate)| candidate);
    (read.collect(), LeftUnread { unread, beats })
}
