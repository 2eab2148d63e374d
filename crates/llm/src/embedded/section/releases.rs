//! New versions: what is new, and what to know before taking them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use copydesk_domain::task::{WriteSectionInput, WriteStory, WrittenSentence};
use copydesk_text::words;
use regex::Regex;

use super::super::fit::{self, regex};
use super::super::notes::tells_history;
use super::lead::{EASE_MIN, Paragraphs, first_of};
use super::material::{Material, Passage};
use super::pen::Pen;
use super::roundup::is_strong;
use super::{figures, frames, opening};

/// Room that a second sentence wants.
const WORDS_FOR_SECOND: usize = 35;

/// Writes a paragraph for each release, while there is room.
pub fn write(input: &WriteSectionInput, pen: &mut Pen<'_>) -> Paragraphs {
    let materials: Vec<Material<'_>> = input
        .stories
        .iter()
        .map(|story| Material::of(story, pen.style(), pen.day()))
        .collect();
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

/// Whether a story is told as a release is: its title names a version.
pub fn is_release(story: &WriteStory) -> bool {
    version_in(story.title.as_str()).is_some()
}

/// The sentence that names the version, or else the best one. Turns the page.
pub fn first(story: &WriteStory, material: &Material<'_>, pen: &mut Pen<'_>) -> Option<WrittenSentence> {
    let frame = if story.told_in.is_some() {
        frames::NEW
    } else {
        frames::OPENING
    };
    let tells = |passage: &Passage<'_>| {
        let is_news = !only_announces(&passage.text) && !tells_history(&passage.text);
        names_version(passage) && is_news && fit::ease(&passage.text) >= EASE_MIN
    };
    pen.turn_page();
    if story.told_in.is_some() {
        return opening::write(material, pen, frame);
    }
    first_of(&material.passages, pen, tells, frame)
        .or_else(|| on_version(story, material, pen))
        .or_else(|| {
            let is_new = |passage: &Passage<'_>| {
                says_what_is_new(&passage.text) && fit::ease(&passage.text) >= EASE_MIN
            };
            first_of(&material.passages, pen, is_new, frame)
        })
        .or_else(|| first_of(&material.passages, pen, names_version, frame))
        .or_else(|| opening::write(material, pen, frame))
}

/// What is new, with the version named in front of it: the words of the page that say what is new seldom say in what.
fn on_version(story: &WriteStory, material: &Material<'_>, pen: &mut Pen<'_>) -> Option<WrittenSentence> {
    let version = version_in(story.title.as_str()).filter(|_| story.told_in.is_none())?;
    // The version has to stand in a note of the same page, or else nothing bears it.
    let fits = |passage: &&Passage<'_>| {
        let says = says_what_is_new(&passage.text)
            && !only_announces(&passage.text)
            && !tells_history(&passage.text);
        says && fit::ease(&passage.text) >= EASE_MIN && pen.can_quote(passage)
    };
    let passage = material.passages.iter().find(fits)?;
    let number = version.rsplit(' ').next().unwrap_or(version);
    let bearer = material
        .notes
        .iter()
        .find(|note| note.source == passage.source() && note.quote.as_str().contains(number))?;
    pen.quote_on(version, passage, Some(&bearer.id))
}

/// Name and version in a title: `Rust 1.98.0` of `Announcing Rust 1.98.0`.
fn version_in(title: &str) -> Option<&str> {
    static VERSION: LazyLock<Regex> =
        LazyLock::new(|| regex(r"\b[\p{Lu}a-z][\w.+#-]*(?:\s\p{Lu}[\w.+#-]*){0,2}\sv?\d+(?:\.\d+)+\b"));
    static VERBS: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?i)^(?:announcing|introducing|releasing|meet|welcome|the|what['’]s\s+new\s+in|version)\s+")
    });
    let found = VERSION.find(title)?.as_str();
    let bare = VERBS.find(found).map_or(found, |verb| &found[verb.end()..]);
    let has_name = bare.contains(' ') && words::count(bare) <= 6;
    has_name.then_some(bare)
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
            r"(?xi)\b(?:adds?|added|supports?|removes?|removed|drops?|requires?|replaces?|introduces?|brings?|fixes|fixed|now\s+(?:\w+s|have|can|use|support|run|accept|return|require|parse)\b|no\s+longer|stabili[sz]es?|deprecates?|renames?|changes|improves?|switch(?:es)?\s+to|defaults?\s+to)\b",
        )
    });
    NEW.is_match(text)
}

/// Whether a passage names a version: a word with digits that is no plain count.
fn names_version(passage: &Passage<'_>) -> bool {
    copydesk_text::numbers::find(&passage.text)
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
            let tells = |passage: &Passage<'_>| {
                let stands = fit::ease(&passage.text) >= EASE_MIN;
                stands && says_what_is_new(&passage.text) && !only_announces(&passage.text)
            };
            first_of(&material.passages, pen, tells, frame)
        })
        .or_else(|| {
            let is_more = |passage: &Passage<'_>| is_strong(passage) && !only_announces(&passage.text);
            first_of(&material.passages, pen, is_more, frame)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_gives_name_and_version() {
        assert_eq!(version_in("Announcing Rust 1.98.0"), Some("Rust 1.98.0"));
        assert_eq!(version_in("Node.js 24.14.1 (LTS)"), Some("Node.js 24.14.1"));
        assert_eq!(version_in("pnpm 11.2"), Some("pnpm 11.2"));
        assert_eq!(version_in("The 2026-07-28 Specification"), None);
        assert_eq!(version_in("A better planner"), None);
    }
}
