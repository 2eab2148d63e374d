//! Crowds: many posts with the same words but for their numbers, as when one text is sent out again and again.
//!
//! What stands in all of them is no longer rare, so that their numbers alone would tell them apart. A crowd is compared as
//! one post, its first; the others go with it.

use std::collections::HashMap;

use super::likeness::{DAYS_MAX, day};
use super::{Doc, renumbered};
use crate::words;

/// Posts from which on posts with the same words are a crowd. A series has fewer parts within ten days.
const CROWD_MIN: usize = 20;

/// Which posts are compared, and with which of them the others go.
pub(super) struct Crowds {
    /// The posts that are compared, in order.
    pub compared: Vec<usize>,
    /// For each post its place in `compared`, or that of the post it goes with.
    place: Vec<usize>,
}

impl Crowds {
    /// Finds the crowds: posts with the same words but for their numbers, at most ten days after the first.
    pub fn of(docs: &[Doc]) -> Self {
        let first = firsts(docs);
        let mut counts = vec![0_usize; docs.len()];
        for first in &first {
            counts[*first] += 1;
        }
        let mut compared = Vec::new();
        let mut place: Vec<usize> = Vec::with_capacity(docs.len());
        for (at, first) in first.into_iter().enumerate() {
            if first < at && counts[first] >= CROWD_MIN {
                place.push(place[first]);
            } else {
                place.push(compared.len());
                compared.push(at);
            }
        }
        Self { compared, place }
    }

    /// Story numbers of all posts from those of the posts that were compared.
    pub fn all(&self, stories: &[usize]) -> Vec<usize> {
        let all: Vec<usize> = self.place.iter().map(|place| stories[*place]).collect();
        renumbered(&all)
    }
}

/// For each post the first with the same words, not more than ten days from it; a post without text is its own.
fn firsts(docs: &[Doc]) -> Vec<usize> {
    let mut known: HashMap<u64, usize> = HashMap::new();
    docs.iter()
        .enumerate()
        .map(|(at, doc)| {
            if doc.text.is_empty() {
                return at;
            }
            let first = known.entry(key(doc)).or_insert(at);
            let days = day(&docs[*first]).zip(day(doc));
            if days.is_some_and(|(a, b)| (a - b).abs() > DAYS_MAX) {
                *first = at;
            }
            *first
        })
        .collect()
}

/// A hash of the words of a post, in small letters, without its numbers.
fn key(doc: &Doc) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for text in [&doc.title, &doc.text] {
        for (_, word) in words::words(text) {
            if !word.bytes().all(|byte| byte.is_ascii_digit()) {
                word.to_lowercase().hash(&mut hasher);
            }
        }
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::stories;
    use super::*;

    fn copy(number: usize, day: &str) -> Doc {
        Doc {
            title: "Widget release".to_owned(),
            text: format!(
                "The widget project released build {number} of the widget that moves the gear faster."
            ),
            published_at: day.parse().ok(),
            ..Doc::default()
        }
    }

    #[test]
    fn a_thousand_copies_are_one_story_and_another_post_is_not() {
        let mut docs: Vec<Doc> = (0..1_000).map(|at| copy(at, "2026-05-01")).collect();
        docs.push(Doc {
            text: "A quake of magnitude 6 struck Aceh and killed 24 people in the night.".to_owned(),
            ..Doc::default()
        });
        let found = stories(&docs);
        assert_eq!(found[..1_000], vec![0; 1_000]);
        assert_eq!(found[1_000], 1);
    }

    #[test]
    fn a_crowd_ends_after_ten_days() {
        let days = ["2026-05-01", "2026-06-01"];
        let docs: Vec<Doc> = (0..80).map(|at| copy(at, days[at / 40])).collect();
        let crowds = Crowds::of(&docs);
        assert_eq!(crowds.compared, [0, 40]);
        assert_eq!(crowds.place[39..41], [0, 1]);
    }

    #[test]
    fn few_copies_are_compared_like_all_posts() {
        let docs: Vec<Doc> = (1..CROWD_MIN).map(|at| copy(at, "")).collect();
        assert_eq!(Crowds::of(&docs).compared.len(), docs.len());
        // Posts without text are no copies of each other.
        assert_eq!(Crowds::of(&vec![Doc::default(); 400]).compared.len(), 400);
    }
}
