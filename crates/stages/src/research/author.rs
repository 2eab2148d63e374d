//! The author's own notes: sources like any other.

use copydesk_domain::artifact::{Fetch, ReadFrom, Source};
use copydesk_domain::{PublishedAt, Untrusted};
use copydesk_journal::{AuthorNoteInput, StageContext, StageInputs, StepError};
use copydesk_store::SnapshotParams;

use super::reading::{AUTHOR, Reading};

/// Characters of a note's first line that stand for it in a list of sources.
const TITLE_MAX: usize = 90;

/// The bytes of a note that its snapshot has.
pub(crate) fn text_of(note: &AuthorNoteInput) -> &str {
    note.text.trim()
}

/// The first line of a note; a long one ends behind a word, with an ellipsis.
fn title_of(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim_end();
    let Some((cut, _)) = line.char_indices().nth(TITLE_MAX) else {
        return line.to_owned();
    };
    // A script without blanks has no better place than the limit.
    let end = if line[cut..].starts_with(char::is_whitespace) {
        cut
    } else {
        line[..cut].rfind(char::is_whitespace).unwrap_or(cut)
    };
    let kept = line[..end].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':'));
    format!("{kept}…")
}

/// Notes of the author as snapshots owned by `author`.
pub(crate) async fn read(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<Reading>, StepError> {
    let mut readings = Vec::new();
    for note in &inputs.author_notes {
        let text = Untrusted::new(text_of(note).to_owned());
        let title = Untrusted::new(title_of(text_of(note)));
        let publisher = Untrusted::new("The author".to_owned());
        let fetch = Fetch {
            url: format!("note:{}", note.from),
            fetched_at: ctx.now(),
            title: Some(title.clone()),
            authors: Vec::new(),
            published_at: Some(PublishedAt::At(note.at)),
            publisher: publisher.clone(),
        };
        let url = fetch.url.clone();
        let snapshot = SnapshotParams {
            text: text.clone(),
            owner: AUTHOR.to_owned(),
            fetch,
        };
        let hash = ctx.put_snapshot(snapshot).await?;
        let source = Source {
            snapshot: hash,
            url,
            title,
            publisher,
            authors: Vec::new(),
            owner: AUTHOR.to_owned(),
            published_at: Some(PublishedAt::At(note.at)),
            fetched_at: ctx.now(),
            beats: Vec::new(),
            is_sponsored: false,
            gives_orders: false,
            copy_of: None,
            canonical_url: None,
            is_about_itself: false,
            read_from: Some(ReadFrom::Note),
            first_published_at: None,
            changed_from: None,
        };
        readings.push(Reading {
            feed: "notes".to_owned(),
            fetched_from: source.url.clone(),
            source,
            text,
            links: Vec::new(),
            page_fault: None,
            claimed_url: None,
        });
    }
    Ok(readings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_long_note_ends_behind_a_word() {
        let note = "I ran the new planner on the mirrors: it took 14 % less time on nine, and 3 of its 12 mirrors fell.\nMore.";
        let title = title_of(note);
        assert_eq!(
            title,
            "I ran the new planner on the mirrors: it took 14 % less time on nine, and 3 of its 12…"
        );
        assert_eq!(title_of("A short one.\nMore."), "A short one.");
        let whole = "x".repeat(TITLE_MAX);
        assert_eq!(title_of(&whole), whole);
        assert_eq!(title_of(&format!("{whole} y")), format!("{whole}…"));
        assert_eq!(
            title_of(&"語".repeat(TITLE_MAX + 1)),
            format!("{}…", "語".repeat(TITLE_MAX))
        );
    }
}
