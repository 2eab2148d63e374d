//! How well the guard's score parts supported claims from the others.

use super::{Scorer, begin, counts, one};
use crate::cases::{Source, claims};
use crate::error::EvalError;
use crate::measure::{balanced, folds};
use crate::product::Product;
use crate::tally::{Counts, Tally};

/// Counts: supported claims found so, supported ones, others found so, others. One group per domain.
pub(super) const SCORER: Scorer = Scorer {
    name: "balanced_accuracy",
    metrics: &[("balanced_accuracy", mean)],
    score,
};

/// Mean over the groups that have both kinds.
fn mean(groups: &[Counts]) -> Option<f64> {
    let values: Vec<f64> = groups
        .iter()
        .filter_map(|sum| balanced(sum[0], sum[1], sum[2], sum[3]))
        .collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Where the folds are drawn from, unless the part says so.
const SEED: u32 = 3;

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let claims = claims(source)?;
    let scores: Vec<f64> = claims
        .iter()
        .map(|claim| copydesk_guard::ground(&claim.document, &claim.text).score)
        .collect();
    let said: Vec<bool> = if let Some(threshold) = source.part.threshold {
        scores.iter().map(|score| *score >= threshold).collect()
    } else {
        let cases: Vec<(f64, bool, &str, &str)> = claims
            .iter()
            .zip(&scores)
            .map(|(claim, score)| {
                (
                    *score,
                    claim.is_supported,
                    claim.document_id.as_str(),
                    claim.group.as_str(),
                )
            })
            .collect();
        folds(&cases, u64::from(source.part.seed.unwrap_or(SEED)))
    };
    let mut tally = Tally::new("documents");
    tally.cases = claims.len();
    for ((claim, said), score) in claims.iter().zip(said).zip(&scores) {
        let (yes, is_right) = (claim.is_supported, said == claim.is_supported);
        let all = [one(yes && is_right), one(yes), one(!yes && is_right), one(!yes)];
        tally.add(&claim.document_id, &claim.group, counts(all));
        if !is_right {
            let label = if yes { "supported" } else { "not supported" };
            tally.miss(
                &claim.id,
                format!("{label}, score {score:.2}: “{}”", begin(&claim.text)),
            );
        }
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_count_alike_and_one_sided_ones_not() {
        let groups = [
            counts([3.0, 4.0, 1.0, 2.0]),
            counts([1.0, 1.0, 1.0, 1.0]),
            counts([5.0, 5.0, 0.0, 0.0]),
        ];
        assert_eq!(mean(&groups), Some(f64::midpoint(0.625, 1.0)));
        assert_eq!(mean(&groups[2..]), None);
    }
}
