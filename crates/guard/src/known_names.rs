//! The words of a source as names are looked up in them: in small letters, in order, and by their first letters.

use std::collections::{HashMap, HashSet};

use copydesk_text::words;

use crate::tokens::lower_into;

/// Words of a first name that is cut short: Mat for Matthew.
const CUT_WORDS: std::ops::RangeInclusive<usize> = 3..=5;
/// Letters of the longest acronym that is spelled out.
const ACRONYM_MAX: usize = 6;

/// Every word in small letters, in order, with where each stands.
#[derive(Debug, Default)]
pub(crate) struct NameWords {
    /// Numbers of the words, in order.
    all: Vec<u32>,
    /// Number of each word, and its places.
    known: HashMap<String, (u32, Vec<u32>)>,
}

/// The short forms that a text's words may be named by.
#[derive(Debug, Default)]
pub(crate) struct ShortForms {
    /// First letters of runs of capitalised words.
    initials: HashSet<String>,
    /// First letters of all words, one after another.
    letters: String,
    /// First letters of longer capitalised words.
    beginnings: HashSet<String>,
}

impl ShortForms {
    pub(crate) fn of(text: &str) -> Self {
        let mut short = Self::default();
        let mut run = String::new();
        each_word(text, |gap, word, lower| {
            let is_capital = word.starts_with(char::is_uppercase);
            if !is_capital || !matches!(gap, " " | "." | "-" | ". ") {
                run.clear();
            }
            if is_capital {
                run.extend(lower.chars().next());
                // No acronym reaches further back, and a run may go on through a whole page.
                if run.chars().count() > ACRONYM_MAX {
                    run.remove(0);
                }
                short.add_initials(&run);
                short.add_beginnings(lower);
            }
            if !is_ending(gap, lower) {
                short.letters.extend(lower.chars().next());
            }
        });
        short
    }

    fn add_initials(&mut self, run: &str) {
        let count = run.chars().count();
        for from in count.saturating_sub(ACRONYM_MAX)..count.saturating_sub(1) {
            self.initials.insert(run.chars().skip(from).collect());
        }
    }

    fn add_beginnings(&mut self, lower: &str) {
        let count = lower.chars().count();
        for length in CUT_WORDS.filter(|length| *length + 1 < count) {
            self.beginnings.insert(lower.chars().take(length).collect());
        }
    }

    /// Whether words that follow each other begin with these letters; of words in small letters three at least.
    pub(crate) fn has_initials(&self, letters: &str) -> bool {
        let is_long = (3..=ACRONYM_MAX).contains(&letters.chars().count());
        self.initials.contains(letters) || (is_long && self.letters.contains(letters))
    }

    /// Whether a longer capitalised word begins like this one.
    pub(crate) fn has_beginning(&self, word: &str) -> bool {
        self.beginnings.contains(word)
    }
}

/// Gives each word with what stands before it and in small letters.
fn each_word(text: &str, mut read: impl FnMut(&str, &str, &str)) {
    let mut lower = String::new();
    let mut end = 0;
    for (range, word) in words::words(text) {
        lower_into(word, &mut lower);
        read(text.get(end..range.start).unwrap_or_default(), word, &lower);
        end = range.end;
    }
}

/// `O'Brien's`, `users'`: the ending is no word of a name.
fn is_ending(gap: &str, lower: &str) -> bool {
    lower == "s" && matches!(gap, "'" | "’")
}

impl NameWords {
    pub(crate) fn of(text: &str) -> Self {
        let mut names = Self::default();
        each_word(text, |gap, _, lower| {
            if !is_ending(gap, lower) {
                names.add(lower);
            }
        });
        names
    }

    fn add(&mut self, lower: &str) {
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        if let Some((number, places)) = self.known.get_mut(lower) {
            places.push(place);
            self.all.push(*number);
            return;
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        self.known.insert(lower.to_owned(), (number, vec![place]));
        self.all.push(number);
    }

    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.known.contains_key(word)
    }

    /// Whether words stand one after another.
    pub(crate) fn has_words(&self, parts: &[String]) -> bool {
        let numbers: Option<Vec<u32>> = parts
            .iter()
            .map(|part| self.known.get(part).map(|(number, _)| *number))
            .collect();
        let (Some(numbers), Some((_, places))) =
            (numbers, parts.first().and_then(|first| self.known.get(first)))
        else {
            return false;
        };
        places.iter().any(|place| {
            let at = *place as usize;
            self.all.get(at..at + numbers.len()) == Some(numbers.as_slice())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{NameWords, ShortForms};

    /// This took minutes while each word counted its whole run.
    #[test]
    fn a_long_run_of_capitals_costs_its_length() {
        let short = ShortForms::of(&"A.B.C.D.E.F.G.".repeat(40_000));
        assert!(short.has_initials("fgabcd") && !short.has_initials("gf"));
    }

    #[test]
    fn acronyms_are_found_where_they_are_spelled_out() {
        let text = "The European Union and Matthew use generative adversarial networks.";
        let short = ShortForms::of(text);
        assert!(short.has_initials("eu") && short.has_initials("gan") && short.has_beginning("mat"));
        assert!(!short.has_initials("ga") && !short.has_beginning("gen"));
        let names = NameWords::of(text);
        assert!(names.has_words(&["european".to_owned(), "union".to_owned()]));
        assert!(!names.has_words(&["union".to_owned(), "matthew".to_owned()]));
    }
}
