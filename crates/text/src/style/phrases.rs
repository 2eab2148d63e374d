//! Phrases of the reviewed list.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Flaw, Habit};

/// A line of the list.
struct Phrase {
    habit: Habit,
    pattern: Regex,
    is_opening: bool,
    instead: Instead,
}

/// What stands in the place of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Instead {
    /// Only the author can say.
    Unknown,
    /// Nothing.
    Nothing,
    /// These words.
    Words(String),
}

static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    include_str!("phrases.txt")
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| phrase(line).expect("each line of the list has three parts; the tests read it"))
        .collect()
});

fn phrase(line: &str) -> Option<Phrase> {
    let mut parts = line.split('|').map(str::trim);
    let (kind, words, instead) = (parts.next()?, parts.next()?, parts.next()?);
    let habit = match kind {
        "opening" | "worn" => Habit::Worn,
        "machine" => Habit::Machine,
        "hype" => Habit::Hype,
        "empty" => Habit::Empty,
        "wordy" => Habit::Wordy,
        _ => return None,
    };
    let is_opening = kind == "opening";
    let pattern = Regex::new(&pattern(words, is_opening)).ok()?;
    let instead = match instead {
        "" => Instead::Unknown,
        "-" => Instead::Nothing,
        words => Instead::Words(words.to_owned()),
    };
    Some(Phrase {
        habit,
        pattern,
        is_opening,
        instead,
    })
}

/// The phrase as a pattern: see the head of the list.
fn pattern(words: &str, is_opening: bool) -> String {
    let mut pattern = String::from(if is_opening { r"(?i)^" } else { r"(?i)\b" });
    for (at, token) in words.split_whitespace().enumerate() {
        if at > 0 {
            pattern.push_str(r"\s+");
        }
        let (token, mark) = match token.strip_suffix([',', ':']) {
            Some(bare) => (bare, &token[bare.len()..]),
            None => (token, ""),
        };
        let choices: Vec<String> = token.split('/').map(choice).collect();
        let _ = write!(pattern, "(?:{})", choices.join("|"));
        if mark == "," {
            pattern.push_str(",?");
        } else {
            pattern.push_str(mark);
        }
    }
    pattern.push_str(if words.ends_with([',', ':']) { r"\s" } else { r"\b" });
    pattern
}

fn choice(word: &str) -> String {
    if word == "*" {
        return r"[\w-]+".to_owned();
    }
    let (word, ending) = match word.strip_suffix('~') {
        Some(head) => (head, r"\w*"),
        None => (word, ""),
    };
    let parts: Vec<String> = word.split('~').map(regex::escape).collect();
    let escaped = parts.join(r"\s+").replace('\'', "['’]");
    escaped + ending
}

/// The phrases of a sentence. `own`: the sentence without its quotations, place by place.
pub(super) fn find(sentence: &str, own: &str) -> Vec<Flaw> {
    let mut found = Vec::new();
    for phrase in PHRASES.iter() {
        let Some(hit) = phrase.pattern.find(own) else {
            continue;
        };
        if phrase.habit == Habit::Empty && !stands_before_a_quality(&own[hit.end()..]) {
            continue;
        }
        let what = sentence[hit.range()].trim().trim_end_matches([',', ':']);
        found.push(Flaw {
            habit: phrase.habit,
            what: what.to_owned(),
            replacement: rewritten(sentence, hit.range(), phrase),
            range: hit.range(),
        });
    }
    found
}

/// Whether a plain small word follows: `truly fast`, and not `truly.`, `truly, the …` or `truly “…”`.
fn stands_before_a_quality(rest: &str) -> bool {
    let mut letters = rest.strip_prefix(' ').unwrap_or_default().chars();
    letters.next().is_some_and(char::is_lowercase)
}

/// The sentence with the phrase replaced, its first letter as large as it was.
fn rewritten(sentence: &str, range: Range<usize>, phrase: &Phrase) -> Option<String> {
    let (head, rest) = (&sentence[..range.start], &sentence[range.end..]);
    let text = match &phrase.instead {
        Instead::Unknown => return None,
        Instead::Nothing if phrase.is_opening => rest.trim_start().to_owned(),
        Instead::Nothing => format!("{head}{}", rest.strip_prefix(' ').unwrap_or(rest)),
        Instead::Words(words) => format!("{head}{words}{rest}"),
    };
    let mut letters = text.chars();
    let first = letters.next()?;
    let was_large = sentence.starts_with(char::is_uppercase);
    Some(if was_large {
        first.to_uppercase().chain(letters).collect()
    } else {
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_read() {
        let lines = include_str!("phrases.txt")
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        assert!(lines.clone().count() > 100);
        for line in lines {
            assert!(phrase(line).is_some(), "{line}");
        }
    }

    #[test]
    fn forms_and_marks_of_a_phrase_are_known() {
        let hits = |text: &str| {
            find(text, text)
                .into_iter()
                .map(|flaw| flaw.what)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            hits("In today’s digital landscape, all is new."),
            ["In today’s digital landscape"]
        );
        assert_eq!(hits("It revolutionises storage."), ["revolutionises"]);
        assert_eq!(
            hits("It is worth noting that all is new."),
            ["It is worth noting that"]
        );
        assert_eq!(hits("A myriad of tools came."), ["A myriad of"]);
        assert!(hits("He is truly.").is_empty());
    }

    #[test]
    fn a_capital_stays_at_the_head() {
        let flaw = find("A myriad of tools came.", "A myriad of tools came.").remove(0);
        assert_eq!(flaw.replacement.as_deref(), Some("Many tools came."));
    }
}
