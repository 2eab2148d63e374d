//! New versions: what is new, and what to know before taking them.

use copydesk_domain::task::{WriteSectionInput, WriteStory, WrittenSentence};

use super::lead::{Paragraphs, first_of};
use super::material::{Material, Passage};
use super::pen::Pen;
use super::roundup::is_strong;
use super::{figures, frames};

/// Room that a second sentence wants.
const WORDS_FOR_SECOND: usize = 35;

/// Writes a paragraph for each release, while there is room.
pub fn write(input: &WriteSectionInput, pen: &mut Pen<'_>) -> Paragraphs {
    let materials: Vec<Material<'_>> = input.stories.iter().map(Material::of).collect();
    let mut paragraphs: Paragraphs = input
        .stories
        .iter()
        .zip(&materials)
        .map(|(story, material)| first(story, material, pen).into_iter().collect())
        .collect();
    for (paragraph, material) in paragraphs.iter_mut().zip(&materials) {
        if !paragraph.is_empty() && pen.words_left() >= WORDS_FOR_SECOND {
            paragraph.extend(second(material, pen));
        }
    }
    paragraphs
}

/// The sentence that names the version, or else the best one.
fn first(story: &WriteStory, material: &Material<'_>, pen: &mut Pen<'_>) -> Option<WrittenSentence> {
    let frame = if story.told_in.is_some() {
        frames::NEW
    } else {
        frames::OPENING
    };
    first_of(&material.passages, pen, names_version, frame)
        .or_else(|| first_of(&material.passages, pen, |_| true, frame))
}

/// Whether a passage names a version: a word with digits that is no plain count.
fn names_version(passage: &Passage<'_>) -> bool {
    copydesk_text::numbers::find(passage.text)
        .iter()
        .any(|number| number.kind == copydesk_text::numbers::Kind::Version)
}

/// Whether advice is about taking the new version.
fn speaks_of_upgrading(passage: &Passage<'_>) -> bool {
    let lower = passage.text.to_lowercase();
    [
        "upgrad", "updat", "migrat", "back up", "backup", "downgrad", "before",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Where sources differ; else what to know before upgrading; else more.
fn second(material: &Material<'_>, pen: &mut Pen<'_>) -> Option<WrittenSentence> {
    figures::write(material, pen, 1)
        .pop()
        .or_else(|| {
            first_of(
                &material.actions,
                pen,
                speaks_of_upgrading,
                frames::BEFORE_UPGRADING,
            )
        })
        .or_else(|| first_of(&material.passages, pen, is_strong, frames::WITNESS))
}
