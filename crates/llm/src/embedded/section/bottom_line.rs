//! The lead in plain words, where a source has them.

use copydesk_domain::task::WriteSectionInput;
use copydesk_text::{readability, style, words};

use super::super::fit;
use super::frames;
use super::lead::{EASE_MIN, Paragraphs};
use super::material::Material;
use super::pen::Pen;

/// School grade of a plain sentence.
const GRADE_MAX: f64 = 12.0;
/// Words of a plain sentence.
const WORDS_MAX: usize = 24;

/// One short sentence of the lead's sources that the issue does not quote yet; nothing where none is plain.
pub fn write(input: &WriteSectionInput, pen: &mut Pen<'_>) -> Paragraphs {
    let Some(story) = input.stories.first() else {
        return Vec::new();
    };
    let material = Material::of(story, pen.style(), pen.day());
    pen.stand_below(&story.id);
    let mut plain: Vec<_> = material
        .passages
        .iter()
        .filter(|passage| {
            words::count(&passage.text) <= WORDS_MAX
                && readability::grade(&passage.text) <= GRADE_MAX
                && fit::ease(&passage.text) >= EASE_MIN
                && pen.can_quote(passage)
        })
        .collect();
    // The fewest words of the trade; a stable sort keeps the better of two that have as many.
    plain.sort_by_key(|passage| style::jargon(&passage.text, &passage.text).len());
    let plain = plain.first().copied();
    let sentence = plain.and_then(|passage| pen.quote(passage, frames::IN_SHORT));
    sentence.into_iter().map(|sentence| vec![sentence]).collect()
}
