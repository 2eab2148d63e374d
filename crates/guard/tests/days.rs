//! `Today` of an issue against `today` of its sources.

use std::collections::HashMap;

use copydesk_domain::artifact::{ClaimVerdict, Evidence, Sentence, SentenceKind, Source, SpanRef, Story};
use copydesk_domain::{ContentHash, Instant, PublishedAt, SentenceId, StoryId, Untrusted, Verdict};
use copydesk_guard::{IssueDay, Ledger, ONE_WITNESS, judge};
use jiff::tz::TimeZone;

/// The issue speaks on a Thursday.
const TODAY: &str = "2026-08-20";

fn source(text: &str, owner: &str, published_at: Option<&str>) -> Source {
    Source {
        snapshot: ContentHash::of(text.as_bytes()),
        url: format!("https://{owner}/post"),
        title: Untrusted::new("A post".to_owned()),
        publisher: Untrusted::new("Lattice".to_owned()),
        authors: Vec::new(),
        owner: owner.to_owned(),
        published_at: published_at.map(|at| at.parse::<PublishedAt>().unwrap()),
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

/// Judges a sentence of an issue of 20 August 2026 in Berlin against whole sources.
fn judged(text: &str, sources: &[(&str, Source)]) -> ClaimVerdict {
    judged_of(text, sources, &[])
}

/// The same for an issue whose brief has some stories.
fn judged_of(text: &str, sources: &[(&str, Source)], stories: &[Story]) -> ClaimVerdict {
    let texts: HashMap<ContentHash, Untrusted<String>> = sources
        .iter()
        .map(|(text, source)| (source.snapshot, Untrusted::new((*text).to_owned())))
        .collect();
    let evidence = sources.iter().map(|(text, source)| {
        Evidence::Span(SpanRef {
            snapshot: source.snapshot,
            start: 0,
            end: text.len(),
        })
    });
    let sentence = Sentence {
        id: SentenceId::new("s1"),
        text: Untrusted::new(text.to_owned()),
        kind: SentenceKind::Claim,
        evidence: evidence.collect(),
    };
    let known: Vec<Source> = sources.iter().map(|(_, source)| source.clone()).collect();
    let day = IssueDay {
        date: TODAY.parse().unwrap(),
        zone: TimeZone::get("Europe/Berlin").unwrap(),
    };
    judge(
        &sentence,
        &Ledger {
            texts: &texts,
            sources: &known,
            beats: &[],
            feeds: &[],
            stories,
            day: Some(&day),
        },
    )
}

fn against(text: &str, document: &str, published_at: Option<&str>) -> ClaimVerdict {
    judged(
        text,
        &[(document, source(document, "lattice.example", published_at))],
    )
}

#[test]
fn days_are_compared_as_days_and_not_as_words() {
    for line in include_str!("days.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [published_at, wanted, document, text] = parts[..] else {
            panic!("four columns: {line}");
        };
        let wanted = match wanted {
            "yes" => Verdict::Supported,
            "open" => Verdict::Unsettled,
            "no" => Verdict::Blocked,
            other => panic!("no such word: {other}"),
        };
        let found = against(text, document, Some(published_at));
        assert_eq!(found.verdict, wanted, "{line}: {:?}", found.reasons);
    }
}

#[test]
fn the_day_of_an_issue_that_told_the_story_is_known_from_the_brief_alone() {
    let document = "Lattice found keys of 47 customers in the leaked backup.";
    let source = source(document, "lattice.example", Some("2026-08-20T03:00:00Z"));
    let story = Story {
        id: StoryId::new("s1"),
        title: Untrusted::new("A leak".to_owned()),
        snapshots: vec![source.snapshot],
        reason: String::new(),
        is_new: false,
        new_snapshots: vec![source.snapshot],
        told_in: Some("2026-08-13-a-leak".to_owned()),
        listed_in: None,
        beats: Vec::new(),
        witnesses: 1,
        is_release: false,
        // Past midnight in Berlin.
        told_at: Some("2026-08-12T23:30:00Z".parse().unwrap()),
        new_notes: Vec::new(),
        is_unwanted: false,
    };
    let told = |day: &str, stories: &[Story]| {
        let text = format!("New since our issue of {day}, from Lattice: “{document}”");
        judged_of(&text, &[(document, source.clone())], stories)
    };
    let story = [story];
    let right = told("13 August 2026", &story);
    assert_eq!(right.verdict, Verdict::Supported, "{:?}", right.reasons);
    let wrong = told("12 August 2026", &story);
    assert_eq!(wrong.verdict, Verdict::Blocked, "{:?}", wrong.reasons);
    assert!(
        wrong.reasons[0].contains("told on 13 August 2026"),
        "{:?}",
        wrong.reasons
    );
    assert_eq!(told("13 August 2026", &[]).verdict, Verdict::Blocked);
}

#[test]
fn a_source_without_a_date_leaves_today_open() {
    let found = against(
        "Lattice released Tarnhelm today.",
        "Lattice released Tarnhelm today.",
        None,
    );
    assert_eq!(found.verdict, Verdict::Unsettled, "{:?}", found.reasons);
    assert!(
        found.reasons[0].contains("nobody knows of which day the source is"),
        "{:?}",
        found.reasons
    );
}

#[test]
fn a_reason_names_both_dates() {
    let found = against(
        "Lattice released Tarnhelm today.",
        "Lattice released Tarnhelm today.",
        Some("2026-08-17T09:00:00Z"),
    );
    let both = ["20 August 2026", "17 August 2026"];
    assert!(
        found
            .reasons
            .iter()
            .any(|reason| both.iter().all(|date| reason.contains(date))),
        "{:?}",
        found.reasons
    );
}

#[test]
fn quoted_words_are_the_sources_own_and_the_author_is_told_of_another_day() {
    let document = "We release Tarnhelm today.";
    let old = against(
        "Lattice writes: “We release Tarnhelm today.”",
        document,
        Some("2026-08-12T09:00:00Z"),
    );
    let is_told = |claim: &ClaimVerdict| {
        claim
            .reasons
            .iter()
            .any(|reason| reason.contains("that is another day"))
    };
    assert_eq!(old.verdict, Verdict::Supported, "{:?}", old.reasons);
    assert!(is_told(&old), "{:?}", old.reasons);
    let fresh = against(
        "Lattice writes: “We release Tarnhelm today.”",
        document,
        Some("2026-08-19T09:00:00Z"),
    );
    assert_eq!(fresh.verdict, Verdict::Supported, "{:?}", fresh.reasons);
    assert!(!is_told(&fresh), "{:?}", fresh.reasons);
    let dated = against(
        "Lattice wrote on 12 August: “We release Tarnhelm today.”",
        document,
        Some("2026-08-12T09:00:00Z"),
    );
    assert_eq!(dated.verdict, Verdict::Supported, "{:?}", dated.reasons);
    assert!(!is_told(&dated), "{:?}", dated.reasons);
}

#[test]
fn of_these_times_is_no_day() {
    let text = "Today most browsers know the format.";
    let found = against(text, text, Some("2026-08-12T09:00:00Z"));
    assert_ne!(found.verdict, Verdict::Blocked, "{:?}", found.reasons);
}

#[test]
fn one_text_is_one_witness_whoever_publishes_it() {
    let day = Some("2026-08-20T04:00:00Z");
    let (text, copy, other) = (
        "Lattice released Tarnhelm. It fixes a leak.",
        "Lattice released Tarnhelm. It fixes a leak. (Agency)",
        "Lattice released Tarnhelm, says Norn.",
    );
    let first = source(text, "lattice.example", day);
    let mut second = source(copy, "norn.example", day);
    second.copy_of = Some(first.snapshot);
    let third = source(other, "waldgeist.example", day);
    let claim = "Lattice released Tarnhelm.";
    let copied = judged(claim, &[(text, first.clone()), (copy, second.clone())]);
    assert_eq!(copied.witnesses, 1);
    assert!(
        copied.reasons.contains(&ONE_WITNESS.to_owned()),
        "{:?}",
        copied.reasons
    );
    let own_words = judged(claim, &[(text, first.clone()), (other, third)]);
    assert_eq!(own_words.witnesses, 2);
    assert!(!own_words.reasons.contains(&ONE_WITNESS.to_owned()));
    let mut house = source(copy, "lattice.example", day);
    house.copy_of = None;
    assert_eq!(judged(claim, &[(text, first), (copy, house)]).witnesses, 1);
}

#[test]
fn the_words_of_a_publishers_name_say_nothing_of_their_own() {
    let document = "The new planner is ready after the team had worked on it for 11 months.";
    let source = Source {
        publisher: Untrusted::new("This Week in Rust".to_owned()),
        ..source(document, "week.example", None)
    };
    let text = "The new planner is ready after 11 months of work, This Week in Rust reports.";
    let verdict = judged(text, &[(document, source)]);
    assert_ne!(verdict.verdict, Verdict::Blocked, "{:?}", verdict.reasons);
}

#[test]
fn the_verb_that_hands_over_to_a_quotation_says_nothing_of_its_own() {
    let document =
        "To switch out of the test rows, just remove the variable of the planner and start it anew.";
    let source = Source {
        publisher: Untrusted::new("Inside Norn Blog".to_owned()),
        ..source(document, "norn.example", None)
    };
    let told = |verb: &str| format!("The Inside Norn Blog {verb}: “{document}”");
    for verb in ["adds", "goes on", "reports"] {
        let verdict = judged(&told(verb), &[(document, source.clone())]);
        assert_eq!(
            verdict.verdict,
            Verdict::Supported,
            "{verb}: {:?}",
            verdict.reasons
        );
    }
}
