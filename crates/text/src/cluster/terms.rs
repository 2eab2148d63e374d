//! The terms of a post: stems, names and numbers of its title and opening.

use std::collections::HashMap;

use super::Doc;
use super::vectors::{Bag, bag};
use crate::words;

/// Bytes of text that are read: news stands at the head, and long tails only blur it.
const OPENING: usize = 2000;
/// How often a title counts.
const TITLE_WEIGHT: usize = 2;

/// The bags of all posts, each list in the order of the posts.
#[derive(Default)]
pub(super) struct Terms {
    /// Stems of all words that carry meaning.
    pub stems: Vec<Bag>,
    /// Words of names and identifiers, in small letters.
    pub names: Vec<Bag>,
    /// Numbers, without separators.
    pub numbers: Vec<Bag>,
    /// Ids of advisories (`cve-2026-33056`), sorted, each once.
    pub advisories: Vec<Vec<String>>,
}

/// Reads the bags of all posts.
pub(super) fn read(docs: &[&Doc]) -> Terms {
    let casing = Casing::of(docs);
    let mut terms = Terms::default();
    for doc in docs {
        add(doc, &casing, &mut terms);
    }
    terms
}

/// How words are written over all posts, for telling names at the head of sentences from other words.
struct Casing(HashMap<String, Seen>);

/// Where a word was seen inside sentences.
#[derive(Default)]
struct Seen {
    small: u32,
    capital: u32,
}

impl Casing {
    /// Reads the openings of all posts.
    fn of(docs: &[&Doc]) -> Self {
        let mut seen: HashMap<String, Seen> = HashMap::new();
        for token in docs.iter().flat_map(|doc| tokens(opening(doc))) {
            if token.text.starts_with(char::is_lowercase) {
                seen.entry(token.text.to_owned()).or_default().small += 1;
            } else if !token.opens {
                seen.entry(token.text.to_lowercase()).or_default().capital += 1;
            }
        }
        Self(seen)
    }

    /// Whether a capitalised word that opens a sentence is a name: hardly ever written small.
    fn is_name(&self, word: &str) -> bool {
        self.0
            .get(&word.to_lowercase())
            .is_none_or(|seen| seen.small * 4 <= seen.capital)
    }
}

fn opening(doc: &Doc) -> &str {
    &doc.text[..doc.text.floor_char_boundary(OPENING)]
}

fn add(doc: &Doc, casing: &Casing, terms: &mut Terms) {
    let opening = opening(doc);
    let title = words::content_stems(&doc.title);
    let stems = std::iter::repeat_n(title, TITLE_WEIGHT)
        .flatten()
        .chain(words::content_stems(opening));
    terms.stems.push(bag(stems));
    let whole = format!("{}\n{opening}", doc.title);
    let tokens = tokens(&whole);
    let numbers = tokens.iter().filter(|token| token.is_number());
    terms
        .numbers
        .push(bag(numbers.map(|token| token.text.replace(',', ""))));
    let names = tokens.iter().filter(|token| token.is_name(casing));
    terms.names.push(bag(names.flat_map(Token::parts)));
    terms.advisories.push(advisories(doc));
}

/// Bytes of text in which ids of advisories are looked for: a list of them often stands further down.
const LISTS: usize = 20_000;

fn advisories(doc: &Doc) -> Vec<String> {
    let long = &doc.text[..doc.text.floor_char_boundary(LISTS)];
    let all = tokens(&doc.title).into_iter().chain(tokens(long));
    let mut found: Vec<String> = all
        .map(|token| token.text)
        .filter(|id| is_advisory(id))
        .map(str::to_lowercase)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Letters, a year, and a number; or the four groups of a GitHub advisory.
fn is_advisory(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, least: usize| part.len() >= least && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [name, year, number] => {
            name.len() >= 3
                && name.bytes().all(|b| b.is_ascii_uppercase())
                && digits(year, 4)
                && digits(number, 3)
        }
        ["GHSA", rest @ ..] => rest.len() == 3 && rest.iter().all(|part| part.len() == 4),
        _ => false,
    }
}

/// Words that marks such as `-`, `_`, `.` and `@` join, as in `append-only-vec@0.1.9`.
struct Token<'a> {
    text: &'a str,
    /// Whether it opens a line or sentence, where a capital says nothing.
    opens: bool,
}

impl Token<'_> {
    /// Names inside a sentence, ids, names in code and letters with digits.
    fn is_name(&self, casing: &Casing) -> bool {
        if self.is_number() || words::is_stop(self.text) {
            return false;
        }
        let compound = self.text.contains(['-', '_', '@', ':']);
        let digits = self.text.bytes().any(|b| b.is_ascii_digit());
        let capitals = self.text.chars().filter(|c| c.is_uppercase()).count();
        compound || digits || capitals >= 2 || (capitals == 1 && (!self.opens || casing.is_name(self.text)))
    }

    fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit())
            && self
                .text
                .chars()
                .all(|c| c.is_ascii_digit() || c == '.' || c == ',')
    }

    /// The token in small letters; of a name with a version also the name alone.
    fn parts(&self) -> impl Iterator<Item = String> + use<> {
        let whole = self.text.to_lowercase();
        let bare = whole.split_once('@').map(|(name, _)| name.to_owned());
        bare.into_iter().chain(std::iter::once(whole))
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for (range, _) in words::words(text) {
        let gap = &text[end..range.start];
        let joins =
            end > 0 && matches!(gap, "-" | "." | "@" | "," | "::") && fits(text, end, gap, range.start);
        if !joins {
            if end > start {
                push(text, start, end, &mut found);
            }
            start = range.start;
        }
        end = range.end;
    }
    if end > start {
        push(text, start, end, &mut found);
    }
    found
}

/// Points and commas join digits only, and points also what follows them without a capital (`node.js`).
fn fits(text: &str, end: usize, gap: &str, next: usize) -> bool {
    let before = text[..end].ends_with(|c: char| c.is_ascii_digit());
    let after = text[next..].starts_with(|c: char| c.is_ascii_digit());
    match gap {
        "," => before && after,
        "." => (before && after) || text[next..].starts_with(char::is_lowercase),
        _ => true,
    }
}

fn push<'a>(text: &'a str, start: usize, end: usize, found: &mut Vec<Token<'a>>) {
    let before = text[..start].trim_end_matches([' ', '"', '“', '(', '‘', '\'']);
    let opens = before.is_empty() || before.ends_with(['.', '!', '?', ':', '\n']);
    found.push(Token {
        text: &text[start..end],
        opens,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_advisories_are_known_by_shape() {
        assert!(
            is_advisory("CVE-2026-33056")
                && is_advisory("RUSTSEC-2026-0260")
                && is_advisory("GHSA-ab12-cd34-ef56")
        );
        assert!(!is_advisory("GPT-4") && !is_advisory("2026-08-20") && !is_advisory("Rust-2024-edition"));
    }

    #[test]
    fn names_ids_and_numbers_are_read() {
        let doc = Doc {
            title: "Attack on arrayref".to_owned(),
            text: "The crate append-only-vec@0.1.9 of Emily Albini had 2,285 downloads.".to_owned(),
            ..Doc::default()
        };
        let terms = read(&[&doc]);
        let names: Vec<&str> = terms.names[0].iter().map(|(term, _)| term.as_str()).collect();
        assert_eq!(
            names,
            [
                "attack",
                "append-only-vec",
                "append-only-vec@0.1.9",
                "emily",
                "albini"
            ]
        );
        assert_eq!(terms.numbers[0][0].0, "2285");
        assert_eq!(terms.stems[0][0], ("attack".to_owned(), 2.0));
    }
}
