//! The weights of the summaries, learned on some texts and judged on others.

use copydesk_text::summarise::{SIGNS, Signs, signs};

use super::ridge::ridge;
use crate::cases::Source;
use crate::error::EvalError;
use crate::measure::{fold_of, rouge1};
use crate::score::rouge::Line;
use crate::tally::{Counts, Tally};

/// Parts of the cross-validation.
const FOLDS: usize = 10;
/// Where the folds are drawn from, unless the part says so.
const SEED: u32 = 3;
/// Keeps the weights small; from 1 to 40 the result is the same within noise.
const PENALTY: f64 = 2.0;

/// A text as its sentences show themselves, with what each is worth.
struct Text {
    id: String,
    signs: Vec<Signs>,
    /// ROUGE-1 of each sentence as the summary, `0.0..=1.0`.
    worth: Vec<f64>,
}

impl Text {
    fn of(line: Line) -> Self {
        let sentences = line.sentences();
        let signs = signs(&line.title, &sentences);
        Self {
            worth: sentences[..signs.len()]
                .iter()
                .map(|one| rouge1(one, &line.references))
                .collect(),
            signs,
            id: line.id,
        }
    }

    /// What the sentence is worth that these weights choose; 0 for a text without one.
    fn chosen(&self, weights: &[f64; SIGNS]) -> f64 {
        let scores = self.signs.iter().map(|signs| signs.score(weights));
        scores
            .zip(&self.worth)
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
            .map_or(0.0, |(_, worth)| *worth)
    }

    /// Signs and worth of each sentence beside the text's means: what counts is which sentence of a text, not which
    /// text.
    fn centred(&self) -> Vec<([f64; SIGNS], f64)> {
        let count = self.signs.len().max(1) as f64;
        let mut means = [0.0; SIGNS];
        for signs in &self.signs {
            for (mean, sign) in means.iter_mut().zip(signs.learned) {
                *mean += sign / count;
            }
        }
        let worth = self.worth.iter().sum::<f64>() / count;
        let cases = self.signs.iter().zip(&self.worth);
        cases
            .map(|(signs, own)| {
                let mut row = signs.learned;
                for (sign, mean) in row.iter_mut().zip(means) {
                    *sign -= mean;
                }
                (row, own - worth)
            })
            .collect()
    }
}

/// Texts with their folds.
pub(crate) struct Summaries {
    texts: Vec<Text>,
    folds: Vec<usize>,
}

impl Summaries {
    /// Reads the texts of a part.
    pub fn read(source: &Source<'_>) -> Result<Self, EvalError> {
        let lines = source.lines::<Line>(&source.place())?;
        let texts: Vec<Text> = lines.into_iter().map(Text::of).collect();
        let seed = u64::from(source.part.seed.unwrap_or(SEED));
        let fold = fold_of(texts.iter().map(|text| text.id.as_str()), FOLDS, seed);
        if fold.len() < 2 {
            return Err(EvalError::File {
                path: source.place(),
                message: "has one text: nothing can be held out".to_owned(),
            });
        }
        let folds = texts.iter().map(|text| fold[text.id.as_str()]).collect();
        Ok(Self { texts, folds })
    }

    /// Weights learned on all texts.
    pub fn fitted(&self) -> [f64; SIGNS] {
        self.without(None)
    }

    fn without(&self, fold: Option<usize>) -> [f64; SIGNS] {
        let known = self.texts.iter().zip(&self.folds);
        let cases: Vec<([f64; SIGNS], f64)> = known
            .filter(|(_, own)| Some(**own) != fold)
            .flat_map(|(text, _)| text.centred())
            .collect();
        ridge(cases.iter().map(|(row, worth)| (row, *worth)), PENALTY)
    }

    /// Counts by text: what the fold's own weights choose, what those learned on all choose, texts.
    pub fn tally(&self) -> Tally {
        let all = self.fitted();
        let of_fold: Vec<[f64; SIGNS]> = (0..FOLDS).map(|out| self.without(Some(out))).collect();
        let mut tally = Tally::new("texts");
        tally.cases = self.texts.len();
        for (text, fold) in self.texts.iter().zip(&self.folds) {
            let mut counts = Counts::default();
            counts[..3].copy_from_slice(&[text.chosen(&of_fold[*fold]), text.chosen(&all), 1.0]);
            tally.add(&text.id, "", counts);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(id: usize, worth: [f64; 2]) -> Text {
        let signs = |first: f64| {
            let mut learned = [0.0; SIGNS];
            learned[0] = first;
            Signs {
                learned,
                by_hand: 0.0,
            }
        };
        Text {
            id: id.to_string(),
            signs: vec![signs(0.0), signs(1.0)],
            worth: worth.to_vec(),
        }
    }

    fn summaries(odd: [f64; 2]) -> Summaries {
        Summaries {
            texts: (0..20)
                .map(|at| text(at, if at == 0 { odd } else { [0.2, 0.8] }))
                .collect(),
            folds: (0..20).map(|at| at % FOLDS).collect(),
        }
    }

    #[test]
    fn a_text_has_no_say_in_the_weights_that_judge_it() {
        let (same, other) = (summaries([0.2, 0.8]), summaries([0.9, 0.1]));
        let bits = |all: &Summaries, fold| all.without(Some(fold)).map(f64::to_bits);
        assert_eq!(bits(&same, 0), bits(&other, 0));
        assert_ne!(bits(&same, 1), bits(&other, 1));
        // The sign is learned from the others, and is wrong about the odd one.
        let tally = other.tally();
        assert!((tally.units[0].counts[0] - 0.1).abs() < 1e-9);
        assert!((tally.units[1].counts[0] - 0.8).abs() < 1e-9);
    }

    #[test]
    fn what_counts_is_which_sentence_of_a_text() {
        let rows = text(0, [0.2, 0.8]).centred();
        assert!((rows[0].0[0] + 0.5).abs() < 1e-9 && (rows[0].1 + 0.3).abs() < 1e-9);
        assert!((rows[1].0[0] - 0.5).abs() < 1e-9 && (rows[1].1 - 0.3).abs() < 1e-9);
    }
}
