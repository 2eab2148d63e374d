//! Another name.

use std::collections::{BTreeSet, HashSet};
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
    let names = known(setting);
    let range = draw.one(&names)?.clone();
    let around = setting.around.to_lowercase();
    (0..TRIES_MAX).find_map(|_| {
        let name = draw.one(setting.names)?;
        let is_foreign = !around.contains(&name.to_lowercase());
        is_foreign.then(|| put(setting.sentence, &range, name))
    })
}

/// The names of a sentence that are among those of all documents.
pub(super) fn known(setting: &Setting<'_>) -> Vec<Range<usize>> {
    let found = find(setting.sentence).into_iter();
    let is_known = |range: &Range<usize>| {
        let name = &setting.sentence[range.clone()];
        setting
            .names
            .binary_search_by(|known| known.as_str().cmp(name))
            .is_ok()
    };
    found.filter(is_known).collect()
}

/// Capitalised words inside a sentence; the first word of a sentence tells nothing.
fn find(text: &str) -> Vec<Range<usize>> {
    let groups = NAME.captures_iter(text).filter_map(|found| found.get(1));
    groups.map(|group| group.range()).collect()
}

/// All names of some sentences, sorted, each once. A single word that also stands somewhere in small letters is none:
/// titles and headings are full of them.
pub fn names_in<'a>(sentences: impl Iterator<Item = &'a String> + Clone) -> Vec<String> {
    let common: HashSet<&str> = sentences
        .clone()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.starts_with(char::is_lowercase))
        .collect();
    let all: BTreeSet<String> = sentences
        .flat_map(|text| find(text).into_iter().map(|range| text[range].to_owned()))
        .filter(|name| !common.contains(name.to_lowercase().as_str()))
        .collect();
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(names: &[String]) -> Setting<'_> {
        Setting {
            names,
            ..super::super::alone("The team moved to Lattice last week.")
        }
    }

    #[test]
    fn a_name_becomes_one_of_another_document() {
        let names = ["Lattice".to_owned(), "Norn".to_owned()];
        let changed = change(&setting(&names), &mut Draw::new(1));
        assert_eq!(changed.as_deref(), Some("The team moved to Norn last week."));
    }

    #[test]
    fn without_a_foreign_name_the_sentence_stays() {
        assert_eq!(change(&setting(&["Lattice".to_owned()]), &mut Draw::new(1)), None);
        assert_eq!(change(&setting(&[]), &mut Draw::new(1)), None);
    }

    #[test]
    fn names_are_found_inside_sentences_and_common_words_are_none() {
        let sentences = [
            "When Open Harbour met Norn at the Summit, all was well.".to_owned(),
            "They reached the summit.".to_owned(),
        ];
        assert_eq!(names_in(sentences.iter()), ["Norn", "Open Harbour"]);
    }
}
