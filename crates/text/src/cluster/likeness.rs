//! How alike two posts are on their own: words, names, numbers, days between them, links.

use std::collections::{HashMap, HashSet};

use super::terms::Terms;
use super::vectors::vectors;
use super::{Doc, Pair, Settings};
use crate::similarity::{Vector, cosine};
use crate::words;

/// Days after which two posts cannot tell one event.
pub(super) const DAYS_MAX: f64 = 10.0;
/// Days within which likeness does not fade.
const DAYS_FREE: f64 = 1.0;
/// Further days in which likeness would fade to nothing.
const DAYS_FADE: f64 = 12.0;
/// Pairs less alike in words than this are taken for unlike.
const WORDS_MIN: f64 = 0.04;
/// What is left of likeness between two parts of a series (issue 11 and issue 12).
const SERIES: f64 = 0.3;
/// What a link from one post to the other adds; shared among the links when there are several.
const LINK: f64 = 0.10;
/// What equal lists of advisory ids add; less as the lists differ.
const ADVISORIES: f64 = 0.15;
/// Terms in more posts than this give no pair by themselves; they still count once a pair is found. With 5,000
/// posts of 150 terms this keeps the work at 5,000 * 150 * 600 / 2 = 225 million additions.
const POSTINGS_MAX: usize = 600;

/// Two posts and what they have in common.
pub(super) struct Compared {
    /// The lower of the two post numbers.
    a: usize,
    /// The higher one.
    b: usize,
    /// Cosines of words, names and numbers.
    cosines: [f64; 3],
    /// What links and ids of advisories add.
    added: f64,
    /// What is left of it all, for the days between them and for parts of a series.
    left: f64,
}

impl Compared {
    /// The pair with its likeness.
    pub fn weighed(&self, settings: &Settings) -> Pair {
        let parts = self.cosines.iter().zip(settings.weights);
        let own: f64 = parts.map(|(cosine, weight)| cosine * weight).sum();
        Pair {
            a: self.a,
            b: self.b,
            likeness: (own + self.added) * self.left,
        }
    }
}

/// All pairs of posts that are alike at all, by post numbers.
pub(super) fn compared(docs: &[&Doc], terms: &Terms) -> Vec<Compared> {
    let (stems, names, numbers) = (
        vectors(&terms.stems),
        vectors(&terms.names),
        vectors(&terms.numbers),
    );
    let days: Vec<Option<f64>> = docs.iter().map(|doc| day(doc)).collect();
    let skeletons: Vec<Option<Skeleton>> = docs.iter().map(|doc| skeleton(&doc.title)).collect();
    let links = links(docs);
    let mut pairs = Vec::new();
    for (a, b) in candidates(&stems, &days) {
        let words = cosine(&stems[a], &stems[b]);
        if words < WORDS_MIN {
            continue;
        }
        let linked = links.get(&(a, b)).copied().unwrap_or_default();
        let apart = days_between(days[a], days[b]);
        let is_later = apart.is_some_and(|days| days > DAYS_FREE - 0.1);
        let series = is_later && is_series(skeletons[a].as_ref(), skeletons[b].as_ref());
        pairs.push(Compared {
            a,
            b,
            cosines: [
                words,
                cosine(&names[a], &names[b]),
                cosine(&numbers[a], &numbers[b]),
            ],
            added: linked + ADVISORIES * overlap(&terms.advisories[a], &terms.advisories[b]),
            left: freshness(apart) * if series { SERIES } else { 1.0 },
        });
    }
    pairs
}

/// Share of common items among all items of two sorted lists; 0 when both are empty.
fn overlap(a: &[String], b: &[String]) -> f64 {
    let common = a.iter().filter(|item| b.binary_search(item).is_ok()).count();
    common as f64 / (a.len() + b.len() - common).max(1) as f64
}

/// Days since 1970 of a post.
pub(super) fn day(doc: &Doc) -> Option<f64> {
    doc.published_at
        .map(|at| at.earliest().as_micros() as f64 / 86_400e6)
}

fn days_between(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some((a? - b?).abs())
}

/// Share of likeness that is left after some days; all of it where a day is not known.
fn freshness(days: Option<f64>) -> f64 {
    days.map_or(1.0, |days| {
        (1.0 - (days - DAYS_FREE).max(0.0) / DAYS_FADE).max(0.0)
    })
}

/// Pairs that share a term which is not everywhere and are not too many days apart, in order.
fn candidates(stems: &[Vector], days: &[Option<f64>]) -> Vec<(usize, usize)> {
    let mut postings: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut pairs = Vec::new();
    let mut sums = vec![0.0_f64; stems.len()];
    let counts = document_counts(stems);
    let mut touched: Vec<usize> = Vec::new();
    for (b, vector) in stems.iter().enumerate() {
        for (term, weight) in vector {
            if counts[term] > POSTINGS_MAX {
                continue;
            }
            let posts = postings.entry(*term).or_default();
            for a in posts.iter() {
                if sums[*a] == 0.0 {
                    touched.push(*a);
                }
                sums[*a] += weight * weight;
            }
            posts.push(b);
        }
        touched.sort_unstable();
        for a in touched.drain(..) {
            let near = days_between(days[a], days[b]).is_none_or(|days| days <= DAYS_MAX);
            // A cheap bound: the shared terms must weigh something in the later post.
            if near && sums[a] > WORDS_MIN * WORDS_MIN {
                pairs.push((a, b));
            }
            sums[a] = 0.0;
        }
    }
    pairs
}

fn document_counts(stems: &[Vector]) -> HashMap<u32, usize> {
    let mut counts = HashMap::new();
    for (term, _) in stems.iter().flatten() {
        *counts.entry(*term).or_insert(0) += 1;
    }
    counts
}

/// A title without its numbers, and the numbers.
type Skeleton = (Vec<String>, Vec<String>);

fn skeleton(title: &str) -> Option<Skeleton> {
    let (numbers, rest): (Vec<String>, Vec<String>) = words::words(title)
        .map(|(_, word)| word.to_lowercase())
        .partition(|word| {
            word.trim_start_matches('v').bytes().all(|b| b.is_ascii_digit())
                && word.bytes().any(|b| b.is_ascii_digit())
        });
    (!numbers.is_empty() && !rest.is_empty()).then_some((rest, numbers))
}

/// Whether two titles differ in their numbers only: parts of a series.
fn is_series(a: Option<&Skeleton>, b: Option<&Skeleton>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.0 == b.0 && a.1 != b.1)
}

/// What links between posts add, by pair. A post that links to many tells what others told, not their event.
fn links(docs: &[&Doc]) -> HashMap<(usize, usize), f64> {
    let places: HashMap<String, usize> = docs
        .iter()
        .enumerate()
        .filter_map(|(at, doc)| Some((bare(doc.url.as_deref()?), at)))
        .collect();
    let mut found: HashMap<(usize, usize), f64> = HashMap::new();
    for (from, doc) in docs.iter().enumerate() {
        let mut seen = HashSet::new();
        let targets: Vec<usize> = doc
            .links
            .iter()
            .filter_map(|link| places.get(&bare(link)).copied())
            .filter(|to| *to != from && seen.insert(*to))
            .collect();
        for to in &targets {
            let share = LINK / targets.len() as f64;
            let known = found.entry((from.min(*to), from.max(*to))).or_insert(0.0);
            *known = known.max(share);
        }
    }
    found
}

/// An address without scheme, query, fragment and closing slash.
fn bare(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.trim_end_matches('/')
        .trim_start_matches("www.")
        .to_lowercase()
}
