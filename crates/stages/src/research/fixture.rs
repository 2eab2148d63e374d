//! Sources and readings for tests.

use copydesk_domain::artifact::{Note, NoteKind, NoteRole, ResearchBrief, Source, Story, Window};
use copydesk_domain::{ContentHash, Instant, StoryId, Untrusted};

use super::reading::Reading;

/// A plain post without a date, owned by `owner`.
pub(crate) fn source(owner: &str, title: &str, text: &str) -> Source {
    let words = |text: &str| Untrusted::new(text.to_owned());
    let snapshot = ContentHash::of(text.as_bytes());
    Source {
        snapshot,
        url: format!("https://{owner}/{}", snapshot.short(6)),
        title: words(title),
        publisher: words(owner),
        authors: Vec::new(),
        owner: owner.to_owned(),
        published_at: None,
        fetched_at: Instant::from_micros(0),
        beats: Vec::new(),
        is_sponsored: false,
        gives_orders: false,
        copy_of: None,
        canonical_url: None,
        is_about_itself: false,
        read_from: None,
        first_published_at: None,
        changed_from: None,
    }
}

/// A post as it was read.
pub(crate) fn reading(source: Source, text: &str) -> Reading {
    Reading {
        feed: source.owner.clone(),
        text: Untrusted::new(text.to_owned()),
        links: Vec::new(),
        page_fault: None,
        fetched_from: source.url.clone(),
        claimed_url: None,
        source,
    }
}

/// A new story without posts.
pub(crate) fn story(id: &str) -> Story {
    Story {
        id: StoryId::new(id),
        title: Untrusted::new(format!("Title of {id}")),
        snapshots: Vec::new(),
        reason: "1 post".to_owned(),
        is_new: true,
        new_snapshots: Vec::new(),
        told_in: None,
        listed_in: None,
        beats: Vec::new(),
        witnesses: 1,
        is_release: false,
        told_at: None,
        new_notes: Vec::new(),
        is_unwanted: false,
    }
}

/// A sentence of a post, as a note.
pub(crate) fn note(id: &str, snapshot: ContentHash) -> Note {
    Note {
        id: id.into(),
        snapshot,
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

/// A brief that read some posts and says nothing of them.
pub(crate) fn brief(sources: Vec<Source>) -> ResearchBrief {
    let at = Instant::from_micros(0);
    ResearchBrief {
        format: String::new(),
        at,
        window: Window { from: at, to: at },
        beats: Vec::new(),
        feeds: Vec::new(),
        stories: Vec::new(),
        notes: Vec::new(),
        sources,
        missing: Vec::new(),
        outside: Vec::new(),
        unread: copydesk_domain::artifact::Unread::default(),
        changes: Vec::new(),
        topics: Vec::new(),
        labels: Vec::new(),
        notes_dropped: 0,
        fields_dropped: 0,
        models: Vec::new(),
    }
}
