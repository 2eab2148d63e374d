//! Three quoted starting points for a section that the author writes.

use copydesk_domain::Untrusted;
use copydesk_domain::artifact::{Angle, Note, NoteKind, NoteRole, SpanRef};
use copydesk_domain::untrusted::span;
use copydesk_text::sentence;

use super::desk::Desk;
use super::news::{fresh_snapshots, is_news};

const ANGLES: usize = 3;
/// Prompts without facts; the author's answer is the section.
const PROMPTS: [&str; ANGLES] = [
    "What would you tell a reader who has to decide on this today?",
    "What does this not say that you know?",
    "Where does this lead, and what would change your mind?",
];

/// Whether a note's words can be read where they stand.
fn stands(desk: &Desk, note: &Note) -> bool {
    let quote = desk.quote(note);
    quote.is_some_and(|quote| {
        !sentence::dangles(quote.as_str()) && sentence::points_out(quote.as_str(), "").is_none()
    })
}

/// One angle from each of the first stories.
pub(crate) fn find(desk: &Desk) -> Vec<Angle> {
    let mut angles: Vec<Angle> = Vec::new();
    for role in [
        NoteRole::News,
        NoteRole::Background,
        NoteRole::Action,
        NoteRole::Figure,
    ] {
        for story in desk.news() {
            if angles.len() == ANGLES {
                return angles;
            }
            let fresh = fresh_snapshots(story);
            let note = desk
                .notes_of(&fresh)
                .filter(|note| matches!(note.kind, NoteKind::Statement | NoteKind::Quotation))
                .filter(|note| is_news(story, note) && stands(desk, note))
                .find(|note| {
                    note.role == role
                        && angles
                            .iter()
                            .all(|angle| angle.evidence.snapshot != note.snapshot)
                });
            let Some(note) = note else { continue };
            let quote = desk
                .texts
                .get(&note.snapshot)
                .and_then(|text| span(text, note.start, note.end));
            let Some(quote) = quote else { continue };
            angles.push(Angle {
                prompt: PROMPTS[angles.len()].to_owned(),
                quote: Untrusted::new(quote.as_str().to_owned()),
                evidence: SpanRef {
                    snapshot: note.snapshot,
                    start: note.start,
                    end: note.end,
                },
            });
        }
    }
    angles
}
