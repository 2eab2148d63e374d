//! One section from notes.

use std::collections::BTreeMap;

use copydesk_config::{PromptContext, SectionConfig, SectionKind};
use copydesk_domain::artifact::{DraftSection, Note, Story};
use copydesk_domain::task::{WriteNote, WriteSection, WriteSectionInput, WriteStory};
use copydesk_domain::{ContentHash, PromptData, Untrusted, counted};
use copydesk_journal::StageError;
use copydesk_text::style::house_style;

use super::composer::Composer;
use super::desk::Desk;
use super::news::{fresh_snapshots, is_news};
use super::writer::Writer;

/// Snapshots of one story that the writer is given.
const SNAPSHOTS_MAX: usize = 12;
/// Notes of one snapshot that the writer is given.
const NOTES_MAX: usize = 8;

/// Writes a section. One whose stories give nothing stays empty. `key`: that of its step.
pub(crate) async fn write(
    writer: &Writer<'_>,
    desk: &Desk,
    (config, key): (&SectionConfig, &str),
    stories: &[&Story],
    composer: &mut Composer<'_>,
) -> Result<DraftSection, StageError> {
    let ctx = writer.ctx;
    let mut section = empty(config);
    if stories.is_empty() {
        return Ok(section);
    }
    ctx.note(format!("writing {}", config.heading));
    let numbers = number_snapshots(stories);
    let input = WriteSectionInput {
        heading: config.heading.clone(),
        kind: config.kind.as_str().to_owned(),
        words_max: config.words_max,
        plain: config.plain,
        format: super::plan::format_of(ctx).to_owned(),
        style: house_style(&PromptContext::of(ctx.release()).voice),
        stories: stories
            .iter()
            .map(|story| write_story(story, desk, &numbers))
            .collect(),
        said: composer.said(),
        quoted_words: composer.quoted_words(&numbers),
        author_note: desk.author_note.clone(),
    };
    let asked = writer.ask::<WriteSection>(key, &input).await?;
    composer.note_model(&asked.model);
    let offered: Vec<&Note> = stories
        .iter()
        .flat_map(|story| offered_notes(story, desk))
        .collect();
    for paragraph in &asked.output.inspect().paragraphs {
        let ids: Vec<_> = paragraph
            .iter()
            .filter_map(|written| composer.add(written, &offered))
            .collect();
        if !ids.is_empty() {
            section.paragraphs.push(ids);
        }
    }
    let dropped = composer.take_dropped();
    for reason in dropped {
        writer.warn(&format!("{}: left out a sentence: {reason}", config.heading));
    }
    if !section.paragraphs.is_empty() && config.kind != SectionKind::Question {
        section.stories = stories.iter().map(|story| story.id.clone()).collect();
        section.note = width(config, stories, desk);
    }
    Ok(section)
}

/// How widely the lead is told.
fn width(config: &SectionConfig, stories: &[&Story], desk: &Desk) -> Option<String> {
    let [story] = stories else { return None };
    if config.kind != SectionKind::Lead {
        return None;
    }
    let sources = story
        .snapshots
        .iter()
        .filter_map(|snapshot| desk.source(snapshot));
    let publishers: std::collections::HashSet<&str> = sources
        .map(|source| source.publisher.inspect().as_str())
        .collect();
    // One publisher is no width.
    (publishers.len() >= 2).then(|| {
        let posts = counted(story.snapshots.len(), "post", "posts");
        format!("{posts}, {} publishers", publishers.len())
    })
}

pub(crate) fn empty(config: &SectionConfig) -> DraftSection {
    DraftSection {
        heading: config.heading.clone(),
        kind: config.kind.as_str().to_owned(),
        note: None,
        stories: Vec::new(),
        paragraphs: Vec::new(),
        listed: Vec::new(),
        angles: Vec::new(),
        wanted: None,
    }
}

/// Digits of a heading's hash in a key.
const HASH_DIGITS: usize = 12;

