//! Which sentences of a text the others lean on.

use crate::similarity::Corpus;

/// Share of a step that follows likeness; the rest jumps to any sentence.
const DAMPING: f64 = 0.85;
/// Likeness below this is noise.
const EDGE_MIN: f64 = 0.05;
/// Enough for four digits: 0.85^40 is 0.0015.
const ROUNDS: usize = 40;
/// Sentences looked at; later ones get 0. Keeps the square of the number within bounds.
const SENTENCES_MAX: usize = 400;

/// Weight of each sentence, in input order; the weights sum to 1 (none for no sentence).
///
/// # Source
/// Continuous LexRank (Erkan and Radev 2004): the stationary distribution of a walk over sentences by cosine.
pub fn centrality<S: AsRef<str>>(sentences: &[S]) -> Vec<f64> {
    let looked = sentences.len().min(SENTENCES_MAX);
    if looked == 0 {
        return Vec::new();
    }
    let likeness = edges(&Corpus::new(&sentences[..looked]), looked);
    let mut weights = vec![1.0 / looked as f64; looked];
    for _ in 0..ROUNDS {
        let mut next = vec![(1.0 - DAMPING) / looked as f64; looked];
        let mut loose = 0.0; // Weight of sentences that are like no other: it goes to all.
        for (row, weight) in likeness.iter().zip(&weights) {
            if row.is_empty() {
                loose += weight;
            }
            for (to, share) in row {
                next[*to] += DAMPING * weight * share;
            }
        }
        for weight in &mut next {
            *weight += DAMPING * loose / looked as f64;
        }
        weights = next;
    }
    weights.resize(sentences.len(), 0.0);
    weights
}

/// For each sentence the others it is like, with shares that sum to 1.
fn edges(corpus: &Corpus, count: usize) -> Vec<Vec<(usize, f64)>> {
    let mut rows = vec![Vec::new(); count];
    for i in 0..count {
        for j in i + 1..count {
            let cosine = corpus.cosine(i, j);
            if cosine > EDGE_MIN {
                rows[i].push((j, cosine));
                rows[j].push((i, cosine));
            }
        }
    }
    for row in &mut rows {
        let sum: f64 = row.iter().map(|(_, cosine)| cosine).sum();
        for (_, cosine) in row {
            *cosine /= sum;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_that_all_resemble_leads() {
        let weights = centrality(&[
            "Valkey 9 is faster with large clusters.",
            "Large clusters start faster.",
            "Valkey 9 uses less memory.",
            "Lunch was served at noon.",
        ]);
        assert!(weights[0] > weights[1] && weights[0] > weights[2] && weights[0] > weights[3]);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn no_sentence_has_no_weight() {
        assert!(centrality::<&str>(&[]).is_empty());
        assert!((centrality(&["Alone."])[0] - 1.0).abs() < 1e-9);
    }
}
