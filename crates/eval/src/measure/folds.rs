//! Parts of a cross-validation.

use std::collections::{BTreeMap, BTreeSet};

use crate::statistics::Draw;

/// The fold of each unit, below `count`, drawn with a seed; folds differ by one unit at most.
pub fn fold_of<'u>(
    units: impl Iterator<Item = &'u str>,
    count: usize,
    seed: u64,
) -> BTreeMap<&'u str, usize> {
    let mut units: Vec<&str> = units.collect::<BTreeSet<_>>().into_iter().collect();
    Draw::new(seed).shuffle(&mut units);
    units.into_iter().zip((0..count).cycle()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_one_fold_and_a_seed_decides_which() {
        let units = ["a", "b", "c", "b", "d", "e"];
        let folds = fold_of(units.into_iter(), 2, 3);
        assert_eq!(folds.len(), 5);
        assert_eq!(folds.values().filter(|fold| **fold == 0).count(), 3);
        assert_eq!(folds, fold_of(units.into_iter().rev(), 2, 3));
    }
}
