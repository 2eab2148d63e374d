//! Claims against spans of stored sources: a span is read with its sentence, and words belong to who published them.

use std::collections::HashMap;

use copydesk_domain::artifact::{ClaimVerdict, Evidence, Sentence, SentenceKind, Source, SpanRef};
use copydesk_domain::{ContentHash, Instant, SentenceId, Untrusted, Verdict};
use copydesk_guard::{Ledger, judge};

fn source(text: &str, publisher: &str) -> Source {
    Source {
        snapshot: ContentHash::of(text.as_bytes()),
        url: "https://press.example/post".to_owned(),
        title: Untrusted::new("A post".to_owned()),
        publisher: Untrusted::new(publisher.to_owned()),
        authors: Vec::new(),
        owner: publisher.to_owned(),
        published_at: None,
        fetched_at: "2026-08-20T03:00:00Z".parse::<Instant>().unwrap(),
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

/// Judges a sentence against pieces of pages: publisher, page, piece.
fn judged(text: &str, pieces: &[(&str, &str, &str)]) -> ClaimVerdict {
    let sources: Vec<Source> = pieces
        .iter()
        .map(|(publisher, page, _)| source(page, publisher))
        .collect();
    let texts: HashMap<ContentHash, Untrusted<String>> = pieces
        .iter()
        .map(|(_, page, _)| {
            (
                ContentHash::of(page.as_bytes()),
                Untrusted::new((*page).to_owned()),
            )
        })
        .collect();
    let evidence = pieces.iter().map(|(_, page, piece)| {
        let start = page.find(piece).expect("the piece stands in the page");
        Evidence::Span(SpanRef {
            snapshot: ContentHash::of(page.as_bytes()),
            start,
            end: start + piece.len(),
        })
    });
    let sentence = Sentence {
        id: SentenceId::new("s1"),
        text: Untrusted::new(text.to_owned()),
        kind: SentenceKind::Claim,
        evidence: evidence.collect(),
    };
    let ledger = Ledger {
        texts: &texts,
        sources: &sources,
        beats: &[],
        feeds: &[],
        stories: &[],
        day: None,
    };
    judge(&sentence, &ledger)
}

const DENIED: &str =
    "The week was calm. It is false that attackers changed 40 packages in the registry. All is well.";
const PIECE: &str = "attackers changed 40 packages in the registry";

#[test]
fn a_piece_of_a_denied_sentence_supports_nothing() {
    for text in [
        "Attackers changed 40 packages in the registry.",
        "Norn writes: “attackers changed 40 packages in the registry”.",
    ] {
        let found = judged(text, &[("Norn", DENIED, PIECE)]);
        assert_eq!(found.verdict, Verdict::Unsettled, "{text}: {:?}", found.reasons);
    }
}

#[test]
fn the_span_that_is_shown_stays_what_the_note_holds() {
    let found = judged(
        "Attackers changed 40 packages in the registry.",
        &[("Norn", DENIED, PIECE)],
    );
    assert_eq!(found.spans[0].end - found.spans[0].start, PIECE.len());
}

#[test]
fn a_piece_of_a_plain_sentence_supports_what_it_says() {
    let page = "The week was calm. On Monday attackers changed 40 packages in the registry. All is well.";
    for text in [
        "On Monday attackers changed 40 packages in the registry.",
        "Norn writes: “attackers changed 40 packages in the registry”.",
    ] {
        let found = judged(text, &[("Norn", page, PIECE)]);
        assert_eq!(found.verdict, Verdict::Supported, "{text}: {:?}", found.reasons);
    }
}

#[test]
fn a_line_that_leads_on_is_read_with_the_piece() {
    let page = "It is wrong to say that\nAcme paid the ransom in May\nThe end.";
    let found = judged(
        "Acme paid the ransom in May.",
        &[("Norn", page, "Acme paid the ransom in May")],
    );
    assert_eq!(found.verdict, Verdict::Unsettled, "{:?}", found.reasons);
}

#[test]
fn the_words_of_one_publisher_are_not_given_to_another() {
    let pieces = [
        (
            "Norn",
            "The cache is slow on old disks.",
            "The cache is slow on old disks.",
        ),
        (
            "Lattice",
            "The cache is fast on old disks.",
            "The cache is fast on old disks.",
        ),
    ];
    let found = judged("Norn writes: “The cache is fast on old disks.”", &pieces);
    assert_eq!(found.verdict, Verdict::Unsettled, "{:?}", found.reasons);
    let found = judged("Lattice writes: “The cache is fast on old disks.”", &pieces);
    assert_eq!(found.verdict, Verdict::Supported, "{:?}", found.reasons);
}
