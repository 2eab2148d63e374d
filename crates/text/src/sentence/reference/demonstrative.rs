//! `this`, `these`, `those`, `that`, `such`, `both`, and counts of what is known.

use super::token::Token;
use super::{Kind, Pointer, Spot};
use crate::sentence::verbs;
use crate::words;

/// Spans of time that a reader counts from the issue's own day.
const TIMES: [&str; 33] = [
    "week",
    "weeks",
    "month",
    "year",
    "quarter",
    "morning",
    "afternoon",
    "evening",
    "night",
    "summer",
    "autumn",
    "fall",
    "winter",
    "spring",
    "weekend",
    "decade",
    "century",
    "day",
    "days",
    "time",
    "hour",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "season",
];
/// Words that qualify a noun and name nothing.
const QUALIFIERS: [&str; 24] = [
    "new",
    "newer",
    "same",
    "latest",
    "last",
    "first",
    "next",
    "past",
    "coming",
    "other",
    "two",
    "three",
    "four",
    "five",
    "kind",
    "kinds",
    "type",
    "types",
    "sort",
    "sorts",
    "particular",
    "specific",
    "very",
    "entire",
];
/// Verbs and other words that cannot belong to a noun behind `this`: then it stands alone.
const ALONE: [&str; 34] = [
    "means", "makes", "allows", "lets", "gives", "helps", "happens", "happened", "meant", "made", "gave",
    "allowed", "includes", "requires", "ensures", "enables", "works", "worked", "applies", "comes", "came",
    "leads", "led", "adds", "provides", "keeps", "prevents", "reduces", "causes", "caused", "affects",
    "affected", "shows", "showed",
];
/// What `those` announces itself: `those who`, `those with`.
const DEFINED: [&str; 20] = [
    "who", "that", "which", "whose", "in", "with", "of", "on", "from", "for", "at", "without", "using",
    "already", "not", "still", "running", "looking", "affected", "where",
];
/// Nouns that `that` stands before as a demonstrative; before others it mostly opens a clause.
const OF_THAT: [&str; 30] = [
    "gap", "problem", "issue", "reason", "case", "change", "approach", "way", "step", "kind", "feature",
    "bug", "flaw", "work", "point", "model", "process", "system", "question", "idea", "day", "version",
    "release", "crate", "package", "list", "limit", "goal", "decision", "effort",
];
/// Words behind which `that` is a thing and no joint.
const BEFORE_THAT: [&str; 30] = [
    "of",
    "with",
    "for",
    "by",
    "on",
    "from",
    "like",
    "after",
    "before",
    "than",
    "about",
    "around",
    "bring",
    "brings",
    "bringing",
    "close",
    "closes",
    "closed",
    "fixes",
    "fixed",
    "changes",
    "changed",
    "solves",
    "solved",
    "addresses",
    "addressed",
    "does",
    "do",
    "did",
    "doing",
];
/// Words that go on behind a `that` which stands for something.
const BEHIND_THAT: [&str; 8] = ["by", "in", "with", "for", "and", "to", "at", "through"];

/// Verbs behind which `that` opens a clause: what is said, thought, shown or wanted.
const OF_CLAUSES: [&str; 32] = [
    "announce",
    "believe",
    "check",
    "claim",
    "confirm",
    "decide",
    "declare",
    "demonstrate",
    "detect",
    "ensure",
    "expect",
    "explain",
    "feel",
    "find",
    "inform",
    "know",
    "learn",
    "mean",
    "prove",
    "propose",
    "recommend",
    "require",
    "reveal",
    "say",
    "see",
    "show",
    "suggest",
    "tell",
    "think",
    "thought",
    "verify",
    "warn",
];

pub(super) fn find(here: &Spot<'_>) -> Option<Pointer> {
    match here.word() {
        "this" | "these" | "those" => near(here),
        "that" => that(here),
        "such" => such(here),
        "both" => both(here),
        "otherwise" => otherwise(here),
        _ => counted(here),
    }
}

