//! What the notes of a story offer to a writer.

use std::borrow::Cow;

use copydesk_domain::artifact::{NoteKind, NoteRole};
use copydesk_domain::task::{HouseStyle, WriteNote, WriteStory};
use copydesk_domain::{Instant, PromptData};
use copydesk_text::{style, summarise, words};

use super::super::notes::{defines, is_action, is_false_by_now, is_of_past_year, tells_history};
use super::super::{fit, shorten};
use super::subject;

/// A note that can be quoted.
#[derive(Debug, Clone)]
pub struct Passage<'a> {
    /// The note.
    pub note: &'a WriteNote,
    /// Id of its story.
    pub story: &'a str,
    /// The words to quote: the note's own, shortened where that changes nothing, or those of the speaker inside them.
    pub text: Cow<'a, str>,
    /// Who speaks, where the words are a speaker's.
    pub who: Option<&'a str>,
    /// It tells the reader what to do.
    pub is_action: bool,
}

impl<'a> Passage<'a> {
    fn of(note: &'a WriteNote, story: &'a str) -> Option<Self> {
        let quote = note.quote.as_str();
        let bare = without_pointer(quote);
        let form =
            shorten::form(bare).filter(|text| !fit::has_double_marks(text) || fit::has_marked_term(text));
        if let Some(text) = form {
            return Some(Passage {
                note,
                story,
                is_action: note.role == NoteRole::Action || is_action(bare),
                text,
                who: None,
            });
        }
        let who = note.who.as_ref().map(PromptData::as_str)?;
        let inside = fit::inner_quotation(quote)?;
        let is_named = !who.trim().is_empty() && quote.contains(who) && words::count(who) <= 5;
        (is_named && is_speakable(inside)).then_some(Passage {
            note,
            story,
            text: Cow::Borrowed(inside),
            who: Some(who),
            is_action: false,
        })
    }

    /// Number of the source.
    pub fn source(&self) -> u32 {
        self.note.source
    }

    /// The publisher's name, short enough to stand in a sentence.
    pub fn publisher(&self) -> &'a str {
        publisher(self.note)
    }

    /// What its page is about, by the name in front of the title's colon.
    pub fn label(&self) -> Option<&'a str> {
        subject::label(self.note.title.as_str())
    }
}

/// Whether the writer says `I`: at home in a diary, strange in a briefing.
fn speaks_of_self(text: &str) -> bool {
    words::words(text).any(|(_, word)| matches!(word, "I" | "my" | "My" | "me"))
}

/// A sentence without a pointer to other pages at its end: `…; see the advisory for more detail.`
fn without_pointer(text: &str) -> &str {
    let cut = text.rfind("; see ").or_else(|| text.rfind(", see "));
    cut.map_or(text, |at| &text[..at])
}

/// Whether a passage is one that every page of its publisher has, or one from a diary.
fn is_weak(passage: &Passage<'_>) -> bool {
    is_boilerplate(passage) || (passage.who.is_none() && speaks_of_self(&passage.text))
}

/// Whether a passage says what a thing is, as every page of its publisher does: `Norn is a database for …`.
fn is_boilerplate(passage: &Passage<'_>) -> bool {
    let has_figure = passage.text.bytes().any(|byte| byte.is_ascii_digit());
    !passage.is_action && !has_figure && defines(&passage.text)
}

/// Whether words of a speaker can stand alone: whole enough, no order to a model, no advert.
fn is_speakable(text: &str) -> bool {
    let whole = format!("{}.", text.trim_end_matches([',', '.', '!', '?', ' ']));
    let points = |word: &str| {
        matches!(
            word,
            "them" | "they" | "They" | "these" | "those" | "This" | "That" | "both" | "it"
        )
    };
    let stands = !words::words(text).take(12).any(|(_, word)| points(word)) && !text.contains("all three");
    stands
        && text.starts_with(char::is_uppercase)
        && text.ends_with([',', '.', '!'])
        && fit::is_quotable(&whole)
}

/// The name of a note's publisher without a slogan behind it.
pub fn publisher(note: &WriteNote) -> &str {
    let name = note.publisher.as_str().trim();
    let cut = [" | ", " – ", " — ", " - ", " :: ", " · ", ": "]
        .iter()
        .filter_map(|mark| name.find(mark))
        .filter(|at| words::count(&name[..*at]) > 0)
        .min();
    let name = cut.map_or(name, |at| name[..at].trim_end());
    if name.is_empty() { "the source" } else { name }
}

/// The publisher of what the author noted: no name.
const THE_AUTHOR: &str = "The author";

/// The publisher as a sentence names it: `the Rust Blog` and `the author`, but `Gazette`.
pub fn called(publisher: &str) -> Cow<'_, str> {
    const COMMON: &[&str] = &[
        "Blog",
        "Project",
        "project",
        "Team",
        "team",
        "Foundation",
        "Newsletter",
        "blog",
        "Journal",
    ];
    let last = publisher.rsplit(' ').next().unwrap_or_default();
    let has_article = publisher.starts_with("The ") || publisher.starts_with("the ");
    if COMMON.contains(&last) && publisher.contains(' ') && !has_article {
        Cow::Owned(format!("the {publisher}"))
    } else if let Some(rest) = publisher.strip_prefix("The ").filter(|_| COMMON.contains(&last)) {
        Cow::Owned(format!("the {rest}"))
    } else if publisher == THE_AUTHOR {
        Cow::Borrowed("the author")
    } else {
        Cow::Borrowed(publisher)
    }
}

