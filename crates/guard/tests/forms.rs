//! A table of changed sentences: for each kind of change right and wrong forms, over politics, health, sport, tech and
//! finance. Written for this test; no sentence comes from a data set.

use std::collections::BTreeMap;

use copydesk_domain::Verdict;
use copydesk_guard::ground;

/// A line of the table.
struct Case {
    class: &'static str,
    wanted: &'static str,
    document: String,
    text: &'static str,
}

fn cases() -> Vec<Case> {
    include_str!("forms.txt")
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let parts: Vec<&'static str> = line.split(" | ").map(str::trim).collect();
            let [class, wanted, document, text] = parts[..] else {
                panic!("four columns: {line}");
            };
            Case {
                class,
                wanted,
                document: document.replace('⏎', "\n"),
                text,
            }
        })
        .collect()
}

fn is_right(wanted: &str, verdict: Verdict) -> bool {
    match wanted {
        "yes" => verdict == Verdict::Supported,
        "open" => verdict != Verdict::Blocked,
        "doubt" => verdict != Verdict::Supported,
        "no" => verdict == Verdict::Blocked,
        other => panic!("no such word: {other}"),
    }
}

#[test]
fn every_form_of_the_table_gets_its_verdict() {
    let mut faults = Vec::new();
    for case in cases() {
        let found = ground(&case.document, case.text);
        if !is_right(case.wanted, found.verdict) {
            faults.push(format!(
                "{} wants {}, is {:?}: {} ← {}\n    {:?}",
                case.class, case.wanted, found.verdict, case.text, case.document, found.reasons
            ));
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn every_class_has_right_and_wrong_forms_and_every_verdict_its_reason() {
    let mut classes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut count = 0;
    for case in cases() {
        let (right, wrong) = classes.entry(case.class).or_default();
        if matches!(case.wanted, "yes" | "open") {
            *right += 1;
        } else {
            *wrong += 1;
        }
        count += 1;
        assert!(
            !ground(&case.document, case.text).reasons.is_empty(),
            "{}",
            case.text
        );
    }
    assert!(count >= 120, "{count}");
    for (class, (right, wrong)) in classes {
        assert!(
            right + wrong >= 4 && wrong >= 1,
            "{class}: {right} right, {wrong} wrong"
        );
    }
}
