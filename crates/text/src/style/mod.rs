//! How a text sounds: worn phrases, shapes that machines are fond of, words of a trade, and the author's own rules.
//!
//! Every finding is about words outside quotation marks, since a quotation is another's; only the words of a trade
//! are looked for inside too, because the reader meets them there. Lists are written by hand and kept short: a
//! finding that is wrong costs more of the author's patience than one that is missing.

mod house;
mod jargon;
mod own;
mod phrases;
mod shapes;

use std::ops::Range;

pub use house::{Breach, breaches, house_style};
pub use jargon::{Term, Why, jargon};
pub use own::{own_words, without_quotations};

/// What is wrong with a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Habit {
    /// Everybody has said it.
    Worn,
    /// As machines write.
    Machine,
    /// Praise without a measure.
    Hype,
    /// A word that adds nothing.
    Empty,
    /// Long for short.
    Wordy,
}

impl Habit {
    /// What is wrong, for a reason.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Worn => "is worn out",
            Self::Machine => "sounds machine-made",
            Self::Hype => "praises without a measure",
            Self::Empty => "adds nothing",
            Self::Wordy => "says in many words what few would",
        }
    }
}

/// A phrase that could go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where it stands.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub habit: Habit,
    /// The phrase as it stands, or the name of its shape.
    pub what: String,
    /// The whole text without it, where code can say it; never changes a quotation, a number or a name.
    pub replacement: Option<String>,
}

/// The flaws of one sentence, by where they stand; of two that overlap, the longer.
pub fn flaws(sentence: &str) -> Vec<Flaw> {
    let own = own_words(sentence);
    let mut found = phrases::find(sentence, &own);
    found.extend(shapes::find(sentence, &own));
    found.sort_by_key(|flaw| (flaw.range.start, std::cmp::Reverse(flaw.range.end)));
    let mut end = 0;
    found.retain(|flaw| {
        let is_apart = flaw.range.start >= end;
        if is_apart {
            end = flaw.range.end;
        }
        is_apart
    });
    found
}

/// Em dashes in the words outside quotation marks of some sentences, where they are many: more than one in eighty
/// words, and four at least. Gives their number.
pub fn many_dashes(sentences: &[&str]) -> Option<usize> {
    const DASHES_MIN: usize = 4;
    const WORDS_EACH: usize = 80;
    let own: Vec<String> = sentences.iter().map(|text| own_words(text)).collect();
    let dashes: usize = own.iter().map(|text| text.matches('—').count()).sum();
    let words: usize = own.iter().map(|text| crate::words::count(text)).sum();
    (dashes >= DASHES_MIN && dashes * WORDS_EACH > words).then_some(dashes)
}

pub(crate) fn regex(pattern: &str) -> regex::Regex {
    regex::Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habits(text: &str) -> Vec<(Habit, String)> {
        flaws(text)
            .into_iter()
            .map(|flaw| (flaw.habit, flaw.what))
            .collect()
    }

    #[test]
    fn what_a_source_says_is_no_flaw_of_the_author() {
        let quoted =
            "Norn writes: “In today's fast-paced world, our game-changing planner is truly unmatched.”";
        assert!(flaws(quoted).is_empty(), "{:?}", flaws(quoted));
        assert_eq!(habits("The planner is a game-changer.").len(), 1);
    }

    #[test]
    fn the_longer_of_two_findings_stands() {
        let found = habits("The report delves into the cause.");
        assert_eq!(found, [(Habit::Machine, "delves into".to_owned())]);
    }

    #[test]
    fn a_replacement_is_the_whole_sentence() {
        let only = |text: &str| flaws(text).remove(0).replacement;
        assert_eq!(
            only("It's worth noting that Norn 4.2 is out.").as_deref(),
            Some("Norn 4.2 is out.")
        );
        assert_eq!(
            only("Norn patched it in order to stop the leak.").as_deref(),
            Some("Norn patched it to stop the leak.")
        );
        assert_eq!(only("Norn is truly fast.").as_deref(), Some("Norn is fast."));
    }

    #[test]
    fn dashes_are_counted_over_the_whole_issue() {
        let one = "Norn — late as ever — shipped the fix.";
        assert_eq!(many_dashes(&[one, one]), Some(4));
        assert_eq!(many_dashes(&[one]), None);
        let quoted = "Norn writes: “a — b — c — d — e.”";
        assert_eq!(many_dashes(&[quoted]), None);
    }

    #[test]
    fn plain_news_has_no_flaw() {
        for text in [
            "The maintainers removed twelve packages on Monday, and locked the accounts that had published them.",
            "Norn 4.2 is fast on small tables, slow on large ones, and free for both.",
            "The fix does not only close the hole but also tells operators that it was there.",
            "The new cache is robust, the old one was not.",
            "From May to July, prices rose by 4 %.",
            "Servers, routers and readers are in the order.",
            "Prices rose for a majority stake in the company.",
            "What would you want followed up tomorrow?",
            "The company uses its leverage over suppliers.",
        ] {
            assert!(flaws(text).is_empty(), "{text}: {:?}", flaws(text));
        }
    }
}
