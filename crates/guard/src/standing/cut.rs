//! What is left out of a sentence of the evidence, and whether that changes what it says.

use copydesk_text::words;

use super::safe;
use crate::tokens::Token;

/// What was cut and changes the sense. `pairs`: places of the words that both have, at least one; `text`: the evidence.
pub(super) fn faults(text: &str, source: &[Token], pairs: &[(usize, usize)]) -> Vec<String> {
    let sentence = Sentence { text, source };
    let mut faults: Vec<String> = sentence.before(pairs[0].1).into_iter().collect();
    faults.extend(
        pairs
            .windows(2)
            .filter_map(|pair| sentence.between(pair[0].1, pair[1].1)),
    );
    faults.extend(sentence.behind(pairs[pairs.len() - 1].1));
    faults
}

/// A sentence of the evidence, by its words.
struct Sentence<'a> {
    text: &'a str,
    source: &'a [Token],
}

impl<'a> Sentence<'a> {
    fn words(&self, range: std::ops::Range<usize>) -> Vec<&'a str> {
        let tokens = self.source.get(range).unwrap_or_default();
        tokens
            .iter()
            .filter_map(|token| self.text.get(token.range.clone()))
            .collect()
    }

    fn part(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// What stands before the first word that was kept.
    fn before(&self, first: usize) -> Option<String> {
        let head = self.words(0..first);
        if head.is_empty() {
            return None;
        }
        let before = self.part(self.source[0].range.start, self.source[first].range.start);
        if !ends_a_part(before) && !are_harmless(&head) {
            let kept = self.words(first..first + 1).join(" ");
            return Some(format!("the evidence says more before “{kept}”: {}", list(&head)));
        }
        let reserve = words_of(last_part(before)).find(|word| safe::is_reserve(word))?;
        Some(format!("the evidence says “{reserve}” here"))
    }

    /// What stands between two words that were kept.
    fn between(&self, a: usize, b: usize) -> Option<String> {
        let inside = self.words(a + 1..b);
        if inside.is_empty() || are_harmless(&inside) {
            return None;
        }
        let between = self.part(self.source[a].range.end, self.source[b].range.start);
        if !is_aside(between) {
            return Some(format!("the evidence says more here: “{}”", list(&inside)));
        }
        let condition = inside.iter().find(|word| safe::is_condition(word))?;
        Some(format!("the evidence says “{condition}” here"))
    }

    /// What stands behind the last word that was kept.
    fn behind(&self, last: usize) -> Option<String> {
        let tail = self.words(last + 1..self.source.len());
        let end = self.source[self.source.len() - 1].range.end;
        let after = self.part(self.source[last].range.end, end);
        if tail.is_empty() {
            return None;
        }
        if !begins_a_part(after) && !are_harmless(&tail) {
            let kept = self.words(last..last + 1).join(" ");
            return Some(format!("the evidence says more behind “{kept}”: {}", list(&tail)));
        }
        let condition = words_of(first_part(after)).find(|word| safe::is_condition(word))?;
        Some(format!("the evidence goes on with “{condition}”"))
    }
}

/// The first of some words, for a reason.
pub(super) fn list(words: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown = words.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if words.len() > SHOWN {
        format!("{shown} …")
    } else {
        shown
    }
}

fn are_harmless(words: &[&str]) -> bool {
    words.iter().all(|word| safe::is_harmless(&word.to_lowercase()))
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    words::words(text).map(|(_, word)| word)
}

/// What stands behind the last full stop; the sentence before it is another one.
fn last_part(text: &str) -> &str {
    text.rfind(['.', '!', '?']).map_or(text, |at| &text[at + 1..])
}

/// What stands before the first full stop that a space follows.
fn first_part(text: &str) -> &str {
    [". ", "! ", "? "]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .map_or(text, |at| &text[..at])
}

fn ends_a_part(text: &str) -> bool {
    text.trim_end()
        .ends_with([',', ':', ';', '—', '–', '“', '"', '(', ')', '.', '!', '?'])
}

fn begins_a_part(text: &str) -> bool {
    text.trim_start()
        .starts_with([',', ':', ';', '—', '–', '”', '"', '(', '.', '!', '?'])
}

/// Whether what stands between two words is set apart from both: in brackets, dashes or commas.
fn is_aside(between: &str) -> bool {
    let part = between.trim();
    part.starts_with(['(', ',', '—', '–', '[']) && part.ends_with([')', ',', '—', '–', ']'])
}