fn near(here: &Spot<'_>) -> Option<Pointer> {
    let next = here.next();
    let is_time = |steps: isize| TIMES.contains(&here.beside(steps));
    // `This week`, `this past month`, `this long year`.
    let spans = next.is_some() && (is_time(1) || (!words::is_stop(here.beside(1)) && is_time(2)));
    let is_defined = here.word() == "those"
        && next.is_some_and(|next| {
            DEFINED.contains(&next.lower.as_str())
                || next.lower.ends_with("ing")
                || next.lower.ends_with("ed")
        });
    if spans || is_defined {
        return None;
    }
    let is_alone =
        next.is_none_or(|next| words::is_stop(&next.lower) || ALONE.contains(&next.lower.as_str()));
    if is_alone {
        return Some(here.pointer(1, Kind::Thing, Vec::new()));
    }
    phrase(here)
}

fn that(here: &Spot<'_>) -> Option<Pointer> {
    let led = BEFORE_THAT.contains(&here.beside(-1)) && here.tokens[here.at].is_joined();
    let Some(next) = here.next() else {
        // `That` before a mark: `fixes that.`, but not `that, as of today, is gone` behind a verb of saying.
        let is_last = here.at + 1 == here.tokens.len();
        return (led || is_last).then(|| here.pointer(1, Kind::Thing, Vec::new()));
    };
    let is_thing = OF_THAT.contains(&next.lower.as_str());
    if led && BEHIND_THAT.contains(&next.lower.as_str()) {
        return Some(here.pointer(1, Kind::Thing, Vec::new()));
    }
    let is_noun_behind = led && !words::is_stop(&next.lower) && !next.is_capital();
    if is_thing || is_noun_behind || is_object(here) {
        phrase(here)
    } else {
        None
    }
}

/// `Remove that variable and restart`: an order's object, which is over before a verb could come.
fn is_object(here: &Spot<'_>) -> bool {
    const NOUNS_MAX: usize = 3;
    let before = here.beside(-1);
    let is_order = verbs::is_common_verb(before) && !OF_CLAUSES.contains(&before);
    let behind = &here.tokens[here.at + 1..];
    let nouns = behind
        .iter()
        .take_while(|token| token.is_joined() && !words::is_stop(&token.lower) && !token.is_capital())
        .count();
    let last = nouns
        .checked_sub(1)
        .map_or("", |last| behind[last].lower.as_str());
    let is_over = behind.get(nouns).is_none_or(|next| {
        !next.is_joined() || matches!(next.lower.as_str(), "and" | "or" | "from" | "before")
    });
    is_order && (1..=NOUNS_MAX).contains(&nouns) && !last.ends_with('s') && is_over
}

/// `It could otherwise be lost`: without what, another sentence says.
fn otherwise(here: &Spot<'_>) -> Option<Pointer> {
    const MODALS: [&str; 9] = [
        "can", "could", "may", "might", "must", "shall", "should", "will", "would",
    ];
    const CONDITIONS: [&str; 12] = [
        "if", "unless", "without", "or", "because", "since", "that", "which", "who", "what", "by", "when",
    ];
    let is_modal = MODALS.contains(&here.beside(-1));
    let is_met = here
        .before()
        .iter()
        .any(|token| CONDITIONS.contains(&token.lower.as_str()));
    (is_modal && !is_met).then(|| here.pointer(1, Kind::Thing, Vec::new()))
}

fn such(here: &Spot<'_>) -> Option<Pointer> {
    let next = here.next()?;
    if matches!(next.lower.as_str(), "as" | "that") {
        return None;
    }
    phrase(here)
}

/// `Both` with its two things behind it, or before it, stands on its own.
fn both(here: &Spot<'_>) -> Option<Pointer> {
    let own = &here.tokens[here.at].range;
    let (before, behind) = (&here.sentence[..own.start], &here.sentence[own.end..]);
    let is_told = before.contains(" and ") || before.contains(" or ") || behind.contains(" and ");
    (!is_told).then(|| here.pointer(2, Kind::Pair, Vec::new()))
}

