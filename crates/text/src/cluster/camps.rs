//! A second look at large stories: two events of one kind share so many words that they are first taken for one
//! (two matches of one boxer, two arrests in one league). Seen among themselves, the words that all share say
//! nothing, and the posts fall into two camps.

use std::collections::{BTreeMap, HashMap};

use super::vectors::Bag;
use crate::similarity::{Vector, cosine, normalise};

/// Posts that each camp needs: fewer are a side of one event (a reaction, a follow-up).
const CAMP_MIN: usize = 5;
/// Share of the story's posts that the smaller camp needs.
const SHARE_MIN: f64 = 0.35;
/// Likeness between the camps, as a share of that within the looser camp, from which on they are one story.
const BETWEEN_MAX: f64 = 0.42;
/// Stories of more posts are left alone: the work grows with the third power.
const POSTS_MAX: usize = 120;

/// Parts stories that consist of two camps. `stories`: a story number for each post, changed in place; `stems`: the
/// bag of each post.
pub(super) fn part(stories: &mut [usize], stems: &[Bag]) {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (post, story) in stories.iter().enumerate() {
        members.entry(*story).or_default().push(post);
    }
    let large = members
        .values()
        .filter(|posts| (2 * CAMP_MIN..=POSTS_MAX).contains(&posts.len()));
    for (next, posts) in (members.len()..).zip(large) {
        for at in second_camp(posts, stems) {
            stories[posts[at]] = next;
        }
    }
}

/// The places in `posts` of the second of two camps; none where the posts are one story.
fn second_camp(posts: &[usize], stems: &[Bag]) -> Vec<usize> {
    let vectors = among_themselves(posts, stems);
    let likeness: Vec<Vec<f64>> = vectors
        .iter()
        .map(|a| vectors.iter().map(|b| cosine(a, b)).collect())
        .collect();
    let [first, second] = halves(&likeness);
    let small = first.len().min(second.len());
    if small < CAMP_MIN || (small as f64) < SHARE_MIN * posts.len() as f64 {
        return Vec::new();
    }
    let within = inner_mean(&likeness, &first).min(inner_mean(&likeness, &second));
    let between = total(&likeness, &first, &second) / (first.len() * second.len()) as f64;
    if between <= BETWEEN_MAX * within {
        second
    } else {
        Vec::new()
    }
}

/// Vectors of the stems that some but not all of the posts hold, weighted by how few hold them.
fn among_themselves(posts: &[usize], stems: &[Bag]) -> Vec<Vector> {
    let mut holders: HashMap<&str, (u32, u32)> = HashMap::new(); // Number of the stem, posts that hold it.
    for (stem, _) in posts.iter().flat_map(|post| &stems[*post]) {
        let next = u32::try_from(holders.len()).expect("fewer than 2^32 stems");
        holders.entry(stem).or_insert((next, 0)).1 += 1;
    }
    let all = u32::try_from(posts.len()).expect("at most POSTS_MAX posts");
    posts
        .iter()
        .map(|post| {
            let mut vector: Vector = stems[*post]
                .iter()
                .filter_map(|(stem, _)| {
                    let (number, count) = holders[stem.as_str()];
                    let tells = count > 1 && count < all;
                    tells.then(|| (number, (f64::from(all + 1) / f64::from(count)).ln()))
                })
                .collect();
            vector.sort_unstable_by_key(|(number, _)| *number);
            normalise(&mut vector);
            vector
        })
        .collect()
}

/// Joins the two most alike groups until two are left.
fn halves(likeness: &[Vec<f64>]) -> [Vec<usize>; 2] {
    let mut groups: Vec<Vec<usize>> = (0..likeness.len()).map(|at| vec![at]).collect();
    let mut sums: Vec<Vec<f64>> = likeness.to_vec();
    while groups.len() > 2 {
        let (a, b) = most_alike(&groups, &sums);
        let moved = groups.swap_remove(b);
        groups[a].extend(moved);
        // Row and column of the group that left go the way of `swap_remove`; those of the other take them up.
        let left = sums[b].clone();
        for (at, sum) in left.iter().enumerate() {
            sums[a][at] += sum;
        }
        for (row, sum) in sums.iter_mut().zip(left) {
            row[a] += sum;
            row.swap_remove(b);
        }
        sums.swap_remove(b);
    }
    let second = groups.pop().unwrap_or_default();
    [groups.pop().unwrap_or_default(), second]
}

/// The two groups, lower place first, with the greatest mean likeness.
fn most_alike(groups: &[Vec<usize>], sums: &[Vec<f64>]) -> (usize, usize) {
    let mut best = (f64::NEG_INFINITY, (0, 1));
    for a in 0..groups.len() {
        for b in a + 1..groups.len() {
            let mean = sums[a][b] / (groups[a].len() * groups[b].len()) as f64;
            if mean > best.0 {
                best = (mean, (a, b));
            }
        }
    }
    best.1
}

/// Mean likeness of the pairs within a group of two or more.
fn inner_mean(likeness: &[Vec<f64>], group: &[usize]) -> f64 {
    let own: f64 = group.iter().map(|at| likeness[*at][*at]).sum();
    (total(likeness, group, group) - own) / (group.len() * (group.len() - 1)) as f64
}

fn total(likeness: &[Vec<f64>], a: &[usize], b: &[usize]) -> f64 {
    a.iter().flat_map(|i| b.iter().map(|j| likeness[*i][*j])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bags(texts: &[String]) -> Vec<Bag> {
        texts
            .iter()
            .map(|text| super::super::vectors::bag(text.split(' ').map(str::to_owned)))
            .collect()
    }

    #[test]
    fn two_matches_of_one_boxer_are_two_stories() {
        let texts: Vec<String> = (0..6)
            .map(|at| format!("boxer title fight saturday hamburg wach points round{at}"))
            .chain((0..6).map(|at| format!("boxer title fight july manchester fury decision note{at}")))
            .collect();
        let mut stories = vec![0; 12];
        part(&mut stories, &bags(&texts));
        assert_eq!(stories[..6], [stories[0]; 6]);
        assert_eq!(stories[6..], [stories[6]; 6]);
        assert_ne!(stories[0], stories[6]);
    }

    #[test]
    fn one_event_stays_one_story() {
        let texts: Vec<String> = (0..12)
            .map(|at| format!("quake aceh word{} word{} word{}", at % 3, at % 4, at % 5))
            .collect();
        let mut stories = vec![0; 12];
        part(&mut stories, &bags(&texts));
        assert_eq!(stories, [0; 12]);
    }
}
