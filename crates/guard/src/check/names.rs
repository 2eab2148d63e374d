//! Each name stands in the evidence, or names the source itself.

use std::ops::Range;

use copydesk_text::{names, quotes, words};

use super::{Grounds, is_within};
use crate::finding::Finding;

/// Checks every name outside quotation marks.
pub(crate) fn check(text: &str, grounds: &Grounds) -> Vec<Finding> {
    let quoted: Vec<Range<usize>> = quotes::find(text).into_iter().map(|quote| quote.range).collect();
    let evidence = format!(
        "{}\n{}\n{}",
        grounds.text(),
        grounds.attribution.join("\n"),
        grounds.coverage_words.join("\n")
    );
    let known = words_of(&evidence);
    names::find(text)
        .into_iter()
        .filter(|name| !is_within(&name.range, &quoted))
        .map(|name| {
            if stands_in(&name.text, &known) {
                Finding::supported(format!("{} stands in the source", name.text))
            } else {
                Finding::blocked(format!("the name {} does not stand in the evidence", name.text))
            }
        })
        .collect()
}

fn words_of(text: &str) -> Vec<String> {
    words::words(text).map(|(_, word)| names::key(word)).collect()
}

/// Whether the words of a name stand in the evidence one after another.
fn stands_in(name: &str, known: &[String]) -> bool {
    let parts = words_of(name);
    if parts.is_empty() {
        return true;
    }
    known
        .windows(parts.len())
        .any(|window| window == parts.as_slice())
}
