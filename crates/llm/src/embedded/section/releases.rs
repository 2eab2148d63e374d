//! New versions: what is new, and what to know before taking them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use copydesk_domain::task::{WriteSectionInput, WriteStory, WrittenSentence};
use regex::Regex;

use super::super::fit::{self, regex};
use super::lead::{EASE_MIN, Paragraphs, first_of, opener};
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
            let more = second(material, paragraph, pen);
            paragraph.extend(more);
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
    let tells = |passage: &Passage<'_>| {
        names_version(passage) && !only_announces(passage.text) && fit::ease(passage.text) >= EASE_MIN
    };
    first_of(&material.passages, pen, tells, frame)
        .or_else(|| {
            let is_new =
                |passage: &Passage<'_>| says_what_is_new(passage.text) && fit::ease(passage.text) >= EASE_MIN;
            first_of(&material.passages, pen, is_new, frame)
        })
        .or_else(|| first_of(&material.passages, pen, names_version, frame))
        .or_else(|| opener(&material.passages, pen, frame))
}

/// Whether a sentence says that there is a version, and not what is in it.
fn only_announces(text: &str) -> bool {
    static ANNOUNCES: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)\b(?:(?:happy|pleased|excited|proud|glad|thrilled)\s+to\s+(?:announce|release|share) | announc(?:es?|ing)\s+(?:the\s+release|a\s+new\s+version)|(?:is|are)\s+(?:now\s+)?(?:available|here|out)\s*[.!]?$)",
        )
    });
    ANNOUNCES.is_match(text) && !says_what_is_new(text)
}

/// Whether a sentence says what a version brings or takes.
fn says_what_is_new(text: &str) -> bool {
    static NEW: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)\b(?:adds?|added|supports?|removes?|removed|drops?|requires?|replaces?|introduces?|brings?|fixes|fixed|now\s+\w+s\b|no\s+longer|stabili[sz]es?|deprecates?|renames?|changes|improves?|switch(?:es)?\s+to|defaults?\s+to)\b",
        )
    });
    NEW.is_match(text)
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
fn second(material: &Material<'_>, told: &[WrittenSentence], pen: &mut Pen<'_>) -> Option<WrittenSentence> {
    let publishers: BTreeSet<&str> = material.passages.iter().map(Passage::publisher).collect();
    let frame = if publishers.len() == 1 && !told.is_empty() {
        frames::MORE
    } else {
        frames::WITNESS
    };
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
        .or_else(|| {
            let tells = |passage: &Passage<'_>| says_what_is_new(passage.text);
            first_of(&material.passages, pen, tells, frame)
        })
        .or_else(|| first_of(&material.passages, pen, is_strong, frame))
}
