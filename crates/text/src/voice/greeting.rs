//! How an issue greets and how it takes leave: the lines at its two ends that come back, sentences or not.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Part, Rule};
use super::sample::{Sample, example};
use crate::words;

/// The rule of a greeting.
pub(super) const GREETS: &str = "Greet the reader first, as these do.";
/// The rule of leave-taking.
pub(super) const LEAVES: &str = "Take leave as these do.";
/// Issues below which a line that comes back is chance.
const ISSUES_MIN: usize = 3;
/// Words of a greeting: `Good morning from rainy Bergen`.
const GREETING_WORDS_MAX: usize = 6;
/// Words of one line of leave-taking; a longer one is text.
const LEAVE_WORDS_MAX: usize = 12;
/// Words that a greeting begins with whatever follows them: names and places change.
const GREETINGS: &str = "hi hello hey dear welcome greetings good howdy hallo liebe lieber guten moin bonjour salut hola \
    buenos ciao buongiorno";
/// What stands at the end of a page and is no word of the author's.
const FOOTERS: &[&str] = &[
    "unsubscribe",
    "subscribe",
    "in your browser",
    "forwarded",
    "©",
    "copyright",
    "http",
    "share this",
];

pub(super) fn rules(sample: &Sample) -> Vec<Rule> {
    let mut rules = Vec::new();
    rules.extend(greeting(sample));
    rules.extend(leave(sample));
    rules
}

/// Whether so many of the issues are a habit: a third, and no fewer than three.
fn is_habit(count: usize, of: usize) -> bool {
    count >= ISSUES_MIN && count * 3 >= of
}

fn greeting(sample: &Sample) -> Option<Rule> {
    let heads: Vec<&str> = sample
        .issues
        .iter()
        .filter_map(|issue| issue.first_line.as_deref())
        .filter_map(head)
        .collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for key in heads.iter().flat_map(|head| keys(head)) {
        *counts.entry(key).or_default() += 1;
    }
    // Of two that are as common the longer one says more.
    let (key, count) = counts
        .into_iter()
        .max_by_key(|(key, count)| (*count, words::count(key)))?;
    if !is_habit(count, sample.issues.len()) {
        return None;
    }
    let mut examples: Vec<String> = Vec::new();
    for head in heads.iter().filter(|head| keys(head).contains(&key)) {
        let line = example(head);
        if !examples.contains(&line) && examples.len() < 2 {
            examples.push(line);
        }
    }
    let measured = format!("{count} of {} issues open with “{key} …”", sample.issues.len());
    Some(Rule::new(Part::Built, GREETS, measured).with(examples))
}

/// What a line begins with up to its first mark, where that is short enough for a greeting.
fn head(line: &str) -> Option<&str> {
    let end = line
        .find([',', '!', '.', ':', '?', '—', '–'])
        .unwrap_or(line.len());
    let head = line[..end].trim();
    (1..=GREETING_WORDS_MAX)
        .contains(&words::count(head))
        .then_some(head)
}

/// What a greeting is counted under: its words, and its first one or two where they greet whoever follows.
fn keys(head: &str) -> BTreeSet<String> {
    let all = normal(head);
    let mut keys = BTreeSet::from([all.join(" ")]);
    let greets = |word: &String| GREETINGS.split_whitespace().any(|known| known == word);
    if all.first().is_some_and(greets) {
        keys.insert(all[0].clone());
        keys.insert(all[..all.len().min(2)].join(" "));
    }
    keys
}

