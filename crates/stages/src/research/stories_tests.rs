use copydesk_domain::artifact::{LabelKind, Source, StoryLabel};
use copydesk_domain::{Instant, Untrusted};

use super::super::{copies, fixture};
use super::*;

fn doc(title: &str, text: &str) -> Doc {
    Doc {
        title: title.to_owned(),
        text: text.to_owned(),
        ..Doc::default()
    }
}

#[test]
fn posts_on_one_advisory_are_one_story() {
    let docs = [
        doc("Notice to customers: flaw OAL-41877", "We patched it."),
        doc("Quiet day", "Nothing of note."),
        doc("Incident report on OAL-41877", "Version 3.8.3 is out."),
        doc("How a fix spread", "The flaw OAL-41877 was fixed within a day."),
        doc("OAL-41902: another flaw", "It hangs."),
        doc("Three flaws: OAL-41902, OAL-41903, OAL-41904", "A list."),
    ];
    assert_eq!(joined_by_advisory(&docs, (0..6).collect()), [0, 1, 0, 0, 4, 5]);
}

#[test]
fn ids_of_advisories_are_found() {
    let text = "CVE-2026-33056 and RUSTSEC-2026-0012, not UTF-8, SHA-256, x86-64 or GPT-4.";
    assert_eq!(advisories(text), ["CVE-2026-33056", "RUSTSEC-2026-0012"]);
}

#[test]
fn releases_name_a_version() {
    assert!(is_release("Announcing Rust 1.98.0"));
    assert!(is_release("Go 1.27 is released"));
    assert!(is_release("pnpm 11.21-11.22"));
    assert!(!is_release(
        "arrayref: arrayref 0.3.10 was removed due to a malicious dependency"
    ));
    assert!(!is_release("Supply chain attack on arrayref"));
}

/// What happened, as two owners tell it on two days; each knows something of its own.
const CLOSING: &str = "Open Harbour will close its public registry on 30 September. The registry of Open Harbour \
    served 1,200 projects, and owners can move their images to Norn Cloud with one command.";
const ANSWER: &str = "The public registry of Open Harbour closes on 30 September. Moss moved its 60 images from the \
    registry of Open Harbour to Norn Cloud with the one command that owners were given.";
const OTHER: &str = "The choir of Graz won a medal in Lisbon. Its leader thanked the town for new rooms.";

fn reading(title: &str, text: &str, owner: &str, day: &str) -> Reading {
    let source = Source {
        published_at: day.parse().ok(),
        ..fixture::source(owner, title, text)
    };
    fixture::reading(source, text)
}

fn today() -> Vec<Reading> {
    vec![
        reading(
            "Moss leaves the Open Harbour registry",
            ANSWER,
            "moss.example",
            "2026-08-13",
        ),
        reading("A choir wins a medal", OTHER, "choir.example", "2026-08-13"),
    ]
}

/// The first telling of the story, yesterday.
fn yesterday(how: How) -> Told {
    Told {
        snapshot: ContentHash::of(CLOSING.as_bytes()),
        slug: "2026-08-12".to_owned(),
        at: Instant::from_micros(7),
        how,
        title: Untrusted::new("Open Harbour closes its registry".to_owned()),
        text: Untrusted::new(CLOSING.to_owned()),
        url: "https://harbour.example/closing".to_owned(),
        published_at: "2026-08-12".parse().ok(),
    }
}

fn label(kind: LabelKind, first: &str, other: Option<&str>) -> StoryLabel {
    StoryLabel {
        kind,
        snapshots: vec![ContentHash::of(first.as_bytes())],
        others: other
            .iter()
            .map(|text| ContentHash::of(text.as_bytes()))
            .collect(),
        at: Instant::from_micros(0),
    }
}

fn history(told: Vec<Told>, labels: Vec<StoryLabel>) -> History {
    History {
        told,
        labels,
        ..History::default()
    }
}

#[test]
fn a_story_that_was_told_yesterday_goes_on_today() {
    let stories = find(&today(), &history(vec![yesterday(How::Told)], Vec::new()));
    let [moss, choir] = &stories[..] else {
        panic!("{stories:?}")
    };
    assert_eq!(
        (moss.is_new, moss.told_in.as_deref()),
        (false, Some("2026-08-12"))
    );
    assert_eq!(moss.told_at, Some(Instant::from_micros(7)));
    assert_eq!(
        moss.new_snapshots, moss.snapshots,
        "yesterday's issue did not have it"
    );
    assert!(choir.is_new && choir.told_in.is_none() && choir.new_snapshots.is_empty());
}

#[test]
fn the_same_text_under_two_owners_is_one_witness() {
    let closing = reading(
        "Open Harbour closes its registry",
        CLOSING,
        "harbour.example",
        "2026-08-13",
    );
    let copy = reading("Harbour shuts registry", CLOSING, "copies.example", "2026-08-13");
    let mut readings = vec![closing, copy, today().remove(0)];
    copies::fold(&mut readings);
    let stories = find(&readings, &History::default());
    assert_eq!((stories.len(), stories[0].witnesses), (1, 2), "{stories:?}");
}

#[test]
fn what_the_author_joined_is_one_story_today() {
    let merge = label(LabelKind::Merge, ANSWER, Some(OTHER));
    let stories = find(&today(), &history(Vec::new(), vec![merge]));
    assert_eq!((stories.len(), stories[0].snapshots.len()), (1, 2));
}

#[test]
fn what_the_author_parted_from_yesterdays_story_is_new_today() {
    let split = label(LabelKind::Split, ANSWER, Some(CLOSING));
    let stories = find(&today(), &history(vec![yesterday(How::Told)], vec![split]));
    assert_eq!((stories.len(), stories[0].is_new), (2, true));
}

#[test]
fn what_follows_on_an_unwanted_story_is_unwanted_too() {
    let unwanted = label(LabelKind::NotInterested, CLOSING, None);
    let stories = find(&today(), &history(vec![yesterday(How::Labelled)], vec![unwanted]));
    let [moss, choir] = &stories[..] else {
        panic!("{stories:?}")
    };
    assert!(moss.is_unwanted && !choir.is_unwanted);
    assert!(moss.is_new, "no issue told it");
}
