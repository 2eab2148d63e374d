//! What a story has to tell that no issue has told.

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::{Note, Story};

/// Whether a story has something to tell: it is new, or has notes that no issue told.
pub(crate) fn has_news(story: &Story) -> bool {
    story.is_new || !story.new_notes.is_empty() || (is_unmarked(story) && !story.new_snapshots.is_empty())
}

/// Whether a note of the story says what no issue has told.
pub(crate) fn is_news(story: &Story, note: &Note) -> bool {
    if story.is_new {
        true
    } else if is_unmarked(story) {
        story.new_snapshots.contains(&note.snapshot)
    } else {
        story.new_notes.contains(&note.id)
    }
}

/// The snapshots of a story that may be quoted.
pub(crate) fn fresh_snapshots(story: &Story) -> Vec<ContentHash> {
    if story.is_new {
        story.snapshots.clone()
    } else {
        story.new_snapshots.clone()
    }
}

/// Briefs of older versions mark no notes; there a new page is what is new.
fn is_unmarked(story: &Story) -> bool {
    story.told_at.is_none()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::{NoteKind, NoteRole};
    use copydesk_domain::{Instant, StoryId, Untrusted};

    use super::*;

    fn note(id: &str, snapshot: &str) -> Note {
        Note {
            id: id.into(),
            snapshot: ContentHash::of(snapshot.as_bytes()),
            start: 0,
            end: 1,
            kind: NoteKind::Statement,
            role: NoteRole::News,
            who: None,
            what: None,
            value: None,
            unit: None,
            date: None,
        }
    }

    fn told() -> Story {
        let hash = |name: &str| ContentHash::of(name.as_bytes());
        Story {
            id: StoryId::new("s1"),
            title: Untrusted::new("A mirror falls".to_owned()),
            snapshots: vec![hash("old"), hash("new")],
            reason: String::new(),
            is_new: false,
            new_snapshots: vec![hash("new")],
            told_in: Some("2026-08-12".to_owned()),
            listed_in: None,
            beats: Vec::new(),
            witnesses: 1,
            is_release: false,
            told_at: Some(Instant::from_micros(0)),
            new_notes: vec!["n2".into()],
            is_unwanted: false,
        }
    }

    #[test]
    fn of_a_told_story_only_the_notes_that_no_issue_told_are_news() {
        let story = told();
        assert!(has_news(&story) && is_news(&story, &note("n2", "new")));
        assert!(
            !is_news(&story, &note("n3", "new")),
            "a new page may repeat what is known"
        );
        let repeated = Story {
            new_notes: Vec::new(),
            ..told()
        };
        assert!(
            !has_news(&repeated),
            "a new page that says nothing new is no news"
        );
    }

    #[test]
    fn a_brief_that_marks_no_notes_goes_by_its_pages() {
        let older = Story {
            told_at: None,
            new_notes: Vec::new(),
            ..told()
        };
        assert!(has_news(&older) && is_news(&older, &note("n9", "new")));
        assert!(!is_news(&older, &note("n9", "old")));
    }
}
