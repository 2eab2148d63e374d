//! How alike two texts are: TF-IDF vectors over stems, fingerprints, and shares of common words.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::words;

/// A text as weights of its stems: pairs of (stem number, weight), by stem number, of Euclidean length 1.
pub type Vector = Vec<(u32, f64)>;

/// TF-IDF vectors of a collection of texts; how rare a stem is comes from the collection itself.
#[derive(Debug, Clone)]
pub struct Corpus {
    stems: HashMap<String, u32>,
    /// Texts that hold the stem, by stem number.
    document_counts: Vec<u32>,
    vectors: Vec<Vector>,
    size: usize,
}

impl Corpus {
    /// Builds the vectors of all texts.
    pub fn new<S: AsRef<str>>(texts: &[S]) -> Self {
        let mut corpus = Self {
            stems: HashMap::new(),
            document_counts: Vec::new(),
            vectors: Vec::new(),
            size: texts.len(),
        };
        let counted: Vec<BTreeMap<u32, f64>> = texts.iter().map(|text| corpus.count(text.as_ref())).collect();
        corpus.vectors = counted.into_iter().map(|counts| corpus.weigh(counts)).collect();
        corpus
    }

    /// Cosine of two texts of the collection, `0.0..=1.0`; 0 for numbers outside it.
    pub fn cosine(&self, i: usize, j: usize) -> f64 {
        match (self.vectors.get(i), self.vectors.get(j)) {
            (Some(a), Some(b)) => cosine(a, b),
            _ => 0.0,
        }
    }

    /// The vector of a text of the collection.
    pub fn vector(&self, i: usize) -> Option<&Vector> {
        self.vectors.get(i)
    }

    /// The vector of any other text, with the weights of this collection; stems it does not know are left out.
    pub fn vector_of(&self, text: &str) -> Vector {
        let mut counts = BTreeMap::new();
        for stem in words::content_stems(text) {
            if let Some(number) = self.stems.get(&stem) {
                *counts.entry(*number).or_insert(0.0) += 1.0;
            }
        }
        self.weigh(counts)
    }

    /// How rare a stem is: `ln((1 + texts) / (1 + texts with it)) + 1`.
    pub fn idf(&self, stem: &str) -> f64 {
        self.stems
            .get(stem)
            .map_or_else(|| idf(self.size, 0), |number| self.idf_of(*number))
    }

    fn idf_of(&self, number: u32) -> f64 {
        idf(self.size, self.document_counts[number as usize])
    }

    /// Counts the stems of one text and notes that the text holds them.
    fn count(&mut self, text: &str) -> BTreeMap<u32, f64> {
        let mut counts = BTreeMap::new();
        for stem in words::content_stems(text) {
            let next = u32::try_from(self.stems.len()).expect("fewer than 2^32 stems");
            let number = *self.stems.entry(stem).or_insert(next);
            if number == next {
                self.document_counts.push(0);
            }
            *counts.entry(number).or_insert(0.0) += 1.0;
        }
        for number in counts.keys() {
            self.document_counts[*number as usize] += 1;
        }
        counts
    }

    fn weigh(&self, counts: BTreeMap<u32, f64>) -> Vector {
        let mut vector: Vector = counts
            .into_iter()
            .map(|(number, count)| (number, (1.0 + count.ln()) * self.idf_of(number)))
            .collect();
        normalise(&mut vector);
        vector
    }
}

fn idf(texts: usize, with_it: u32) -> f64 {
    ((1.0 + texts as f64) / (1.0 + f64::from(with_it))).ln() + 1.0
}

/// Brings a vector to length 1; an empty one stays empty.
pub fn normalise(vector: &mut Vector) {
    let length = vector
        .iter()
        .map(|(_, weight)| weight * weight)
        .sum::<f64>()
        .sqrt();
    if length > 0.0 {
        for (_, weight) in vector {
            *weight /= length;
        }
    }
}

/// Inner product of two vectors of length 1, `0.0..=1.0`.
pub fn cosine(a: &Vector, b: &Vector) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += a[i].1 * b[j].1;
                i += 1;
                j += 1;
            }
        }
    }
    sum.clamp(0.0, 1.0)
}

/// A fingerprint in which texts alike differ in few bits (over runs of two words; of one for a single word).
///
/// # Source
/// Charikar 2002, as used for web pages by Manku et al. 2007.
pub fn simhash(text: &str) -> u64 {
    let lower = text.to_lowercase();
    let mut hashes = words::shingles(&lower, 2);
    if hashes.is_empty() {
        hashes = words::shingles(&lower, 1);
    }
    let mut votes = [0_i64; 64];
    for hash in hashes {
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    votes.iter().enumerate().fold(
        0,
        |print, (bit, vote)| if *vote > 0 { print | 1 << bit } else { print },
    )
}

/// Whether two texts are copies of each other, small edits and a lead-in or tail of up to a fifth aside.
///
/// Half of all runs of three words are common, or four fifths of the shorter text's (where that has thirty words
/// or more). Texts of fewer than three words must have the same words.
pub fn near_duplicate(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let (runs_a, runs_b): (BTreeSet<u64>, BTreeSet<u64>) = (
        words::shingles(&a, 3).into_iter().collect(),
        words::shingles(&b, 3).into_iter().collect(),
    );
    let shorter = runs_a.len().min(runs_b.len());
    if shorter == 0 {
        let same = words::words(&a)
            .map(|(_, word)| word)
            .eq(words::words(&b).map(|(_, word)| word));
        return same && !a.is_empty();
    }
    let common = runs_a.intersection(&runs_b).count() as f64;
    let all = (runs_a.len() + runs_b.len()) as f64 - common;
    common / all >= 0.5 || (shorter >= 28 && common / shorter as f64 >= 0.8)
}

/// Share of common stems among all stems of two texts, `0.0..=1.0`; 0 when neither has any.
pub fn jaccard(a: &str, b: &str) -> f64 {
    let a: BTreeSet<String> = words::content_stems(a).into_iter().collect();
    let b: BTreeSet<String> = words::content_stems(b).into_iter().collect();
    let all = a.union(&b).count();
    if all == 0 {
        0.0
    } else {
        a.intersection(&b).count() as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str =
        "The arrayref crate was compromised and published with a malicious build script on Thursday.";
    const B: &str =
        "On Thursday the arrayref crate was compromised and published with a malicious build script.";
    const C: &str = "Go 1.27 brings a faster garbage collector and generic methods to all platforms.";

    #[test]
    fn texts_on_one_thing_are_nearer() {
        let corpus = Corpus::new(&[A, B, C]);
        assert!(corpus.cosine(0, 1) > 0.9 && corpus.cosine(0, 2) < 0.1);
        assert!(corpus.cosine(0, 7).abs() < 1e-9);
        assert!(cosine(&corpus.vector_of(B), corpus.vector(0).unwrap()) > 0.9);
    }

    #[test]
    fn a_moved_phrase_is_still_a_copy() {
        assert!(near_duplicate(A, B) && !near_duplicate(A, C) && !near_duplicate("", ""));
    }

    #[test]
    fn fingerprints_of_copies_differ_in_few_bits() {
        let near = (simhash(A) ^ simhash(B)).count_ones();
        let far = (simhash(A) ^ simhash(C)).count_ones();
        assert!(near < far, "{near} {far}");
    }

    #[test]
    fn jaccard_counts_stems_once() {
        assert!((jaccard("two crates", "two crate crates") - 1.0).abs() < 1e-9);
        assert!(jaccard("", "").abs() < 1e-9);
    }
}
