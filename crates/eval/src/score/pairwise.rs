//! Stories by pairs of posts.

use copydesk_domain::PublishedAt;

use super::stories::stories;
use super::{Scorer, counts};
use crate::cases::{Post, Posts, Source, posts};
use crate::error::EvalError;
use crate::measure::{Pairs, harmonic, pairs, share};
use crate::product::Product;
use crate::tally::{Counts, Tally, whole};

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
    Ok(judge(&known, &stories(&known.list)))
}

/// Counts the pairs of a result: the story number of each post.
fn judge(known: &Posts, found: &[usize]) -> Tally {
    let mut tally = Tally::new("stories");
    tally.cases = known.list.len();
    let truth: Vec<Option<&String>> = known.list.iter().map(|post| post.story.as_ref()).collect();
    // Every story is a unit, with pairs or without: a run in which two of them are joined has the units of one in which
    // they are apart, and the pair that is too many counts in the comparison.
    for post in &known.list {
        tally.add(&unit(post), "", Counts::default());
    }
    let mut sum = [Pairs::default(); 2];
    pairs(
        &truth,
        found,
        |a, b| is_pair(known, a, b),
        |a, b, pair| {
            let (a_post, b_post) = (&known.list[a], &known.list[b]);
            let crosses = a_post.publisher != b_post.publisher;
            let of = [pair.right, pair.wrong, pair.missed].map(|count| count as f64);
            let cross = of.map(|count| if crosses { count } else { 0.0 });
            tally.add(
                &unit(a_post),
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
    tally
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

/// What a pair is drawn with: the true story of its earlier post in the data, whatever the product made of it.
fn unit(earlier: &Post) -> String {
    format!("true:{}", earlier.true_story())
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
    use crate::statistics::difference;

    /// Two stories of two posts each, and one post alone.
    fn known() -> Posts {
        let of = |id: &str, story: Option<&str>| Post {
            id: id.to_owned(),
            title: String::new(),
            text: id.to_owned(),
            published_at: None,
            story: story.map(str::to_owned),
            topic: None,
            publisher: id.to_owned(),
            beats: Vec::new(),
        };
        Posts {
            list: vec![
                of("a", Some("x")),
                of("b", Some("x")),
                of("c", Some("y")),
                of("d", Some("y")),
                of("e", None),
            ],
            ..Posts::default()
        }
    }

    #[test]
    fn a_wrong_pair_is_seen_by_the_comparison_with_a_run_without_it() {
        let (apart, joined) = (
            judge(&known(), &[0, 0, 1, 1, 2]),
            judge(&known(), &[0, 0, 1, 1, 1]),
        );
        let ids = |tally: &Tally| tally.units.iter().map(|unit| unit.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&apart), ids(&joined));
        assert_eq!(ids(&apart), ["true:x", "true:y", "true:alone:e"]);
        let precision = SCORER.metrics[1].1;
        let (by, ..) = difference(&joined, &apart, precision).unwrap();
        assert!((by + 0.5).abs() < 1e-9, "{by}");
    }

    #[test]
    fn f1_of_pairs_is_counted_by_hand() {
        // 6 right, 2 wrong, 4 missed: precision 3/4, recall 3/5, F1 2/3.
        assert!((f1(&[6.0, 2.0, 4.0]).unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(f1(&[0.0, 0.0, 0.0]), None);
        assert_eq!(f1(&[0.0, 1.0, 0.0]), Some(0.0));
    }
}
