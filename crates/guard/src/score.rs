//! How sure it is that the evidence supports a text, as one number: a weighted sum of what the checks found.

use std::sync::LazyLock;

use copydesk_domain::Verdict;

use crate::check::reading::Reading;
use crate::contrast::Kind;
use crate::evidence::Evidence;
use crate::lexicon;

/// How many signs there are.
pub const SIGNS: usize = 7;

/// A weight for each sign, and one that stands alone, last.
///
/// # Source
/// Logistic regression over SummEdits and WiCE, by `examples/fit_score.rs`, which also measures it on domains left out.
static WEIGHTS: LazyLock<[f64; SIGNS + 1]> = LazyLock::new(|| {
    let mut weights = [0.0; SIGNS + 1];
    let numbers = include_str!("score/weights.txt").split_whitespace();
    for (weight, number) in weights.iter_mut().zip(numbers) {
        *weight = number
            .parse()
            .expect("the reviewed file holds numbers only, which a test reads");
    }
    weights
});

/// What the checks say of one text, as numbers in a fixed order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signs {
    blocked: f64,
    opposite: f64,
    sibling: f64,
    denied: f64,
    words: f64,
    strange: f64,
    limited: f64,
}

impl Signs {
    /// Adds what was found of one sentence.
    pub(crate) fn add(&mut self, reading: &Reading, evidence: &Evidence) {
        let blocked = reading
            .findings
            .iter()
            .filter(|finding| finding.verdict == Verdict::Blocked);
        self.blocked += blocked.count() as f64;
        for contrast in &reading.contrasts {
            let most = match contrast.kind {
                Kind::Opposite if !contrast.is_known => &mut self.opposite,
                Kind::Sibling if !contrast.is_known => &mut self.sibling,
                Kind::DenialAdded => &mut self.denied,
                _ => continue,
            };
            *most = most.max(contrast.margin().min(MARGIN_MAX));
        }
        self.add_words(reading, evidence);
    }

    fn add_words(&mut self, reading: &Reading, evidence: &Evidence) {
        let index = evidence.index();
        let own = &reading.own;
        for (at, token) in own.tokens.iter().enumerate() {
            if matches!(
                own.lowers[at].as_str(),
                "only" | "solely" | "just" | "merely" | "exclusively"
            ) {
                self.limited = 1.0;
            }
            if token.is_content {
                let stem = &own.stems[at];
                let is_used = |stem: &String| !index.places(stem).is_empty();
                let is_said = is_used(stem) || lexicon::alike(stem).iter().any(is_used);
                self.words += 1.0;
                self.strange += f64::from(u8::from(!is_said));
            }
        }
    }

    /// The signs in the order of the weights: faults and whether there is one, the strongest contradiction of each kind,
    /// the share of words that the evidence has no word for, and whether the text sets a limit.
    pub(crate) fn values(&self) -> [f64; SIGNS] {
        [
            self.blocked.min(FAULTS_MAX),
            self.blocked.min(1.0),
            self.opposite,
            self.sibling,
            self.denied,
            self.strange / self.words.max(1.0),
            self.limited,
        ]
    }

    /// 0.0 to 1.0.
    pub(crate) fn score(&self) -> f64 {
        let (weights, alone) = WEIGHTS.split_at(SIGNS);
        let sum: f64 = self
            .values()
            .iter()
            .zip(weights)
            .map(|(sign, weight)| sign * weight)
            .sum();
        1.0 / (1.0 + (-sum - alone[0]).exp())
    }
}

/// More faults than this say no more.
const FAULTS_MAX: f64 = 3.0;
/// A contradiction that is this clear is as clear as any.
const MARGIN_MAX: f64 = 3.0;

#[cfg(test)]
mod tests {
    use super::{SIGNS, Signs};

    #[test]
    fn the_reviewed_weights_are_numbers_and_faults_count_against_a_text() {
        let numbers: Vec<f64> = include_str!("score/weights.txt")
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect();
        assert_eq!(numbers.len(), SIGNS + 1);
        assert!(numbers[..SIGNS].iter().all(|weight| *weight <= 0.0));
        let clean = Signs::default().score();
        let faulty = Signs {
            blocked: 2.0,
            ..Signs::default()
        };
        assert!(clean > 0.5 && faulty.score() < 0.5);
    }
}
