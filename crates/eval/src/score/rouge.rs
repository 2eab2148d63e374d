//! One-sentence summaries against those of people, as percentages.

use copydesk_text::{sentence, summarise};
use serde::Deserialize;

use super::{Scorer, begin, counts};
use crate::cases::Source;
use crate::error::EvalError;
use crate::measure::{rouge1, share};
use crate::product::Product;
use crate::refit::Summaries;
use crate::tally::{Counts, Tally, whole};

/// Counts: sums of the product's value, of the first sentence's, of the best sentence's; texts.
pub(super) const SCORER: Scorer = Scorer {
    name: "rouge1",
    metrics: &[
        ("rouge1", |groups| mean(&whole(groups), 0)),
        ("first_sentence", |groups| mean(&whole(groups), 1)),
        ("oracle", |groups| mean(&whole(groups), 2)),
    ],
    score,
};

/// The same of weights that were learned without the text, and of those learned on all texts. Counts: sums of both
/// values, texts.
pub(crate) const HELD_OUT: Scorer = Scorer {
    name: "rouge1_held_out",
    metrics: &[
        ("rouge1", |groups| {
            let sum = whole(groups);
            share(100.0 * sum[0], sum[2])
        }),
        ("rouge1_in_sample", |groups| {
            let sum = whole(groups);
            share(100.0 * sum[1], sum[2])
        }),
    ],
    score: |source, _| Ok(Summaries::read(source)?.tally()),
};

fn mean(sum: &Counts, place: usize) -> Option<f64> {
    share(100.0 * sum[place], sum[3])
}

/// `{"id","sentences","references"}` or `text` in place of the sentences; `title` optional.
#[derive(Deserialize)]
pub(crate) struct Line {
    pub id: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    sentences: Vec<String>,
    #[serde(default)]
    text: String,
    pub references: Vec<String>,
}

impl Line {
    /// Its sentences, as given or as the product splits its text.
    pub fn sentences(&self) -> Vec<String> {
        if !self.sentences.is_empty() {
            return self.sentences.clone();
        }
        let ranges = sentence::split(&self.text).into_iter();
        ranges
            .filter_map(|range| self.text.get(range).map(str::to_owned))
            .collect()
    }
}

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let mut tally = Tally::new("texts");
    for line in source.lines::<Line>(&source.place())? {
        let sentences = line.sentences();
        let values: Vec<f64> = sentences
            .iter()
            .map(|one| rouge1(one, &line.references))
            .collect();
        let chosen = summarise::sentences(&line.title, &sentences, 1).first().copied();
        let own = chosen.and_then(|at| values.get(at)).copied().unwrap_or(0.0);
        let best = values.iter().copied().fold(0.0, f64::max);
        let first = values.first().copied().unwrap_or(0.0);
        tally.cases += 1;
        tally.add(&line.id, "", counts([own, first, best, 1.0]));
        if best - own > 0.5 {
            let taken = chosen.and_then(|at| sentences.get(at));
            tally.miss(
                &line.id,
                format!("took “{}”", begin(taken.map_or("", String::as_str))),
            );
        }
    }
    Ok(tally)
}
