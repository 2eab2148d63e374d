//! Ratings without names. Pure.

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::Ratings;

/// The same without the names of drafters, and with raters by number in an order that hangs on the seed of the run.
pub(super) fn masked(ratings: &Ratings, seed: i64) -> Ratings {
    let mut raters: Vec<String> = Vec::new();
    let given = ratings.ratings.iter().map(|rating| &rating.rater);
    for rater in given.chain(ratings.unrated.iter().map(|unrated| &unrated.rater)) {
        if !raters.contains(rater) {
            raters.push(rater.clone());
        }
    }
    raters.sort_by_cached_key(|rater| ContentHash::of(format!("{seed}/raters/{rater}").as_bytes()));
    let number = |rater: &str| {
        let place = raters.iter().position(|known| known == rater);
        format!("Rater {}", place.map_or(0, |place| place + 1))
    };
    let mut masked = ratings.clone();
    for draft in &mut masked.drafts {
        draft.drafter = None;
        draft.models.clear();
    }
    for rating in &mut masked.ratings {
        rating.rater = number(&rating.rater);
    }
    for unrated in &mut masked.unrated {
        // Why a model did not answer names it as a rule.
        unrated.reason = String::from("it gave no rating");
        unrated.rater = number(&unrated.rater);
    }
    masked
        .unrated
        .sort_by(|a, b| (&a.rater, &a.draft, &a.purpose).cmp(&(&b.rater, &b.draft, &b.purpose)));
    masked
        .ratings
        .sort_by(|a, b| (&a.rater, &a.draft).cmp(&(&b.rater, &b.draft)));
    masked
}

#[cfg(test)]
pub(super) mod tests {
    use copydesk_domain::Untrusted;
    use copydesk_domain::artifact::{DraftRating, FORMAT, RatedDraft, Unrated};

    use super::*;

    pub(crate) fn issue(label: &str) -> ContentHash {
        ContentHash::of(format!("issue {label}").as_bytes())
    }

    /// Two drafts by `large` and `small`; who gave which score to `A` and `B`.
    pub(crate) fn ratings(scores: &[(&str, u8, u8)]) -> Ratings {
        let draft = |label: &str, drafter: &str| RatedDraft {
            label: label.to_owned(),
            drafter: Some(drafter.to_owned()),
            models: vec![drafter.to_owned()],
            draft: ContentHash::of(label.as_bytes()),
            review: ContentHash::of(format!("review {label}").as_bytes()),
            issue: issue(label),
            mean_of_others: None,
        };
        let rating = |rater: &str, draft: &str, score: u8| DraftRating {
            rater: rater.to_owned(),
            draft: draft.to_owned(),
            purpose: "checklist".to_owned(),
            score,
            is_own: (rater == "large") == (draft == "A"),
            reasons: vec![Untrusted::new("so".to_owned())],
        };
        let given = scores
            .iter()
            .flat_map(|(rater, a, b)| [rating(rater, "A", *a), rating(rater, "B", *b)]);
        Ratings {
            format: FORMAT.to_owned(),
            drafts: vec![draft("A", "large"), draft("B", "small")],
            ratings: given.collect(),
            unrated: vec![Unrated {
                rater: "small".to_owned(),
                draft: "A".to_owned(),
                purpose: "first_draft".to_owned(),
                reason: "model `small` needs a person".to_owned(),
            }],
            left_out: Vec::new(),
            default: "A".to_owned(),
        }
    }

    #[test]
    fn no_name_of_a_model_stands_in_what_the_author_chooses_by() {
        let shown = masked(&ratings(&[("large", 9, 4), ("small", 5, 8)]), 7);
        let text = serde_json::to_string(&shown).unwrap();
        assert!(!text.contains("large") && !text.contains("small"), "{text}");
        assert!(text.contains("Rater 1") && text.contains("Rater 2"), "{text}");
        let own = shown.ratings.iter().filter(|rating| rating.is_own).count();
        assert_eq!(own, 2, "that a rating is a model's own is still told");
    }

    #[test]
    fn which_rater_is_the_first_hangs_on_the_seed() {
        let first = |seed: i64| masked(&ratings(&[("large", 9, 4), ("small", 5, 8)]), seed).ratings[0].score;
        let seen: std::collections::BTreeSet<u8> = (0..20).map(first).collect();
        assert_eq!(seen.len(), 2);
    }
}
