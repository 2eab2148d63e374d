//! Average linkage over a sparse list of pairs.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use super::{Pair, Settings};

/// Stories of at most so many posts are cut at the higher likeness of [`Settings::few_likeness_min`].
const FEW: usize = 5;

/// Two groups that may become one.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    likeness: f64,
    a: usize,
    b: usize,
}

impl Ord for Candidate {
    /// The most alike first; of equals those with lower numbers.
    fn cmp(&self, other: &Self) -> Ordering {
        self.likeness
            .total_cmp(&other.likeness)
            .then_with(|| (other.a, other.b).cmp(&(self.a, self.b)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

/// Groups on their way; a merged group gets the next number and its parts are emptied.
struct Groups {
    members: Vec<Vec<usize>>,
    /// Sums of likeness to other groups over all pairs of members.
    sums: Vec<BTreeMap<usize, f64>>,
    queue: BinaryHeap<Candidate>,
    likeness_min: f64,
}

/// Joins the two most alike groups until no two have a mean likeness of `likeness_min`, then takes stories of few
/// posts as they were at `few_likeness_min`; pairs not listed count as 0. Group numbers by item, from 0 in order of
/// first appearance.
///
/// The mean over the pairs of a large group is a firm number; that of one or a few pairs is not, and must be higher.
pub(super) fn average_link(count: usize, pairs: &[Pair], settings: &Settings) -> Vec<usize> {
    let mut groups = Groups {
        members: (0..count).map(|at| vec![at]).collect(),
        sums: vec![BTreeMap::new(); count],
        queue: BinaryHeap::new(),
        likeness_min: settings.likeness_min,
    };
    for pair in pairs {
        groups.connect(pair.a, pair.b, pair.likeness);
    }
    let mut firm: Option<Vec<usize>> = None;
    while let Some(next) = groups.queue.pop() {
        if groups.members[next.a].is_empty() || groups.members[next.b].is_empty() {
            continue;
        }
        // Means only fall from one join to the next, so this moment comes once.
        if firm.is_none() && next.likeness < settings.few_likeness_min {
            firm = Some(groups.group_of(count));
        }
        groups.join(next.a, next.b);
    }
    let mut found = groups.group_of(count);
    if let Some(firm) = firm {
        for (group, firm) in found.iter_mut().zip(firm) {
            if groups.members[*group].len() <= FEW {
                *group = firm;
            }
        }
    }
    renumbered(&found)
}

impl Groups {
    /// Notes the sum of likeness between two groups and queues them if they are alike enough.
    fn connect(&mut self, a: usize, b: usize, sum: f64) {
        self.sums[a].insert(b, sum);
        self.sums[b].insert(a, sum);
        let likeness = sum / (self.members[a].len() * self.members[b].len()) as f64;
        if likeness >= self.likeness_min {
            self.queue.push(Candidate {
                likeness,
                a: a.min(b),
                b: a.max(b),
            });
        }
    }

    fn join(&mut self, a: usize, b: usize) {
        let mut sums = std::mem::take(&mut self.sums[a]);
        for (other, sum) in std::mem::take(&mut self.sums[b]) {
            *sums.entry(other).or_insert(0.0) += sum;
        }
        let mut members = std::mem::take(&mut self.members[a]);
        members.append(&mut self.members[b]);
        let joined = self.members.len();
        self.members.push(members);
        self.sums.push(BTreeMap::new());
        for (other, sum) in sums {
            if other != a && other != b {
                self.sums[other].remove(&a);
                self.sums[other].remove(&b);
                self.connect(joined, other, sum);
            }
        }
    }

    /// The group of each item; every group that ever was has a number of its own.
    fn group_of(&self, count: usize) -> Vec<usize> {
        let mut group_of = vec![0; count];
        for (group, members) in self.members.iter().enumerate() {
            for member in members {
                group_of[*member] = group;
            }
        }
        group_of
    }
}

/// The same groups, numbered from 0 in order of first appearance.
pub(super) fn renumbered(groups: &[usize]) -> Vec<usize> {
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    groups
        .iter()
        .map(|group| {
            let next = numbers.len();
            *numbers.entry(*group).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(a: usize, b: usize, likeness: f64) -> Pair {
        Pair { a, b, likeness }
    }

    fn cut(likeness_min: f64, few_likeness_min: f64) -> Settings {
        Settings {
            likeness_min,
            few_likeness_min,
            ..Settings::SHIPPED
        }
    }

    #[test]
    fn a_chain_is_not_joined_by_its_ends() {
        let pairs = [pair(0, 1, 0.9), pair(1, 2, 0.6)];
        assert_eq!(average_link(4, &pairs, &cut(0.4, 0.4)), [0, 0, 1, 2]);
        assert_eq!(average_link(4, &pairs, &cut(0.3, 0.3)), [0, 0, 0, 1]);
    }

    #[test]
    fn few_posts_need_more_likeness_than_many() {
        let all = |count: usize| -> Vec<Pair> {
            let pairs = (0..count).flat_map(|b| (0..b).map(move |a| (a, b)));
            pairs.map(|(a, b)| pair(a, b, 0.3)).collect()
        };
        assert_eq!(average_link(2, &all(2), &cut(0.25, 0.4)), [0, 1]);
        assert_eq!(average_link(6, &all(6), &cut(0.25, 0.4)), [0; 6]);
        // What was firm stays together when the rest of a small story falls off.
        let pairs = [pair(0, 1, 0.9), pair(1, 2, 0.3), pair(0, 2, 0.3)];
        assert_eq!(average_link(3, &pairs, &cut(0.25, 0.4)), [0, 0, 1]);
    }
}
