//! Texts against a document: what must be found, what must be stopped, and what must never be.

use copydesk_domain::Verdict;
use copydesk_guard::{Evidence, ground, ground_in};

const DOCUMENT: &str = "\
Lattice Systems released Tarnhelm 4.2 on Monday, 20 August 2026. The release fixes a bug that hit up to 40 % of \
clusters, the company said. \
Anna Berger, who leads the storage team in the United Kingdom, said: “We failed to get the balance right.” \
The team removed twenty - five machines from the pool before the upgrade, and prices rose by 5 mln dollars. \
Customers may roll back if the upgrade fails. \
Norn acquired Waldgeist in 2024 for $1.5 billion; Waldgeist had not published a fix. \
The patch (see the notes) reduces memory use, but it does not change the API. \
The meeting starts at 7. Health insurance is offered to all employees. \
Revenue grew by 12 percent in the third quarter.";

fn verdict(text: &str) -> Verdict {
    ground(DOCUMENT, text).verdict
}

#[test]
fn what_the_document_says_is_supported_however_marks_are_set() {
    let evidence = Evidence::of(DOCUMENT);
    for text in [
        "The release fixes a bug that hit up to 40 % of clusters, the company said.",
        "The  release fixes a bug that hit up to 40 % of clusters, the company said.",
        "Anna Berger, who leads the storage team in the United Kingdom, said: \"We failed to get the balance right.\"",
        "According to the post, the release fixes a bug that hit up to 40 % of clusters.",
        "The patch reduces memory use.",
        "Lattice Systems released Tarnhelm 4.2 on Monday.",
        "The document says: “Customers may roll back if the upgrade fails.”",
    ] {
        let found = ground_in(&evidence, text);
        assert_eq!(found.verdict, Verdict::Supported, "{text}: {:?}", found.reasons);
        assert!(found.score >= 1.0, "{text}");
    }
}

#[test]
fn what_contradicts_the_document_is_blocked() {
    for text in [
        "The release fixes a bug that hit up to 400 % of clusters.",
        "Lattice Systems released Tarnhelm 4.3 on Monday.",
        "Lattice Systems released Tarnhelm 4.2 on 21 August 2026.",
        "Erika Berger leads the storage team.",
        "Anna Berger said: “We never got the balance right.”",
        "The release does not fix a bug that hit clusters.",
        "Life insurance is offered to all employees.",
        "Revenue shrank by 12 percent in the third quarter.",
        "Health insurance is offered only to employees of Lattice Systems.",
        "Revenue grew by 12 percentage points in the second quarter of 2019.",
    ] {
        let found = ground(DOCUMENT, text);
        assert_eq!(found.verdict, Verdict::Blocked, "{text}: {:?}", found.reasons);
        assert!(found.score < 0.5, "{text}: {}", found.score);
    }
}

#[test]
fn a_change_of_meaning_is_never_supported() {
    for text in [
        "Customers will roll back if the upgrade fails.",
        "Customers may roll back.",
        "The release fixes a bug that hit 40 % of clusters.",
        "Waldgeist acquired Norn in 2024 for $1.5 billion.",
        "Waldgeist had published a fix.",
        "The patch reduces memory use, but it does change the API.",
        "The team removed twenty - five machines from the pool after the upgrade.",
        "Norn invested in Waldgeist in 2024.",
        "Lattice Systems released Tarnhelm on Tuesday.",
        "The team removed machines from the API.",
    ] {
        assert_ne!(verdict(text), Verdict::Supported, "{text}");
    }
}

#[test]
fn a_paraphrase_is_never_blocked() {
    for text in [
        "Lattice Systems shipped Tarnhelm 4.2 on August 20.",
        "Berger, a Briton, runs storage.",
        "Berger heads storage in the UK.",
        "Later, Berger admitted that the team had failed.",
        "Two companies are named: Norn and Waldgeist.",
        "25 machines were taken out of the pool prior to the upgrade.",
        "Prices went up by 5 million dollars.",
        "Prices increased by $5 million.",
        "The meeting begins at 7 pm.",
        "Critics might call the upgrade late.",
        "1) The patch needs less memory. 2) The API stays as it is.",
        "Everyone who works there gets health insurance.",
        "Revenue rose 12 % in Q3.",
        "Waldgeist did not publish a fix before Norn bought it for 1,500 million dollars.",
        "Anna Berger said: \"we failed to get the balance right\".",
        "The API isn't changed by the patch.",
        "Furthermore, Dr. Anna Berger of Lattice Systems leads the team.",
    ] {
        let found = ground(DOCUMENT, text);
        assert_ne!(found.verdict, Verdict::Blocked, "{text}: {:?}", found.reasons);
    }
}

#[test]
fn reasons_name_the_place() {
    let found = ground(DOCUMENT, "Life insurance is offered to all employees.");
    assert!(
        found
            .reasons
            .iter()
            .any(|reason| reason.contains("“Life”") && reason.contains("“Health”")),
        "{:?}",
        found.reasons
    );
    let found = ground(DOCUMENT, "Customers will roll back if the upgrade fails.");
    assert!(
        found.reasons.iter().any(|reason| reason.contains("may")),
        "{:?}",
        found.reasons
    );
}

#[test]
fn nothing_and_too_much_have_an_answer() {
    assert_eq!(ground(DOCUMENT, "  ").verdict, Verdict::Supported);
    assert_eq!(ground("", "The release fixes a bug.").verdict, Verdict::Blocked);
    assert_eq!(verdict("… !"), Verdict::Supported);
    let long = "The release fixes a bug and ".repeat(2_000);
    let found = ground(DOCUMENT, &long);
    assert_eq!(found.verdict, Verdict::Unsettled);
    assert!(
        found
            .reasons
            .iter()
            .any(|reason| reason.starts_with("it has 12000 words")),
        "{:?}",
        found.reasons
    );
    let quotations = "“bug” and ".repeat(300);
    let found = ground(DOCUMENT, &format!("The release fixes {quotations}more."));
    assert!(
        found
            .reasons
            .iter()
            .any(|reason| reason == "it has 300 quotations, of which 200 were checked"),
        "{:?}",
        found.reasons
    );
}
