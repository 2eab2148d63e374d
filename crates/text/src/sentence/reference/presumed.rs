//! `The flaw was corrected`, `version 1.2.2 fixes the issue`: things that a sentence takes for known.
//!
//! Their page names them: in its title, or a sentence before. Only nouns that seldom mean anything else count, only where
//! no other word tells which one is meant (`the h2 crate`, `the flaw in Norn`), and only where nothing before them in the
//! sentence can be what they mean. A miss leaves a question with the reader, a false alarm costs a good sentence.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::token::Token;
use super::{Kind, Pointer, Spot};
use crate::sentence::verbs;
use crate::{names, words};

/// What a page is about, or a part of it that it has introduced.
static SUBJECTS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| SUBJECT_WORDS.split_whitespace().collect());

const SUBJECT_WORDS: &str = "\
    flaw flaws issue issues vulnerability vulnerabilities bug bugs problem problems defect defects fix fixes \
    patch patches hotfix workaround crate crates package packages library libraries module modules plugin \
    plugins tool tools sdk release releases version versions update updates upgrade attack attacks incident \
    breach outage exploit malware campaign report advisory advisories study survey paper announcement proposal \
    decision policy ruling lawsuit acquisition merger deal company firm startup vendor feature features flag option \
    options change changes restriction regression experiment rollout migration deprecation";

/// Those of them that are a part: the name of the whole does not tell which one is meant.
const PARTS: [&str; 10] = [
    "flag",
    "option",
    "options",
    "feature",
    "features",
    "change",
    "changes",
    "workaround",
    "restriction",
    "experiment",
];

/// Words between the article and such a noun that do not tell which one is meant.
static VAGUE: LazyLock<HashSet<&'static str>> = LazyLock::new(|| VAGUE_WORDS.split_whitespace().collect());

const VAGUE_WORDS: &str = "\
    new newer newest latest last first next previous current old older original whole entire full same other \
    upcoming recent final initial actual main major minor malicious vulnerable affected compromised infected \
    patched fixed broken faulty deprecated unmaintained stable underlying corresponding resulting relevant \
    related referenced mentioned known important critical severe serious experimental proposed planned \
    security software code implementation api breaking removed added underlying said official";

/// Words behind such a noun that go on to say which one is meant.
const SAYS_WHICH: [&str; 14] = [
    "of", "in", "for", "to", "from", "that", "which", "who", "whose", "behind", "between", "called", "named",
    "where",
];
/// More of them behind a subject; behind an object they belong to the verb: `fixes the issue by reading twice`.
const SAYS_WHICH_OF_SUBJECT: [&str; 8] = ["by", "on", "at", "with", "as", "under", "around", "we"];

/// Words behind which a number is a version of nothing that is named.
const VERSIONS: [&str; 4] = ["version", "versions", "release", "releases"];

pub(super) fn find(here: &Spot<'_>) -> Option<Pointer> {
    let phrase = definite(here).or_else(|| unnamed_version(here))?;
    // What a part is about does not tell which part is meant: `the change matters little for Norn`.
    let is_told = phrase.kind == Kind::Subject && is_named_behind(here);
    (!is_named_before(here, &phrase) && !is_told).then_some(phrase)
}

/// `The flaw`, `the malicious version`, `the 1.0 release`.
fn definite(here: &Spot<'_>) -> Option<Pointer> {
    if here.word() != "the" {
        return None;
    }
    let behind = &here.tokens[here.at + 1..];
    let is_vague = |token: &&Token<'_>| {
        let is_plain = token.is_joined() && VAGUE.contains(token.lower.as_str());
        is_plain || (is_number(token) && matches!(token.gap, " " | "."))
    };
    let vague = behind.iter().take_while(is_vague).count();
    let noun = behind.get(vague).filter(|token| token.is_joined())?;
    let is_name = noun.is_capital() && noun.text.contains(char::is_lowercase);
    let is_subject = SUBJECTS.contains(noun.lower.as_str()) && !is_name;
    let ends = ends_phrase(here, vague + 2);
    let kind = if PARTS.contains(&noun.lower.as_str()) {
        Kind::Thing
    } else {
        Kind::Subject
    };
    (is_subject && ends).then(|| here.pointer(vague + 2, kind, vec![words::stem(&noun.lower)]))
}

/// `Version 1.2.2 fixes`, `in versions prior to 0.26.0`, where no name stands in front and none behind `of`.
fn unnamed_version(here: &Spot<'_>) -> Option<Pointer> {
    if !VERSIONS.contains(&here.word()) {
        return None;
    }
    let behind = &here.tokens[here.at + 1..];
    let bound = behind.iter().take_while(|token| is_bound(token)).count();
    let digits = behind[bound..]
        .iter()
        .take_while(|token| is_number(token))
        .count();
    let goes_on = behind
        .get(bound + digits)
        .map_or("", |token| token.lower.as_str());
    // `Rust version 1.98`, but not `to version 1.98`.
    let leader = here.beside(-1);
    let is_led = here.tokens[here.at].is_joined() && !words::is_stop(leader) && !VAGUE.contains(leader);
    let is_named = is_led && !leader.is_empty() && !acts(leader);
    let counts = digits > 0 && bound <= 2 && !is_named && !matches!(goes_on, "of" | "for");
    counts.then(|| here.pointer(1 + bound + digits, Kind::Subject, vec![words::stem(here.word())]))
}

