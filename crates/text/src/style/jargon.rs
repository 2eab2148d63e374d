//! Words of a trade in a text that promised plain words.
//!
//! A general method, for any trade: abbreviations that nobody spelled out, words that only a program knows, and long
//! rare words; beside it a reviewed list for the trade that this program is mostly used in.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::regex;
use crate::readability::syllables;
use crate::words;

/// Why a word is taken for one of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// An abbreviation that the text spells out nowhere.
    Abbreviation,
    /// A name that only a program knows: `max_age`, `readFile`, `0x1f`.
    Code,
    /// The list has it.
    Trade,
    /// Long and rare.
    Long,
}

/// A word of a trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Where it stands.
    pub range: Range<usize>,
    /// The word.
    pub text: String,
    /// Why.
    pub why: Why,
    /// Plainer words of the same meaning, where the list has them.
    pub plainer: Option<&'static str>,
}

/// Letters from which a word may be long and rare.
const LONG_LETTERS: usize = 13;
/// Syllables from which it is.
const LONG_SYLLABLES: usize = 5;

/// Abbreviations that every reader of a newspaper knows.
const KNOWN: &[&str] = &[
    "AI", "AM", "AD", "BBC", "BC", "CEO", "CFO", "CIA", "CO2", "COO", "COVID", "CTO", "DIY", "DNA", "DVD",
    "EU", "FAQ", "FBI", "GDP", "GMT", "GPS", "HR", "ID", "IQ", "IT", "LED", "MIT", "NASA", "NATO", "NGO",
    "NHS", "OECD", "OK", "PC", "PDF", "PIN", "PM", "PR", "RSS", "SMS", "TV", "UFO", "UK", "UN", "US", "USA",
    "USB", "UTC", "VAT", "VIP", "WHO", "WWW",
];

/// Long words that everybody knows, by stem.
static EVERYDAY: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    "administration administrative advertisement approximately characteristic collaboration communication \
     congratulations consideration constitutional contribution controversial determination disappointing \
     discrimination documentation electricity encyclopedia entertainment environmental establishment \
     examination experimental extraordinary functionality identification immediately implementation \
     independently infrastructure intelligence international investigation manufacturer mathematical \
     multinational organisation organization parliamentary participation pharmaceutical population \
     possibility presentation professional recommendation refrigerator relationship representative \
     responsibility revolutionary satisfaction significantly simultaneously sophisticated specifically \
     straightforward technological telecommunication temporarily transportation understanding \
     unfortunately university unfamiliar vegetarian accountability automatically availability \
     experimentation generation individually intentionally particularly periodically personalisation \
     personalization realistically sustainability theoretically traditionally unconventional universally"
        .split_whitespace()
        .map(words::stem)
        .collect()
});

/// The list: single words by stem, others as written in small letters.
static TRADE: LazyLock<BTreeMap<String, Option<&'static str>>> = LazyLock::new(|| {
    include_str!("jargon.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains('|'))
        .filter_map(|line| line.split_once('|'))
        .map(|(word, plainer)| {
            let (word, plainer) = (word.trim(), plainer.trim());
            let key = if is_single(word) {
                words::stem(word)
            } else {
                word.to_owned()
            };
            (key, (!plainer.is_empty()).then_some(plainer))
        })
        .collect()
});

fn is_single(word: &str) -> bool {
    !word.contains([' ', '-'])
}

/// The words of a trade in `text`, each once, by where they first stand. `issue`: all that the reader has read, in
/// which an abbreviation may be spelled out.
pub fn jargon(text: &str, issue: &str) -> Vec<Term> {
    let mut found = compounds(text);
    for (range, word) in words::words(text) {
        let is_inside = |known: &Term| known.range.start <= range.start && range.end <= known.range.end;
        if found.iter().any(is_inside) {
            continue;
        }
        if let Some((why, plainer)) = judge(text, &range, word, issue) {
            found.push(Term {
                text: word.to_owned(),
                range,
                why,
                plainer,
            });
        }
    }
    found.sort_by_key(|term| term.range.start);
    let mut seen = BTreeSet::new();
    found.retain(|term| seen.insert(term.text.to_lowercase()));
    found
}

/// Entries of the list that have several words or a hyphen.
fn compounds(text: &str) -> Vec<Term> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (term, plainer) in TRADE.iter().filter(|(term, _)| !is_single(term)) {
        for (at, _) in lower.match_indices(term.as_str()) {
            let end = at + term.len();
            let before = lower[..at].chars().next_back();
            let after = lower[end..].trim_start_matches('s').chars().next();
            if ![before, after].into_iter().flatten().any(words::is_word_char) {
                found.push(Term {
                    range: at..end,
                    text: text[at..end].to_owned(),
                    why: Why::Trade,
                    plainer: *plainer,
                });
            }
        }
    }
    found
}

