//! Claims against spans of stored sources: a span is read with its sentence, and words belong to who published them.

use std::collections::HashMap;

use copydesk_domain::artifact::{CalcKind, ClaimVerdict, Evidence, Sentence, SentenceKind, Source, SpanRef};
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
    judged_by(text, pieces, |spans| {
        spans.into_iter().map(Evidence::Span).collect()
    })
}

/// Judges a sentence against a calculation over whole pages.
fn calculated(text: &str, calc: CalcKind, pages: &[&str]) -> ClaimVerdict {
    let pieces: Vec<(&str, &str, &str)> = pages.iter().map(|page| ("Norn", *page, *page)).collect();
    judged_by(text, &pieces, |of| vec![Evidence::Calc { calc, of }])
}

fn judged_by(
    text: &str,
    pieces: &[(&str, &str, &str)],
    evidence: impl Fn(Vec<SpanRef>) -> Vec<Evidence>,
) -> ClaimVerdict {
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
    let spans = pieces.iter().map(|(_, page, piece)| {
        let start = page.find(piece).expect("the piece stands in the page");
        SpanRef {
            snapshot: ContentHash::of(page.as_bytes()),
            start,
            end: start + piece.len(),
        }
    });
    let sentence = Sentence {
        id: SentenceId::new("s1"),
        text: Untrusted::new(text.to_owned()),
        kind: SentenceKind::Claim,
        evidence: evidence(spans.collect()),
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

/// Whether a reason of a verdict speaks of a figure so.
fn says(found: &ClaimVerdict, what: &str) -> bool {
    found.reasons.iter().any(|reason| reason.contains(what))
}

const TIMES: [&str; 2] = ["The first talk took 90 minutes.", "The second talk took 2 hours."];
const SALES: [&str; 2] = ["In 2024 Norn sold 30 looms.", "In 2025 Norn sold 40 looms."];

#[test]
fn a_calculated_figure_has_the_unit_of_what_it_was_made_from() {
    for wrong in ["92 hours", "92 minutes", "3.5 minutes"] {
        let found = calculated(&format!("Both talks took {wrong}."), CalcKind::Sum, &TIMES);
        assert_eq!(found.verdict, Verdict::Blocked, "{wrong}: {:?}", found.reasons);
        assert!(
            says(&found, "does not stand in the evidence"),
            "{wrong}: {:?}",
            found.reasons
        );
    }
    for right in ["3.5 hours", "210 minutes"] {
        let found = calculated(&format!("Both talks took {right}."), CalcKind::Sum, &TIMES);
        assert_ne!(found.verdict, Verdict::Blocked, "{right}: {:?}", found.reasons);
        assert!(!says(&found, "another unit"), "{right}: {:?}", found.reasons);
    }
    let bare = calculated("Both talks took 210.", CalcKind::Sum, &TIMES);
    assert_eq!(bare.verdict, Verdict::Unsettled, "{:?}", bare.reasons);
    assert!(says(&bare, "in another unit or in none"), "{:?}", bare.reasons);
}

#[test]
fn a_year_beside_an_amount_is_no_value() {
    let found = calculated("Norn sold 1 loom more.", CalcKind::Difference, &SALES);
    assert!(
        says(&found, "1 does not stand in the evidence"),
        "{:?}",
        found.reasons
    );
    for (text, calc) in [
        ("Norn sold 10 more looms.", CalcKind::Difference),
        ("Norn sold 70 looms.", CalcKind::Sum),
    ] {
        let found = calculated(text, calc, &SALES);
        assert_ne!(found.verdict, Verdict::Blocked, "{text}: {:?}", found.reasons);
    }
    let founded = ["Norn was founded in 1999.", "Norn was sold in 2010."];
    let found = calculated("Norn was sold after 11 years.", CalcKind::Difference, &founded);
    assert_ne!(found.verdict, Verdict::Blocked, "{:?}", found.reasons);
}

#[test]
fn a_decimal_that_ends_in_0_is_a_figure_and_a_version_is_none() {
    let rated = ["Norn was rated 7.0.", "Urd was rated 4.5."];
    let tests = ["Norn scored 7.0 in 3 tests.", "Urd scored 4.5 in 3 tests."];
    let pages = ["Norn was rated 6.5.", "Norn was rated 4.5."];
    // The looms are counted, and not what they weave with.
    let sold = ["Norn 2.0 sold 30 looms.", "Norn 3.0 sold 40 looms."];
    for (text, of) in [
        ("Norn was rated 2.5 higher.", &rated),
        ("Norn scored 2.5 more.", &tests),
        ("The rating rose by 2.0.", &pages),
        ("It sold 10 more looms.", &sold),
    ] {
        let found = calculated(text, CalcKind::Difference, of);
        assert_ne!(found.verdict, Verdict::Blocked, "{text}: {:?}", found.reasons);
        for reason in ["does not stand", "has no number"] {
            assert!(!says(&found, reason), "{text}: {:?}", found.reasons);
        }
    }
    let found = calculated("The rating rose with Norn 2.0.", CalcKind::Difference, &pages);
    assert!(says(&found, "2.0 does not stand"), "{:?}", found.reasons);
    let found = calculated("It sold 1 more loom.", CalcKind::Difference, &sold);
    assert!(says(&found, "1 does not stand"), "{:?}", found.reasons);
}

#[test]
fn what_measures_different_things_is_not_added() {
    let pages = ["Norn sold 30 looms.", "Norn paid $40."];
    let found = calculated("Norn has 70 looms.", CalcKind::Sum, &pages);
    assert!(says(&found, "measure different things"), "{:?}", found.reasons);
    let found = calculated(
        "Norn paid $2 for a loom.",
        CalcKind::Ratio,
        &["Norn paid $60.", "Norn bought 30 looms."],
    );
    assert_ne!(found.verdict, Verdict::Blocked, "{:?}", found.reasons);
    let share = ["The share was 12 %.", "The share was 10 %."];
    let found = calculated(
        "The share rose by 2 percentage points.",
        CalcKind::Difference,
        &share,
    );
    assert_ne!(found.verdict, Verdict::Blocked, "{:?}", found.reasons);
    let found = calculated("The share rose by 2 percent.", CalcKind::Difference, &share);
    assert_eq!(found.verdict, Verdict::Blocked, "{:?}", found.reasons);
}
