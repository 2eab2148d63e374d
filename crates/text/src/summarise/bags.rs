//! What sentences have in common with the title and with each other.

use std::collections::{BTreeSet, HashMap};

use crate::words;

/// A sentence as counts of its words (stop words too), by word number.
type Counts = Vec<(u32, u32)>;

/// The words of all sentences.
pub(super) struct Bags {
    counts: Vec<Counts>,
    /// Mean overlap with the other sentences.
    consensus: Vec<f64>,
    /// Stems of the sentence that stand in the title: how many, and as a share of its stems.
    in_title: Vec<(f64, f64)>,
    /// Share of the stems that several sentences hold.
    coverage: Vec<f64>,
}

impl Bags {
    /// Reads a title and the sentences to score.
    pub fn of(title: &str, sentences: &[String]) -> Self {
        let counts = counts(sentences);
        let stems: Vec<BTreeSet<String>> = sentences
            .iter()
            .map(|sentence| words::content_stems(sentence).into_iter().collect())
            .collect();
        let title: BTreeSet<String> = words::content_stems(title).into_iter().collect();
        let in_title = stems
            .iter()
            .map(|own| {
                let common = own.intersection(&title).count() as f64;
                (common, common / own.len().max(1) as f64)
            })
            .collect();
        let consensus = (0..counts.len())
            .map(|at| {
                let sum: f64 = (0..counts.len())
                    .filter(|other| *other != at)
                    .map(|other| f1(&counts[at], &counts[other]))
                    .sum();
                sum / counts.len().saturating_sub(1).max(1) as f64
            })
            .collect();
        Self {
            coverage: coverage(&stems),
            counts,
            consensus,
            in_title,
        }
    }

    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// The signs of a sentence's words: common stems with the title (at most 8), they as a share of its stems, its
    /// coverage, its consensus.
    pub fn signs(&self, at: usize) -> [f64; 4] {
        let (common, share) = self.in_title[at];
        [common.min(8.0), share, self.coverage[at], self.consensus[at]]
    }

    /// How much two sentences have in common, `0.0..=1.0`.
    pub fn overlap(&self, a: usize, b: usize) -> f64 {
        f1(&self.counts[a], &self.counts[b])
    }
}

fn counts(sentences: &[String]) -> Vec<Counts> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    sentences
        .iter()
        .map(|sentence| {
            let mut all: Vec<u32> = words::words(sentence)
                .map(|(_, word)| {
                    let key = if word.len() > 3 {
                        words::stem(word)
                    } else {
                        word.to_lowercase()
                    };
                    let next = u32::try_from(numbers.len()).expect("fewer than 2^32 words");
                    *numbers.entry(key).or_insert(next)
                })
                .collect();
            all.sort_unstable();
            all.chunk_by(|a, b| a == b)
                .map(|same| (same[0], u32::try_from(same.len()).unwrap_or(u32::MAX)))
                .collect()
        })
        .collect()
}

/// Common words of two sentences: twice their number over the number of all words, `0.0..=1.0`.
fn f1(a: &Counts, b: &Counts) -> f64 {
    let size = |counts: &Counts| counts.iter().map(|(_, n)| u64::from(*n)).sum::<u64>();
    let (mut i, mut j, mut common) = (0, 0, 0_u64);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += u64::from(a[i].1.min(b[j].1));
                i += 1;
                j += 1;
            }
        }
    }
    2.0 * common as f64 / (size(a) + size(b)).max(1) as f64
}

/// For each sentence, its share of the stems that two or more sentences hold.
fn coverage(stems: &[BTreeSet<String>]) -> Vec<f64> {
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for stem in stems.iter().flatten() {
        *holders.entry(stem).or_insert(0) += 1;
    }
    let shared = holders.values().filter(|count| **count > 1).count().max(1) as f64;
    stems
        .iter()
        .map(|own| own.iter().filter(|stem| holders[stem.as_str()] > 1).count() as f64 / shared)
        .collect()
}