/// The notes of one story that can be quoted, best first, and those that say what to do.
#[derive(Debug, Clone)]
pub struct Material<'a> {
    /// The day of the newest issue that told the story.
    pub told_on: Option<&'a str>,
    /// What happened and how, best first.
    pub passages: Vec<Passage<'a>>,
    /// What to do, newest page first.
    pub actions: Vec<Passage<'a>>,
    /// Words of speakers.
    pub spoken: Vec<Passage<'a>>,
    /// Every note that may be used.
    pub notes: Vec<&'a WriteNote>,
}

impl<'a> Material<'a> {
    /// Sorts the notes of a story. Of a story that was told before, only what is new counts; what the author would
    /// strike out stands behind the rest. `day`: the piece is of this day or of a later one.
    pub fn of(story: &'a WriteStory, style: &HouseStyle, day: Option<Instant>) -> Self {
        let is_told = story.told_in.is_some();
        let notes: Vec<&WriteNote> = story
            .notes
            .iter()
            .filter(|note| !is_told || note.is_new)
            .collect();
        let sentences = notes
            .iter()
            .filter(|note| matches!(note.kind, NoteKind::Statement | NoteKind::Quotation));
        let mut all: Vec<Passage<'a>> = sentences
            .filter_map(|note| Passage::of(note, &story.id))
            .collect();
        // A `today` that is over stands only where there is nothing else, and so do weak sentences.
        let is_over = |passage: &Passage<'_>| {
            day.is_some_and(|day| is_false_by_now(&passage.text, passage.note.published_at, day))
        };
        if !all.iter().all(is_over) {
            all.retain(|passage| !is_over(passage));
        }
        if all.iter().any(|passage| !is_weak(passage)) {
            all.retain(|passage| !is_weak(passage));
        }
        let (spoken, plain): (Vec<_>, Vec<_>) = all.into_iter().partition(|passage| passage.who.is_some());
        let (mut actions, plain): (Vec<_>, Vec<_>) = plain.into_iter().partition(|passage| passage.is_action);
        actions.sort_by_key(|passage| {
            std::cmp::Reverse(
                passage
                    .note
                    .published_at
                    .map(copydesk_domain::PublishedAt::latest),
            )
        });
        Self {
            told_on: story.told_on.as_deref(),
            passages: ranked(story, plain, style),
            actions,
            spoken,
            notes,
        }
    }

    /// The newest page, where the story's pages lie a day apart or more.
    pub fn latest(&self) -> Option<u32> {
        let dated = || {
            self.notes
                .iter()
                .filter_map(|note| Some((note.published_at?, note.source)))
        };
        let (first, _) = dated().min_by_key(|(at, _)| at.earliest())?;
        let (last, source) = dated().max_by_key(|(at, _)| at.earliest())?;
        (last.earliest().since(first.latest()) >= jiff::SignedDuration::from_hours(24)).then_some(source)
    }
}

/// What it costs a passage that the author's voice has no place for it: a phrase that `voice.md` names, a shout, too
/// many words.
fn struck_out(style: &HouseStyle, text: &str) -> f64 {
    style::breaches(style, text).len() as f64
}

/// Passages, best first: near the story's middle, early in their source's notes, from telling publishers, easy.
fn ranked<'a>(story: &WriteStory, passages: Vec<Passage<'a>>, style: &HouseStyle) -> Vec<Passage<'a>> {
    let texts: Vec<String> = passages
        .iter()
        .map(|passage| passage.text.clone().into_owned())
        .collect();
    let places = summarise::sentences(story.title.as_str(), &texts, texts.len());
    let place_of = |at: usize| {
        places
            .iter()
            .position(|other| *other == at)
            .unwrap_or(places.len())
    };
    let voice = |passage: &Passage<'_>| {
        story
            .publishers
            .iter()
            .position(|name| name.as_str() == passage.note.publisher.as_str())
            .unwrap_or(3)
            .min(3)
    };
    let mut nth = std::collections::BTreeMap::new();
    let mut scored: Vec<(f64, usize, Passage<'a>)> = Vec::new();
    for (at, passage) in passages.into_iter().enumerate() {
        let within = nth.entry(passage.source()).or_insert(0_usize);
        let is_background = passage.note.role == NoteRole::Background
            || tells_history(&passage.text)
            || is_of_past_year(&passage.text, passage.note.published_at);
        let background = if is_background { 2.0 } else { 0.0 };
        let place = 2.0 * place_of(at) as f64 / places.len().max(1) as f64;
        let cost = place
            + 1.5 * *within as f64
            + voice(&passage) as f64
            + background
            + struck_out(style, &passage.text)
            + 4.0 * (1.0 - fit::ease(&passage.text));
        *within += 1;
        scored.push((cost, at, passage));
    }
    scored.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    scored.into_iter().map(|(_, _, passage)| passage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_author_is_no_name_and_stands_small_within_a_sentence() {
        assert_eq!(called("The author"), "the author");
        assert_eq!(called("The Rust Blog"), "the Rust Blog");
        assert_eq!(called("The Register"), "The Register");
    }
}
