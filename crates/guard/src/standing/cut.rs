//! What is left out of a sentence of the evidence, and whether that changes what it says.

use std::ops::Range;

use copydesk_text::words;

use super::dropped::{self, Side};
use super::safe;
use crate::evidence::Evidence;
use crate::tokens::Token;

/// What was cut and changes the sense. `pairs`: places of the words that both have, at least one; `text`: the sentence.
pub(super) fn faults(
    text: &str,
    evidence: &Evidence,
    source: &[Token],
    pairs: &[(usize, usize)],
) -> Vec<String> {
    let sentence = Sentence {
        evidence,
        text: &evidence.text,
        source,
        is_ascribed: is_ascribed(text),
    };
    let (first, last) = (pairs[0].1, pairs[pairs.len() - 1].1);
    let mut faults: Vec<String> = sentence.lead(first).into_iter().collect();
    faults.extend(sentence.before(first));
    faults.extend(
        pairs
            .windows(2)
            .filter_map(|pair| sentence.between(pair[0].1, pair[1].1)),
    );
    faults.extend(sentence.behind(last));
    if !text.contains('?') && sentence.is_asked(last) {
        faults.push("the evidence asks it and does not say it".to_owned());
    }
    faults
}

/// A sentence of the evidence, by its words.
struct Sentence<'a> {
    evidence: &'a Evidence,
    text: &'a str,
    source: &'a [Token],
    /// Whether the sentence that is looked for says who says it.
    is_ascribed: bool,
}

impl<'a> Sentence<'a> {
    fn words(&self, range: Range<usize>) -> Vec<&'a str> {
        let tokens = self.source.get(range).unwrap_or_default();
        tokens
            .iter()
            .filter_map(|token| self.text.get(token.range.clone()))
            .collect()
    }

    fn part(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn end(&self) -> usize {
        self.source[self.source.len() - 1].range.end
    }

    /// What a line says that leads on to the sentence of the first word that was kept.
    fn lead(&self, first: usize) -> Option<String> {
        let sentence = self.source[first].sentence;
        let head = self.source.iter().find(|token| token.sentence == sentence)?;
        led(self.evidence.lead(head.range.start)?)
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
        if let [word @ ("Had" | "Were")] = head[..] {
            return Some(dropped::here(word));
        }
        dropped::fault(last_part(before), Side::Before, self.is_ascribed)
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
        dropped::fault(between, Side::Between, self.is_ascribed)
    }

    /// What stands behind the last word that was kept.
    fn behind(&self, last: usize) -> Option<String> {
        let tail = self.words(last + 1..self.source.len());
        let after = self.part(self.source[last].range.end, self.end());
        if tail.is_empty() {
            return None;
        }
        if !begins_a_part(after) && !are_harmless(&tail) {
            let kept = self.words(last..last + 1).join(" ");
            return Some(format!("the evidence says more behind “{kept}”: {}", list(&tail)));
        }
        dropped::fault(first_part(after), Side::Behind, self.is_ascribed)
    }

    /// Whether the sentence with the last word that was kept ends in a question mark.
    fn is_asked(&self, last: usize) -> bool {
        is_asked(self.text, self.source[last].range.end, self.end())
    }
}

/// Whether the first mark behind a word that ends a sentence asks. `end`: where the last word of the sentence ends.
pub(super) fn is_asked(text: &str, from: usize, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    let closing = rest
        .find(|c: char| c.is_whitespace() || words::is_word_char(c))
        .unwrap_or(rest.len());
    let tail = text.get(from..end + closing).unwrap_or_default();
    let ends = |(at, mark): &(usize, char)| {
        let next = tail[at + mark.len_utf8()..].chars().next();
        matches!(mark, '.' | '!' | '?') && !next.is_some_and(words::is_word_char)
    };
    tail.char_indices()
        .find(ends)
        .is_some_and(|(_, mark)| mark == '?')
}

/// Whether a sentence says who says it.
fn is_ascribed(text: &str) -> bool {
    words::words(text).any(|(_, word)| {
        matches!(
            word.to_lowercase().as_str(),
            "according" | "says" | "writes" | "reports" | "said" | "wrote" | "reported"
        )
    })
}

/// What a line that leads on says of what it leads to.
pub(super) fn led(lead: &str) -> Option<String> {
    if lead.trim_end().ends_with([':', '.']) {
        dropped::is_false_list(lead)
    } else {
        dropped::fault(last_part(lead), Side::Before, false)
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

/// What stands behind the last full stop; the sentence before it is another one.
pub(super) fn last_part(text: &str) -> &str {
    text.rfind(['.', '!', '?']).map_or(text, |at| &text[at + 1..])
}

/// What stands before the first full stop that a space follows.
pub(super) fn first_part(text: &str) -> &str {
    [". ", "! ", "? "]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .map_or(text, |at| &text[..at])
}

pub(super) fn ends_a_part(text: &str) -> bool {
    text.trim_end()
        .ends_with([',', ':', ';', '—', '–', '“', '"', '(', ')', '.', '!', '?'])
}

pub(super) fn begins_a_part(text: &str) -> bool {
    text.trim_start()
        .starts_with([',', ':', ';', '—', '–', '”', '"', '(', '.', '!', '?'])
}

/// Whether what stands between two words is set apart from both: in brackets, dashes or commas.
pub(super) fn is_aside(between: &str) -> bool {
    let part = between.trim();
    part.starts_with(['(', ',', '—', '–', '[']) && part.ends_with([')', ',', '—', '–', ']'])
}
