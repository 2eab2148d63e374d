//! Capitalised phrases that are names.

use std::collections::HashSet;
use std::ops::Range;

use super::openings::{has_common_ending, is_calendar, is_opening};
use super::{Name, ids};
use crate::{sentence, words};

/// Small words that may stand between the parts of a name.
const LINKS: &[&str] = &[
    "de", "la", "le", "van", "von", "der", "den", "del", "di", "da", "al", "bin",
];
/// Words behind which `of` and `for` go on a name: Bank of England, but not Simpson of Fort Smith.
const ORGANISATIONS: &str = "\
    Academy Association Bank Board Bureau Center Centre Chamber Church City College Conference Council \
    Court Democratic Department Duke Gulf House Institute Isle Kingdom League Library Ministry Museum \
    Office Organisation Organization Peoples Prince Queen Republic School Secretary Society State States \
    University";

/// A word of a sentence with what the scan needs to know about it.
struct Token<'a> {
    range: Range<usize>,
    word: &'a str,
}

/// The names of a text in order, apart from each other.
///
/// A name is a run of capitalised words (`Rust Security Response Team`, `Bank of England`), a word with capitals
/// inside (`OpenAI`, `GPT-5`), or an identifier (`CVE-2026-1`, `crate_name`). The first word of a sentence counts
/// when it also stands capitalised inside a sentence, or is no common word. Lines in title case give only words
/// that are names by their own shape or elsewhere in the text.
pub fn find(text: &str) -> Vec<Name> {
    let sentences = sentence::split(text);
    let inner = capitalised_inside(text, &sentences);
    let small = small_words(text);
    let ids = ids::find(text);
    // Phrases stand apart from each other, and identifiers do too.
    let is_free = |range: &Range<usize>| {
        let next = ids.partition_point(|id| id.end <= range.start);
        ids.get(next).is_none_or(|id| range.end <= id.start)
    };
    let mut ranges = Vec::new();
    for sentence in sentences {
        let found = in_sentence(text, sentence, &inner, &small).into_iter();
        ranges.extend(found.filter(is_free));
    }
    ranges.extend(ids);
    ranges.sort_by_key(|range| range.start);
    ranges
        .into_iter()
        .map(|range| Name {
            text: text[range.clone()].to_owned(),
            range,
        })
        .collect()
}

/// Words that stand capitalised elsewhere than at the head of a sentence or in a title-cased line.
fn capitalised_inside<'a>(text: &'a str, sentences: &[Range<usize>]) -> HashSet<&'a str> {
    let mut found = HashSet::new();
    for sentence in sentences {
        let part = &text[sentence.clone()];
        if is_title_case(part) {
            continue;
        }
        found.extend(
            words::words(part)
                .skip(1)
                .map(|(_, word)| word)
                .filter(|word| has_capital(word)),
        );
    }
    found
}

/// Words that stand in small letters somewhere.
fn small_words(text: &str) -> HashSet<&str> {
    words::words(text)
        .map(|(_, word)| word)
        .filter(|word| word.starts_with(char::is_lowercase))
        .collect()
}

fn has_capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Whether capitals come from the place: most longer words of a line of four or more have one, and no full stop
/// ends it.
fn is_title_case(line: &str) -> bool {
    let long: Vec<&str> = words::words(line)
        .map(|(_, word)| word)
        .filter(|word| word.chars().count() > 3)
        .collect();
    let capital = long.iter().filter(|word| has_capital(word)).count();
    long.len() >= 4 && capital * 10 >= long.len() * 7 && !line.ends_with('.')
}

/// Names by shape: two capitals (`NASA`, `OpenAI`), or letters with digits (`GPT5`, `K8s`).
fn is_shaped(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let digits = word.chars().any(|c| c.is_ascii_digit());
    word.chars().count() > 1 && (capitals >= 2 || (capitals == 1 && digits))
}

fn in_sentence(
    text: &str,
    sentence: Range<usize>,
    inner: &HashSet<&str>,
    small: &HashSet<&str>,
) -> Vec<Range<usize>> {
    let part = &text[sentence.clone()];
    let titled = is_title_case(part);
    let tokens: Vec<Token<'_>> = words::words(part)
        .map(|(range, word)| Token {
            range: sentence.start + range.start..sentence.start + range.end,
            word,
        })
        .collect();
    let is_name = |at: usize| is_part(text, &tokens, at, titled, inner, small);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !is_name(at) {
            at += 1;
            continue;
        }
        let mut last = at;
        while let Some(next) = next_part(text, &tokens, last, &is_name).filter(|_| !titled || last < at + 2) {
            last = next;
        }
        found.push(tokens[at].range.start..tokens[last].range.end);
        at = last + 1;
    }
    found
}

