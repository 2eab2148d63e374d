//! Research: reads feeds and pages, takes notes with exact spans, finds the day's stories and orders them.

mod author;
mod boilerplate;
mod browser;
mod canonical;
mod changes;
mod choices;
mod copies;
mod feeds;
mod first_seen;
#[cfg(test)]
pub(crate) mod fixture;
mod follow_up;
mod found;
mod history;
pub(crate) mod imported;
mod itself;
mod labels;
mod news;
mod note_check;
mod notes;
mod owner;
mod paid;
mod ranking;
mod reader;
mod reading;
mod search;
mod stories;
mod triage;
mod unread;
mod week;

use async_trait::async_trait;
use copydesk_domain::artifact::{
    Artifact, ArtifactKind, BeatReading, FORMAT, FeedReading, OutsideWhy, ResearchBrief, Window,
};
use copydesk_domain::counted;
use copydesk_journal::{Stage, StageContext, StageError, StageInputs, StageOutput};

pub(crate) use feeds::{one_line, passable};
pub(crate) use labels::{acting, labelled};
pub use ranking::is_routine;
use reading::Reading;
pub use stories::is_release;

/// The research agent.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResearchStage;

#[async_trait]
impl Stage for ResearchStage {
    fn agent(&self) -> &'static str {
        "research"
    }

    fn reads_choices(&self) -> bool {
        true
    }

    async fn run(&self, ctx: &StageContext, inputs: &StageInputs) -> Result<StageOutput, StageError> {
        let now = ctx.now();
        let window = Window {
            from: now.minus(ctx.pipeline().pipeline.window),
            to: now,
        };
        let week = week::load(ctx, inputs, window).await?;
        let searched = search::poll(ctx).await?;
        let has_hits = searched.iter().any(|polled| polled.result.is_ok());
        let has_more = has_hits || !inputs.author_notes.is_empty();
        let mut polled = week.poll(ctx, window, has_more).await?;
        polled.extend(searched);
        let history = history::load(ctx, inputs).await?;
        let read = reading::read(ctx, &polled, window, &history).await?;
        let mut read_now = read.readings;
        read_now.extend(author::read(ctx, inputs).await?);
        let mut readings = week.with(read_now);
        copies::fold(&mut readings);
        let changes = changes::find(ctx, inputs, &polled, &readings).await?;
        let mut stories = stories::find(&readings, &history);
        let mut taken = notes::take(ctx, &readings, &stories, &week).await?;
        // The day's posts come first: what a follow-up finds is read with what they leave of the budget.
        let known = follow_up::Known {
            readings: &readings,
            history: &history,
        };
        let found = follow_up::follow(ctx, inputs, &mut stories, known, &mut taken).await?;
        notes::take_more(ctx, &found, &mut taken).await?;
        readings.extend(found);
        let habits = boilerplate::Habits::of(&polled, window);
        taken.notes = habits.sift(taken.notes, &readings, &stories);
        ranking::rank(ctx, inputs, &mut stories, &readings, &history, &mut taken).await?;
        week.prefer(&mut stories);
        let feeds = feeds::readings(&polled, &readings);
        let beats = beats(ctx, &feeds, &readings, &read.unread.beats);
        let notes = notes::in_story_order(&stories, taken.notes);
        news::mark(&mut stories, &notes, &readings, &history);
        let brief = ResearchBrief {
            format: FORMAT.to_owned(),
            at: now,
            window,
            beats,
            missing: feeds::missing(&polled, &readings),
            outside: read.outside,
            unread: read.unread.unread,
            changes,
            feeds,
            notes,
            stories,
            sources: readings.iter().map(|reading| reading.source.clone()).collect(),
            topics: inputs.topics.clone(),
            labels: history.labels,
            notes_dropped: taken.dropped,
            fields_dropped: taken.fields_dropped,
            models: taken.models,
        };
        log(ctx, &brief);
        let artifact =
            Artifact::of(ArtifactKind::ResearchBrief, &brief).map_err(|error| StageError::Invalid {
                reason: error.to_string(),
            })?;
        Ok(StageOutput {
            summary: summary(&brief),
            artifacts: vec![artifact],
            bodies: Vec::new(),
        })
    }
}