/// `Prior to`, `before`: what may stand between `versions` and a number.
fn is_bound(token: &Token<'_>) -> bool {
    token.is_joined()
        && matches!(
            token.lower.as_str(),
            "prior" | "to" | "before" | "below" | "up" | "since"
        )
}

fn is_number(token: &Token<'_>) -> bool {
    token.lower.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether the phrase of so many words is over behind its noun, and nothing there says which one is meant.
fn ends_phrase(here: &Spot<'_>, words: usize) -> bool {
    let Some(next) = here.tokens.get(here.at + words).filter(|next| next.is_joined()) else {
        // A mark: `… the issue.`; a hyphen or an apostrophe makes another noun of it.
        let gap = here.tokens.get(here.at + words).map_or("", |next| next.gap);
        return !gap.starts_with(['-', '\'', '’', '/']) && gap != ".";
    };
    let next = next.lower.as_str();
    let is_subject = here.at == 0 || here.tokens[here.at].gap.contains([',', ';', ':', '—']);
    if SAYS_WHICH.contains(&next) || (is_subject && SAYS_WHICH_OF_SUBJECT.contains(&next)) {
        return false;
    }
    words::is_stop(next)
        || next.ends_with("ly")
        || next.ends_with("ed")
        || acts(next)
        || takes_object(here, words)
}

/// Whether the word behind the phrase is no noun by what stands behind it: `the change matters little`.
fn takes_object(here: &Spot<'_>, words: usize) -> bool {
    const OPENS_OBJECT: [&str; 14] = [
        "the", "a", "an", "that", "all", "any", "no", "little", "more", "less", "only", "how", "every",
        "both",
    ];
    let [next, after] = [words, words + 1].map(|steps| here.tokens.get(here.at + steps));
    let is_form = next.is_some_and(|next| next.lower.ends_with('s') && !next.lower.ends_with("ss"));
    is_form && after.is_some_and(|after| after.is_joined() && OPENS_OBJECT.contains(&after.lower.as_str()))
}

/// Whether a word is a form of a common verb: `fixes`, `announced`. Any other word behind a noun may be a noun too.
fn acts(word: &str) -> bool {
    let stem = words::stem(word);
    verbs::is_common_verb(word) || verbs::is_common_verb(&stem) || verbs::is_common_verb(&format!("{stem}e"))
}

/// Whether something before the words can be what they mean: a name, or a thing that is introduced.
fn is_named_before(here: &Spot<'_>, phrase: &Pointer) -> bool {
    let start = phrase.range.start;
    let introduces = |token: &Token<'_>| matches!(token.lower.as_str(), "a" | "an" | "another");
    let said = words::content_stems(&here.sentence[..start]);
    here.before().iter().any(introduces)
        || (1..here.at).any(|at| is_named_by_of(here.tokens, at))
        || phrase.nouns.iter().any(|noun| said.contains(noun))
        || has_name(here.sentence, 0..start)
}

/// `The author of ttf-parser has`: behind `of`, a word without an article is a name.
fn is_named_by_of(tokens: &[Token<'_>], at: usize) -> bool {
    let token = &tokens[at];
    let parts = tokens[at + 1..]
        .iter()
        .take_while(|next| matches!(next.gap, "-" | "_" | "/"))
        .count();
    let ends = tokens
        .get(at + parts + 1)
        .is_some_and(|next| words::is_stop(&next.lower));
    tokens[at - 1].lower == "of" && token.can_name() && (parts > 0 || !token.lower.ends_with('s')) && ends
}

/// Whether a name stands behind the words where it says what they are about: `the flaw affects Norn 4.2`.
fn is_named_behind(here: &Spot<'_>) -> bool {
    const LEADS: [&str; 8] = [
        "in",
        "of",
        "for",
        "affects",
        "affecting",
        "affected",
        "hits",
        "hit",
    ];
    let end = here.tokens[here.at].range.end;
    let led = |range: &std::ops::Range<usize>| {
        let head = here.sentence[..range.start].trim_end();
        let word = words::words(head).last().map(|(_, word)| word.to_lowercase());
        word.is_some_and(|word| LEADS.contains(&word.as_str()))
    };
    names_of(here.sentence).any(|range| range.start >= end && led(&range))
}

/// Whether a name, or a word that is made like one (`macro1`, `crate_name`), stands within bytes of a text.
pub(super) fn has_name(text: &str, within: std::ops::Range<usize>) -> bool {
    let made_like_one = |word: &str| {
        let has = |test: fn(char) -> bool| word.chars().any(test);
        word.contains('_') || (has(|c| c.is_ascii_digit()) && has(char::is_alphabetic) && !is_version(word))
    };
    let inside = |range: &std::ops::Range<usize>| within.start <= range.start && range.end <= within.end;
    names_of(text).any(|range| inside(&range))
        || words::words(text).any(|(range, word)| inside(&range) && made_like_one(word))
}

/// `v2`, `26.x`
fn is_version(word: &str) -> bool {
    let bare = word.trim_start_matches(['v', 'V']).trim_end_matches(['x', 'X']);
    !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Where names stand, without those that only say `Version`.
fn names_of(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    // `Alongside the release`: no name, whatever its capital.
    let opens = |range: &std::ops::Range<usize>| range.start == 0 && text[range.end..].starts_with(" the ");
    let found = names::find(text).into_iter();
    found
        .filter(move |name| !opens(&name.range))
        .filter(|name| {
            let mut parts = words::words(&name.text).map(|(_, word)| word.to_lowercase());
            parts.any(|word| {
                !VERSIONS.contains(&word.as_str()) && !word.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
        .map(|name| name.range)
}
