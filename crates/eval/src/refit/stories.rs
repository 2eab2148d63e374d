//! The settings of the clustering, chosen on some topics and judged on others.

use std::collections::BTreeMap;

use copydesk_text::cluster::{Reading, Settings};

use crate::cases::{Post, Source, posts};
use crate::error::EvalError;
use crate::measure::{bcubed, fold_of, harmonic};
use crate::score::stories::docs;
use crate::tally::{Counts, Tally};

/// Parts of the cross-validation.
const FOLDS: usize = 7;
/// Where the folds are drawn from, unless the part says so.
const SEED: u32 = 3;

/// Weights of words tried; numbers have 0.05, names the rest.
const WORDS: [f64; 3] = [0.65, 0.75, 0.85];
/// Likeness at which groups become one story; of equally good ones the most careful comes first.
const LIKENESS_MIN: [f64; 5] = [0.34, 0.31, 0.28, 0.25, 0.22];
/// Shares of names within a story.
const CAMP_NAMES: [f64; 3] = [0.2, 0.3, 0.4];
/// Likeness between camps up to which they are two stories.
const BETWEEN_MAX: [f64; 3] = [0.36, 0.40, 0.44];

/// What words and numbers leave to names, in whole hundredths.
fn names_of(words: f64) -> f64 {
    ((0.95 - words) * 100.0).round() / 100.0
}

/// Every combination. Those that link alike stand together, so that they are linked once.
fn tried() -> Vec<Settings> {
    let mut tried = Vec::new();
    for words in WORDS {
        for likeness_min in LIKENESS_MIN {
            for camp_names in CAMP_NAMES {
                tried.extend(BETWEEN_MAX.map(|between_max| Settings {
                    weights: [words, names_of(words), 0.05],
                    likeness_min,
                    camp_names,
                    between_max,
                    ..Settings::SHIPPED
                }));
            }
        }
    }
    tried
}

/// Posts with what each setting makes of them.
pub(crate) struct Stories {
    posts: Vec<Post>,
    tried: Vec<Settings>,
    /// B-cubed precision and recall of each post, by setting.
    outcomes: Vec<Vec<(f64, f64)>>,
    /// Fold of each post: posts of one topic are in one.
    folds: Vec<usize>,
}

impl Stories {
    /// Reads the posts of a part and clusters them under every setting.
    pub fn read(source: &Source<'_>) -> Result<Self, EvalError> {
        let posts = posts(source)?.list;
        let truth: Vec<String> = posts.iter().map(Post::true_story).collect();
        let seed = u64::from(source.part.seed.unwrap_or(SEED));
        let fold = fold_of(posts.iter().map(Post::unit), FOLDS, seed);
        if fold.len() < 2 {
            return Err(EvalError::File {
                path: source.place(),
                message: "has one topic: nothing can be held out".to_owned(),
            });
        }
        let folds = posts.iter().map(|post| fold[post.unit()]).collect();
        let tried = tried();
        let found = Reading::of(&docs(&posts)).each(&tried);
        Ok(Self {
            outcomes: found.iter().map(|found| bcubed(&truth, found)).collect(),
            posts,
            tried,
            folds,
        })
    }

    /// The settings that are best on all posts.
    pub fn fitted(&self) -> Settings {
        self.tried[self.best(|_| true)]
    }

    /// The setting with the highest F over the posts that count; of equals the first.
    fn best(&self, counts: impl Fn(usize) -> bool) -> usize {
        let f = |outcome: &Vec<(f64, f64)>| {
            let (precision, recall, n) = outcome
                .iter()
                .enumerate()
                .filter(|(post, _)| counts(*post))
                .fold((0.0, 0.0, 0.0), |sum, (_, (precision, recall))| {
                    (sum.0 + precision, sum.1 + recall, sum.2 + 1.0)
                });
            harmonic(precision / f64::max(n, 1.0), recall / f64::max(n, 1.0))
        };
        let values = self.outcomes.iter().map(f).enumerate();
        values
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map_or(0, |(at, _)| at)
    }

    /// Counts by topic: precision and recall of the fold's own settings, posts, precision and recall of those fitted
    /// on all.
    pub fn tally(&self) -> Tally {
        let all = self.best(|_| true);
        let of_fold: BTreeMap<usize, usize> = (0..FOLDS)
            .map(|out| (out, self.best(|post| self.folds[post] != out)))
            .collect();
        let mut tally = Tally::new("topics");
        tally.cases = self.posts.len();
        for (at, post) in self.posts.iter().enumerate() {
            let (precision, recall) = self.outcomes[of_fold[&self.folds[at]]][at];
            let (all_precision, all_recall) = self.outcomes[all][at];
            let mut counts = Counts::default();
            counts[..5].copy_from_slice(&[precision, recall, 1.0, all_precision, all_recall]);
            tally.add(post.unit(), "", counts);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two topics of two posts in folds 0 and 1; the first setting is right about the first topic, the second about
    /// the second.
    fn two_topics(first: (f64, f64)) -> Stories {
        let post = |topic: &str| Post {
            topic: Some(topic.to_owned()),
            ..serde_json::from_str(r#"{"id":"a","text":""}"#).unwrap()
        };
        Stories {
            posts: vec![post("one"), post("one"), post("two"), post("two")],
            tried: tried()[..2].to_vec(),
            outcomes: vec![
                vec![first, first, (0.5, 0.5), (0.5, 0.5)],
                vec![(0.4, 0.4), (0.4, 0.4), (0.9, 0.9), (0.9, 0.9)],
            ],
            folds: vec![0, 0, 1, 1],
        }
    }

    #[test]
    fn a_topic_has_no_say_in_the_settings_that_judge_it() {
        // Each topic is judged by the setting that is right about the other one.
        let tally = two_topics((1.0, 1.0)).tally();
        let is = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
        is(tally.units[0].counts[0], 0.8);
        is(tally.units[1].counts[0], 1.0);
        // On all posts the first setting is better.
        is(tally.units[0].counts[3], 2.0);
    }

    #[test]
    fn what_links_alike_is_tried_in_a_row() {
        let tried = tried();
        let bits = |settings: &Settings| [settings.weights[0], settings.likeness_min].map(f64::to_bits);
        let changes = tried.windows(2).filter(|pair| bits(&pair[0]) != bits(&pair[1]));
        assert_eq!(changes.count(), WORDS.len() * LIKENESS_MIN.len() - 1);
        assert!(
            tried.contains(&Settings::SHIPPED),
            "what ships is among what is tried"
        );
    }
}
