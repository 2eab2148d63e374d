//! The story that matters most: what happened, who else tells it, the figures, what to do.

use copydesk_domain::task::{WriteSectionInput, WrittenSentence};

use super::super::fit;
use super::material::{Material, Passage};
use super::pen::Pen;
use super::{figures, frames, opening};

/// Publishers that are heard after the first, before a speaker is.
const WITNESSES_FIRST: usize = 2;
/// Publishers that are heard after the first in all.
const WITNESSES_MAX: usize = 4;
/// A lead with fewer sentences on what happened takes more from wherever there are some.
const SENTENCES_MIN: usize = 5;
/// Words that leave room for everything a lead can have.
const ROOMY: usize = 120;
/// And none whose subject a sentence before must have named.
pub const EASE_MIN: f64 = 0.8;
/// Sentences on what happened from one publisher: a third is a list.
const OF_ONE_MAX: usize = 2;
/// Lines of figures.
const FIGURES_MAX: usize = 2;

/// A paragraph is a list of sentences.
pub type Paragraphs = Vec<Vec<WrittenSentence>>;

/// Writes the first story of the section; the others, where there are any, follow as in a roundup.
pub fn write(input: &WriteSectionInput, pen: &mut Pen<'_>) -> Paragraphs {
    let Some((first, rest)) = input.stories.split_first() else {
        return Vec::new();
    };
    let material = Material::of(first, pen.style(), pen.day());
    let is_told = first.told_in.is_some();
    // The order of work is the order of worth, so that a short section keeps what counts; the order of reading
    // is another. A page gives two quotations at most: where there is room for all, advice and figures, which few
    // pages have, choose before the opening, which any page can give.
    let is_roomy = pen.words_left() >= ROOMY;
    let mut opening = if is_roomy {
        Vec::new()
    } else {
        opening(&material, pen, is_told)
    };
    let figures = figures::write(&material, pen, FIGURES_MAX);
    let mut advice = actions(&material, pen);
    if is_roomy {
        pen.turn_page();
        opening = self::opening(&material, pen, is_told);
    }
    if opening.is_empty() {
        return super::roundup::tell(rest, pen);
    }
    let heard: Vec<u32> = sources_of(&material, opening.iter().chain(&figures).chain(&advice));
    let latest = latest(&material, pen, &heard, is_told);
    let mut heard: Vec<&str> = publisher_of(&material, &opening).into_iter().collect();
    pen.go_on_with(heard.first().copied());
    let mut witnesses = witnesses(&material, pen, &mut heard, WITNESSES_FIRST, is_told);
    let mut voices = spoken(&material, pen);
    advice.extend(second_action(&material, &advice, pen));
    pen.go_on_with(last_publisher(&material, &opening, &witnesses));
    witnesses.extend(self::witnesses(
        &material,
        pen,
        &mut heard,
        WITNESSES_MAX - WITNESSES_FIRST,
        is_told,
    ));
    opening.extend(more(&material, pen, &opening, is_told));
    pen.go_on_with(last_publisher(&material, &opening, &witnesses));
    while opening.len() + witnesses.len() < SENTENCES_MIN {
        let frame = if is_told {
            frames::ALSO_NEW
        } else {
            frames::WITNESS
        };
        let told: Vec<&str> = opening
            .iter()
            .chain(&witnesses)
            .filter_map(|sentence| publisher_of(&material, std::slice::from_ref(sentence)))
            .collect();
        let stands = |passage: &Passage<'_>| {
            let of_one = told.iter().filter(|name| **name == passage.publisher()).count();
            fit::ease(&passage.text) >= EASE_MIN && of_one < OF_ONE_MAX
        };
        let Some(sentence) = first_of(&material.passages, pen, stands, frame) else {
            break;
        };
        witnesses.push(sentence);
    }
    let mut paragraphs = vec![opening, witnesses];
    voices.splice(0..0, figures);
    paragraphs.push(voices);
    paragraphs.push(latest.into_iter().chain(advice).collect());
    paragraphs.extend(super::roundup::tell(rest, pen));
    paragraphs
}

/// What happened.
fn opening(material: &Material<'_>, pen: &mut Pen<'_>, is_told: bool) -> Vec<WrittenSentence> {
    let frame = if is_told { frames::NEW } else { frames::OPENING };
    opening::write(material, pen, frame).into_iter().collect()
}

/// More from the publisher that opens the story.
fn more(
    material: &Material<'_>,
    pen: &mut Pen<'_>,
    opening: &[WrittenSentence],
    is_told: bool,
) -> Option<WrittenSentence> {
    let publisher = publisher_of(material, opening)?;
    let frame = if is_told { frames::ALSO_NEW } else { frames::MORE };
    first_of(
        &material.passages,
        pen,
        |passage| passage.publisher() == publisher && fit::ease(&passage.text) >= EASE_MIN,
        frame,
    )
}

