//! Which sentences of a text say what is new.
//!
//! A sentence's score is a weighted sum of its [`signs`], whose weights are learned ([`WEIGHTS`]), and of a few
//! things set by hand. `copydesk-eval` refits the weights with texts held out.

mod bags;
mod cues;
mod signs;
mod weights;

use bags::Bags;
pub use signs::{SIGNS, Signs, signs};
pub use weights::WEIGHTS;

/// Sentences that are scored; later ones follow in order. Keeps the square of the number within bounds.
const SENTENCES_MAX: usize = 250;
/// What likeness to a sentence already chosen takes from a score: two sentences alike say one thing.
const REPEATS: f64 = 0.3;
/// Texts of more sentences than this are articles, whose news stands at the head.
const ABSTRACT_MAX: usize = 9;
/// Likeness at which a sentence is a copy, and comes after all others.
const COPY: f64 = 0.6;

/// Numbers of the `n` sentences that say best what is new, the best first; fewer when there are fewer.
///
/// From the second sentence on, likeness to those already chosen counts against a sentence.
///
/// # Source
/// Weights of [`scores`]; choosing with a penalty for repetition as in maximal marginal relevance (Carbonell and
/// Goldstein 1998).
pub fn sentences(title: &str, sentences: &[String], n: usize) -> Vec<usize> {
    let bags = Bags::of(title, &sentences[..sentences.len().min(SENTENCES_MAX)]);
    let mut scores = scored(&bags, sentences);
    let mut chosen = Vec::new();
    while chosen.len() < n.min(scores.len()) {
        let Some(best) = (0..scores.len())
            .filter(|at| !chosen.contains(at))
            .reduce(|a, b| if scores[b] > scores[a] { b } else { a })
        else {
            break;
        };
        chosen.push(best);
        for (at, score) in scores.iter_mut().enumerate() {
            let overlap = bags.overlap(at, best);
            *score -= REPEATS * overlap + if overlap >= COPY { 1.0 } else { 0.0 };
        }
    }
    chosen.extend((scores.len()..sentences.len()).take(n - chosen.len()));
    chosen
}

/// How well each sentence says what is new; higher is better, the scale is free. Sentences past the first
/// 250 get the lowest score.
///
/// # Source
/// A linear model over title overlap, consensus with the other sentences, place, length and cue phrases, with
/// [`WEIGHTS`]; what adverts, questions and leaning on others cost is set by hand.
pub fn scores(title: &str, sentences: &[String]) -> Vec<f64> {
    let bags = Bags::of(title, &sentences[..sentences.len().min(SENTENCES_MAX)]);
    let mut scores = scored(&bags, sentences);
    let lowest = scores.iter().copied().fold(0.0, f64::min);
    scores.resize(sentences.len(), lowest - 1.0);
    scores
}

/// Scores of the sentences that have a bag.
fn scored(bags: &Bags, sentences: &[String]) -> Vec<f64> {
    let signs = signs::of(bags, sentences);
    signs.iter().map(|signs| signs.score(&WEIGHTS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(sentences: &[&str]) -> Vec<String> {
        sentences.iter().map(|sentence| (*sentence).to_owned()).collect()
    }

    #[test]
    fn the_news_leads() {
        let text = owned(&[
            "Many people have used package registries for years.",
            "Today we release version 3 of the Foo registry, which signs every package.",
            "Sign up for our newsletter today!",
            "Is it fast?",
        ]);
        assert_eq!(sentences("Foo registry 3 signs packages", &text, 1), [1]);
    }

    #[test]
    fn a_second_sentence_says_something_else() {
        let text = owned(&[
            "The Foo registry now signs every package that it serves.",
            "The Foo registry now signs every package it serves to users.",
            "Foo stores the signatures of packages in a public log.",
        ]);
        assert!(sentences("Foo registry signs packages", &text, 2).contains(&2));
    }

    #[test]
    fn few_sentences_are_enough() {
        assert!(sentences("", &[], 3).is_empty());
        assert_eq!(sentences("", &owned(&["Alone."]), 3), [0]);
        assert!(sentences("x", &owned(&["a b c."]), 0).is_empty());
    }

    #[test]
    fn a_very_long_text_is_bounded() {
        let text: Vec<String> = (0..2000)
            .map(|at| format!("Sentence {at} tells of crate {at}."))
            .collect();
        assert_eq!(scores("crate", &text).len(), 2000);
        assert_eq!(sentences("crate", &text, 300).len(), 300);
    }
}
