//! Past issues beside the posts that they could have told.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::{Instant, PublishedAt};
use serde::Deserialize;

use super::posts::{Post, Posts, posts};
use super::source::Source;
use crate::error::EvalError;

/// A post that an issue could have told.
pub type Candidate = Post;

/// Candidates of an issue of the corpus came out in the seven days before it.
const WINDOW_S: i64 = 7 * 86_400;

/// A source of the corpus is a letter where it has so many rows of links …
const LETTER_ROWS_MIN: usize = 3;
/// … and so many of every ten of its links lead to others.
const LETTER_OTHERS_OF_TEN: usize = 9;

/// One issue: what there was, and what its author chose.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Issue {
    /// Its name.
    pub id: String,
    /// The newsletter that it is an issue of: its earlier issues among the cases are what its author chose before.
    #[serde(default)]
    pub letter: String,
    /// When it was made.
    pub now: Instant,
    /// Beats of the newsletter, most important first.
    #[serde(default)]
    pub beats: Vec<String>,
    /// What there was.
    pub candidates: Vec<Candidate>,
    /// What was chosen, by id.
    pub chosen: BTreeSet<String>,
    /// How many places there are; the number of the chosen where not given.
    #[serde(default)]
    pub places: Option<usize>,
}

/// The issues of a part, in the order in which they were made: lines, or the letters of a corpus with what they link to.
pub fn issues(source: &Source<'_>) -> Result<Vec<Issue>, EvalError> {
    let mut issues = if source.has_format("corpus") {
        roundups(&posts(source)?)
    } else {
        source.lines(&source.place())?
    };
    // A stable sort: issues of one instant keep the order of the data.
    issues.sort_by_key(|issue: &Issue| issue.now);
    Ok(issues)
}

fn roundups(posts: &Posts) -> Vec<Issue> {
    let letters = letters(&posts.links);
    let candidates: Vec<Post> = posts
        .list
        .iter()
        .map(|post| Post {
            publisher: name_of(posts, &post.publisher),
            ..post.clone()
        })
        .collect();
    let of = |(id, row): (&String, &Vec<String>)| {
        let own = posts.list.iter().find(|post| post.id == *id)?;
        let now = own.published_at?.earliest();
        let before = candidates.iter().filter(|post| is_before(post, now));
        Some(Issue {
            id: id.clone(),
            letter: name_of(posts, &own.publisher),
            now,
            beats: own.beats.clone(),
            candidates: before.cloned().collect(),
            chosen: row.iter().cloned().collect(),
            places: Some(row.len()),
        })
    };
    let rows = posts
        .links
        .iter()
        .filter(|(id, _)| letters.contains(source_of(id)));
    rows.filter_map(of).collect()
}

fn name_of(posts: &Posts, publisher: &str) -> String {
    let name = posts.names.get(publisher).filter(|name| !name.is_empty());
    name.map_or(publisher, String::as_str).to_owned()
}

/// The sources that pass on what others write, by their links.
fn letters(links: &BTreeMap<String, Vec<String>>) -> BTreeSet<&str> {
    let mut rows: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for (id, row) in links {
        let source = source_of(id);
        let others = row.iter().filter(|to| source_of(to) != source).count();
        let sum = rows.entry(source).or_default();
        *sum = (sum.0 + 1, sum.1 + row.len(), sum.2 + others);
    }
    let is_letter = |(number, all, others): (usize, usize, usize)| {
        number >= LETTER_ROWS_MIN && others * 10 >= all * LETTER_OTHERS_OF_TEN
    };
    let letters = rows.into_iter().filter(|(_, sum)| is_letter(*sum));
    letters.map(|(source, _)| source).collect()
}

/// The source of a post: ids of the corpus are `SOURCE/SLUG`.
fn source_of(id: &str) -> &str {
    id.split('/').next().unwrap_or(id)
}

fn is_before(post: &Post, now: Instant) -> bool {
    let age_s = post
        .published_at
        .map(PublishedAt::earliest)
        .map(|at| now.since(at).as_secs());
    age_s.is_some_and(|age_s| age_s > 0 && age_s <= WINDOW_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_passes_on_what_others_write() {
        let row = |id: &str, to: &[&str]| (id.to_owned(), to.iter().map(|to| (*to).to_owned()).collect());
        let links = BTreeMap::from([
            row("letter/1", &["moss/a", "norn/b"]),
            row("letter/2", &["moss/c"]),
            row("letter/3", &["norn/d"]),
            row("moss/a", &["moss/b"]),
            row("moss/c", &["moss/a", "norn/b"]),
            row("moss/d", &["moss/c"]),
            row("norn/b", &["moss/a"]),
        ]);
        assert_eq!(letters(&links), BTreeSet::from(["letter"]));
    }
}
