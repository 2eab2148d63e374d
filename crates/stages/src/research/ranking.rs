//! The order of stories, with a reason for each rank.

use copydesk_domain::artifact::{Note, NoteKind, NoteRole, Source, Story};
use copydesk_domain::task::{RankStories, RankStoriesInput, RankStory};
use copydesk_domain::untrusted::span;
use copydesk_domain::{PromptData, StoryId, counted};
use copydesk_journal::{StageContext, StageError, StageInputs};
use copydesk_text::taste::{self, Taste};

use super::choices;
use super::history::History;
use super::labels::UNWANTED;
use super::notes::Taken;
use super::reading::{AUTHOR, Reading};
use crate::models_used;

/// Sentences of a story that the ranking sees.
const QUOTES_MAX: usize = 2;

/// Orders the stories; those that the model forgot follow in reading order. Ids are given anew by rank.
pub(crate) async fn rank(
    ctx: &StageContext,
    inputs: &StageInputs,
    stories: &mut Vec<Story>,
    readings: &[Reading],
    history: &History,
    taken: &mut Taken,
) -> Result<(), StageError> {
    if stories.is_empty() {
        return Ok(());
    }
    ctx.note(format!("ranking {}", counted(stories.len(), "story", "stories")));
    let taste = choices::learn(&history.choices, ctx.now());
    let input = RankStoriesInput {
        now: ctx.now(),
        newsletter: ctx.pipeline().issue.name.clone(),
        beats: ctx.pipeline().pipeline.beats.clone(),
        topics: inputs
            .topics
            .iter()
            .map(|topic| topic.text.prompt_data())
            .collect(),
        stories: stories
            .iter()
            .map(|story| rank_story(story, readings, &taken.notes, taste.as_ref()))
            .collect(),
    };
    let asked = ctx.ask::<RankStories>("rank_stories", &input).await?;
    models_used::note(&mut taken.models, &asked.model);
    let mut rest = std::mem::take(stories);
    for ranked in &asked.output.inspect().ranking {
        if let Some(index) = rest.iter().position(|story| story.id.as_str() == ranked.id) {
            let mut story = rest.remove(index);
            story.reason = one_line(&ranked.reason);
            stories.push(story);
        }
    }
    for mut story in rest {
        story.reason = format!(
            "not ranked by the model; {}",
            counted(story.snapshots.len(), "post", "posts")
        );
        stories.push(story);
    }
    raise_authors_notes(stories, readings);
    lower_unwanted(stories);
    for (index, story) in stories.iter_mut().enumerate() {
        story.id = StoryId::new(format!("s{}", index + 1));
    }
    Ok(())
}

/// What the author noted stands right behind the lead, whatever a model made of it.
fn raise_authors_notes(stories: &mut [Story], readings: &[Reading]) {
    let is_authors = |story: &Story| {
        readings.iter().any(|reading| {
            reading.source.owner == AUTHOR && story.snapshots.contains(&reading.source.snapshot)
        })
    };
    for story in stories.iter_mut().filter(|story| is_authors(story)) {
        story.reason = format!("you noted it; {}", story.reason);
    }
    if let Some((_, rest)) = stories.split_first_mut() {
        // A stable sort keeps the rank among the others.
        rest.sort_by_key(|story| !is_authors(story));
    }
}

/// What the author does not want stands last, whatever a model made of it.
fn lower_unwanted(stories: &mut [Story]) {
    for story in stories.iter_mut().filter(|story| story.is_unwanted) {
        if !story.reason.starts_with(UNWANTED) {
            story.reason = format!("{UNWANTED}, {}", story.reason);
        }
    }
    stories.sort_by_key(|story| story.is_unwanted);
}

fn one_line(reason: &str) -> String {
    reason
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(240)
        .collect()
}

