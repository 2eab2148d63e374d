//! How an issue is built: title, headings, opening, closing, links.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::rule::{Part, Rule, quantile};
use super::sample::{Issue, Sample, Sentence, example};
use crate::words;

/// Headings or titles below which their style is chance.
const HEADINGS_MIN: usize = 4;
/// A habit of most: seven in ten.
const MOST: f64 = 0.7;
/// The rule of an opening that comes back.
pub(super) const OPENS: &str = "Open with the usual words.";
/// The rule of a closing that comes back.
pub(super) const CLOSES: &str = "Close with the usual words.";
/// Sections named.
const SECTIONS_MAX: usize = 12;

pub(super) fn rules(sample: &Sample) -> Vec<Rule> {
    let mut rules = Vec::new();
    rules.extend(titles(sample));
    rules.extend(sections(sample));
    rules.extend(headings(sample));
    rules.extend(edge(sample, ("Open", "opens", OPENS), true));
    rules.extend(edge(sample, ("Close", "closes", CLOSES), false));
    rules.extend(links(sample));
    rules
}

/// How the words of a heading are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Title,
    Sentence,
}

/// The case of a heading; none where it has too few words to tell. Words in capitals are names of their own.
fn case(heading: &str) -> Option<Case> {
    let is_telling = |word: &&str| {
        let shouts = word.chars().filter(|c| c.is_uppercase()).count() > 1;
        word.chars().count() >= 4 && word.chars().all(char::is_alphabetic) && !shouts
    };
    let telling: Vec<&str> = words::words(heading)
        .map(|(_, word)| word)
        .skip(1)
        .filter(is_telling)
        .collect();
    let upper = telling
        .iter()
        .filter(|word| word.starts_with(char::is_uppercase))
        .count();
    match (telling.len(), upper) {
        (0, _) => None,
        (all, upper) if upper * 10 >= all * 7 => Some(Case::Title),
        (all, upper) if upper * 10 <= all * 4 => Some(Case::Sentence),
        _ => None,
    }
}

/// The case of most of them, with how many are in it and how many could be told.
fn common_case(headings: &[&str]) -> Option<(Case, usize, usize)> {
    let cases: Vec<Case> = headings.iter().filter_map(|heading| case(heading)).collect();
    let titles = cases.iter().filter(|case| **case == Case::Title).count();
    let (case, count) = if titles * 2 >= cases.len() {
        (Case::Title, titles)
    } else {
        (Case::Sentence, cases.len() - titles)
    };
    let is_clear = cases.len() >= HEADINGS_MIN && count as f64 >= cases.len() as f64 * MOST;
    is_clear.then_some((case, count, cases.len()))
}

fn titles(sample: &Sample) -> Option<Rule> {
    let titles: Vec<&str> = sample
        .issues
        .iter()
        .filter_map(|issue| issue.title.as_deref())
        .collect();
    if titles.len() < 3 {
        return None;
    }
    let mut lengths: Vec<usize> = titles.iter().map(|title| words::count(title)).collect();
    lengths.sort_unstable();
    let median = quantile(&lengths, 0.5);
    let with = |wanted: fn(&str) -> bool| titles.iter().filter(|title| wanted(title)).count();
    let (colons, questions) = (
        with(|title| title.contains(": ")),
        with(|title| title.ends_with('?')),
    );
    let mut text = format!("Titles of about {median} words");
    let mut measured = format!("{} titles: median {median} words", titles.len());
    if let Some((case, count, of)) = common_case(&titles) {
        text.push_str(match case {
            Case::Title => ", With Capitals as in This",
            Case::Sentence => ", with capitals as in a sentence",
        });
        let _ = write!(measured, ", {count} of {of} so");
    }
    if colons * 2 >= titles.len() {
        text.push_str(", often in two parts with a colon");
    }
    let _ = write!(measured, ", {colons} with a colon, {questions} that ask");
    let examples = titles.iter().take(2).map(|title| example(title)).collect();
    Some(Rule::new(Part::Built, text + ".", measured).with(examples))
}

