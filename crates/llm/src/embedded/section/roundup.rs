//! Several stories, a short paragraph each.

use copydesk_domain::artifact::NoteRole;
use copydesk_domain::task::{WriteSectionInput, WriteStory, WrittenSentence};

use super::super::fit;
use super::lead::{Paragraphs, first_of, speak};
use super::material::{Material, Passage};
use super::pen::Pen;
use super::{figures, frames, opening, releases};

/// Below this room no second sentence is begun: the next story is worth more.
const WORDS_FOR_SECOND: usize = 40;
/// A second sentence of one publisher stands on its own feet.
const EASE_MIN: f64 = 0.85;

/// Writes a paragraph for each story, while there is room.
pub fn write(input: &WriteSectionInput, pen: &mut Pen<'_>) -> Paragraphs {
    tell(&input.stories, pen)
}

/// The same for any list of stories. All get their first sentence before any gets its second.
pub fn tell(stories: &[WriteStory], pen: &mut Pen<'_>) -> Paragraphs {
    let materials: Vec<Material<'_>> = stories
        .iter()
        .map(|story| Material::of(story, pen.style(), pen.day()))
        .collect();
    let mut paragraphs: Paragraphs = stories
        .iter()
        .zip(&materials)
        .map(|(story, material)| {
            let frame = if story.told_in.is_some() {
                frames::NEW
            } else {
                frames::OPENING
            };
            if releases::is_release(story) {
                return releases::first(story, material, pen).into_iter().collect();
            }
            pen.turn_page();
            opening::write(material, pen, frame)
                .or_else(|| material.spoken.first().and_then(|passage| speak(passage, pen)))
                .into_iter()
                .collect()
        })
        .collect();
    for (paragraph, material) in paragraphs.iter_mut().zip(&materials) {
        if !paragraph.is_empty() && pen.words_left() >= WORDS_FOR_SECOND {
            let more = second(material, paragraph, pen);
            paragraph.extend(more);
        }
    }
    paragraphs
}

/// Where sources differ; else another publisher; else what to do; else more from the same page.
fn second(material: &Material<'_>, told: &[WrittenSentence], pen: &mut Pen<'_>) -> Option<WrittenSentence> {
    if let Some(sentence) = figures::write(material, pen, 1).pop() {
        return Some(sentence);
    }
    let first = told.first().and_then(|sentence| sentence.notes.first());
    let publisher = material
        .passages
        .iter()
        .find(|passage| Some(&passage.note.id) == first)
        .map(Passage::publisher);
    first_of(
        &material.passages,
        pen,
        |passage| Some(passage.publisher()) != publisher,
        frames::WITNESS,
    )
    .or_else(|| first_of(&material.actions, pen, |_| true, frames::ACTION))
    .or_else(|| {
        first_of(
            &material.passages,
            pen,
            |passage| Some(passage.publisher()) == publisher && is_strong(passage),
            frames::MORE,
        )
    })
}

/// Whether a passage is worth a second place beside the one that says the same publisher's news.
pub fn is_strong(passage: &Passage<'_>) -> bool {
    passage.note.role == NoteRole::News && fit::ease(&passage.text) >= EASE_MIN
}
