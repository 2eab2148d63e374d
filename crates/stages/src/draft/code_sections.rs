//! Sections that code writes: what was quiet, what could not be read, what else was there.

use copydesk_config::SectionConfig;
use copydesk_domain::StoryId;
use copydesk_domain::artifact::{
    BeatReading, Coverage, DraftSection, Evidence, FeedReading, ResearchBrief, SentenceKind, Story,
};

use super::composer::Composer;
use super::desk::Desk;
use super::layout::capitalised;
use super::section::empty;

/// Titles in "Also read".
const LISTED_MAX: usize = 12;

/// The heading where no beat was quiet, because none that had nothing was read.
const UNREAD_HEADING: &str = "Could not be read";
/// The heading where all that it tells is of posts that gave way to others.
const PASSED_OVER_HEADING: &str = "Not read";

/// Beats that were read and had nothing, then those whose posts gave way to others, then feeds that could not be read.
/// Never confused.
pub(crate) fn quiet(config: &SectionConfig, desk: &Desk, composer: &mut Composer<'_>) -> DraftSection {
    let mut section = empty(config);
    let brief = &desk.brief;
    let silent: Vec<&BeatReading> = brief
        .beats
        .iter()
        .filter(|beat| beat.posts == 0 && beat.unread == 0 && beat.asked > 0)
        .collect();
    let passed_over = brief
        .beats
        .iter()
        .filter(|beat| beat.posts == 0 && beat.unread > 0)
        .map(|beat| {
            (
                passed_over_sentence(beat),
                beat.beat.clone(),
                beat.asked,
                beat.answered,
            )
        });
    let quiet = silent
        .iter()
        .map(|beat| (quiet_sentence(beat), beat.beat.clone(), beat.asked, beat.answered));
    let unread = unread(brief).into_iter().map(|(beat, feeds)| {
        let (asked, answered) = asked_of(desk, &beat);
        (unread_sentence(&feeds), beat, asked, answered)
    });
    for (text, beat, asked, answered) in quiet.chain(passed_over).chain(unread) {
        let evidence = vec![coverage(desk, &beat, asked, answered)];
        let sentence = composer.push(text, SentenceKind::Claim, evidence);
        section.paragraphs.push(vec![sentence]);
    }
    if silent.iter().all(|beat| beat.answered == 0) {
        let is_any_down = brief.feeds.iter().any(|feed| !feed.answered);
        let heading = if is_any_down {
            UNREAD_HEADING
        } else {
            PASSED_OVER_HEADING
        };
        heading.clone_into(&mut section.heading);
    }
    section
}

/// A beat whose posts were there and gave way to others: nobody can say that it was quiet.
fn passed_over_sentence(beat: &BeatReading) -> String {
    format!("{}: not read; other posts came first.", capitalised(&beat.beat))
}

/// Feeds of which nothing could be read, in one sentence for all, in the order of the brief; with their beat, or `*` where
/// they have several.
fn unread(brief: &ResearchBrief) -> Option<(String, Vec<&FeedReading>)> {
    let feeds: Vec<&FeedReading> = brief.feeds.iter().filter(|feed| !feed.was_read()).collect();
    let beat_of = |feed: &FeedReading| feed.beats.first().cloned();
    let beat = beat_of(feeds.first()?);
    let is_shared = feeds.iter().all(|feed| beat_of(feed) == beat);
    let beat = beat.filter(|_| is_shared).unwrap_or_else(|| "*".to_owned());
    Some((beat, feeds))
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

fn unread_sentence(feeds: &[&FeedReading]) -> String {
    let title = |feed: &&FeedReading| {
        let words: Vec<&str> = feed.title.inspect().split_whitespace().collect();
        words.join(" ").chars().take(80).collect::<String>()
    };
    let titles: Vec<String> = feeds.iter().map(title).collect();
    format!("Could not be read: {}.", titles.join(", "))
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

/// Posts of stories that no section told and that the author does not mind, by title and link only, in rank order. What
/// was read and is not wanted still counts as read. `passed_over`: stories that were told, and those that the author
/// wanted left out.
pub(crate) fn also_read(config: &SectionConfig, desk: &Desk, passed_over: &[StoryId]) -> DraftSection {
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
        .filter(|story| !passed_over.contains(&story.id) && story.listed_in.is_none())
        .filter(|story| !is_routine(story));
    section.listed = rest
        .filter_map(|story| super::news::fresh_snapshots(story).first().copied())
        .filter(|snapshot| {
            desk.source(snapshot)
                .is_some_and(|source| source.url.starts_with("http"))
        })
        .take(LISTED_MAX)
        .collect();
    section
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Untrusted;

    use super::*;
    use crate::research::fixture;

    #[test]
    fn what_could_not_be_read_is_told_in_one_sentence_without_what_a_brief_of_the_week_read() {
        let feed = |title: &str, beat: &str, posts| FeedReading {
            feed: format!("https://{title}.example/feed"),
            title: Untrusted::new(title.to_owned()),
            beats: vec![beat.to_owned()],
            owner: format!("{title}.example"),
            answered: false,
            posts,
        };
        let mut brief = fixture::brief(Vec::new());
        assert!(unread(&brief).is_none());
        brief.feeds = vec![feed("Norn", "cloud", 0), feed("Moss", "cloud", 2)];
        let (beat, feeds) = unread(&brief).unwrap();
        assert_eq!(
            (beat.as_str(), unread_sentence(&feeds).as_str()),
            ("cloud", "Could not be read: Norn.")
        );
        brief.feeds.push(feed("Skuld", "security", 0));
        let (beat, feeds) = unread(&brief).unwrap();
        assert_eq!(
            (beat.as_str(), unread_sentence(&feeds).as_str()),
            ("*", "Could not be read: Norn, Skuld.")
        );
    }
}
