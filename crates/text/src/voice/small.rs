//! Spelling, numbers and marks.

use std::sync::LazyLock;

use regex::Regex;

use super::rule::{Part, Rule, share};
use super::sample::Sample;

/// Places below which a choice is chance.
const ENOUGH: usize = 5;
/// Share of the places at which a choice is a habit.
const CLEAR: f64 = 0.75;

/// Word beginnings that are spelt one way in British and another in American English.
const SPELLINGS: &[(&str, &str)] = &[
    ("analys(?:e|ed|ing)\\b", "analyz"),
    ("behaviour", "behavior"),
    ("cancell(?:ed|ing)", "cancel(?:ed|ing)"),
    ("catalogue", "catalog\\b"),
    ("centre", "center"),
    ("colour", "color"),
    ("customis", "customiz"),
    ("defence", "defense"),
    ("favour", "favor"),
    ("finalis(?:e|ing)", "finaliz"),
    ("grey", "gray"),
    ("honour", "honor(?:ed|s|ing)?\\b"),
    ("initialis", "initializ"),
    ("labell(?:ed|ing)", "label(?:ed|ing)"),
    ("labour", "labor\\b"),
    ("minimis", "minimiz"),
    ("modell(?:ed|ing)", "model(?:ed|ing)"),
    ("neighbour", "neighbor"),
    ("normalis", "normaliz"),
    ("optimis(?:e|ed|es|ing|ation)", "optimiz"),
    ("organis(?:e|i|a)", "organiz"),
    ("prioritis", "prioritiz"),
    ("realis(?:e|ed|es|ing)\\b", "realiz"),
    ("recognis", "recogniz"),
    ("sceptic", "skeptic"),
    ("signall(?:ed|ing)", "signal(?:ed|ing)"),
    ("specialis(?:e|ed|es|ing)", "specializ"),
    ("standardis", "standardiz"),
    ("summaris", "summariz"),
    ("synchronis", "synchroniz"),
    ("travell(?:ed|ing|er)", "travel(?:ed|ing|er)\\b"),
    ("utilis", "utiliz"),
    ("visualis", "visualiz"),
];

fn spelling_pattern(pick: fn(&(&'static str, &'static str)) -> &'static str) -> Regex {
    let all: Vec<&str> = SPELLINGS.iter().map(pick).collect();
    Regex::new(&format!("(?i)\\b(?:{})", all.join("|"))).expect("the pattern is fixed and valid")
}

static BRITISH: LazyLock<Regex> = LazyLock::new(|| spelling_pattern(|pair| pair.0));
static AMERICAN: LazyLock<Regex> = LazyLock::new(|| spelling_pattern(|pair| pair.1));

/// A choice between two ways, told by how often each was taken.
struct Choice {
    first: (&'static str, &'static str, Regex),
    second: (&'static str, &'static str, Regex),
}

fn choice(first: (&'static str, &'static str, &str), second: (&'static str, &'static str, &str)) -> Choice {
    let pattern = |text: &str| Regex::new(text).expect("the pattern is fixed and valid");
    Choice {
        first: (first.0, first.1, pattern(first.2)),
        second: (second.0, second.1, pattern(second.2)),
    }
}

static CHOICES: LazyLock<Vec<Choice>> = LazyLock::new(|| {
    vec![
        choice(
            (
                "A comma before the last “and” of a list: “a, b, and c”.",
                "lists with it",
                r"\w, (?:[\w'’-]+ ){0,2}[\w'’-]+, (?:and|or) ",
            ),
            (
                "Lists as in “a, b and c”: the last “and” stands alone.",
                "lists without it",
                r"\w, (?:[\w'’-]+ ){0,1}[\w'’-]+ (?:and|or) \w",
            ),
        ),
        choice(
            ("“%” after a figure.", "with the sign", r"\d ?%"),
            (
                "The word “percent” after a figure, as in “40 percent”.",
                "with the word",
                r"(?i)\d (?:percent|per cent)\b",
            ),
        ),
        choice(
            (
                "Numbers from two to nine in words.",
                "in words",
                r"(?i)\b(?:two|three|four|five|six|seven|eight|nine)\b",
            ),
            (
                "Numbers in figures, small ones too.",
                "in figures",
                r"(?:^|[\s(])[2-9](?:[\s,;)]|\.\s|$)",
            ),
        ),
        choice(
            (
                "Curly quotation marks and apostrophes: “so”, it’s.",
                "curly",
                "[“”’]",
            ),
            ("Straight quotation marks and apostrophes.", "straight", "[\"']"),
        ),
    ]
});

