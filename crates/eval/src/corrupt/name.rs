//! Another name.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Setting, put};
use crate::statistics::Draw;

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[a-z,] ([A-Z][a-zA-Z]{2,}(?: [A-Z][a-zA-Z]{2,})*)\b").expect("a fixed pattern")
});

/// Names drawn before one is known to be foreign.
const TRIES_MAX: usize = 50;

/// Puts a name of another document in the place of one.
pub(super) fn change(setting: &Setting<'_>, draw: &mut Draw) -> Option<String> {
    let names = find(setting.sentence);
    let range = draw.one(&names)?.clone();
    let around = setting.around.to_lowercase();
    (0..TRIES_MAX).find_map(|_| {
        let name = draw.one(setting.names)?;
        let is_foreign = !around.contains(&name.to_lowercase());
        is_foreign.then(|| put(setting.sentence, &range, name))
    })
}

/// Capitalised words inside a sentence; the first word of a sentence tells nothing.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let groups = NAME.captures_iter(text).filter_map(|found| found.get(1));
    groups.map(|group| group.range()).collect()
}

/// All names of some sentences, sorted, each once.
pub fn names_in<'a>(sentences: impl Iterator<Item = &'a String>) -> Vec<String> {
    let all: BTreeSet<String> = sentences
        .flat_map(|text| find(text).into_iter().map(|range| text[range].to_owned()))
        .collect();
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_one_of_another_document() {
        let names = ["Lattice".to_owned(), "Norn".to_owned()];
        let setting = Setting {
            sentence: "The team moved to Lattice last week.",
            around: "The team moved to Lattice last week.",
            names: &names,
            other: None,
        };
        let changed = change(&setting, &mut Draw::new(1));
        assert_eq!(changed.as_deref(), Some("The team moved to Norn last week."));
    }

    #[test]
    fn without_a_foreign_name_the_sentence_stays() {
        let setting = super::super::alone("The team moved to Lattice last week.");
        assert_eq!(change(&setting, &mut Draw::new(1)), None);
    }

    #[test]
    fn names_are_found_inside_sentences() {
        let sentences = ["When Open Harbour met Norn, all was well.".to_owned()];
        assert_eq!(names_in(sentences.iter()), ["Norn", "Open Harbour"]);
    }
}
