//! Weighted vectors of bags of terms.

use std::collections::HashMap;

use crate::similarity::{Vector, normalise};

/// Collections smaller than this count as this many posts, so that two posts alone still have rare words.
const SIZE_MIN: usize = 40;

/// A bag: each term of a post with how often it stands there.
pub(super) type Bag = Vec<(String, f64)>;

/// Counts terms into a bag, in order of first appearance.
pub(super) fn bag(terms: impl Iterator<Item = String>) -> Bag {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut bag: Bag = Vec::new();
    for term in terms {
        let at = *places.entry(term.clone()).or_insert(bag.len());
        if at == bag.len() {
            bag.push((term, 0.0));
        }
        bag[at].1 += 1.0;
    }
    bag
}

/// Vectors of length 1 with `(1 + ln count) * ln((1 + posts) / (1/2 + posts with it))`, by term number.
pub(super) fn vectors(bags: &[Bag]) -> Vec<Vector> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut with_it: Vec<f64> = Vec::new();
    let numbered: Vec<Vector> = bags
        .iter()
        .map(|bag| {
            bag.iter()
                .map(|(term, count)| {
                    let next = u32::try_from(with_it.len()).expect("fewer than 2^32 terms");
                    let number = *numbers.entry(term).or_insert(next);
                    if number == next {
                        with_it.push(0.0);
                    }
                    with_it[number as usize] += 1.0;
                    (number, *count)
                })
                .collect()
        })
        .collect();
    let size = bags.len().max(SIZE_MIN) as f64;
    numbered
        .into_iter()
        .map(|mut vector| {
            for (number, weight) in &mut vector {
                let rarity = ((1.0 + size) / (0.5 + with_it[*number as usize])).ln();
                *weight = (1.0 + weight.ln()) * rarity;
            }
            vector.retain(|(_, weight)| *weight > 0.0);
            vector.sort_unstable_by_key(|(number, _)| *number);
            normalise(&mut vector);
            vector
        })
        .collect()
}
