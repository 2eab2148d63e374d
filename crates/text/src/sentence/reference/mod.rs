//! Words of a sentence that mean something which only another sentence names.
//!
//! A quotation is read where it stands, without the page around it. `This crate`, `the latter`, `as shown above` are
//! no fault on their page; in a quotation they leave the reader with a question. What is meant may stand in the
//! sentence itself (`Norn published a crate, and this crate …`) or in the quotation before it: then nothing dangles.

mod demonstrative;
mod place;
mod presumed;
mod pronoun;
mod token;

use std::ops::Range;

use crate::words;
use token::Token;

/// Words that mean something which their sentence does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// Their bytes.
    pub range: Range<usize>,
    /// Not even a clause stands before them that they could sum up. Where one does, a reader may well follow.
    pub is_open: bool,
    /// Stems of what they name; a sentence before that has one of them names it. Empty where they name nothing.
    nouns: Vec<String>,
    kind: Kind,
}

/// What would have to stand before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A thing, or what was told: any sentence on it.
    Thing,
    /// Two things.
    Pair,
    /// A place on the page, which no quotation brings along.
    Page,
    /// What the page is about, taken for known: any name before may be it.
    Subject,
}

impl Pointer {
    /// Whether the sentence that is read just before names what is meant. `before`: empty where there is none.
    pub fn is_met_by(&self, before: &str) -> bool {
        if before.trim().is_empty() {
            return false;
        }
        match self.kind {
            Kind::Page => false,
            Kind::Pair => before.contains(" and ") || before.contains(" or "),
            Kind::Thing if self.nouns.is_empty() => true,
            Kind::Thing => self.is_said_in(before),
            Kind::Subject => {
                before.lines().any(is_label)
                    || presumed::has_name(before, 0..before.len())
                    || self.is_said_in(before)
            }
        }
    }

    fn is_said_in(&self, before: &str) -> bool {
        let said = words::content_stems(before);
        self.nouns.iter().any(|noun| said.contains(noun))
    }
}

/// Whether a line is a label, as a frame puts it in front: `anyhow`, `Node.js 24.14`. A label names its thing.
fn is_label(line: &str) -> bool {
    const WORDS_MAX: usize = 4;
    let count = words::count(line);
    (1..=WORDS_MAX).contains(&count) && !line.trim_end().ends_with(['.', '!', '?', ':'])
}

/// What in a sentence points out of it, in order. Doubt counts as pointing: see [`Pointer::is_open`].
///
/// The opening of a sentence is looked at by [`super::dangles`] too, which knows more openings.
pub fn pointers(sentence: &str) -> Vec<Pointer> {
    let tokens = token::of(sentence);
    let mut found: Vec<Pointer> = Vec::new();
    for at in 0..tokens.len() {
        let here = Spot {
            sentence,
            tokens: &tokens,
            at,
        };
        let pointer = demonstrative::find(&here)
            .or_else(|| pronoun::find(&here))
            .or_else(|| place::find(&here));
        found.extend(pointer);
    }
    found
}

/// What a sentence takes for known, in order: `the flaw`, `the 1.0 release`, `version 1.2.2`.
///
/// Such a sentence can be quoted where its thing is named before it: see [`Pointer::is_met_by`], whose `before` is here all
/// that is told of the same story before, a line each, and the label that a frame puts in front.
pub fn presumes(sentence: &str) -> Vec<Pointer> {
    let tokens = token::of(sentence);
    let spots = (0..tokens.len()).map(|at| Spot {
        sentence,
        tokens: &tokens,
        at,
    });
    spots.filter_map(|here| presumed::find(&here)).collect()
}

/// The first words of a sentence that mean what neither it nor the sentence read before it names.
pub fn points_out(sentence: &str, before: &str) -> Option<Pointer> {
    pointers(sentence)
        .into_iter()
        .find(|pointer| !pointer.is_met_by(before))
}

/// A word with its sentence.
struct Spot<'s> {
    sentence: &'s str,
    tokens: &'s [Token<'s>],
    at: usize,
}

impl<'s> Spot<'s> {
    fn word(&self) -> &str {
        &self.tokens[self.at].lower
    }

    /// The word so many places on, or back; empty where there is none.
    fn beside(&self, steps: isize) -> &str {
        let at = self.at.checked_add_signed(steps);
        at.and_then(|at| self.tokens.get(at))
            .map_or("", |token| token.lower.as_str())
    }

    /// The word behind, where nothing but a space parts the two.
    fn next(&self) -> Option<&'s Token<'s>> {
        self.tokens.get(self.at + 1).filter(|token| token.is_joined())
    }

    /// The words before.
    fn before(&self) -> &'s [Token<'s>] {
        &self.tokens[..self.at]
    }

    /// Whether a clause stands before: some words and a mark or a joint behind them.
    fn has_clause_before(&self) -> bool {
        const WORDS_MIN: usize = 4;
        const JOINTS: [&str; 12] = [
            "and", "but", "so", "because", "which", "that", "who", "while", "when", "if", "then", "where",
        ];
        let is_seam = |token: &&Token<'_>| {
            token.gap.contains([',', ';', ':', '—', '–', '(']) || JOINTS.contains(&token.lower.as_str())
        };
        let own = &self.tokens[..=self.at];
        own.iter().skip(WORDS_MIN).any(|token| is_seam(&token))
    }

    /// A pointer from this word over so many words.
    fn pointer(&self, words: usize, kind: Kind, nouns: Vec<String>) -> Pointer {
        let last = (self.at + words.max(1) - 1).min(self.tokens.len() - 1);
        Pointer {
            range: self.tokens[self.at].range.start..self.tokens[last].range.end,
            is_open: kind == Kind::Page || !self.has_clause_before(),
            nouns,
            kind,
        }
    }
}

#[cfg(test)]
mod tests;
