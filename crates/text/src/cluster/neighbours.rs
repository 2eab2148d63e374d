//! Likeness by company: two posts that are like the same others tell the same story.

use super::Pair;

/// The nearest posts that count as a post's company.
const COMPANY_MAX: usize = 80;

/// The neighbours of a post: their numbers, in order, with likeness. The post itself is among them, with 1.
type Row = Vec<(usize, f64)>;

/// Mixes into each pair's likeness the cosine of the two posts' rows of neighbours, which makes up `share` of it.
pub(super) fn with_neighbours(count: usize, direct: &[Pair], share: f64) -> Vec<Pair> {
    let rows = rows(count, direct);
    direct
        .iter()
        .map(|pair| {
            let company = cosine(&rows[pair.a], &rows[pair.b]);
            Pair {
                likeness: (1.0 - share) * pair.likeness + share * company,
                ..*pair
            }
        })
        .collect()
}

fn rows(count: usize, direct: &[Pair]) -> Vec<Row> {
    let mut rows: Vec<Row> = (0..count).map(|at| vec![(at, 1.0)]).collect();
    for pair in direct {
        rows[pair.a].push((pair.b, pair.likeness));
        rows[pair.b].push((pair.a, pair.likeness));
    }
    for row in &mut rows {
        row.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
        row.truncate(COMPANY_MAX);
        row.sort_unstable_by_key(|(at, _)| *at);
        let length = row
            .iter()
            .map(|(_, likeness)| likeness * likeness)
            .sum::<f64>()
            .sqrt();
        for (_, likeness) in row {
            *likeness /= length;
        }
    }
    rows
}

fn cosine(a: &Row, b: &Row) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += a[i].1 * b[j].1;
                i += 1;
                j += 1;
            }
        }
    }
    sum
}