fn rank_story(story: &Story, readings: &[Reading], notes: &[Note], taste: Option<&Taste>) -> RankStory {
    let own: Vec<&Reading> = story
        .snapshots
        .iter()
        .filter_map(|snapshot| {
            readings
                .iter()
                .find(|reading| reading.source.snapshot == *snapshot)
        })
        .collect();
    let sources: Vec<&Source> = own.iter().map(|reading| &reading.source).collect();
    let mut publishers: Vec<PromptData> = Vec::new();
    for reading in &own {
        let publisher = reading.source.publisher.prompt_data();
        if !publishers.contains(&publisher) {
            publishers.push(publisher);
        }
    }
    let is_news = |note: &&Note| {
        matches!(note.kind, NoteKind::Statement | NoteKind::Quotation) && note.role == NoteRole::News
    };
    let quotes = notes
        .iter()
        .filter(|note| story.snapshots.contains(&note.snapshot))
        .filter(is_news)
        .filter_map(|note| quote(note, &own))
        .take(QUOTES_MAX);
    RankStory {
        id: story.id.to_string(),
        title: story.title.prompt_data(),
        publishers,
        posts: u32::try_from(story.snapshots.len()).unwrap_or(u32::MAX),
        witnesses: story.witnesses,
        beats: story.beats.clone(),
        published_at: own
            .iter()
            .filter_map(|reading| reading.source.published_at)
            .max_by_key(|at| at.latest()),
        is_new: story.is_new,
        has_news: !story.is_new && !story.new_snapshots.is_empty(),
        is_release: story.is_release,
        is_routine: own
            .iter()
            .all(|reading| is_routine(reading.source.title.inspect())),
        quotes: quotes.collect(),
        liking: choices::liking(taste, &choices::features(story, &sources)),
        is_unwanted: story.is_unwanted,
    }
}

fn quote(note: &Note, readings: &[&Reading]) -> Option<PromptData> {
    let reading = readings
        .iter()
        .find(|reading| reading.source.snapshot == note.snapshot)?;
    span(&reading.text, note.start, note.end).map(|quote| PromptData::from(quote.as_str()))
}

/// A meeting, a hiring post, a recap, a podcast: what a publisher does every month. An incident is none, even if it
/// names a conference or an event.
pub fn is_routine(title: &str) -> bool {
    const CUES: &[&str] = &[
        "meetup",
        "meet-up",
        "webinar",
        "podcast",
        "episode",
        "hiring",
        "we're hiring",
        "join us",
        "join our team",
        "work with us",
        "open position",
        "open role",
        "job opening",
        "careers",
        "meet us",
        "visit us",
        "recap",
        "office hours",
        "community call",
        "conference",
        "call for papers",
        "call for proposals",
        "sponsor",
        "election",
        "representative",
        "director update",
        "newsletter",
        "around the world",
        "contributor spotlight",
        "spotlight on",
        "year in review",
        "event",
        "summit",
        "t-shirt",
        "swag",
        "survey",
    ];
    if taste::is_incident(title) {
        return false;
    }
    let title = title.to_lowercase();
    let words: Vec<&str> = title
        .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'')
        .collect();
    CUES.iter().any(|cue| {
        if cue.contains(' ') {
            title.contains(cue)
        } else {
            words.contains(cue)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(id: &str, is_unwanted: bool) -> Story {
        Story {
            id: StoryId::new(id),
            title: copydesk_domain::Untrusted::new(String::new()),
            snapshots: Vec::new(),
            reason: "1 post".to_owned(),
            is_new: true,
            new_snapshots: Vec::new(),
            told_in: None,
            listed_in: None,
            beats: Vec::new(),
            witnesses: 1,
            is_release: false,
            told_at: None,
            new_notes: Vec::new(),
            is_unwanted,
        }
    }

    #[test]
    fn what_the_author_does_not_want_stands_last_whatever_a_model_says() {
        let mut stories = vec![story("a", true), story("b", false), story("c", false)];
        lower_unwanted(&mut stories);
        let ids: Vec<&str> = stories.iter().map(|story| story.id.as_str()).collect();
        assert_eq!(ids, ["b", "c", "a"]);
        assert_eq!(stories[2].reason, "you said not interested, 1 post");
        lower_unwanted(&mut stories);
        assert_eq!(stories[2].reason, "you said not interested, 1 post", "said once");
    }

    #[test]
    fn routine_is_seen_by_its_title() {
        assert!(is_routine("June 2026 Project Director Update"));
        assert!(is_routine("Node.js Interactive 2026: A Recap"));
        assert!(is_routine("Work with us: three open positions"));
        assert!(is_routine("Meet us in Lisbon"));
        assert!(!is_routine("Preventing outages"));
        assert!(!is_routine("Event parsers fall to an attack"));
        assert!(!is_routine("Entity events in OpenTelemetry"));
    }
}