fn leave(sample: &Sample) -> Option<Rule> {
    let ends: Vec<Vec<&str>> = sample
        .issues
        .iter()
        .map(|issue| lines(&issue.last_lines))
        .collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for end in &ends {
        let own: BTreeSet<String> = end.iter().flat_map(|line| leave_keys(line)).collect();
        for key in own {
            *counts.entry(key).or_default() += 1;
        }
    }
    let comes_back = |line: &&str| {
        let mut keys = leave_keys(line).into_iter();
        keys.any(|key| is_habit(counts[&key], sample.issues.len()))
    };
    let mut count = 0;
    let mut examples: Vec<String> = Vec::new();
    for end in &ends {
        let usual: Vec<&str> = end.iter().filter(|line| comes_back(line)).copied().collect();
        if usual.is_empty() {
            continue;
        }
        count += 1;
        let line = example(&usual.join(" / "));
        if !examples.contains(&line) && examples.len() < 2 {
            examples.push(line);
        }
    }
    let measured = format!(
        "{count} of {} issues end with words that come back",
        sample.issues.len()
    );
    (count > 0).then(|| Rule::new(Part::Built, LEAVES, measured).with(examples))
}

/// The short lines at the end, in order, without what a page adds below them.
fn lines(last: &[String]) -> Vec<&str> {
    let is_footer = |line: &str| {
        let lower = line.to_lowercase();
        FOOTERS.iter().any(|footer| lower.contains(footer))
    };
    let is_short = |line: &&str| words::count(line) <= LEAVE_WORDS_MAX;
    let own = last.iter().map(String::as_str).filter(|line| !is_footer(line));
    own.filter(is_short).collect()
}

/// What a line of leave-taking is counted under: its words, and the first three of them.
fn leave_keys(line: &str) -> BTreeSet<String> {
    let all = normal(line);
    if all.is_empty() {
        return BTreeSet::new();
    }
    BTreeSet::from([all.join(" "), all[..all.len().min(3)].join(" ")])
}

fn normal(text: &str) -> Vec<String> {
    words::words(text).map(|(_, word)| word.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::page;
    use super::*;

    fn found(issues: &[&str]) -> Vec<Rule> {
        let pages: Vec<crate::page::Page> = issues.iter().map(|issue| page(issue)).collect();
        rules(&Sample::of(&pages))
    }

    const BODY: &str =
        "The harbour closed on Monday, and nobody knows when it opens again. Boats wait outside.";

    #[test]
    fn a_greeting_and_a_name_on_lines_of_their_own_are_told() {
        let issue = |place: &str| format!("Hello from {place},\n\n{BODY}\n\nUntil next week,\n\n— Ada\n");
        let issues = [issue("Bergen"), issue("Oslo"), issue("the train"), issue("Oslo")];
        let issues: Vec<&str> = issues.iter().map(String::as_str).collect();
        let rules = found(&issues);
        assert_eq!(rules.len(), 2, "{rules:?}");
        assert_eq!(rules[0].examples, ["Hello from Bergen", "Hello from Oslo"]);
        assert_eq!(rules[0].measured, "4 of 4 issues open with “hello from …”");
        assert_eq!(rules[1].examples, ["Until next week, / — Ada"]);
    }

    #[test]
    fn a_greeting_in_front_of_other_words_is_told() {
        let issue = |what: &str| format!("Hi all, {what} came in today.\n\n{BODY}\n\nBest,\nAda\n");
        let issues = [issue("a ship"), issue("no ship"), issue("the mail")];
        let issues: Vec<&str> = issues.iter().map(String::as_str).collect();
        let rules = found(&issues);
        assert_eq!(rules[0].examples, ["Hi all"]);
        assert_eq!(rules[1].examples, ["Best, Ada"]);
    }

    #[test]
    fn issues_that_begin_and_end_with_their_news_have_neither() {
        let issues = [
            "Rust 1.98 is out, with faster builds.\n\nUsers can update with rustup.",
            "A region opens in Oslo, says Nimbus.\n\nPrices match those of Frankfurt.",
            "Attackers published packages, says Hawk.\n\nThe registry removed all of them.\n\nUnsubscribe",
            "Nothing happened.\n\nThe week was long.\n\nUnsubscribe",
            "A queue grows.\n\nNobody knows why.\n\nUnsubscribe",
        ];
        assert_eq!(found(&issues), []);
    }
}
