//! Whose words a quotation is: with the spans of several publishers, the one that a sentence names before it is the one whose
//! span holds it.

use copydesk_text::quotes::Quote;
use copydesk_text::words;

use super::{plain, stands_in};
use crate::evidence::Evidence;
use crate::finding::Finding;

/// Quotations of a sentence beyond which nobody is looked for.
const QUOTATIONS_MAX: usize = 20;

/// Checks every quotation, nested ones aside, where the spans are of more than one publisher.
pub(super) fn check(text: &str, found: &[Quote], evidence: &Evidence) -> Vec<Finding> {
    let witnesses = &evidence.grounds.witnesses;
    if witnesses.windows(2).all(|pair| pair[0] == pair[1]) {
        return Vec::new();
    }
    let mut outer: Vec<&Quote> = Vec::new();
    for quote in found.iter().take(QUOTATIONS_MAX) {
        if outer
            .last()
            .is_none_or(|last| last.range.end <= quote.range.start)
        {
            outer.push(quote);
        }
    }
    (0..outer.len())
        .filter_map(|at| check_one(text, &outer, at, evidence))
        .collect()
}

fn check_one(text: &str, quotations: &[&Quote], at: usize, evidence: &Evidence) -> Option<Finding> {
    let witnesses = &evidence.grounds.witnesses;
    let quote = quotations[at];
    let words = plain(&quote.text);
    let spans = evidence.plain_spans().iter().zip(witnesses);
    let holders: Vec<&Vec<String>> = spans
        .filter(|(span, _)| stands_in(&words, span))
        .map(|(_, witness)| witness)
        .collect();
    let holder = holders.first()?;
    let from = at.checked_sub(1).map_or(0, |last| quotations[last].range.end);
    let to = quotations.get(at + 1).map_or(text.len(), |next| next.range.start);
    // `“…” (Norn), “…” (Lattice)`: what stands in brackets belongs to the quotation before it.
    let before = without_brackets(text.get(from..quote.range.start)?);
    let behind = text.get(quote.range.end..to)?;
    let all = || witnesses.iter().flatten();
    let part = [before.as_str(), behind]
        .into_iter()
        .find(|part| all().any(|name| is_named(name, part)))?;
    let is_right = holders
        .iter()
        .any(|names| names.iter().any(|name| is_named(name, part)));
    if is_right {
        return None;
    }
    let named = all().find(|name| is_named(name, part))?;
    Some(Finding::unsettled(format!(
        "it names {named} for words of {}",
        holder.first().map_or("another source", String::as_str)
    )))
}

/// Whether a text has a name as whole words, in any case, with or without its article.
fn is_named(name: &str, text: &str) -> bool {
    let name = name.trim().to_lowercase();
    let bare = name.strip_prefix("the ").unwrap_or(&name);
    let text = text.to_lowercase();
    !bare.is_empty()
        && text
            .match_indices(bare)
            .any(|(at, bare)| words::is_whole(&text, &(at..at + bare.len())))
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::Grounds;
    use crate::evidence::Evidence;
    use copydesk_text::quotes;

    fn faults(text: &str) -> usize {
        let evidence = Evidence::from(Grounds {
            spans: vec!["The cache is slow.".to_owned(), "The cache is fast.".to_owned()],
            witnesses: vec![vec!["Norn".to_owned()], vec!["The Lattice Blog".to_owned()]],
            ..Grounds::default()
        });
        check(text, &quotes::find(text), &evidence).len()
    }

    #[test]
    fn the_words_of_one_publisher_are_not_said_by_another() {
        assert_eq!(faults("Norn says “The cache is fast.”"), 1);
        assert_eq!(
            faults("Norn says “cache is slow”, Lattice Blog says “cache is slow”."),
            1
        );
        assert_eq!(faults("“cache is fast” (Norn), “cache is slow” (Norn)."), 1);
    }

    #[test]
    fn the_right_name_may_stand_before_behind_or_for_both() {
        for text in [
            "Norn says “cache is slow”, the Lattice Blog says “cache is fast”.",
            "“cache is slow” (Norn), “cache is fast” (The Lattice Blog).",
            "Norn and the Lattice Blog differ: “cache is slow” against “cache is fast”.",
            "“The cache is fast.”",
            "Ada Berg: “The cache is fast.”",
        ] {
            assert_eq!(faults(text), 0, "{text}");
        }
    }
}
