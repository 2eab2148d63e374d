//! What a sentence shows of itself, as numbers for a linear model.

use super::bags::Bags;
use super::cues::Cues;
use super::{ABSTRACT_MAX, SENTENCES_MAX};

/// How many learned signs a sentence has.
pub const SIGNS: usize = 14;

/// What a sentence shows of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signs {
    /// In the order of [`super::WEIGHTS`].
    pub learned: [f64; SIGNS],
    /// What is set by hand, added as it is.
    pub by_hand: f64,
}

impl Signs {
    /// How well the sentence says what is new, under these weights; the scale is free.
    pub fn score(&self, weights: &[f64; SIGNS]) -> f64 {
        let learned: f64 = self
            .learned
            .iter()
            .zip(weights)
            .map(|(sign, weight)| sign * weight)
            .sum();
        learned + self.by_hand
    }
}

/// The signs of each of the first 250 sentences of a text.
pub fn signs(title: &str, sentences: &[String]) -> Vec<Signs> {
    let looked = &sentences[..sentences.len().min(SENTENCES_MAX)];
    of(&Bags::of(title, looked), sentences)
}

/// The signs of the sentences that have a bag.
pub(super) fn of(bags: &Bags, sentences: &[String]) -> Vec<Signs> {
    let cues: Vec<Cues> = sentences[..bags.len()]
        .iter()
        .map(|sentence| Cues::of(sentence))
        .collect();
    let first_proposal = cues.iter().position(|cues| cues.proposes);
    let in_article = sentences.len() > ABSTRACT_MAX;
    cues.iter()
        .enumerate()
        .map(|(at, cues)| {
            let [proposes, we, names_thing, adds, background] = cues.signs();
            let [common, share, coverage, consensus] = bags.signs(at);
            let [long, over_25, over_45] = length(&sentences[at]);
            let first = f64::from(u8::from(first_proposal == Some(at)));
            Signs {
                learned: [
                    common,
                    share,
                    coverage,
                    consensus,
                    proposes,
                    first,
                    we,
                    names_thing,
                    adds,
                    background,
                    long,
                    over_25,
                    over_45,
                    1.0 / (at as f64 + 1.0),
                ],
                by_hand: cues.by_hand(in_article) + if in_article { lead(at) } else { 0.0 },
            }
        })
        .collect()
}

/// The news of a long text stands at its head; an abstract of some ten sentences is all head.
fn lead(at: usize) -> f64 {
    0.08 * (-(at as f64) / 5.0).exp()
}

/// Longer sentences say more, up to some 25 words.
fn length(sentence: &str) -> [f64; 3] {
    let words = sentence.split_whitespace().count();
    let one = |yes: bool| f64::from(u8::from(yes));
    [(1.0 + words as f64).ln(), one(words > 25), one(words > 45)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(sentences: &[&str]) -> Vec<String> {
        sentences.iter().map(|sentence| (*sentence).to_owned()).collect()
    }

    #[test]
    fn signs_are_counted_by_hand() {
        let text = owned(&["Tools age.", "We propose a tool, Foo, that signs packages."]);
        let signs = signs("Foo signs packages", &text);
        // Foo, sign, packag of the title's; foo, sign, packag, tool, propos of the sentence's.
        assert!((signs[1].learned[0] - 3.0).abs() < 1e-9);
        assert!((signs[1].learned[1] - 0.6).abs() < 1e-9);
        assert_eq!(signs[1].learned[4..8], [1.0, 1.0, 1.0, 1.0]);
        assert_eq!(signs[0].learned[4..8], [0.0; 4]);
        assert!((signs[1].learned[13] - 0.5).abs() < 1e-9);
    }

    #[test]
    fn the_head_of_an_article_counts_for_more() {
        let article = owned(&["Foo signs packages."; 12]);
        let abstract_ = owned(&["Foo signs packages."; 9]);
        let first = |text: &[String]| signs("", text)[0].by_hand;
        assert!(first(&article) > first(&abstract_) + 0.05);
    }

    #[test]
    fn later_sentences_have_no_signs() {
        let text = owned(&["Foo signs packages."; 300]);
        assert_eq!(signs("Foo", &text).len(), SENTENCES_MAX);
    }
}
