//! The sentence that opens a story.

use copydesk_domain::task::WrittenSentence;

use super::super::fit;
use super::frames;
use super::lead::EASE_MIN;
use super::material::{Material, Passage};
use super::pen::Pen;

/// The best passage that stands on its own feet; where none does, the best of all. A page whose best sentence takes for
/// known what it told before opens the story with another of its sentences. What is new on a story that was told stands
/// behind the day of the issue that told it.
pub fn write(material: &Material<'_>, pen: &mut Pen<'_>, frame: &[&str]) -> Option<WrittenSentence> {
    let passages = &material.passages;
    let stands = |passage: &&Passage<'_>| fit::ease(&passage.text) >= EASE_MIN;
    let of_its_page = |best: &Passage<'_>| {
        let mut others = passages.iter().filter(|other| other.source() == best.source());
        others.find(|other| stands(other) && pen.can_quote(other))
    };
    let best = passages.iter().filter(stands).find_map(|passage| {
        if pen.can_quote(passage) {
            return Some(passage);
        }
        of_its_page(passage).filter(|_| pen.leaves_open(passage))
    });
    let passage = best.or_else(|| passages.iter().find(|passage| pen.can_quote(passage)))?;
    match material.told_on {
        Some(day) if frame == frames::NEW => pen.quote_since(day, passage),
        _ => pen.quote(passage, frame),
    }
}
