//! Which rater agrees with the author, over past runs.

use std::collections::BTreeMap;

use copydesk_domain::PipelineName;
use copydesk_domain::artifact::Ratings;
use serde::Serialize;

use super::{choice_of, has_ratings};
use crate::error::EngineError;
use crate::services::Engine;

/// Runs that are looked at: a month of dailies.
const RUNS_MAX: u32 = 30;

/// How often a rater liked the draft best that the author chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// The rater.
    pub rater: String,
    /// Choices in which it did.
    pub agreed: u32,
    /// Choices in which it liked one draft best.
    pub of: u32,
}

impl Engine {
    /// How often each rater of a pipeline agreed with the author, over the newest runs in which the author chose among
    /// drafts; those who agree most often come first.
    ///
    /// # Errors
    /// [`copydesk_store::StoreError::Inconsistent`] where ratings cannot be read.
    pub async fn agreement(&self, pipeline: &PipelineName) -> Result<Vec<Agreement>, EngineError> {
        let store = self.store();
        let mut choices = Vec::new();
        for run in store.own_runs(pipeline, RUNS_MAX).await? {
            let stages = store.stages(&run.id).await?;
            if !stages.iter().any(has_ratings) {
                continue;
            }
            let decisions = store.decisions(&run.id).await?;
            for stage in stages.iter().filter(|stage| has_ratings(stage)) {
                let Some(ratings) = self.ratings_in(stage).await? else {
                    continue;
                };
                if let Some(choice) = choice_of(stage.round, &ratings, &decisions) {
                    choices.push((ratings, choice.draft));
                }
            }
        }
        Ok(counted(&choices))
    }
}

/// Counts who liked best what was chosen. Pure.
fn counted(choices: &[(Ratings, String)]) -> Vec<Agreement> {
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for (ratings, chosen) in choices.iter().filter(|(ratings, _)| ratings.drafts.len() > 1) {
        let mut raters: Vec<&str> = ratings
            .ratings
            .iter()
            .map(|rating| rating.rater.as_str())
            .collect();
        raters.sort_unstable();
        raters.dedup();
        for rater in raters {
            let Some(best) = best_of(ratings, rater) else {
                continue;
            };
            let count = counts.entry(rater).or_default();
            count.0 += u32::from(best == chosen);
            count.1 += 1;
        }
    }
    let mut all: Vec<Agreement> = counts
        .into_iter()
        .map(|(rater, (agreed, of))| Agreement {
            rater: rater.to_owned(),
            agreed,
            of,
        })
        .collect();
    // By share, compared as fractions: agreed/of > agreed'/of'.
    all.sort_by(|a, b| (u64::from(b.agreed) * u64::from(a.of)).cmp(&(u64::from(a.agreed) * u64::from(b.of))));
    all
}

/// Label of the draft that a rater gave the most, its own included; none where it rated not all of them alike often, or
/// two share the first place.
fn best_of<'r>(ratings: &'r Ratings, rater: &str) -> Option<&'r str> {
    let sum_of = |label: &str| {
        let own = ratings
            .ratings
            .iter()
            .filter(|rating| rating.rater == rater && rating.draft == label);
        own.fold((0_u32, 0_u32), |(sum, count), rating| {
            (sum + u32::from(rating.score), count + 1)
        })
    };
    let sums: Vec<(&str, (u32, u32))> = ratings
        .drafts
        .iter()
        .map(|draft| (draft.label.as_str(), sum_of(&draft.label)))
        .collect();
    let (_, (_, count)) = *sums.first()?;
    if count == 0 || sums.iter().any(|(_, (_, other))| *other != count) {
        return None;
    }
    let highest = sums.iter().map(|(_, (sum, _))| *sum).max()?;
    let mut best = sums.iter().filter(|(_, (sum, _))| *sum == highest);
    match (best.next(), best.next()) {
        (Some((label, _)), None) => Some(label),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::masked::tests::ratings;
    use super::*;

    #[test]
    fn a_rater_agrees_where_the_author_chose_what_it_liked_best() {
        let choices = [
            (ratings(&[("large", 9, 4), ("small", 5, 8)]), "B".to_owned()),
            (ratings(&[("large", 9, 4), ("small", 5, 8)]), "B".to_owned()),
            (ratings(&[("large", 9, 4), ("small", 6, 6)]), "A".to_owned()),
        ];
        let told: Vec<(String, u32, u32)> = counted(&choices)
            .into_iter()
            .map(|one| (one.rater, one.agreed, one.of))
            .collect();
        // Where a rater liked both alike, it says nothing.
        assert_eq!(told, [("small".to_owned(), 2, 2), ("large".to_owned(), 1, 3)]);
    }

    #[test]
    fn who_rated_one_draft_alone_liked_none_best() {
        let mut half = ratings(&[("large", 9, 4)]);
        half.ratings.pop();
        assert!(counted(&[(half, "A".to_owned())]).is_empty());
    }
}
