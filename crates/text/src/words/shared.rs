//! Runs of words that stand in two texts alike: what a quotation has to mark.
//!
//! Words are compared letter by letter, case included; what stands between words does not count. Runs are found
//! by 64-bit hashes of n words, so a run is never missed, and a chance equality has odds of about one in 10^12
//! for a million stored runs against a million asked ones.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};
use std::ops::Range;

use super::words;

/// Odd multiplier of the rolling hash (2^64 divided by the golden ratio).
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Lets the set take our hashes as they are: they are well mixed already.
#[derive(Debug, Default, Clone, Copy)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// One hash for each run of `n` words of a text, in order; none for a text of fewer words or for `n` = 0.
pub fn shingles(text: &str, n: usize) -> Vec<u64> {
    hashed(text, n).1
}

/// Byte ranges in `a` of runs of at least `min_words` words that also stand in `b`.
///
/// Ordered, apart from each other; shared runs that overlap come as one range, so each word of a range belongs to
/// a shared run. `min_words` = 0 counts as 1.
pub fn shared_runs(a: &str, b: &str, min_words: usize) -> Vec<Range<usize>> {
    let mut index = ShingleIndex::new(min_words);
    index.add(b);
    index.runs(a)
}

/// The runs of `n` words of any number of texts, for asking which runs of another text stand in one of them.
#[derive(Debug, Clone)]
pub struct ShingleIndex {
    n: usize,
    seen: HashSet<u64, BuildHasherDefault<AsIs>>,
}

impl ShingleIndex {
    /// An empty index of runs of `n` words; 0 counts as 1.
    pub fn new(n: usize) -> Self {
        Self {
            n: n.max(1),
            seen: HashSet::default(),
        }
    }

    /// Adds all runs of a text.
    pub fn add(&mut self, text: &str) {
        self.seen.extend(shingles(text, self.n));
    }

    /// Byte ranges of `text` that consist of stored runs, as for [`shared_runs`].
    pub fn runs(&self, text: &str) -> Vec<Range<usize>> {
        let (places, hashes) = hashed(text, self.n);
        let mut runs: Vec<Range<usize>> = Vec::new();
        let mut covered = 0; // The first word that no run reaches yet.
        for (first, hash) in hashes.iter().enumerate() {
            if !self.seen.contains(hash) {
                continue;
            }
            let after = first + self.n;
            let end = places[after - 1].end;
            match runs.last_mut() {
                Some(run) if first < covered => run.end = end,
                _ => runs.push(places[first].start..end),
            }
            covered = after;
        }
        runs
    }

    /// Whether no run is stored.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

/// Places of the words of a text, and the hash of each run of `n` of them.
fn hashed(text: &str, n: usize) -> (Vec<Range<usize>>, Vec<u64>) {
    let build = BuildHasherDefault::<DefaultHasher>::default();
    let (places, values): (Vec<_>, Vec<u64>) = words(text)
        .map(|(range, word)| (range, build.hash_one(word)))
        .unzip();
    if n == 0 || values.len() < n {
        return (places, Vec::new());
    }
    // BASE^n takes the word that leaves out of the sum again.
    let leaving = (0..n).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut hashes = Vec::with_capacity(values.len() + 1 - n);
    let mut sum = 0_u64;
    for (at, value) in values.iter().enumerate() {
        sum = sum.wrapping_mul(BASE).wrapping_add(*value);
        if at >= n {
            sum = sum.wrapping_sub(values[at - n].wrapping_mul(leaving));
        }
        if at + 1 >= n {
            hashes.push(mixed(sum));
        }
    }
    (places, hashes)
}

/// Spreads a sum over all bits (the last steps of `SplitMix64`); different sums stay different.
fn mixed(sum: u64) -> u64 {
    let value = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(a: &'a str, b: &str, n: usize) -> Vec<&'a str> {
        shared_runs(a, b, n).into_iter().map(|run| &a[run]).collect()
    }

    #[test]
    fn a_run_is_found_over_punctuation() {
        assert_eq!(
            found(
                "He wrote: one, two — three four!",
                "One two. one two (three) four",
                4
            ),
            ["one, two — three four"]
        );
    }

    #[test]
    fn one_word_too_few_is_no_run() {
        assert!(found("one two three five", "one two three four", 4).is_empty());
        assert!(found("one two", "one two", 3).is_empty());
    }

    #[test]
    fn case_counts() {
        assert!(found("One two three", "one two three", 3).is_empty());
    }

    #[test]
    fn touching_runs_stay_apart_and_overlapping_ones_join() {
        assert_eq!(found("a b c d", "a b . c d", 2), ["a b c d"]);
        assert_eq!(found("a b c d", "a b x c d", 2), ["a b", "c d"]);
    }

    #[test]
    fn many_sources_share_an_index() {
        let mut index = ShingleIndex::new(2);
        assert!(index.is_empty());
        index.add("red green");
        index.add("blue sky");
        assert_eq!(index.runs("a blue sky, red green").len(), 2);
    }
}
