//! Sections that code writes: what was quiet, what could not be read, what else was there.

use copydesk_config::SectionConfig;
use copydesk_domain::StoryId;
use copydesk_domain::artifact::{
    BeatReading, Coverage, DraftSection, Evidence, FeedReading, SentenceKind, Story,
};

use super::composer::Composer;
use super::desk::Desk;
use super::section::empty;

/// Titles in "Also read".
const LISTED_MAX: usize = 12;

/// Beats that were read and had nothing, then feeds that could not be read. Never confused.
pub(crate) fn quiet(config: &SectionConfig, desk: &Desk, composer: &mut Composer<'_>) -> DraftSection {
    let mut section = empty(config);
    let brief = &desk.brief;
    let mut sentences = Vec::new();
    let silent = brief
        .beats
        .iter()
        .filter(|beat| beat.posts == 0 && beat.asked > 0);
    for beat in silent {
        let text = quiet_sentence(beat);
        sentences.push(composer.push(
            text,
            SentenceKind::Claim,
            vec![coverage(desk, &beat.beat, beat.asked, beat.answered)],
        ));
    }
    for feed in brief.feeds.iter().filter(|feed| !feed.answered) {
        let text = unread_sentence(feed);
        let beat = feed.beats.first().cloned().unwrap_or_else(|| "*".to_owned());
        let (asked, answered) = asked_of(desk, &beat);
        sentences.push(composer.push(
            text,
            SentenceKind::Claim,
            vec![coverage(desk, &beat, asked, answered)],
        ));
    }
    section
        .paragraphs
        .extend(sentences.into_iter().map(|id| vec![id]));
    section
}

fn quiet_sentence(beat: &BeatReading) -> String {
    let feeds = |count: u32| {
        if count == 1 {
            "one source".to_owned()
        } else {
            format!("{count} sources")
        }
    };
    if beat.answered == 0 {
        format!(
            "{}: could not look; none of {} answered.",
            capitalised(&beat.beat),
            feeds(beat.asked)
        )
    } else if beat.answered < beat.asked {
        format!(
            "{}: nothing new in {} read, {} asked.",
            capitalised(&beat.beat),
            feeds(beat.answered),
            feeds(beat.asked)
        )
    } else {
        format!(
            "{}: nothing new in {} read.",
            capitalised(&beat.beat),
            feeds(beat.answered)
        )
    }
}

fn unread_sentence(feed: &FeedReading) -> String {
    let title: String = feed
        .title
        .inspect()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    format!(
        "Could not be read: {}.",
        title.chars().take(80).collect::<String>()
    )
}

fn capitalised(beat: &str) -> String {
    let mut letters = beat.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn asked_of(desk: &Desk, beat: &str) -> (u32, u32) {
    if beat == "*" {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let answered = desk.brief.feeds.iter().filter(|feed| feed.answered).count();
        return (count(desk.brief.feeds.len()), count(answered));
    }
    desk.brief
        .beats
        .iter()
        .find(|reading| reading.beat.eq_ignore_ascii_case(beat))
        .map_or((0, 0), |reading| (reading.asked, reading.answered))
}

fn coverage(desk: &Desk, beat: &str, asked: u32, answered: u32) -> Evidence {
    Evidence::Coverage {
        coverage: Coverage {
            beat: beat.to_owned(),
            asked,
            answered,
            at: desk.brief.at,
        },
    }
}

/// Posts of stories that no section told, by title and link only, in rank order.
pub(crate) fn also_read(config: &SectionConfig, desk: &Desk, told: &[StoryId]) -> DraftSection {
    let mut section = empty(config);
    let is_routine = |story: &&Story| {
        let mut titles = story
            .snapshots
            .iter()
            .filter_map(|snapshot| desk.source(snapshot))
            .map(|source| &source.title);
        titles.all(|title| crate::research::is_routine(title.inspect()))
    };
    let rest = desk
        .news()
        .filter(|story| !told.contains(&story.id) && story.listed_in.is_none())
        .filter(|story| !is_routine(story));
    section.listed = rest
        .filter_map(|story| super::fresh_snapshots(story).first().copied())
        .filter(|snapshot| {
            desk.source(snapshot)
                .is_some_and(|source| source.url.starts_with("http"))
        })
        .take(LISTED_MAX)
        .collect();
    section
}