/// Whether a token is a name or part of one.
fn is_part(
    text: &str,
    tokens: &[Token<'_>],
    at: usize,
    titled: bool,
    inner: &HashSet<&str>,
    small: &HashSet<&str>,
) -> bool {
    let word = tokens[at].word;
    if !has_capital(word) || is_lone_letter(text, &tokens[at]) || is_calendar(word) {
        return false;
    }
    if word.chars().count() == 1 {
        return true;
    }
    if words::is_stop(word) {
        let opens = at == 0 || opens_speech(text, tokens, at);
        let numbered = tokens
            .get(at + 1)
            .is_some_and(|next| next.word.starts_with(|c: char| c.is_ascii_digit()));
        let may_be_name = matches!(word, "Go" | "Will" | "Make") && (numbered || (!opens && !titled));
        return may_be_name || matches!(word, "IT" | "US" | "WHO");
    }
    if is_shaped(word) {
        return true;
    }
    if follows_digit(text, tokens, at) {
        return false;
    }
    let lower = word.to_lowercase();
    let known = inner.contains(word) && !small.contains(lower.as_str());
    if titled {
        return known;
    }
    let opens = at == 0 || opens_speech(text, tokens, at);
    !opens || known || !is_common(word, small) || goes_on(text, tokens, at)
}

/// The token that goes on a name after `last`, if one does.
fn next_part(
    text: &str,
    tokens: &[Token<'_>],
    last: usize,
    is_name: &dyn Fn(usize) -> bool,
) -> Option<usize> {
    let gap = |a: usize, b: usize| &text[tokens[a].range.end..tokens[b].range.start];
    let next = last + 1;
    if next >= tokens.len() {
        return None;
    }
    let between = gap(last, next);
    let digits = tokens[next].word.starts_with(|c: char| c.is_ascii_digit());
    // `GPT-5`, `HTTP/2`, `Node.js`, `AT&T`, `O'Brien`.
    if matches!(between, "-" | "/" | "." | "&" | "'" | "’") {
        let ends = matches!(tokens[next].word, "s" | "S" | "t" | "ll" | "re" | "ve" | "d");
        let joined = match between {
            "." => matches!(
                tokens[next].word,
                "js" | "io" | "rs" | "ai" | "com" | "org" | "dev" | "net" | "NET"
            ),
            "'" | "’" => !ends && has_capital(tokens[next].word),
            _ => digits || has_capital(tokens[next].word),
        };
        return joined.then_some(next);
    }
    // `J. Smith`
    let initial = between == ". " && tokens[last].word.chars().count() == 1 && has_capital(tokens[next].word);
    if initial {
        return Some(next);
    }
    if between != " " && between != "\u{a0}" && between != " & " {
        return None;
    }
    if is_name(next) {
        return Some(next);
    }
    let small = tokens[next].word;
    let institution = ORGANISATIONS.split(' ').any(|word| word == tokens[last].word);
    let linked = LINKS.contains(&small) || (matches!(small, "of" | "for") && institution);
    (linked && next + 1 < tokens.len() && gap(next, next + 1) == " " && is_name(next + 1)).then_some(next + 1)
}

/// Characters before an initial among which the beginning of the word before it is looked for.
const LOOK_BACK: usize = 80;

/// Whether a single capital is an article or pronoun rather than an initial.
fn is_lone_letter(text: &str, token: &Token<'_>) -> bool {
    if token.word.chars().nth(1).is_some() {
        return false;
    }
    let rest = &text[token.range.end..];
    // `J. Smith`, `O'Brien`.
    let before = &text[..token.range.start];
    let initial = rest.starts_with('.') && (!matches!(token.word, "I" | "A") || follows_capital(before));
    let prefix = rest
        .strip_prefix(['\'', '’'])
        .is_some_and(|rest| rest.starts_with(char::is_uppercase));
    !initial && !prefix
}

/// Whether the last piece between spaces begins with a capital.
fn follows_capital(before: &str) -> bool {
    let near = before.chars().rev().take(LOOK_BACK);
    let mut last = near
        .skip_while(|c| c.is_whitespace())
        .take_while(|c| !c.is_whitespace());
    last.by_ref().last().is_some_and(char::is_uppercase)
}

/// Whether the token goes on a number or contraction (`12M`, `It's`).
fn follows_digit(text: &str, tokens: &[Token<'_>], at: usize) -> bool {
    at > 0
        && tokens[at].range.start == tokens[at - 1].range.end + 1
        && tokens[at - 1].word.chars().all(|c| c.is_ascii_digit())
        && !text[tokens[at - 1].range.end..tokens[at].range.start].contains(' ')
}

/// Whether the token is the first word of a quotation, bracket, list item or part behind a colon.
fn opens_speech(text: &str, tokens: &[Token<'_>], at: usize) -> bool {
    let between = &text[tokens[at - 1].range.end..tokens[at].range.start];
    between.contains(['"', '“', '„', '«', ':', '(', '[', '•', '?', '!', '…']) || between.contains(" - ")
}

/// Whether a capitalised word follows at once, so that the two are a name (`Rust Foundation`).
fn goes_on(text: &str, tokens: &[Token<'_>], at: usize) -> bool {
    let word = tokens[at].word;
    tokens.get(at + 1).is_some_and(|next| {
        has_capital(next.word)
            && !words::is_stop(next.word)
            && &text[tokens[at].range.end..next.range.start] == " "
            && !is_opening(word)
            && !has_common_ending(&word.to_lowercase())
    })
}

/// Whether a capitalised first word is an everyday word: it stands in small letters elsewhere in the text, or has
/// the ending of one.
fn is_common(word: &str, small: &HashSet<&str>) -> bool {
    let lower = word.to_lowercase();
    small.contains(lower.as_str())
        || small.contains(lower.trim_end_matches('s'))
        || is_opening(word)
        || has_common_ending(&lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        find(text).into_iter().map(|name| name.text).collect()
    }

    #[test]
    fn phrases_and_shapes_are_names() {
        assert_eq!(
            names(
                "On Monday, the Rust Security Response Team and OpenAI told Emily Albini of the Bank of England."
            ),
            [
                "Rust Security Response Team",
                "OpenAI",
                "Emily Albini",
                "Bank of England"
            ]
        );
        assert_eq!(
            names("We tried GPT-5, Node.js and HTTP/2."),
            ["GPT-5", "Node.js", "HTTP/2"]
        );
    }

    #[test]
    fn first_words_count_when_they_are_names() {
        assert_eq!(
            names("Valkey adds it. Users like Valkey's speed."),
            ["Valkey", "Valkey"]
        );
        assert_eq!(
            names("Jim O'Brien and Stephen A. Smith of Fort Worth left."),
            ["Jim O'Brien", "Stephen A. Smith", "Fort Worth"]
        );
        assert_eq!(
            names("Go 1.27 is out. Users of Go and Will Smith rejoice."),
            ["Go", "Go", "Will Smith"]
        );
        assert!(names("Developers like it. The crate is new. Removing it helps.").is_empty());
    }

    /// On each of these every name looked through the text again.
    #[test]
    fn a_long_line_costs_its_length() {
        let long = |part: &str| part.repeat(1_000_000 / part.len());
        for line in [
            long("I."),
            long("A-B-"),
            long("a_b,"),
            long("a_b."),
            long("a_b-"),
            long("aB."),
            long("Ab "),
            long("NASA c_d "),
            long(" ") + &long("A. "),
        ] {
            let found = find(&line);
            assert!(
                found
                    .windows(2)
                    .all(|pair| pair[0].range.end <= pair[1].range.start)
            );
        }
    }

    #[test]
    fn a_name_and_an_identifier_are_told_once() {
        assert_eq!(
            names("They use OpenAI and `NASA` at RFC 9110 of Ada_B."),
            ["OpenAI", "NASA", "RFC 9110", "Ada_B"]
        );
    }

    #[test]
    fn ids_are_names() {
        assert_eq!(
            names("The flaw is CVE-2026-5222 in crate_name."),
            ["CVE-2026-5222", "crate_name"]
        );
    }
}