/// Headings that come back, in the order in which they stand.
fn sections(sample: &Sample) -> Option<Rule> {
    let mut seen: BTreeMap<String, (usize, usize, String)> = BTreeMap::new();
    for issue in &sample.issues {
        let mut counted: Vec<String> = Vec::new();
        for (place, heading) in issue.headings.iter().enumerate() {
            let key = heading.trim().trim_end_matches(':').to_lowercase();
            if counted.contains(&key) {
                continue;
            }
            let entry = seen
                .entry(key.clone())
                .or_insert((0, 0, heading.trim().to_owned()));
            entry.0 += 1;
            entry.1 += place;
            counted.push(key);
        }
    }
    let whole = sample.issues.iter().filter(|issue| !issue.is_bare).count();
    let enough = (whole / 2).max(2);
    let mut back: Vec<(usize, usize, String)> = seen
        .into_values()
        .filter(|(count, ..)| *count >= enough)
        .collect();
    back.sort_by_key(|(count, places, _)| places * 100 / count);
    back.truncate(SECTIONS_MAX);
    if back.is_empty() {
        return None;
    }
    let named: Vec<String> = back
        .iter()
        .map(|(.., heading)| format!("“{}”", example(heading)))
        .collect();
    let counted: Vec<String> = back
        .iter()
        .map(|(count, _, heading)| format!("{} in {count}", example(heading)))
        .collect();
    Some(Rule::new(
        Part::Built,
        format!("Sections that come back, in this order: {}.", named.join(", ")),
        format!("of {whole} issues: {}", counted.join(", ")),
    ))
}

fn headings(sample: &Sample) -> Option<Rule> {
    let all: Vec<&str> = sample
        .issues
        .iter()
        .flat_map(|issue| &issue.headings)
        .map(String::as_str)
        .collect();
    let (case, count, of) = common_case(&all)?;
    let mut lengths: Vec<usize> = all.iter().map(|heading| words::count(heading)).collect();
    lengths.sort_unstable();
    let how = match case {
        Case::Title => "Headings With Capitals as in This",
        Case::Sentence => "Headings with capitals as in a sentence",
    };
    let text = format!("{how}, about {} words long.", quantile(&lengths, 0.5));
    let measured = format!(
        "{count} of {of} headings that tell; {} headings in all",
        all.len()
    );
    let fitting = all.iter().filter(|heading| self::case(heading) == Some(case));
    let examples = fitting.take(2).map(|heading| example(heading)).collect();
    Some(Rule::new(Part::Built, text, measured).with(examples))
}

/// The first or last sentence of each issue.
fn edges(sample: &Sample, is_first: bool) -> Vec<&Sentence> {
    (0..sample.issues.len())
        .filter_map(|number| {
            let mut own = sample
                .sentences
                .iter()
                .filter(|sentence| sentence.issue == number);
            if is_first { own.next() } else { own.next_back() }
        })
        .collect()
}

fn edge(sample: &Sample, (verb, verbs, usual): (&str, &str, &str), is_first: bool) -> Option<Rule> {
    let edges = edges(sample, is_first);
    if edges.len() < 3 {
        return None;
    }
    let examples = |wanted: &dyn Fn(&Sentence) -> bool| {
        let mut found: Vec<String> = Vec::new();
        for sentence in edges.iter().filter(|sentence| wanted(sentence)) {
            let line = example(&sentence.text);
            if !found.contains(&line) && found.len() < 2 {
                found.push(line);
            }
        }
        found
    };
    let measured = |count: usize, what: &str| format!("{count} of {} issues {what}", edges.len());
    if let Some((start, count)) = common_start(&edges) {
        let wanted = |sentence: &Sentence| opening_of(&sentence.text) == start;
        return Some(
            Rule::new(
                Part::Built,
                usual,
                measured(count, &format!("{verb} with “{start} …”").to_lowercase()),
            )
            .with(examples(&wanted)),
        );
    }
    let is_question = |sentence: &Sentence| sentence.text.trim_end().ends_with('?');
    let asking = edges.iter().filter(|sentence| is_question(sentence)).count();
    if asking * 2 >= edges.len() {
        let text = format!("{verb} with a question.");
        return Some(Rule::new(Part::Built, text, measured(asking, "do")).with(examples(&is_question)));
    }
    let mut lengths: Vec<usize> = edges.iter().map(|sentence| sentence.words).collect();
    lengths.sort_unstable();
    let median = quantile(&lengths, 0.5);
    Some(
        Rule::new(
            Part::Built,
            format!("{verb} with a sentence of about {median} words, as these do."),
            format!("what {verbs} {} issues: median {median} words", edges.len()),
        )
        .with(examples(&|_| true)),
    )
}

