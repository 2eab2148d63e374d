//! Stories by how pure and how whole the groups are.

use std::collections::BTreeMap;

use super::stories::stories;
use super::{Scorer, counts};
use crate::cases::{Post, Source, posts};
use crate::error::EvalError;
use crate::measure::{bcubed, harmonic, share};
use crate::product::Product;
use crate::refit::Stories;
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

/// The same of settings that were chosen without the topic, and F of those chosen on all topics. Counts: sum of
/// precisions, sum of recalls, posts, and the two sums of the latter.
pub(crate) const HELD_OUT: Scorer = Scorer {
    name: "bcubed_held_out",
    metrics: &[
        SCORER.metrics[0],
        SCORER.metrics[1],
        SCORER.metrics[2],
        ("f_in_sample", |groups| {
            let sum = whole(groups);
            Some(harmonic(share(sum[3], sum[2])?, share(sum[4], sum[2])?))
        }),
    ],
    score: |source, _| Ok(Stories::read(source)?.tally()),
};

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let posts = posts(source)?.list;
    let found = stories(&posts);
    let truth: Vec<String> = posts.iter().map(Post::true_story).collect();
    let mut tally = Tally::new("topics");
    tally.cases = posts.len();
    let mut of_story: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for ((post, story), (precision, recall)) in posts.iter().zip(&truth).zip(bcubed(&truth, &found)) {
        tally.add(post.unit(), "", counts([precision, recall, 1.0]));
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
