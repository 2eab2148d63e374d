//! Intervals by drawing units again.

use std::collections::BTreeMap;

use super::draw::Draw;
use crate::tally::{Counts, Tally};

/// A metric: from the sums of each group to a value; `None` where it is not defined (nothing was blocked).
pub type Formula = fn(&[Counts]) -> Option<f64>;

/// Draws of an interval: the ends of one over 1,000 stand on 25 draws each.
const DRAWS: usize = 1_000;
/// Where every interval starts, so that two runs over the same units differ by the product alone.
const SEED: u64 = 20_260_820;

/// The 95 % interval of a metric: percentiles over 1,000 draws of units with replacement.
///
/// `None` where there are fewer than two units, or the metric is undefined for half of the draws.
///
/// # Source
/// The percentile bootstrap (Efron 1979).
pub fn interval(tally: &Tally, formula: Formula) -> Option<(f64, f64)> {
    let count = tally.units.len();
    if count < 2 {
        return None;
    }
    let mut draw = Draw::new(SEED);
    let values = (0..DRAWS).filter_map(|_| {
        let drawn: Vec<usize> = (0..count).map(|_| draw.below(count)).collect();
        formula(&tally.sums(drawn))
    });
    ends(values.collect())
}

/// How much a metric differs from that of an earlier tally, over the units that both have: the difference with its
/// 95 % interval, each draw taking the same units from both.
///
/// `None` where fewer than half of the units are in both: then the data is another.
///
/// # Source
/// The paired bootstrap, as in Koehn 2004.
pub fn difference(now: &Tally, before: &Tally, formula: Formula) -> Option<(f64, f64, f64)> {
    let places: BTreeMap<(&str, &str), usize> = before
        .units
        .iter()
        .zip(0..)
        .map(|(unit, at)| (key(before, unit.group, &unit.id), at))
        .collect();
    let pairs: Vec<(usize, usize)> = now
        .units
        .iter()
        .zip(0..)
        .filter_map(|(unit, at)| Some((at, *places.get(&key(now, unit.group, &unit.id))?)))
        .collect();
    if pairs.len() < 2 || pairs.len() * 2 < now.units.len().max(before.units.len()) {
        return None;
    }
    let of = |drawn: &[(usize, usize)]| {
        let new = formula(&now.sums(drawn.iter().map(|pair| pair.0)))?;
        let old = formula(&before.sums(drawn.iter().map(|pair| pair.1)))?;
        Some(new - old)
    };
    let mut draw = Draw::new(SEED);
    let values = (0..DRAWS).filter_map(|_| {
        let drawn: Vec<(usize, usize)> = pairs.iter().map(|_| pairs[draw.below(pairs.len())]).collect();
        of(&drawn)
    });
    let (low, high) = ends(values.collect())?;
    Some((of(&pairs)?, low, high))
}

fn key<'t>(tally: &'t Tally, group: usize, id: &'t str) -> (&'t str, &'t str) {
    (tally.groups.get(group).map_or("", String::as_str), id)
}

fn ends(mut values: Vec<f64>) -> Option<(f64, f64)> {
    if values.len() * 2 < DRAWS {
        return None;
    }
    values.sort_by(f64::total_cmp);
    // 25 of 1,000 lie outside on each side.
    let outside = values.len() / 40;
    Some((values[outside], values[values.len() - 1 - outside]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::whole;

    fn share(groups: &[Counts]) -> Option<f64> {
        let sum = whole(groups);
        (sum[1] > 0.0).then(|| sum[0] / sum[1])
    }

    fn tally(right: &[bool]) -> Tally {
        let mut tally = Tally::new("cases");
        for (at, right) in right.iter().enumerate() {
            let mut counts = Counts::default();
            counts[..2].copy_from_slice(&[f64::from(u8::from(*right)), 1.0]);
            tally.add(&at.to_string(), "", counts);
        }
        tally
    }

    #[test]
    fn the_interval_of_a_share_is_what_the_normal_one_is() {
        let right: Vec<bool> = (0..100).map(|at| at % 5 != 0).collect();
        let (low, high) = interval(&tally(&right), share).unwrap();
        // 0.8 ± 1.96 √(0.8 · 0.2 / 100) = 0.722 … 0.878
        assert!(
            (low - 0.722).abs() < 0.02 && (high - 0.878).abs() < 0.02,
            "{low} {high}"
        );
    }

    #[test]
    fn equal_units_have_no_width_and_one_unit_no_interval() {
        assert_eq!(interval(&tally(&[true; 20]), share), Some((1.0, 1.0)));
        assert_eq!(interval(&tally(&[true]), share), None);
    }

    #[test]
    fn a_paired_difference_sees_what_changed() {
        let before = tally(&[true, false, true, false, true, false, true, false]);
        assert_eq!(difference(&before, &before, share), Some((0.0, 0.0, 0.0)));
        let after = tally(&[true; 8]);
        let (by, low, high) = difference(&after, &before, share).unwrap();
        assert!((by - 0.5).abs() < 1e-9 && low > 0.0 && high < 1.0);
    }

    #[test]
    fn other_units_are_not_compared() {
        let mut other = tally(&[true; 8]);
        for unit in &mut other.units {
            unit.id.push('x');
        }
        assert_eq!(difference(&other, &tally(&[true; 8]), share), None);
    }
}