/// `All three setups`, `the two lines`, `one of them`, `the former`.
fn counted(here: &Spot<'_>) -> Option<Pointer> {
    let (before, next) = (here.beside(-1), here.beside(1));
    match here.word() {
        "former" | "latter" if before == "the" => Some(here.pointer(1, Kind::Pair, Vec::new())),
        "aforementioned" | "abovementioned" => Some(here.pointer(1, Kind::Page, Vec::new())),
        "same" if before == "the" && here.next().is_none() => Some(here.pointer(1, Kind::Thing, Vec::new())),
        "so" if matches!(before, "do" | "does" | "did" | "doing") && !here.has_clause_before() => {
            Some(here.pointer(1, Kind::Thing, Vec::new()))
        }
        "then" if matches!(before, "since" | "until" | "by" | "back") => {
            Some(here.pointer(1, Kind::Thing, Vec::new()))
        }
        "similar" if here.at == 0 && !next.is_empty() && !words::is_stop(next) => phrase(here),
        _ => None,
    }
}

/// `This crate`, where no crate is named before it in the sentence.
fn phrase(here: &Spot<'_>) -> Option<Pointer> {
    const WORDS_MAX: usize = 3;
    // A version is a release, and a release is a version.
    const RELEASES: [&str; 5] = ["releas", "version", "updat", "edit", "patch"];
    let behind = &here.tokens[here.at + 1..];
    let of_phrase: Vec<&Token<'_>> = behind
        .iter()
        .take_while(|token| matches!(token.gap, " " | "-"))
        .skip_while(|token| matches!(token.lower.as_str(), "a" | "an"))
        .take_while(|token| !words::is_stop(&token.lower))
        .take(WORDS_MAX)
        .collect();
    let head = head(here, &of_phrase);
    let names = of_phrase[head..]
        .iter()
        .filter(|token| token.can_name() && !QUALIFIERS.contains(&token.lower.as_str()));
    let nouns: Vec<String> = names.map(|token| words::stem(&token.lower)).collect();
    let said = here
        .before()
        .iter()
        .rposition(|token| nouns.contains(&words::stem(&token.lower)));
    // `The crate was made to depend on this crate`: of one clause both cannot be the same thing.
    let is_said = said.is_some_and(|at| {
        let between = &here.tokens[at + 1..=here.at];
        between
            .iter()
            .any(|token| token.gap.contains([',', ';', ':', '—', '–', '(']))
    });
    let is_release = nouns.iter().any(|noun| RELEASES.contains(&noun.as_str()));
    if is_said || (is_release && names_version(here)) {
        return None;
    }
    // Shown up to the first noun: what follows may be a verb.
    let is_qualifier = |token: &&Token<'_>| QUALIFIERS.contains(&token.lower.as_str());
    let shown = of_phrase.iter().copied().take_while(is_qualifier).count() + 1;
    let pointer = here.pointer(1 + shown, Kind::Thing, nouns);
    Some(Pointer {
        // A thing of the same name before is no sum of what was told.
        is_open: pointer.is_open || said.is_some(),
        ..pointer
    })
}

/// Where in a phrase the nouns begin that another sentence has to name. That is the last word where it is surely the head,
/// since an order's object is over or a plain verb follows: `dev environment` does not name `that environment variable`.
/// Elsewhere the last word may be a verb, and any of them counts.
fn head(here: &Spot<'_>, of_phrase: &[&Token<'_>]) -> usize {
    const PLAIN_VERBS: [&str; 16] = [
        "is", "are", "was", "were", "has", "have", "had", "will", "would", "can", "could", "may", "might",
        "must", "should", "cannot",
    ];
    let Some(last) = of_phrase.last() else { return 0 };
    let mut behind = here.tokens[here.at..].iter();
    let next = behind.find(|token| token.range.start > last.range.start);
    let acts = next.is_some_and(|next| next.is_joined() && PLAIN_VERBS.contains(&next.lower.as_str()));
    let is_sure = (acts || is_object(here)) && last.can_name();
    if is_sure && !QUALIFIERS.contains(&last.lower.as_str()) {
        of_phrase.len() - 1
    } else {
        0
    }
}

/// Whether a version is named before: `4.2`, `v2`.
fn names_version(here: &Spot<'_>) -> bool {
    let is_number = |token: &Token<'_>| {
        token
            .lower
            .trim_start_matches('v')
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            && token.lower != "v"
    };
    here.before().iter().any(is_number)
}
