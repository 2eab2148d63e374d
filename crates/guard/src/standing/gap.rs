//! What stands between two words that a sentence and its evidence share: small words, tenses and symbols in each other's
//! place.

use std::collections::HashSet;
use std::ops::Range;

use copydesk_text::words;

use super::cut::is_aside;
use crate::tokens::Token;

/// A text with its words.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
}

impl<'a> Side<'a> {
    fn word(self, at: usize) -> &'a str {
        let range = self.tokens.get(at).map_or(0..0, |token| token.range.clone());
        self.text.get(range).unwrap_or_default()
    }

    fn lowers(self, range: Range<usize>) -> Vec<String> {
        range.map(|at| self.word(at).to_lowercase()).collect()
    }

    /// What stands between a word and a later one.
    fn between(self, a: usize, b: usize) -> &'a str {
        self.text
            .get(self.tokens[a].range.end..self.tokens[b].range.start)
            .unwrap_or_default()
    }

    /// The marks right behind a word.
    fn behind(self, at: usize) -> &'a str {
        let rest = self.text.get(self.tokens[at].range.end..).unwrap_or_default();
        let end = rest
            .find(|c: char| c.is_whitespace() || words::is_word_char(c))
            .unwrap_or(rest.len());
        &rest[..end]
    }

    /// The marks right before a word.
    fn before(self, at: usize) -> &'a str {
        let head = self.text.get(..self.tokens[at].range.start).unwrap_or_default();
        let start = head
            .rfind(|c: char| c.is_whitespace() || words::is_word_char(c))
            .map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8));
        &head[start..]
    }
}

/// What differs between the words that both have. `pairs`: places in the sentence and in the evidence, at least one.
pub(super) fn faults(own: Side<'_>, source: Side<'_>, pairs: &[(usize, usize)]) -> Vec<String> {
    let mut faults: Vec<String> = pairs.iter().filter_map(|pair| form(own, source, *pair)).collect();
    for pair in pairs.windows(2) {
        faults.extend(swapped(own, source, pair[0], pair[1]));
        faults.extend(marks_between(own, source, pair[0], pair[1]));
    }
    let (first, last) = (pairs[0], pairs[pairs.len() - 1]);
    faults.extend(put_behind(own, last.0));
    faults.extend(marks(
        own.before(first.0),
        source.before(first.1),
        source.word(first.1),
    ));
    faults.extend(marks(
        own.behind(last.0),
        source.behind(last.1),
        source.word(last.1),
    ));
    faults
}

/// One word in two forms that say different things: `ships` for `shipped`, `GB` for `Gb`.
fn form(own: Side<'_>, source: Side<'_>, (a, b): (usize, usize)) -> Option<String> {
    let (mine, known) = (own.word(a), source.word(b));
    if mine == known {
        return None;
    }
    let (lower, known_lower) = (mine.to_lowercase(), known.to_lowercase());
    let is_unit = lower == known_lower && is_measured(own, a) && is_measured(source, b) && is_unit(&lower);
    let is_tense = lower != known_lower && is_past(&lower) != is_past(&known_lower);
    (is_unit || is_tense).then(|| format!("it says “{mine}” where the evidence says “{known}”"))
}

/// Whether a word has the ending of the past on its stem: `shipped`, not `need`.
fn is_past(lower: &str) -> bool {
    lower.ends_with("ed") && words::stem(lower).len() < lower.len()
}

fn is_measured(side: Side<'_>, at: usize) -> bool {
    let head = side.text.get(..side.tokens[at].range.start).unwrap_or_default();
    head.trim_end().ends_with(|c: char| c.is_ascii_digit()) || head.ends_with('/')
}

/// A short word behind a figure that is no scale and no half of the day.
fn is_unit(lower: &str) -> bool {
    lower.len() <= 4 && !matches!(lower, "am" | "pm" | "x" | "k" | "bn" | "mln") && !is_month(lower)
}

fn is_month(lower: &str) -> bool {
    const MONTHS: &[&str] = &[
        "jan", "feb", "mar", "apr", "may", "june", "july", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
        "dec",
    ];
    MONTHS.contains(&lower)
}

/// Small words between two shared ones that say who did it to whom, or when.
fn swapped(own: Side<'_>, source: Side<'_>, a: (usize, usize), b: (usize, usize)) -> Option<String> {
    let is_set_off =
        |side: Side<'_>, from: usize, to: usize| to > from + 1 && is_aside(side.between(from, to));
    let words = |side: Side<'_>, from: usize, to: usize| {
        if is_set_off(side, from, to) {
            Vec::new()
        } else {
            side.lowers(from + 1..to)
        }
    };
    let (mine, known) = (words(own, a.0, b.0), words(source, a.1, b.1));
    if mine.is_empty() && known.is_empty() {
        return None;
    }
    let is_date = is_date(&own.word(b.0).to_lowercase());
    let is_other = prepositions_differ(&mine, &known, is_date)
        || has_other_tense(&mine, &known)
        || has_other_tense(&known, &mine)
        || persons_differ(&mine, &known);
    is_other.then(|| match (mine.is_empty(), known.is_empty()) {
        (false, true) => format!("the evidence does not say “{}” here", mine.join(" ")),
        (true, false) => format!("the evidence says “{}” here", known.join(" ")),
        _ => format!(
            "it says “{}” where the evidence says “{}”",
            mine.join(" "),
            known.join(" ")
        ),
    })
}

