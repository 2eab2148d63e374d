use copydesk_domain::SentenceId;
use jiff::civil::date;

use super::{Place, Standing, Statement, contradictions};

/// What is found between two sentences of one issue, from the first one's side.
fn within(a: &str, b: &str) -> Option<(String, Standing)> {
    let ids = [SentenceId::new("s1"), SentenceId::new("s2")];
    let own = [statement(&ids[0], a, None), statement(&ids[1], b, None)];
    let found = contradictions(&own, &[]);
    assert!(
        found.len() == 2 || found.is_empty(),
        "both sides are told: {found:?}"
    );
    let first = found.into_iter().next()?;
    assert_eq!((first.own, first.other), (0, Place::Own(1)));
    Some((first.difference, first.standing))
}

/// What is found between a sentence and one of an issue two weeks before.
fn with_past(a: &str, b: &str) -> Option<String> {
    let ids = [SentenceId::new("s1"), SentenceId::new("s9")];
    let own = [statement(&ids[0], a, None)];
    let past = [statement(&ids[1], b, Some("2026-08-06-lights-out"))];
    let found = contradictions(&own, &past);
    let first = found.into_iter().next()?;
    assert_eq!(first.other, Place::Past(0));
    Some(first.difference)
}

fn statement<'a>(id: &'a SentenceId, text: &'a str, issue: Option<&'a str>) -> Statement<'a> {
    let date = if issue.is_some() {
        date(2026, 8, 6)
    } else {
        date(2026, 8, 20)
    };
    Statement {
        id,
        text,
        issue,
        date,
        publishers: Vec::new(),
    }
}

#[test]
fn one_thing_with_two_values_is_a_contradiction() {
    for (a, b) in [
        (
            "The outage at Norn hit 40 clusters in Frankfurt.",
            "The outage at Norn hit 60 clusters in Frankfurt.",
        ),
        (
            "The drug cut the risk of a stroke by 12 percent in the trial.",
            "In the trial, the drug cut the risk of a stroke by 21 percent.",
        ),
        (
            "The city will spend $3 million on the new bridge.",
            "The city will spend €3 million on the new bridge.",
        ),
        (
            "Waldgeist released version 4.2 of its database on 3 August.",
            "Waldgeist released version 4.2 of its database on 5 August.",
        ),
        (
            "The patch closes the hole in the kernel module.",
            "The patch does not close the hole in the kernel module.",
        ),
        (
            "Prices of used cars rose in the city in July.",
            "Prices of used cars fell in the city in July.",
        ),
        (
            "Waldgeist was acquired by Norn for two billion dollars.",
            "Waldgeist was acquired by Lattice for two billion dollars.",
        ),
        (
            "Harriers beat Rovers in the cup final by 3 goals.",
            "Harriers beat Rovers in the cup final by 4 goals.",
        ),
    ] {
        let found = within(a, b);
        if a.contains("$3") {
            // Another unit is another figure, not another value of one.
            assert!(found.is_none(), "{a} / {b}: {found:?}");
            continue;
        }
        assert!(matches!(found, Some((_, Standing::Open))), "{a} / {b}: {found:?}");
    }
}

#[test]
fn other_things_other_days_and_other_versions_are_none() {
    for (a, b) in [
        (
            "Tarnhelm 4.1 fixes 12 flaws in the query planner.",
            "Tarnhelm 4.2 fixes 14 flaws in the query planner.",
        ),
        (
            "Tarnhelm fixes 12 flaws in the query planner.",
            "Waldgeist fixes 14 flaws in the query planner.",
        ),
        (
            "The index of the Frankfurt exchange stood at 310 points on Monday.",
            "The index of the Frankfurt exchange stood at 350 points on Tuesday.",
        ),
        (
            "The outage hit 40 critical clusters of Norn.",
            "The outage hit 60 clusters of Norn.",
        ),
        (
            "The committee met the union on 3 August.",
            "The committee met the union on 5 August.",
        ),
        (
            "Lattice works with Norn on storage.",
            "Lattice works with Waldgeist on storage.",
        ),
        (
            "The release fixes up to 40 flaws in the parser.",
            "The release fixes 36 flaws in the parser.",
        ),
        (
            "About 1.3 million users installed the update of the app.",
            "The update of the app was installed by 1.28 million users.",
        ),
        (
            "The accounts differ: Norn says “40 flaws in the parser”, Lattice says “36 flaws in the parser”.",
            "Norn says “40 flaws in the parser”.",
        ),
        (
            "The vaccine protects adults.",
            "The vaccine does not protect infants.",
        ),
    ] {
        assert_eq!(within(a, b), None, "{a} / {b}");
    }
}

#[test]
fn a_text_that_states_the_difference_or_the_change_is_told_so() {
    let stated = within(
        "Norn says the outage hit 40 clusters in Frankfurt.",
        "Lattice, however, says the outage hit 60 clusters in Frankfurt.",
    );
    assert_eq!(stated.map(|(_, standing)| standing), Some(Standing::Stated));
    let updated = within(
        "The outage in Frankfurt hit 40 clusters of Norn.",
        "The outage in Frankfurt hit 60 clusters of Norn, according to the revised count.",
    );
    assert!(
        matches!(updated, None | Some((_, Standing::Updated))),
        "{updated:?}"
    );
}

#[test]
fn a_past_issue_is_contradicted_by_what_holds_still() {
    assert_eq!(
        with_past(
            "Norn acquired Waldgeist for $1.5 billion.",
            "Norn acquired Waldgeist for $1.8 billion."
        )
        .as_deref(),
        Some("$1.5 billion / $1.8 billion")
    );
    assert_eq!(
        with_past(
            "The app of the city has 40 thousand users.",
            "The app of the city has 36 thousand users."
        ),
        None,
        "a count may grow in two weeks"
    );
    assert_eq!(
        with_past(
            "Waldgeist has published a fix for the parser.",
            "Waldgeist has not published a fix for the parser."
        ),
        None,
        "what was not yet so may be so now"
    );
}
