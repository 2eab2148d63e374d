//! Stories by pairs of posts.

use copydesk_domain::PublishedAt;

use super::stories::stories;
use super::{Scorer, counts};
use crate::cases::{Post, Posts, Source, posts};
use crate::error::EvalError;
use crate::measure::{Pairs, harmonic, pairs, share};
use crate::product::Product;
use crate::tally::{Tally, whole};

/// Posts further apart are no pair.
const APART_MAX_S: i64 = 10 * 86_400;

/// Counts: pairs right, wrong, missed; the same of pairs over two publishers.
pub(super) const SCORER: Scorer = Scorer {
    name: "pairwise",
    metrics: &[
        ("f1", |groups| f1(&whole(groups)[..3])),
        ("precision", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[0] + sum[1])
        }),
        ("recall", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[0] + sum[2])
        }),
        ("f1_cross_source", |groups| f1(&whole(groups)[3..6])),
    ],
    score,
};

fn f1(sum: &[f64]) -> Option<f64> {
    let [right, wrong, missed] = sum else {
        return None;
    };
    let defined = right + wrong + missed > 0.0;
    let of = |other: f64| share(*right, right + other).unwrap_or(0.0);
    defined.then(|| harmonic(of(*wrong), of(*missed)))
}

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let known = posts(source)?;
    let found = stories(&known.list);
    let mut tally = Tally::new("stories");
    tally.cases = known.list.len();
    let truth: Vec<Option<&String>> = known.list.iter().map(|post| post.story.as_ref()).collect();
    let mut sum = [Pairs::default(); 2];
    pairs(
        &truth,
        &found,
        |a, b| is_pair(&known, a, b),
        |a, b, pair| {
            let (a_post, b_post) = (&known.list[a], &known.list[b]);
            let crosses = a_post.publisher != b_post.publisher;
            let of = [pair.right, pair.wrong, pair.missed].map(|count| count as f64);
            let cross = of.map(|count| if crosses { count } else { 0.0 });
            // A wrong pair is drawn with the story that the product made of it.
            let unit = if pair.wrong == 0 {
                format!("true:{}", a_post.story.as_deref().unwrap_or_default())
            } else {
                format!("found:{}", known.list[first_of(&found, found[a])].id)
            };
            tally.add(
                &unit,
                "",
                counts([of[0], of[1], of[2], cross[0], cross[1], cross[2]]),
            );
            for sum in sum.iter_mut().take(if crosses { 2 } else { 1 }) {
                sum.right += pair.right;
                sum.wrong += pair.wrong;
                sum.missed += pair.missed;
            }
            if pair.right == 0 {
                let word = if pair.wrong == 1 {
                    "joined, and should not be"
                } else {
                    "apart, and should not be"
                };
                tally.miss(&a_post.id, format!("and {}: {word}", b_post.id));
            }
        },
    );
    details(&mut tally, sum);
    Ok(tally)
}

fn details(tally: &mut Tally, [all, cross]: [Pairs; 2]) {
    let total = all.right + all.wrong + all.missed;
    tally.detail("pairs right", all.right as f64, total);
    tally.detail("pairs wrong", all.wrong as f64, total);
    tally.detail("pairs missed", all.missed as f64, total);
    tally.detail(
        "pairs right over two publishers",
        cross.right as f64,
        cross.right + cross.missed,
    );
}

fn first_of(found: &[usize], story: usize) -> usize {
    found.iter().position(|number| *number == story).unwrap_or(0)
}

/// Whether two posts count: near in time, and people say whether they belong together.
fn is_pair(known: &Posts, a: usize, b: usize) -> bool {
    let (a, b) = (&known.list[a], &known.list[b]);
    let at = |post: &Post| post.published_at.map(PublishedAt::earliest);
    let is_near = match (at(a), at(b)) {
        (Some(a), Some(b)) => a.since(b).as_secs().abs() <= APART_MAX_S,
        _ => true,
    };
    is_near && !known.open.contains(&(a.id.clone(), b.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_of_pairs_is_counted_by_hand() {
        // 6 right, 2 wrong, 4 missed: precision 3/4, recall 3/5, F1 2/3.
        assert!((f1(&[6.0, 2.0, 4.0]).unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(f1(&[0.0, 0.0, 0.0]), None);
        assert_eq!(f1(&[0.0, 1.0, 0.0]), Some(0.0));
    }
}