/// Who publishes the page of the first sentence.
fn publisher_of<'a>(material: &Material<'a>, opening: &[WrittenSentence]) -> Option<&'a str> {
    let id = opening.first()?.notes.first()?;
    material
        .passages
        .iter()
        .find(|passage| passage.note.id == *id)
        .map(Passage::publisher)
}

/// Who publishes the page of the sentence before the next witness.
fn last_publisher<'a>(
    material: &Material<'a>,
    opening: &[WrittenSentence],
    witnesses: &[WrittenSentence],
) -> Option<&'a str> {
    let last = witnesses.last().or(opening.last())?;
    publisher_of(material, std::slice::from_ref(last))
}

/// Numbers of the pages that sentences quote.
fn sources_of<'s>(material: &Material<'_>, written: impl Iterator<Item = &'s WrittenSentence>) -> Vec<u32> {
    let ids: Vec<&String> = written.flat_map(|sentence| &sentence.notes).collect();
    let notes = material.notes.iter().filter(|note| ids.contains(&&note.id));
    notes.map(|note| note.source).collect()
}

/// One sentence of each publisher that is not heard yet, at most `count`.
fn witnesses<'a>(
    material: &Material<'a>,
    pen: &mut Pen<'_>,
    heard: &mut Vec<&'a str>,
    count: usize,
    is_told: bool,
) -> Vec<WrittenSentence> {
    let frame = if is_told {
        frames::ALSO_NEW
    } else {
        frames::WITNESS
    };
    let mut written = Vec::new();
    for passage in &material.passages {
        if written.len() == count || heard.contains(&passage.publisher()) {
            continue;
        }
        if let Some(sentence) = pen.quote(passage, frame) {
            heard.push(passage.publisher());
            written.push(sentence);
        }
    }
    written
}

/// What the newest page of a story that goes on for days says.
fn latest(
    material: &Material<'_>,
    pen: &mut Pen<'_>,
    heard: &[u32],
    is_told: bool,
) -> Option<WrittenSentence> {
    let source = material.latest().filter(|_| !is_told)?;
    if heard.contains(&source) {
        return None;
    }
    first_of(
        &material.passages,
        pen,
        |passage| passage.source() == source,
        frames::LATEST,
    )
}

/// What to do: the newest advice.
fn actions(material: &Material<'_>, pen: &mut Pen<'_>) -> Vec<WrittenSentence> {
    first_of(&material.actions, pen, |_| true, frames::ACTION)
        .into_iter()
        .collect()
}

/// Another publisher's advice, where no newer version overtakes it.
fn second_action(
    material: &Material<'_>,
    told: &[WrittenSentence],
    pen: &mut Pen<'_>,
) -> Option<WrittenSentence> {
    let id = told.first()?.notes.first()?;
    let newest = material.actions.iter().find(|passage| passage.note.id == *id)?;
    let fits =
        |passage: &Passage<'_>| passage.publisher() != newest.publisher() && !is_overtaken(passage, newest);
    first_of(&material.actions, pen, fits, frames::ALSO_DO)
}

/// Whether advice names a version or date while a page a day newer gives advice too.
fn is_overtaken(passage: &Passage<'_>, newest: &Passage<'_>) -> bool {
    let names_version = passage.text.bytes().any(|byte| byte.is_ascii_digit());
    let is_older = match (passage.note.published_at, newest.note.published_at) {
        (Some(this), Some(other)) => {
            other.earliest().since(this.latest()) >= jiff::SignedDuration::from_hours(12)
        }
        _ => false,
    };
    names_version && is_older
}

/// The words of one speaker.
fn spoken(material: &Material<'_>, pen: &mut Pen<'_>) -> Vec<WrittenSentence> {
    let said = material.spoken.iter().find(|passage| pen.can_quote(passage));
    said.and_then(|passage| speak(passage, pen)).into_iter().collect()
}

/// Writes the words of a speaker.
pub fn speak(passage: &Passage<'_>, pen: &mut Pen<'_>) -> Option<WrittenSentence> {
    let frame = if passage.text.ends_with(',') {
        frames::SPOKEN_COMMA
    } else {
        frames::SPOKEN
    };
    pen.quote(passage, frame)
}

/// Writes the best passage that `fits`.
pub fn first_of(
    passages: &[Passage<'_>],
    pen: &mut Pen<'_>,
    fits: impl Fn(&Passage<'_>) -> bool,
    frame: &[&str],
) -> Option<WrittenSentence> {
    let passage = passages
        .iter()
        .find(|passage| fits(passage) && pen.can_quote(passage))?;
    pen.quote(passage, frame)
}
