//! `it`, `they` and what belongs to them.

use std::sync::LazyLock;

use regex::Regex;

use super::token::Token;
use super::{Kind, Pointer, Spot};

/// Words of one person or of several that `they` can stand for.
const PERSONS: [&str; 13] = [
    "people",
    "everyone",
    "everybody",
    "anyone",
    "anybody",
    "someone",
    "somebody",
    "nobody",
    "person",
    "team",
    "group",
    "who",
    "folk",
];
/// Verbs behind an `it` that stands for nothing: `it takes two days`, `it turns out that`.
const IMPERSONAL: [&str; 12] = [
    "takes", "took", "turns", "turned", "seems", "seemed", "appears", "appeared", "follows", "rains",
    "remains", "looks",
];
/// Verbs before such an `it`: `makes it easy to`.
const MAKING: [&str; 16] = [
    "make", "makes", "made", "making", "find", "finds", "found", "keep", "keeps", "kept", "leave", "leaves",
    "think", "consider", "got", "get",
];

pub(super) fn find(here: &Spot<'_>) -> Option<Pointer> {
    match here.word() {
        "it" if is_impersonal(here) => None,
        "it" | "itself" | "its" => thing(here),
        "they" | "them" | "their" | "theirs" | "themselves" => several(here),
        _ => None,
    }
}

/// `It is clear that`, `makes it easy to`, `it takes a day to`.
fn is_impersonal(here: &Spot<'_>) -> bool {
    static CLAUSE: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"(?i)^(?:['’]s|\s+(?:is|was|has\s+been|will\s+be|would\s+be|can\s+be|may\s+be|might\s+be|becomes?|became|should\s+be))\b(?:\s+[\w-]+){1,3}?,?\s+(?:to|that|for|if|when|how|why|whether)\b";
        Regex::new(pattern).expect("the pattern is a constant that the tests compile")
    });
    static QUALITY: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"(?i)^\s+(?:\w+\s+)?(?:easy|easier|possible|impossible|hard|harder|simple|simpler|clear|safe|safer|difficult|trivial|straightforward|necessary|worth|useful|\w+er)\b";
        Regex::new(pattern).expect("the pattern is a constant that the tests compile")
    });
    let (before, next) = (here.beside(-1), here.beside(1));
    let rest = &here.sentence[here.tokens[here.at].range.end..];
    IMPERSONAL.contains(&next)
        || CLAUSE.is_match(rest)
        || (MAKING.contains(&before) && QUALITY.is_match(rest))
}

/// `It` wants a thing before it; an `its` at the head may have its owner behind: `In its first year, Norn …`.
fn thing(here: &Spot<'_>) -> Option<Pointer> {
    let is_named = here.before().iter().any(Token::can_name);
    let owner_follows = here.word() == "its" && here.at <= 3 && follows(here);
    (!is_named && !owner_follows).then(|| here.pointer(1, Kind::Thing, Vec::new()))
}

/// `They` wants several things or persons before it.
fn several(here: &Spot<'_>) -> Option<Pointer> {
    let can_be_several = |token: &Token<'_>| {
        let lower = token.lower.as_str();
        PERSONS.contains(&lower)
            || token.can_name()
                && (lower.ends_with('s')
                    || lower.ends_with("er")
                    || lower.ends_with("or")
                    || lower.ends_with("men")
                    || token.is_capital()
                    || matches!(
                        lower,
                        "data" | "children" | "media" | "staff" | "criteria" | "community"
                    ))
    };
    // `Every crate … their`, `a node and its disk … they`.
    let is_joined = |token: &Token<'_>| matches!(token.lower.as_str(), "and" | "each" | "every" | "any");
    let before = here.before();
    let is_named = before.iter().any(can_be_several)
        || before.iter().any(is_joined) && before.iter().any(Token::can_name);
    let owner_follows = here.word() == "their" && here.at <= 3 && follows(here);
    (!is_named && !owner_follows).then(|| here.pointer(1, Kind::Thing, Vec::new()))
}

/// Whether the owner of what a sentence opens on stands behind the comma.
fn follows(here: &Spot<'_>) -> bool {
    let behind = here.tokens.iter().skip(here.at + 1);
    let mut after_mark = behind.skip_while(|token| !token.gap.contains(','));
    after_mark
        .next()
        .is_some_and(|token| token.is_capital() || token.lower == "the")
}
