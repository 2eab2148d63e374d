//! A clause that a sentence leaves out: whether what is kept holds without it.
//!
//! `Acme won the case, a ruling that was overturned in May`: a clause may take back, deny, doubt, date, ascribe or place in
//! a novel what stands beside it. One with a subject of its own (`…, and Norn paid`) mostly speaks of something else; then
//! only what takes back counts.

mod lists;

use std::ops::Range;

use copydesk_text::{numbers, words};

use self::lists::{
    FICTION, OWN_CLAUSE, OWN_NAMES, PAST, PLAYED, SAYING, TAKES_BACK, TRUTH, UNDOING, UNTRUE, WEAK_SAYING,
};
use super::safe;

/// Where the clause stands to the words that were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    Between,
    Behind,
}

/// How near the beginning or the end of a heading its word for what is not so stands.
const LIST_REACH: usize = 3;

/// Words between a denial and what it denies the truth of.
const TRUTH_REACH: usize = 3;

/// Words of an aside that says no more than who said it.
const SAYING_WORDS_MAX: usize = 12;

/// What in a clause keeps the sentence from standing without it, in a newsletter author's words. `is_ascribed`: whether the
/// sentence says itself that it is the page's word; then the page's own (`the company said`) may go.
pub(super) fn fault(clause: &str, side: Side, is_ascribed: bool) -> Option<String> {
    let mut is_own = false;
    for (part, is_bracketed) in parts(clause) {
        let part = Part::of(part, is_bracketed);
        let Some(first) = part.lowers.first() else {
            continue;
        };
        let opens_own = side != Side::Before && OWN_CLAUSE.contains(first.as_str());
        is_own |= opens_own;
        let found = part
            .taken_back()
            .map(|words| here(&words))
            .or_else(|| part.limited(side))
            .or_else(|| {
                let is_own_word = is_ascribed && part.is_own_word();
                part.said(opens_own).filter(|_| !is_own_word)
            })
            .or_else(|| {
                if is_own || part.is_bracketed {
                    None
                } else {
                    part.governs(side)
                }
            });
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Who is said to say the kept words in a dropped clause: the words of the first part that ascribes them.
pub(super) fn speaker(clause: &str) -> Option<Vec<String>> {
    parts(clause).into_iter().find_map(|(text, is_bracketed)| {
        let part = Part::of(text, is_bracketed);
        let is_own = part
            .lowers
            .first()
            .is_some_and(|first| OWN_CLAUSE.contains(first.as_str()));
        part.said(is_own).map(|_| part.lowers)
    })
}

/// The words by which a clause takes back what stands beside it, whoever says so.
pub(super) fn takes_back(clause: &str) -> Option<String> {
    parts(clause)
        .into_iter()
        .find_map(|(text, is_bracketed)| Part::of(text, is_bracketed).taken_back())
}

/// A part of a clause between two marks.
struct Part<'a> {
    text: &'a str,
    is_bracketed: bool,
    words: Vec<&'a str>,
    lowers: Vec<String>,
}

impl<'a> Part<'a> {
    fn of(text: &'a str, is_bracketed: bool) -> Self {
        let words: Vec<&str> = words::words(text).map(|(_, word)| word).collect();
        let lowers = words.iter().map(|word| word.to_lowercase()).collect();
        Self {
            text,
            is_bracketed,
            words,
            lowers,
        }
    }

    /// What undoes, denies or makes up, whoever the clause speaks of.
    fn taken_back(&self) -> Option<String> {
        let mut all = words::words(self.text).zip(&self.lowers);
        let back = all.find(|((range, _), word)| {
            let is_back = TAKES_BACK.contains(word.as_str()) || FICTION.contains(word.as_str());
            is_back && !is_value(self.text, range)
        });
        if let Some((_, word)) = back {
            return Some(word.clone());
        }
        let is_undone = |pair: &&[String]| UNDOING.contains(&(pair[0].as_str(), pair[1].as_str()));
        if let Some(pair) = self.lowers.windows(2).find(is_undone) {
            return Some(pair.join(" "));
        }
        let denied = self.lowers.iter().enumerate().find(|(at, word)| {
            let behind = self.lowers.iter().skip(at + 1).take(TRUTH_REACH);
            is_denial(word) && behind.into_iter().any(|word| TRUTH.contains(word.as_str()))
        });
        denied.map(|(at, word)| format!("{word} {}", self.lowers[at + 1]))
    }

    /// A condition, another possibility, or a contrast that is no sentence of its own.
    fn limited(&self, side: Side) -> Option<String> {
        if side != Side::Before
            && let Some(word) = self.lowers.iter().find(|word| safe::is_condition(word))
        {
            return Some(here(word));
        }
        let second = self.lowers.get(1).map_or("", String::as_str);
        match self.lowers.first()?.as_str() {
            "or" if side == Side::Behind => Some(here("or")),
            "and" | "but" | "though" | "although" | "albeit" | "yet"
                if matches!(second, "not" | "never" | "no" | "only") =>
            {
                Some(here(second))
            }
            _ => None,
        }
    }

    /// Somebody who says what was kept: `prosecutors said`, `according to prosecutors`.
    fn said(&self, opens_own: bool) -> Option<String> {
        if opens_own {
            return None;
        }
        let is_source = match self.lowers.first()?.as_str() {
            "according" => self.lowers.get(1).is_some_and(|word| word == "to"),
            "per" => !self.is_bracketed && self.lowers.len() > 1,
            "in" => self
                .lowers
                .iter()
                .any(|word| matches!(word.as_str(), "view" | "opinion" | "telling")),
            _ => false,
        };
        let is_aside = self.lowers.len() <= SAYING_WORDS_MAX;
        let is_said = is_source || (is_aside && (0..self.lowers.len()).any(|at| self.is_saying(at)));
        is_said.then(|| format!("the evidence says whose word it is: “{}”", self.text.trim()))
    }

    fn is_own_word(&self) -> bool {
        self.lowers.iter().any(|word| is_own_name(word))
    }

    fn is_saying(&self, at: usize) -> bool {
        let word = self.lowers[at].as_str();
        let before = at
            .checked_sub(1)
            .map_or("", |before| self.lowers[before].as_str());
        if matches!(
            before,
            "the"
                | "a"
                | "an"
                | "its"
                | "their"
                | "his"
                | "her"
                | "our"
                | "to"
                | "of"
                | "release"
                | "we"
                | "i"
        ) {
            return false;
        }
        let is_last = at + 1 == self.lowers.len();
        let next = self.words.get(at + 1).copied().unwrap_or_default();
        let is_turned = at == 0
            && (next.starts_with(char::is_uppercase)
                || matches!(next, "the" | "a" | "an" | "his" | "her" | "its"));
        if SAYING.contains(word) {
            return at > 0 || is_turned;
        }
        let is_as = self.lowers[0] == "as" && at > 0;
        WEAK_SAYING.contains(word) && ((is_last && at > 0) || is_turned || is_as)
    }

    /// What counts where the clause speaks of what was kept: a denial, a doubt, a time.
    fn governs(&self, side: Side) -> Option<String> {
        if let Some(word) = self.lowers.iter().find(|word| safe::is_doubt(word)) {
            return Some(here(word));
        }
        if side == Side::Before
            && let Some(word) = self.lowers.iter().find(|word| safe::is_reserve(word))
        {
            return Some(here(word));
        }
        let first = self.lowers[0].as_str();
        let is_played = side == Side::Before || matches!(first, "in" | "as");
        let is_far = |word: &&String| {
            PAST.contains(word.as_str()) || is_decade(word) || (is_played && PLAYED.contains(word.as_str()))
        };
        if let Some(word) = self.lowers.iter().find(is_far) {
            return Some(here(word));
        }
        let then = ["before", "last year", "at the time", "in the past", "back then"];
        let whole = self.lowers.join(" ");
        if then
            .iter()
            .any(|then| whole == *then || whole.starts_with(&format!("{then} ")))
        {
            return Some(format!("the evidence says when: “{}”", self.text.trim()));
        }
        let is_time = side != Side::Behind
            && matches!(
                first,
                "in" | "on" | "from" | "since" | "during" | "last" | "by" | "before" | "back"
            )
            && !numbers::dates(self.text).is_empty();
        is_time.then(|| format!("the evidence says when: “{}”", self.text.trim()))
    }
}

pub(super) fn here(word: &str) -> String {
    format!("the evidence says “{word}” here")
}

/// Whether a word is the value of a setting: `hash = false`, `defaults to false`, `false by default`.
pub(super) fn is_value(text: &str, range: &Range<usize>) -> bool {
    let word = text.get(range.clone()).unwrap_or_default();
    if !word.eq_ignore_ascii_case("false") {
        return false;
    }
    let before = text
        .get(..range.start)
        .unwrap_or_default()
        .trim_end()
        .to_lowercase();
    let after = text.get(range.end..).unwrap_or_default().trim_start();
    let ends = [
        "set to",
        "defaults to",
        "default to",
        "default",
        "returns",
        "return",
    ];
    before.ends_with(['=', '`'])
        || ends.iter().any(|word| before.ends_with(word))
        || after.starts_with("by default")
}

/// `1990s`
fn is_decade(word: &str) -> bool {
    word.len() == 5 && word.ends_with("0s") && word.bytes().take(4).all(|byte| byte.is_ascii_digit())
}

/// Whether a word names what a page says of itself.
pub(super) fn is_own_name(word: &str) -> bool {
    OWN_NAMES.contains(&word)
}

/// Whether a line says that what follows it is not so: `These claims are false:`, `Myths about Norn:`.
pub(super) fn is_false_list(line: &str) -> Option<String> {
    let line = super::cut::last_part(line.trim_end_matches([':', '.', ' ']));
    let part = Part::of(line, false);
    let count = part.lowers.len();
    let at = part
        .lowers
        .iter()
        .position(|word| UNTRUE.contains(&word.as_str()))?;
    let is_head = at < LIST_REACH || at + LIST_REACH >= count || line.to_lowercase().contains("following");
    is_head.then(|| here(&part.lowers[at]))
}

fn is_denial(word: &str) -> bool {
    matches!(word, "not" | "t" | "never" | "no" | "hardly" | "far" | "cannot")
}

/// The parts of a clause between its marks, each with whether it stands in brackets. A comma in a figure parts nothing.
fn parts(clause: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut is_bracketed = false;
    for (at, mark) in clause.char_indices() {
        let end = at + mark.len_utf8();
        let next = clause[end..].chars().next();
        let is_part_end = match mark {
            ',' | ':' => !next.is_some_and(char::is_alphanumeric),
            '.' => next.is_some_and(|c| matches!(c, '”' | '"' | '’')),
            ';' | '—' | '–' | '(' | ')' | '[' | ']' | '“' | '”' | '"' => true,
            _ => false,
        };
        if is_part_end {
            parts.push((&clause[from..at], is_bracketed));
            from = end;
        }
        match mark {
            '(' | '[' => is_bracketed = true,
            ')' | ']' => is_bracketed = false,
            _ => {}
        }
    }
    parts.push((&clause[from..], is_bracketed));
    parts
}

#[cfg(test)]
mod tests {
    use super::{Side, fault};

    #[test]
    fn what_takes_back_counts_in_every_clause() {
        for clause in [
            ", a ruling that was overturned in May",
            ", and the court reversed that",
            ", which is not true",
            "; the verdict was set aside in June",
            ", but only on paper",
            ", or leased it",
            "(this claim has been retracted)",
            "— unless it rains",
        ] {
            assert!(fault(clause, Side::Behind, false).is_some(), "{clause}");
        }
    }

    #[test]
    fn who_says_it_counts_where_the_clause_says_no_more() {
        for clause in [
            ", prosecutors said",
            ", said the chief of Norn on Monday",
            ",” Lee said",
            ", according to the filing",
            ", as the ministry put it",
            ", analysts estimate",
            "(Lee says)",
        ] {
            assert!(fault(clause, Side::Behind, false).is_some(), "{clause}");
        }
        for clause in [
            ", and Lee said it is fast",
            ", the notes of the release",
            ", we said",
        ] {
            assert_eq!(fault(clause, Side::Behind, false), None, "{clause}");
        }
    }

    #[test]
    fn a_clause_before_denies_dates_and_makes_up() {
        for clause in [
            "In the novel, ",
            "From our satire desk: ",
            "Previously, ",
            "In 2019, ",
            "It is not so that, ",
        ] {
            assert!(fault(clause, Side::Before, false).is_some(), "{clause}");
        }
        assert_eq!(fault("For users of the cache, ", Side::Before, false), None);
    }

    #[test]
    fn a_clause_with_a_subject_of_its_own_may_go() {
        for clause in [
            ", but it does not change the interface",
            ", and in 2019 Norn may have had 4,200 users",
            ", which was passed in May",
            "(version 4)",
            "(see the notes)",
            ", and it needs the setting secret = false",
            "(which defaults to false)",
        ] {
            assert_eq!(fault(clause, Side::Behind, false), None, "{clause}");
        }
    }
}