/// The first three words, as they are compared.
fn opening_of(sentence: &str) -> String {
    let first: Vec<String> = words::words(sentence)
        .take(3)
        .map(|(_, word)| word.to_lowercase())
        .collect();
    first.join(" ")
}

/// Words that a third and more of the sentences begin with.
fn common_start(edges: &[&Sentence]) -> Option<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for sentence in edges {
        *counts.entry(opening_of(&sentence.text)).or_default() += 1;
    }
    let best = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (best.1 >= 3 && best.1 * 3 >= edges.len()).then_some(best)
}

fn links(sample: &Sample) -> Option<Rule> {
    let anchors: Vec<&str> = sample
        .issues
        .iter()
        .flat_map(|issue: &Issue| &issue.anchors)
        .map(String::as_str)
        .collect();
    if anchors.len() < 5 {
        return None;
    }
    let mut lengths: Vec<usize> = anchors.iter().map(|anchor| words::count(anchor)).collect();
    lengths.sort_unstable();
    let is_bare = |anchor: &&&str| anchor.starts_with("http") || anchor.starts_with("www.");
    let is_pointing = |anchor: &&&str| {
        let lower = anchor.trim().to_lowercase();
        ["here", "this", "link", "source", "read more", "more"].contains(&lower.as_str())
    };
    let bare = anchors.iter().filter(is_bare).count();
    let pointing = anchors.iter().filter(is_pointing).count();
    let (median, all) = (quantile(&lengths, 0.5), anchors.len());
    let whole = sample.issues.iter().filter(|issue| !issue.is_bare).count();
    let text = if bare * 2 > all {
        "Links stand as bare addresses.".to_owned()
    } else if pointing * 3 > all {
        "Links hang on a short word such as “here” or “source”.".to_owned()
    } else {
        format!("Links hang on the words that they are about, some {median} of them.")
    };
    let measured = format!(
        "{all} links, {:.1} an issue; median {median} words, {bare} bare addresses, {pointing} on “here” and the like",
        all as f64 / whole.max(1) as f64
    );
    let typical = anchors
        .iter()
        .filter(|anchor| words::count(anchor) == median)
        .take(2);
    let examples = typical.map(|anchor| example(anchor)).collect();
    Some(Rule::new(Part::Built, text, measured).with(examples))
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::page;
    use super::*;

    #[test]
    fn case_is_told_by_the_words_that_have_a_choice() {
        assert_eq!(case("The Week in Cloud Security"), Some(Case::Title));
        assert_eq!(case("The week in cloud security"), Some(Case::Sentence));
        assert_eq!(case("What NASA and IBM do"), None);
        assert_eq!(case("News"), None);
    }

    #[test]
    fn sections_and_greetings_that_come_back_are_named() {
        let issue = |n: usize| {
            page(&format!(
                "# Number {n} of many\n\nGood morning, dear reader number {n}. Much happened.\n\n## The one that matters\n\nA thing.\n\n## Also seen\n\nAnother thing came.\n\nSee you next week, and take care.\n"
            ))
        };
        let sample = Sample::of(&[issue(1), issue(2), issue(3), issue(4)]);
        let found: Vec<Rule> = rules(&sample);
        let has = |words: &str| found.iter().any(|rule| rule.text.contains(words));
        assert!(has("“The one that matters”, “Also seen”"), "{found:?}");
        assert!(has("Open with the usual words"), "{found:?}");
        assert!(has("Close with the usual words"), "{found:?}");
        assert!(
            found.iter().any(|rule| rule
                .examples
                .iter()
                .any(|words| words.starts_with("Good morning"))),
            "{found:?}"
        );
    }
}