/// The keys of the steps that write some sections, in their order, each another one: `write_section/` and the heading as
/// a name. Where another heading gives the same name (`C++`, `C#`), the heading's hash follows, and where it is the same
/// heading, its number.
pub(crate) fn keys(sections: &[SectionConfig]) -> Vec<String> {
    let names: Vec<String> = sections.iter().map(|section| name_of(&section.heading)).collect();
    let key = |(at, section): (usize, &SectionConfig)| {
        let name = &names[at];
        let is_shared = names.iter().filter(|other| *other == name).count() > 1;
        let twins = sections[..at]
            .iter()
            .filter(|other| other.heading == section.heading)
            .count();
        let hash = ContentHash::of(section.heading.as_bytes()).short(HASH_DIGITS);
        match (is_shared, twins) {
            (false, _) => format!("write_section/{name}"),
            (true, 0) => format!("write_section/{name}-{hash}"),
            (true, twins) => format!("write_section/{name}-{hash}-{}", twins + 1),
        }
    };
    sections.iter().enumerate().map(key).collect()
}

/// A heading as a step's name.
fn name_of(heading: &str) -> String {
    let name: String = heading
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    name.trim_matches('-').to_owned()
}

/// A number for each snapshot within one call.
fn number_snapshots(stories: &[&Story]) -> BTreeMap<ContentHash, u32> {
    let mut numbers = BTreeMap::new();
    for snapshot in stories.iter().flat_map(|story| &story.snapshots) {
        let next = u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX);
        numbers.entry(*snapshot).or_insert(next);
    }
    numbers
}

fn offered_notes<'a>(story: &Story, desk: &'a Desk) -> Vec<&'a Note> {
    let fresh: Vec<ContentHash> = fresh_snapshots(story).into_iter().take(SNAPSHOTS_MAX).collect();
    let mut notes = Vec::new();
    for snapshot in &fresh {
        notes.extend(
            desk.brief
                .notes
                .iter()
                .filter(|note| note.snapshot == *snapshot && is_news(story, note))
                .take(NOTES_MAX),
        );
    }
    notes
}

fn write_story(story: &Story, desk: &Desk, numbers: &BTreeMap<ContentHash, u32>) -> WriteStory {
    let mut publishers: Vec<PromptData> = Vec::new();
    for source in story
        .snapshots
        .iter()
        .filter_map(|snapshot| desk.source(snapshot))
    {
        let publisher = source.publisher.prompt_data();
        if !publishers.contains(&publisher) {
            publishers.push(publisher);
        }
    }
    let notes = offered_notes(story, desk);
    WriteStory {
        id: story.id.to_string(),
        title: story.title.prompt_data(),
        posts: u32::try_from(story.snapshots.len()).unwrap_or(u32::MAX),
        witnesses: story.witnesses,
        publishers,
        told_in: story.told_in.clone(),
        told_on: story.told_at.map(|at| desk.day(at)).filter(|_| !story.is_new),
        notes: notes
            .iter()
            .filter_map(|note| write_note(note, story, desk, numbers))
            .collect(),
    }
}

fn write_note(
    note: &Note,
    story: &Story,
    desk: &Desk,
    numbers: &BTreeMap<ContentHash, u32>,
) -> Option<WriteNote> {
    let source = desk.source(&note.snapshot)?;
    let data = |value: &Option<Untrusted<String>>| value.as_ref().map(Untrusted::prompt_data);
    Some(WriteNote {
        id: note.id.to_string(),
        source: *numbers.get(&note.snapshot)?,
        publisher: source.publisher.prompt_data(),
        title: source.title.prompt_data(),
        kind: note.kind,
        role: note.role,
        quote: desk.quote(note)?,
        context: desk.context(note)?,
        who: data(&note.who),
        what: data(&note.what),
        value: data(&note.value),
        unit: data(&note.unit),
        published_at: source.published_at,
        is_new: is_news(story, note),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(headings: &[&str]) -> Vec<String> {
        let section = |heading: &&str| -> SectionConfig {
            serde_json::from_value(serde_json::json!({ "heading": heading })).unwrap()
        };
        keys(&headings.iter().map(section).collect::<Vec<_>>())
    }

    #[test]
    fn headings_that_say_all_in_their_names_keep_them() {
        assert_eq!(
            keys_of(&["The one that matters", "Releases"]),
            ["write_section/the-one-that-matters", "write_section/releases"]
        );
    }

    #[test]
    fn no_two_sections_share_a_key() {
        let headings = ["C", "C++", "C#", "AI", "ai", "C++", "???", "!!!", "日本", "日 本"];
        let keys = keys_of(&headings);
        let distinct: std::collections::HashSet<&String> = keys.iter().collect();
        assert_eq!(distinct.len(), headings.len(), "{keys:?}");
        assert_eq!(keys, keys_of(&headings), "they are the same in each attempt");
    }
}
