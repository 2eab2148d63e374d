//! A second look at large stories: two events of one kind share so many words that they are first taken for one
//! (two matches of one boxer, two arrests in one league). Seen among themselves, the words that all share say
//! nothing, and the posts fall into two camps.

use std::collections::{BTreeMap, HashMap};

use super::Settings;
use super::terms::Terms;
use super::vectors::Bag;
use crate::similarity::{Vector, cosine, normalise};

/// Posts that each camp needs: fewer are a side of one event (a reaction, a follow-up).
const CAMP_MIN: usize = 5;
/// The smaller camp needs one post in so many of the story's.
const ONE_IN: usize = 4;
/// Stories of more posts are left alone: the work grows with the third power (240^3 / 3 is 5 million steps).
const POSTS_MAX: usize = 240;
/// Rounds in which posts may change camps; most settle after two.
const ROUNDS: usize = 10;

/// Likeness of posts among themselves, by place.
type Matrix = Vec<Vec<f64>>;

/// Parts stories that consist of two camps, and their camps again. `stories`: a story number for each post, changed
/// in place.
pub(super) fn part(stories: &mut [usize], terms: &Terms, settings: &Settings) {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (post, story) in stories.iter().enumerate() {
        members.entry(*story).or_default().push(post);
    }
    let mut next = stories.iter().max().map_or(0, |story| story + 1);
    let mut open: Vec<Vec<usize>> = members.into_values().collect();
    while let Some(posts) = open.pop() {
        if !(2 * CAMP_MIN..=POSTS_MAX).contains(&posts.len()) {
            continue;
        }
        if let Some(camps) = camps(&posts, terms, settings) {
            let [first, second] = camps.map(|camp| camp.iter().map(|at| posts[*at]).collect::<Vec<_>>());
            for post in &second {
                stories[*post] = next;
            }
            next += 1;
            open.extend([first, second]);
        }
    }
}

/// The places in `posts` of two camps; `None` where the posts are one story.
fn camps(posts: &[usize], terms: &Terms, settings: &Settings) -> Option<[Vec<usize>; 2]> {
    let likeness = among_themselves(posts, terms, settings.camp_names);
    let small = CAMP_MIN.max(posts.len().div_ceil(ONE_IN));
    let [first, second] = settled(&likeness, cores(&likeness, small)?);
    if first.len().min(second.len()) < small {
        return None;
    }
    let within = inner_mean(&likeness, &first).min(inner_mean(&likeness, &second));
    let between = total(&likeness, &first, &second) / (first.len() * second.len()) as f64;
    (between <= settings.between_max * within).then_some([first, second])
}

/// Likeness by words and names of which some but not all of the posts hold each.
fn among_themselves(posts: &[usize], terms: &Terms, names: f64) -> Matrix {
    let (by_words, by_names) = (vectors(posts, &terms.stems), vectors(posts, &terms.names));
    let row = |a: usize| {
        let of = |b: usize| {
            (1.0 - names) * cosine(&by_words[a], &by_words[b]) + names * cosine(&by_names[a], &by_names[b])
        };
        (0..posts.len()).map(of).collect()
    };
    (0..posts.len()).map(row).collect()
}

