//! Stories by how pure and how whole the groups are.

use std::collections::BTreeMap;

use super::stories::stories;
use super::{Scorer, counts};
use crate::cases::{Source, posts};
use crate::error::EvalError;
use crate::measure::{bcubed, harmonic, share};
use crate::product::Product;
use crate::tally::{Tally, whole};

/// Counts: sum of precisions, sum of recalls, posts.
pub(super) const SCORER: Scorer = Scorer {
    name: "bcubed",
    metrics: &[
        ("f", |groups| {
            let sum = whole(groups);
            Some(harmonic(share(sum[0], sum[2])?, share(sum[1], sum[2])?))
        }),
        ("precision", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[2])
        }),
        ("recall", |groups| {
            let sum = whole(groups);
            share(sum[1], sum[2])
        }),
    ],
    score,
};

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let posts = posts(source)?.list;
    let found = stories(&posts);
    // A post without a story is one of its own.
    let truth: Vec<String> = posts
        .iter()
        .map(|post| post.story.clone().unwrap_or_else(|| format!("alone:{}", post.id)))
        .collect();
    let mut tally = Tally::new("topics");
    tally.cases = posts.len();
    let mut of_story: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for ((post, story), (precision, recall)) in posts.iter().zip(&truth).zip(bcubed(&truth, &found)) {
        let topic = post.topic.as_ref().unwrap_or(story);
        tally.add(topic, "", counts([precision, recall, 1.0]));
        let sum = of_story.entry(story).or_default();
        *sum = (sum.0 + harmonic(precision, recall), sum.1 + 1.0);
    }
    let mut worst: Vec<(f64, &str)> = of_story
        .into_iter()
        .map(|(story, (sum, count))| (sum / count, story))
        .filter(|(f, _)| *f < 0.9)
        .collect();
    worst.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (f, story) in worst {
        tally.miss(story, format!("F {f:.2}"));
    }
    Ok(tally)
}
