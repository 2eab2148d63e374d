//! Which draft stands first by what its raters say. Pure.

use copydesk_domain::artifact::{DraftRating, Tenths};

/// The mean of what others than its writer gave a draft, over raters and purposes; none where no other rated it.
pub(crate) fn mean_of_others(ratings: &[DraftRating], label: &str) -> Option<Tenths> {
    let scores: Vec<f64> = ratings
        .iter()
        .filter(|rating| rating.draft == label && !rating.is_own)
        .map(|rating| f64::from(rating.score))
        .collect();
    let count = u32::try_from(scores.len()).ok().filter(|count| *count > 0)?;
    Some(Tenths::of(scores.iter().sum::<f64>() / f64::from(count)))
}

/// The place of the draft that stands first: the highest mean, of equals the first by its label. One that no other has
/// rated stands behind those that somebody has.
pub(crate) fn first(means: &[Option<Tenths>]) -> usize {
    let mut best = 0;
    for (place, mean) in means.iter().enumerate() {
        if *mean > means[best] {
            best = place;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rating(rater: &str, draft: &str, score: u8, is_own: bool) -> DraftRating {
        DraftRating {
            rater: rater.to_owned(),
            draft: draft.to_owned(),
            purpose: "checklist".to_owned(),
            score,
            is_own,
            reasons: Vec::new(),
        }
    }

    #[test]
    fn what_a_model_gives_its_own_draft_does_not_count() {
        let ratings = [
            rating("a", "A", 10, true),
            rating("b", "A", 4, false),
            rating("c", "A", 5, false),
            rating("a", "B", 6, false),
        ];
        assert_eq!(mean_of_others(&ratings, "A"), Some(Tenths(45)));
        assert_eq!(mean_of_others(&ratings, "B"), Some(Tenths(60)));
        assert_eq!(mean_of_others(&ratings[..1], "A"), None);
    }

    #[test]
    fn the_higher_mean_stands_first_and_of_equals_the_first() {
        let mean = |tenths| Some(Tenths(tenths));
        assert_eq!(first(&[mean(45), mean(60)]), 1);
        assert_eq!(first(&[mean(60), mean(60)]), 0);
        assert_eq!(first(&[None, mean(0)]), 1);
        assert_eq!(first(&[None, None]), 0);
    }
}