fn judge(text: &str, range: &Range<usize>, word: &str, issue: &str) -> Option<(Why, Option<&'static str>)> {
    if is_abbreviation(word) {
        let is_open = !KNOWN.contains(&word.trim_end_matches('s')) && !is_spelled_out(word, issue);
        return is_open.then_some((Why::Abbreviation, None));
    }
    if is_of_code(word) {
        return Some((Why::Code, None));
    }
    // A capital inside a sentence makes a name, and names are no jargon.
    let is_head = text[..range.start].trim_end().is_empty()
        || text[..range.start].trim_end().ends_with(['.', '“', '"']);
    if word.starts_with(char::is_uppercase) && !is_head {
        return None;
    }
    let stem = words::stem(word);
    if let Some(plainer) = TRADE.get(&stem) {
        // The plainer words stand for the word as listed; another form of it would need another form of them.
        let is_as_listed = include_str!("jargon.txt")
            .lines()
            .any(|line| line.split('|').next().is_some_and(|listed| listed.trim() == word));
        return Some((Why::Trade, plainer.filter(|_| is_as_listed)));
    }
    let is_long = word.chars().count() >= LONG_LETTERS && syllables(word) >= LONG_SYLLABLES;
    (is_long && !EVERYDAY.contains(&stem)).then_some((Why::Long, None))
}

/// `EPP`, `SDKs`, `mTLS`; not `I`, `Q3` or a year.
fn is_abbreviation(word: &str) -> bool {
    static ABBREVIATION: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?:[a-z]?[A-Z]{2,6}s?|[A-Z]{2,5}\d?)$"));
    ABBREVIATION.is_match(word)
}

/// Whether the text gives the words of an abbreviation: `Endpoint Picker (EPP)`, `EPP (Endpoint Picker)`.
fn is_spelled_out(word: &str, issue: &str) -> bool {
    let bare = word.trim_end_matches('s');
    issue.match_indices(bare).any(|(at, _)| {
        let (before, after) = (&issue[..at], &issue[at + bare.len()..]);
        let in_brackets = before
            .strip_suffix('(')
            .is_some_and(|head| gives_letters(head, bare));
        let explained = after
            .trim_start_matches('s')
            .strip_prefix(" (")
            .and_then(|rest| rest.split(')').next())
            .is_some_and(|inside| gives_letters(inside, bare));
        in_brackets || explained
    })
}

/// Whether the last words of a text, no more than the letters, hold the letters in order, each word beginning where
/// the first of its letters does.
fn gives_letters(text: &str, letters: &str) -> bool {
    let all: Vec<String> = words::words(text).map(|(_, word)| word.to_lowercase()).collect();
    let letters: Vec<char> = letters.to_lowercase().chars().collect();
    (1..=letters.len().min(all.len())).any(|count| {
        let last = &all[all.len() - count..];
        let starts = last[0].starts_with(letters[0]);
        let mut rest = letters.iter().peekable();
        for letter in last.iter().flat_map(|word| word.chars()) {
            if rest.peek() == Some(&&letter) {
                rest.next();
            }
        }
        starts && rest.peek().is_none()
    })
}

/// `max_age`, `readFile`, `v8`, `x86`; not `GitHub`, `4K`, `2nd` or `10x`.
fn is_of_code(word: &str) -> bool {
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"^(?:\w+_\w+|_\w+|[a-z]+[a-z0-9]*[A-Z]\w*|0x[0-9a-fA-F]+|[a-z]{1,6}\d+[a-z]*)$")
    });
    CODE.is_match(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, Why)> {
        jargon(text, text)
            .into_iter()
            .map(|term| (term.text, term.why))
            .collect()
    }

    #[test]
    fn abbreviations_want_their_words_once() {
        assert_eq!(
            found("The EPP picks a server."),
            [("EPP".to_owned(), Why::Abbreviation)]
        );
        assert!(found("The Endpoint Picker (EPP) chooses a server, and EPP is quick.").is_empty());
        assert!(found("The EPP (Endpoint Picker) chooses.").is_empty());
        assert!(found("The US and the EU use AI on TV.").is_empty());
    }

    #[test]
    fn the_list_names_plainer_words_for_the_word_itself() {
        let term = jargon("The vulnerability is closed.", "").remove(0);
        assert_eq!(
            (term.text.as_str(), term.plainer),
            ("vulnerability", Some("security hole"))
        );
        let term = jargon("Many vulnerabilities are closed.", "").remove(0);
        assert_eq!((term.why, term.plainer), (Why::Trade, None));
        assert_eq!(
            found("A supply chain attack hit it."),
            [("supply chain attack".to_owned(), Why::Trade)]
        );
    }

    #[test]
    fn what_only_a_program_knows_is_seen() {
        assert_eq!(
            found("Set max_age in readFile, then x86 works."),
            [
                ("max_age".to_owned(), Why::Code),
                ("readFile".to_owned(), Why::Code),
                ("x86".to_owned(), Why::Code)
            ]
        );
        assert_eq!(
            found("The reinterpretability is odd."),
            [("reinterpretability".to_owned(), Why::Long)]
        );
    }

    #[test]
    fn plain_words_and_names_are_not() {
        for text in [
            "GitHub and OpenAI agreed on Monday to share what they know.",
            "The maintainers removed twelve packages and locked the accounts of 3 people.",
            "The organisation took responsibility for the administration of the 2nd fund in Q3.",
            "Node and Compiler are names here: ask Node Ltd.",
        ] {
            let terms = found(text);
            assert!(terms.is_empty() || text.starts_with("Node"), "{text}: {terms:?}");
        }
    }

    #[test]
    fn every_line_of_the_list_is_read() {
        let lines = include_str!("jargon.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        for line in lines {
            assert_eq!(line.matches('|').count(), 1, "{line}");
        }
        assert!(TRADE.len() > 100);
    }
}