pub(super) fn rules(sample: &Sample) -> Vec<Rule> {
    let mut rules: Vec<Rule> = spelling(sample).into_iter().collect();
    for choice in CHOICES.iter() {
        let (first, second) = (sample.count(&choice.first.2), sample.count(&choice.second.2));
        let Some(part) = share(first, second, ENOUGH) else {
            continue;
        };
        let (taken, count) = match part {
            _ if part >= CLEAR => (&choice.first, first),
            _ if part <= 1.0 - CLEAR => (&choice.second, second),
            _ => continue,
        };
        let measured = format!("{count} of {} {}", first + second, taken.1);
        let examples = sample.examples(|sentence| taken.2.is_match(sentence));
        rules.push(Rule::new(Part::Small, taken.0, measured).with(examples));
    }
    rules
}

fn spelling(sample: &Sample) -> Option<Rule> {
    let (british, american) = (sample.count(&BRITISH), sample.count(&AMERICAN));
    let part = share(british, american, ENOUGH)?;
    let (name, pattern, count) = match part {
        _ if part >= CLEAR => ("British", &*BRITISH, british),
        _ if part <= 1.0 - CLEAR => ("American", &*AMERICAN, american),
        _ => return None,
    };
    let mut found: Vec<String> = pattern
        .find_iter(&sample.own)
        .map(|word| whole_word(&sample.own, word.start()))
        .collect();
    found.sort();
    found.dedup();
    found.truncate(4);
    let measured = format!(
        "{count} of {} words that differ, such as {}",
        british + american,
        found.join(", ")
    );
    Some(Rule::new(Part::Small, format!("{name} spelling."), measured))
}

/// The word that begins at a place, in lower case.
fn whole_word(text: &str, start: usize) -> String {
    let word = text[start..].split(|c: char| !c.is_alphanumeric()).next();
    word.unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::HouseStyle;

    use super::super::sample::tests::page;
    use super::*;
    use crate::style::house_style;

    fn texts(markdown: &str) -> Vec<String> {
        let rules = rules(&Sample::of(&[page(markdown)]));
        rules.into_iter().map(|rule| rule.text).collect()
    }

    #[test]
    fn spelling_and_lists_are_told_by_most_places() {
        let british =
            texts(&"The colour, the shape and the behaviour of two organisms differ by 5 %.\n\n".repeat(6));
        assert!(british.contains(&"British spelling.".to_owned()), "{british:?}");
        assert!(
            british.iter().any(|text| text.starts_with("Lists as in")),
            "{british:?}"
        );
        let american = texts(
            &"The color, the shape, and the behavior of 3 organisms differ by 5 percent.\n\n".repeat(6),
        );
        assert!(
            american.contains(&"American spelling.".to_owned()),
            "{american:?}"
        );
        assert!(
            american.iter().any(|text| text.starts_with("A comma before")),
            "{american:?}"
        );
        assert!(
            american
                .iter()
                .any(|text| text.starts_with("The word “percent” after")),
            "{american:?}"
        );
    }

    #[test]
    fn no_choice_forbids_what_it_asks_for() {
        for choice in CHOICES.iter() {
            for text in [choice.first.0, choice.second.0] {
                assert_eq!(house_style(text), HouseStyle::default(), "{text}");
            }
        }
    }

    #[test]
    fn a_mixed_text_has_no_spelling() {
        let mixed = texts(&"The colour and the color of it.\n\n".repeat(6));
        assert!(!mixed.iter().any(|text| text.ends_with("spelling.")), "{mixed:?}");
    }
}