/// Vectors of the terms that some but not all of the posts hold, weighted by how few hold them.
fn vectors(posts: &[usize], bags: &[Bag]) -> Vec<Vector> {
    let mut holders: HashMap<&str, (u32, u32)> = HashMap::new(); // Number of the term, posts that hold it.
    for (term, _) in posts.iter().flat_map(|post| &bags[*post]) {
        let next = u32::try_from(holders.len()).expect("fewer than 2^32 terms");
        holders.entry(term).or_insert((next, 0)).1 += 1;
    }
    let all = u32::try_from(posts.len()).expect("at most POSTS_MAX posts");
    posts
        .iter()
        .map(|post| {
            let mut vector: Vector = bags[*post]
                .iter()
                .filter_map(|(term, _)| {
                    let (number, count) = holders[term.as_str()];
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

/// Joins the most alike groups and returns the two largest of the last moment at which both had `small` posts: stray
/// posts, which come last, would otherwise be a camp.
fn cores(likeness: &Matrix, small: usize) -> Option<[Vec<usize>; 2]> {
    let mut groups: Vec<Vec<usize>> = (0..likeness.len()).map(|at| vec![at]).collect();
    let mut sums = likeness.clone();
    let mut cores = None;
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
        let mut large: Vec<&Vec<usize>> = groups.iter().filter(|group| group.len() >= small).collect();
        large.sort_by_key(|group| std::cmp::Reverse(group.len()));
        if let [first, second, ..] = large.as_slice() {
            cores = Some([(*first).clone(), (*second).clone()]);
        }
    }
    cores
}

/// Every post with the camp that it is more alike to on the mean.
fn settled(likeness: &Matrix, mut camps: [Vec<usize>; 2]) -> [Vec<usize>; 2] {
    for _ in 0..ROUNDS {
        let mean = |at: usize, camp: &[usize]| {
            let others = camp.iter().filter(|other| **other != at);
            let (sum, count) = others.fold((0.0, 0), |(sum, count), other| {
                (sum + likeness[at][*other], count + 1)
            });
            sum / f64::from(count.max(1))
        };
        let (first, second) =
            (0..likeness.len()).partition(|at| mean(*at, &camps[0]) >= mean(*at, &camps[1]));
        let next = [first, second];
        if next == camps {
            break;
        }
        camps = next;
    }
    camps
}

/// The two groups, lower place first, with the greatest mean likeness.
fn most_alike(groups: &[Vec<usize>], sums: &Matrix) -> (usize, usize) {
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
fn inner_mean(likeness: &Matrix, group: &[usize]) -> f64 {
    let own: f64 = group.iter().map(|at| likeness[*at][*at]).sum();
    (total(likeness, group, group) - own) / (group.len() * (group.len() - 1)) as f64
}

fn total(likeness: &Matrix, a: &[usize], b: &[usize]) -> f64 {
    a.iter().flat_map(|i| b.iter().map(|j| likeness[*i][*j])).sum()
}

#[cfg(test)]
mod tests {
    use super::super::vectors::bag;
    use super::*;

    fn terms(texts: &[String], names: &[&str]) -> Terms {
        let words = |text: &str| bag(text.split(' ').map(str::to_owned));
        Terms {
            stems: texts.iter().map(|text| words(text)).collect(),
            names: texts
                .iter()
                .map(|text| {
                    bag(text
                        .split(' ')
                        .filter(|word| names.contains(word))
                        .map(str::to_owned))
                })
                .collect(),
            ..Terms::default()
        }
    }

    fn parted(texts: &[String], names: &[&str]) -> Vec<usize> {
        let mut stories = vec![0; texts.len()];
        part(&mut stories, &terms(texts, names), &Settings::SHIPPED);
        stories
    }

    fn match_of(at: usize, words: &str) -> String {
        format!("boxer title fight {words} round{at}")
    }

    #[test]
    fn two_matches_of_one_boxer_are_two_stories() {
        let texts: Vec<String> = (0..6)
            .map(|at| match_of(at, "saturday hamburg wach points"))
            .chain((0..6).map(|at| match_of(at, "july manchester fury decision")))
            .collect();
        let stories = parted(&texts, &["hamburg", "wach", "manchester", "fury"]);
        assert_eq!(stories[..6], [stories[0]; 6]);
        assert_eq!(stories[6..], [stories[6]; 6]);
        assert_ne!(stories[0], stories[6]);
    }

    #[test]
    fn a_post_like_neither_is_no_camp_of_its_own() {
        let texts: Vec<String> = (0..6)
            .map(|at| match_of(at, "saturday hamburg wach points"))
            .chain((0..6).map(|at| match_of(at, "july manchester fury decision")))
            .chain(["boxer title fight hamburg".to_owned()])
            .collect();
        let stories = parted(&texts, &["hamburg", "wach", "manchester", "fury"]);
        assert_eq!(stories[12], stories[0]);
        assert_ne!(stories[0], stories[6]);
    }

    #[test]
    fn three_matches_are_three_stories() {
        let texts: Vec<String> = (0..18)
            .map(|at| {
                let words = ["saturday hamburg wach", "july manchester fury", "may york joshua"];
                match_of(at, words[at / 6])
            })
            .collect();
        let stories = parted(&texts, &["wach", "fury", "joshua"]);
        let apart: std::collections::BTreeSet<usize> = stories.iter().copied().collect();
        assert_eq!(apart.len(), 3, "{stories:?}");
    }

    #[test]
    fn one_event_stays_one_story() {
        let texts: Vec<String> = (0..12)
            .map(|at| format!("quake aceh word{} word{} word{}", at % 3, at % 4, at % 5))
            .collect();
        assert_eq!(parted(&texts, &["aceh"]), [0; 12]);
    }
}
