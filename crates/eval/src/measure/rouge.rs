//! How many words of a summary are those of a summary by people.

use std::collections::HashMap;

use super::{harmonic, porter};

/// ROUGE-1 F1 of a summary against the reference that it is nearest to, `0.0..=1.0`; 0 without a reference.
///
/// # Source
/// Lin 2004, as `rouge-score` counts it: small letters and digits, words of more than three letters by Porter stem.
pub fn rouge1(summary: &str, references: &[String]) -> f64 {
    let own = bag(summary);
    references
        .iter()
        .map(|reference| f1(&own, &bag(reference)))
        .fold(0.0, f64::max)
}

fn f1(a: &HashMap<String, u32>, b: &HashMap<String, u32>) -> f64 {
    let common: u32 = a
        .iter()
        .map(|(word, count)| b.get(word).map_or(0, |other| *other.min(count)))
        .sum();
    let all = |bag: &HashMap<String, u32>| f64::from(bag.values().sum::<u32>());
    let of = |count: f64| super::share(f64::from(common), count).unwrap_or(0.0);
    harmonic(of(all(a)), of(all(b)))
}

fn bag(text: &str) -> HashMap<String, u32> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut bag = HashMap::new();
    for word in words.filter(|word| !word.is_empty()) {
        let stem = if word.len() > 3 {
            porter::stem(word)
        } else {
            word.to_owned()
        };
        *bag.entry(stem).or_insert(0) += 1;
    }
    bag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(summary: &str, references: &[&str]) -> f64 {
        let references: Vec<String> = references.iter().map(|text| (*text).to_owned()).collect();
        rouge1(summary, &references)
    }

    #[test]
    fn words_in_common_are_counted_by_hand() {
        // 2 of 3 words and 2 of 4: precision 2/3, recall 1/2, F1 4/7.
        assert!((of("the cat sat", &["the cat lay down"]) - 4.0 / 7.0).abs() < 1e-12);
        // A word counts as often as both have it.
        assert!((of("the the the", &["the cat"]) - 2.0 / 5.0).abs() < 1e-12);
    }

    #[test]
    fn stems_are_compared_and_the_best_reference_counts() {
        assert!(of("Networks, trained!", &["nothing here", "network training"]) > 0.999);
        assert!(of("", &["a"]) < 0.001);
        assert!(of("a", &[]) < 0.001);
    }
}
