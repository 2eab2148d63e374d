//! One-sentence summaries against those of people, as percentages.

use copydesk_text::{sentence, summarise};
use serde::Deserialize;

use super::{Scorer, begin, counts};
use crate::cases::Source;
use crate::error::EvalError;
use crate::measure::{rouge1, share};
use crate::product::Product;
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

fn mean(sum: &Counts, place: usize) -> Option<f64> {
    share(100.0 * sum[place], sum[3])
}

/// `{"id","sentences","references"}` or `text` in place of the sentences; `title` optional.
#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    sentences: Vec<String>,
    #[serde(default)]
    text: String,
    references: Vec<String>,
}

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let mut tally = Tally::new("texts");
    for line in source.lines::<Line>(&source.place())? {
        let sentences = sentences(&line);
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

fn sentences(line: &Line) -> Vec<String> {
    if !line.sentences.is_empty() {
        return line.sentences.clone();
    }
    let ranges = sentence::split(&line.text).into_iter();
    ranges
        .filter_map(|range| line.text.get(range).map(str::to_owned))
        .collect()
}