/// Small words behind all shared ones: `sold Norn to them`.
fn put_behind(own: Side<'_>, last: usize) -> Option<String> {
    let tail = last + 1..own.tokens.len();
    if tail.is_empty() || super::cut::begins_a_part(own.between(last, last + 1)) {
        return None;
    }
    let words = own.lowers(tail);
    let is_said = words
        .iter()
        .any(|word| is_preposition(word) || tense(word).is_some());
    is_said.then(|| format!("the evidence does not say “{}” here", words.join(" ")))
}

fn is_preposition(word: &str) -> bool {
    matches!(word, "in" | "on" | "at" | "to" | "for" | "with" | "as")
}

/// Whether one of two runs of small words has a preposition that the other has not. Before a day it may come and go.
fn prepositions_differ(mine: &[String], known: &[String], is_date: bool) -> bool {
    let of = |words: &[String]| -> HashSet<String> {
        words
            .iter()
            .filter(|word| is_preposition(word))
            .filter(|word| !(is_date && matches!(word.as_str(), "on" | "in" | "at")))
            .cloned()
            .collect()
    };
    let (mine, known) = (of(mine), of(known));
    let is_said = |word: &String| matches!(word.as_str(), "to" | "for" | "with" | "as");
    mine.difference(&known).next().is_some() || known.difference(&mine).any(is_said)
}

/// The days of the week.
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Whether a word is a day of the week.
pub(super) fn is_weekday(lower: &str) -> bool {
    WEEKDAYS.contains(&lower)
}

fn is_date(lower: &str) -> bool {
    const MONTHS: &[&str] = &[
        "january",
        "february",
        "march",
        "april",
        "august",
        "september",
        "october",
        "november",
        "december",
        "the",
    ];
    is_weekday(lower)
        || MONTHS.contains(&lower)
        || is_month(lower)
        || lower.starts_with(|c: char| c.is_ascii_digit())
}

/// What a small verb says of when and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Tense {
    Was,
    Is,
    Be,
    Had,
    Has,
    Did,
    Does,
}

fn tense(word: &str) -> Option<Tense> {
    Some(match word {
        "was" | "were" => Tense::Was,
        "is" | "are" | "am" => Tense::Is,
        "be" | "been" | "being" => Tense::Be,
        "had" => Tense::Had,
        "has" | "have" => Tense::Has,
        "did" => Tense::Did,
        "do" | "does" => Tense::Does,
        _ => return None,
    })
}

/// Whether some words have a tense that others have not. A helping verb alone may come and go (`has paid`, `paid`), a form
/// of `to be` may not (`sold`, `was sold`), nor may one verb stand for another. `it's` says `is`.
fn has_other_tense(words: &[String], beside: &[String]) -> bool {
    let is_short = |word: &String| matches!(word.as_str(), "s" | "re" | "m" | "ve");
    let are_short = words.iter().chain(beside).any(is_short);
    let known: HashSet<Tense> = beside.iter().filter_map(|word| tense(word)).collect();
    let mut own = words
        .iter()
        .filter_map(|word| tense(word))
        .filter(|tense| !known.contains(tense));
    own.any(|tense| match tense {
        Tense::Was | Tense::Be => true,
        Tense::Is => !are_short,
        Tense::Had | Tense::Has | Tense::Did | Tense::Does => !known.is_empty(),
    })
}

/// Whether both speak of persons, and of other ones; a source that says `we` may be told of as they.
fn persons_differ(mine: &[String], known: &[String]) -> bool {
    let person = |word: &String| match word.as_str() {
        "i" | "we" | "us" | "me" | "my" | "our" => Some(1),
        "you" | "your" => Some(2),
        "he" | "him" | "his" => Some(3),
        "she" | "her" => Some(4),
        "it" | "its" | "itself" => Some(5),
        "they" | "them" | "their" | "themselves" => Some(6),
        _ => None,
    };
    let mine: HashSet<u8> = mine.iter().filter_map(person).collect();
    let known: HashSet<u8> = known
        .iter()
        .filter_map(person)
        .filter(|person| *person != 1)
        .collect();
    !mine.is_empty() && !known.is_empty() && mine.is_disjoint(&known)
}

fn marks_between(own: Side<'_>, source: Side<'_>, a: (usize, usize), b: (usize, usize)) -> Option<String> {
    let word = source.word(a.1);
    if b.0 == a.0 + 1 && b.1 == a.1 + 1 {
        return marks(own.between(a.0, b.0), source.between(a.1, b.1), word);
    }
    marks(own.behind(a.0), source.behind(a.1), word)
        .or_else(|| marks(own.before(b.0), source.before(b.1), source.word(b.1)))
}

/// Whether two runs of marks have other symbols in them: `C++` and `C#`, `x = 5` and `x ≠ 5`.
fn marks(own: &str, source: &str, word: &str) -> Option<String> {
    if own == source {
        return None;
    }
    let symbols = |marks: &str| -> String {
        let marks = marks.replace("!=", "≠").replace("<=", "≤").replace(">=", "≥");
        marks.chars().filter(|c| is_symbol(*c)).collect()
    };
    let (mine, known) = (symbols(own), symbols(source));
    (mine != known).then(|| {
        let shown = |symbols: &str| if symbols.is_empty() { "no sign" } else { symbols }.to_owned();
        format!(
            "beside “{word}” it has {} where the evidence has {}",
            shown(&mine),
            shown(&known)
        )
    })
}

fn is_symbol(c: char) -> bool {
    matches!(
        c,
        '+' | '#' | '=' | '<' | '>' | '±' | '×' | '÷' | '^' | '~' | '/' | '&'
    ) || ('\u{2200}'..='\u{22ff}').contains(&c)
}
