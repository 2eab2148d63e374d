//! Made-up notes for tests.

use copydesk_domain::artifact::{NoteKind, NoteRole};
use copydesk_domain::task::{TakeNotesInput, WriteNote, WriteSectionInput, WriteStory};

use super::super::notes;

/// A page: publisher, title, date, text.
pub type Page = (&'static str, &'static str, &'static str, &'static str);

/// A fault that two publishers count differently, with advice.
pub const FAULT: &[Page] = &[
    (
        "Norn project",
        "Norn 4.2.1 rolls back the index update",
        "2026-08-18T09:00:00Z",
        "Norn 4.2.1 is out and rolls back the index update that corrupted write logs on Monday. \
         Norn's telemetry counts about 3,600 clusters that took the faulty update before the rollback.\n\
         What to do\n\
         Upgrade every node to Norn 4.2.1 before the next backup.",
    ),
    (
        "Lattice Labs",
        "What the Norn fault did to our customers",
        "2026-08-18T12:00:00Z",
        "Engineers at Lattice Labs saw the first corrupted log at noon on Monday, three hours before the rollback. \
         A scan by Lattice Labs counted 4,200 clusters that took the faulty update of Norn before the rollback.",
    ),
    (
        "Lattice Labs",
        "Restores after the Norn fault",
        "2026-08-18T13:00:00Z",
        "\"Nobody had tested a restore from a log in that state,\" said Ada Berg, who leads storage at Lattice Labs. \
         Lattice Labs restored 900 customer databases by Tuesday evening.",
    ),
    (
        "Gazette",
        "Norn fault hits hospitals",
        "2026-08-18T15:00:00Z",
        "Two hospitals in Tromvik had to enter patient records by hand because of the Norn fault.",
    ),
];

/// A story from pages, with the notes that the model itself takes.
pub fn story(id: &str, pages: &[Page], first_source: u32) -> WriteStory {
    let mut publishers: Vec<&str> = pages.iter().map(|page| page.0).collect();
    publishers.dedup();
    let notes = (first_source..)
        .zip(pages)
        .flat_map(|(source, page)| notes_of(id, page, source))
        .collect();
    WriteStory {
        id: id.to_owned(),
        title: pages[0].1.into(),
        posts: u32::try_from(pages.len()).expect("a handful"),
        witnesses: u32::try_from(publishers.len()).expect("a handful"),
        publishers: publishers.into_iter().map(Into::into).collect(),
        told_in: None,
        told_on: None,
        notes,
    }
}

fn notes_of(story: &str, page: &Page, source: u32) -> Vec<WriteNote> {
    let taken = notes::take(&TakeNotesInput {
        title: page.1.into(),
        publisher: page.0.into(),
        published_at: page.2.parse().ok(),
        now: None,
        text: page.3.into(),
        beats: Vec::new(),
        notes_max: 8,
    });
    let data = |text: Option<String>| text.map(|text| text.as_str().into());
    let write = |(at, draft): (usize, copydesk_domain::task::NoteDraft)| WriteNote {
        id: format!("{story}-{source}-{at}"),
        source,
        publisher: page.0.into(),
        title: page.1.into(),
        kind: draft.kind,
        role: draft.role,
        quote: draft.quote.as_str().into(),
        context: draft.quote.as_str().into(),
        who: data(draft.who),
        what: data(draft.what),
        value: data(draft.value),
        unit: data(draft.unit),
        published_at: page.2.parse().ok(),
        is_new: true,
    };
    taken.notes.into_iter().enumerate().map(write).collect()
}

/// A plain note.
pub fn note(id: &str, source: u32, quote: &str) -> WriteNote {
    WriteNote {
        id: id.to_owned(),
        source,
        publisher: "Norn project".into(),
        title: "Notes".into(),
        kind: NoteKind::Statement,
        role: NoteRole::News,
        quote: quote.into(),
        context: quote.into(),
        who: None,
        what: None,
        value: None,
        unit: None,
        published_at: None,
        is_new: true,
    }
}

/// A section of a kind.
pub fn input(kind: &str, words_max: u32, stories: Vec<WriteStory>) -> WriteSectionInput {
    WriteSectionInput {
        heading: "A heading".to_owned(),
        kind: kind.to_owned(),
        words_max,
        plain: false,
        format: String::new(),
        style: copydesk_domain::task::HouseStyle::default(),
        stories,
        said: Vec::new(),
        quoted_words: Vec::new(),
        author_note: None,
    }
}