/// Per beat of the pipeline and of its feeds: who was asked, who answered, what was there.
fn beats(
    ctx: &StageContext,
    feeds: &[FeedReading],
    readings: &[Reading],
    unread: &[Vec<String>],
) -> Vec<BeatReading> {
    let mut names = ctx.pipeline().pipeline.beats.clone();
    for beat in feeds.iter().flat_map(|feed| &feed.beats) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(beat)) {
            names.push(beat.clone());
        }
    }
    let is_of = |beats: &[String], name: &str| beats.iter().any(|beat| beat.eq_ignore_ascii_case(name));
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    names
        .into_iter()
        .map(|beat| BeatReading {
            asked: count(feeds.iter().filter(|feed| is_of(&feed.beats, &beat)).count()),
            answered: count(
                feeds
                    .iter()
                    .filter(|feed| is_of(&feed.beats, &beat) && feed.answered)
                    .count(),
            ),
            posts: count(
                readings
                    .iter()
                    .filter(|reading| is_of(&reading.source.beats, &beat))
                    .count(),
            ),
            unread: count(unread.iter().filter(|beats| is_of(beats, &beat)).count()),
            beat,
        })
        .collect()
}

/// What a person at a terminal reads when research is done.
fn summary(brief: &ResearchBrief) -> String {
    let answered = brief.feeds.iter().filter(|feed| feed.answered).count();
    let silent = brief.missing.iter().filter(|missing| missing.url.is_none());
    let fault = feeds::named_fault(silent.map(|missing| (missing.feed.as_str(), missing.reason.as_str())));
    let posts = counted(brief.sources.len(), "post", "posts");
    let stories = counted(brief.stories.len(), "story", "stories");
    let asked = match brief.feeds.len() {
        0 => "no feed to ask".to_owned(),
        feeds => format!("{feeds} asked, {answered} answered{fault}"),
    };
    let cited = brief
        .changes
        .iter()
        .filter(|change| change.told_in.is_some())
        .count();
    let changed = match cited {
        0 => String::new(),
        1 => " · 1 source changed since an issue of yours cited it".to_owned(),
        n => format!(" · {n} sources changed since issues of yours cited them"),
    };
    let unread = match brief.unread.count {
        0 => String::new(),
        n => format!(" · {n} not read"),
    };
    format!("{asked} · {posts} → {stories}{unread}{changed}")
}

fn log(ctx: &StageContext, brief: &ResearchBrief) {
    for missing in &brief.missing {
        let place = missing.url.as_ref().unwrap_or(&missing.feed);
        ctx.log("warn", format!("could not read {place}: {}", missing.reason));
    }
    for source in brief.sources.iter().filter(|source| source.gives_orders) {
        ctx.log(
            "warn",
            format!("{} gives orders to a model: kept as data", source.url),
        );
    }
    for source in brief.sources.iter().filter(|source| source.is_sponsored) {
        ctx.log("info", format!("{} is sponsored: left out", source.url));
    }
    for change in &brief.changes {
        let told = change
            .told_in
            .as_ref()
            .map(|slug| format!(" since your issue {slug} cited it"));
        let blocks = change.blocks.len() + change.blocks_cut as usize;
        ctx.log(
            if told.is_some() { "warn" } else { "info" },
            format!(
                "{} changed{}: {blocks} blocks differ",
                change.url,
                told.unwrap_or_default()
            ),
        );
    }
    for post in &brief.outside {
        let why = match post.why {
            OutsideWhy::Undated => "has no date".to_owned(),
            OutsideWhy::Future => post
                .published_at
                .map_or_else(String::new, |at| format!("is dated {at}, which is to come")),
        };
        ctx.log("info", format!("{} {why}: outside the window", post.url));
    }
    for source in &brief.sources {
        if let Some(first) = source.first_published_at {
            ctx.log(
                "info",
                format!(
                    "{} was first published {first}; its feed dates a change",
                    source.url
                ),
            );
        }
    }
    if brief.notes_dropped > 0 {
        ctx.log(
            "warn",
            format!(
                "{} notes quoted words that stand in no source, or said what their words do not: dropped",
                brief.notes_dropped
            ),
        );
    }
    if brief.fields_dropped > 0 {
        ctx.log(
            "warn",
            format!(
                "{} fields of notes said what their words do not: dropped",
                brief.fields_dropped
            ),
        );
    }
}
