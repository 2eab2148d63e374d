//! How far two groupings of the same things agree.

use std::collections::HashMap;

/// Pairs that stand together, by who says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Both.
    pub right: usize,
    /// Only the result.
    pub wrong: usize,
    /// Only the truth.
    pub missed: usize,
}

/// Counts pairs of a truth and a result, place by place, where `counts` says that a pair counts; `told` is given each
/// pair that stands together in either.
pub fn pairs<T: PartialEq>(
    truth: &[Option<T>],
    result: &[usize],
    counts: impl Fn(usize, usize) -> bool,
    mut told: impl FnMut(usize, usize, Pairs),
) {
    for a in 0..truth.len().min(result.len()) {
        for b in a + 1..truth.len().min(result.len()) {
            let is_true = truth[a].is_some() && truth[a] == truth[b];
            let is_joined = result[a] == result[b];
            if (is_true || is_joined) && counts(a, b) {
                let one = |yes: bool| usize::from(yes);
                let pair = Pairs {
                    right: one(is_true && is_joined),
                    wrong: one(!is_true),
                    missed: one(!is_joined),
                };
                told(a, b, pair);
            }
        }
    }
}

/// For each thing the share of its result's group that is of its true group (precision), and the share of its true
/// group that is in its result's group (recall).
///
/// # Source
/// B-cubed (Bagga and Baldwin 1998).
pub fn bcubed(truth: &[String], result: &[usize]) -> Vec<(f64, f64)> {
    let mut of_truth: HashMap<&str, f64> = HashMap::new();
    let mut of_result: HashMap<usize, f64> = HashMap::new();
    let mut of_both: HashMap<(&str, usize), f64> = HashMap::new();
    for (story, group) in truth.iter().zip(result) {
        *of_truth.entry(story).or_default() += 1.0;
        *of_result.entry(*group).or_default() += 1.0;
        *of_both.entry((story, *group)).or_default() += 1.0;
    }
    let both = truth.iter().zip(result);
    both.map(|(story, group)| {
        let common = of_both[&(story.as_str(), *group)];
        (common / of_result[group], common / of_truth[story.as_str()])
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(truth: &[Option<&str>], result: &[usize]) -> Pairs {
        let mut sum = Pairs::default();
        pairs(
            truth,
            result,
            |_, _| true,
            |_, _, pair| {
                sum.right += pair.right;
                sum.wrong += pair.wrong;
                sum.missed += pair.missed;
            },
        );
        sum
    }

    #[test]
    fn pairs_are_counted_by_hand() {
        // True: {0,1,2}. Found: {0,1}, {2,3}. One right (01), one wrong (23), two missed (02, 12).
        let truth = [Some("a"), Some("a"), Some("a"), None];
        assert_eq!(
            sum(&truth, &[0, 0, 1, 1]),
            Pairs {
                right: 1,
                wrong: 1,
                missed: 2
            }
        );
    }

    #[test]
    fn things_without_a_story_belong_to_nothing() {
        assert_eq!(sum(&[None, None], &[0, 1]), Pairs::default());
        assert_eq!(sum(&[None, None], &[0, 0]).wrong, 1);
    }

    #[test]
    fn bcubed_is_that_of_the_paper() {
        // True groups {0,1,2,3}, {4}; found {0,1}, {2,3,4}.
        let truth: Vec<String> = ["a", "a", "a", "a", "b"].map(str::to_owned).to_vec();
        let found = bcubed(&truth, &[0, 0, 1, 1, 1]);
        assert_eq!(found[0], (1.0, 0.5));
        assert_eq!(found[2], (2.0 / 3.0, 0.5));
        assert_eq!(found[4], (1.0 / 3.0, 1.0));
    }
}
