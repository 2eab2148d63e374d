//! From scores to yes or no, with the threshold chosen on other cases than it is judged on.

use std::collections::BTreeMap;

use super::folds::fold_of;

/// Parts of the cross-validation.
const FOLDS: usize = 5;
/// Thresholds tried; more would only follow noise.
const TRIED_MAX: usize = 200;

/// Mean of the two classes' recalls; `None` where a class has no case.
pub fn balanced(right_yes: f64, yes: f64, right_no: f64, no: f64) -> Option<f64> {
    (yes > 0.0 && no > 0.0).then(|| f64::midpoint(right_yes / yes, right_no / no))
}

/// Yes or no for each case: the best threshold of four folds decides the fifth. Cases of one `unit` are in one fold.
///
/// `cases`: score, truth, unit, group. The best threshold has the highest mean of balanced accuracies over groups.
pub fn folds(cases: &[(f64, bool, &str, &str)], seed: u64) -> Vec<bool> {
    let fold = fold_of(cases.iter().map(|case| case.2), FOLDS, seed);
    let thresholds: Vec<f64> = (0..FOLDS)
        .map(|out| {
            let rest: Vec<_> = cases.iter().filter(|case| fold[case.2] != out).collect();
            best(&rest)
        })
        .collect();
    cases
        .iter()
        .map(|case| case.0 >= thresholds[fold[case.2]])
        .collect()
}

fn best(cases: &[&(f64, bool, &str, &str)]) -> f64 {
    let mut scores: Vec<f64> = cases.iter().map(|case| case.0).collect();
    scores.sort_by(f64::total_cmp);
    scores.dedup();
    let between = scores.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    let all: Vec<f64> = std::iter::once(0.0).chain(between).chain([2.0]).collect();
    let step = all.len().div_ceil(TRIED_MAX).max(1);
    let tried = all.into_iter().step_by(step).map(|at| (mean(cases, at), at));
    tried
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map_or(0.5, |(_, at)| at)
}

/// Mean over groups of the balanced accuracy at a threshold.
fn mean(cases: &[&(f64, bool, &str, &str)], at: f64) -> f64 {
    let mut groups: BTreeMap<&str, [f64; 4]> = BTreeMap::new();
    for (score, is_yes, _, group) in cases {
        let counts = groups.entry(group).or_default();
        let place = if *is_yes { 0 } else { 2 };
        counts[place] += f64::from(u8::from((*score >= at) == *is_yes));
        counts[place + 1] += 1.0;
    }
    let values: Vec<f64> = groups
        .values()
        .filter_map(|[a, b, c, d]| balanced(*a, *b, *c, *d))
        .collect();
    if values.is_empty() {
        0.0
    } else {
        values.iter().sum::<f64>() / values.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_accuracy_is_counted_by_hand() {
        // 3 of 4 and 1 of 2: (0.75 + 0.5) / 2
        assert_eq!(balanced(3.0, 4.0, 1.0, 2.0), Some(0.625));
        assert_eq!(balanced(1.0, 1.0, 0.0, 0.0), None);
    }

    #[test]
    fn a_threshold_is_found_between_the_classes() {
        let names: Vec<String> = (0..20).map(|at| at.to_string()).collect();
        let cases: Vec<(f64, bool, &str, &str)> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (at as f64 / 20.0, at >= 10, name.as_str(), ""))
            .collect();
        let said = folds(&cases, 3);
        let right = said
            .iter()
            .zip(&cases)
            .filter(|(said, case)| **said == case.1)
            .count();
        assert!(right >= 19, "{right}");
        assert_eq!(said, folds(&cases, 3));
        assert!(folds(&[], 3).is_empty());
    }
}
