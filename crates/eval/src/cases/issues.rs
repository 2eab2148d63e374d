//! Past issues beside the posts that they could have told.

use std::collections::BTreeSet;

use copydesk_domain::{Instant, PublishedAt};
use serde::Deserialize;

use super::posts::{Post, Posts, posts};
use super::source::Source;
use crate::error::EvalError;

/// A post that an issue could have told.
pub type Candidate = Post;

/// Candidates of an issue of the corpus came out in the seven days before it.
const WINDOW_S: i64 = 7 * 86_400;

/// The source whose issues are ranked.
const ROUNDUP: &str = "twir/";

/// One issue: what there was, and what its author chose.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Issue {
    /// Its name.
    pub id: String,
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

/// The issues of a part: lines, or the roundups of a corpus with what they link to.
pub fn issues(source: &Source<'_>) -> Result<Vec<Issue>, EvalError> {
    if source.has_format("corpus") {
        return Ok(roundups(&posts(source)?));
    }
    source.lines(&source.place())
}

fn roundups(posts: &Posts) -> Vec<Issue> {
    let of = |(id, row): (&String, &Vec<String>)| {
        let own = posts.list.iter().find(|post| post.id == *id)?;
        let now = own.published_at?.earliest();
        let candidates = posts.list.iter().filter(|post| is_before(post, now));
        Some(Issue {
            id: id.clone(),
            now,
            beats: own.beats.clone(),
            candidates: candidates.cloned().collect(),
            chosen: row.iter().cloned().collect(),
            places: Some(row.len()),
        })
    };
    let rows = posts.links.iter().filter(|(id, _)| id.starts_with(ROUNDUP));
    rows.filter_map(of).collect()
}

fn is_before(post: &Post, now: Instant) -> bool {
    let age_s = post
        .published_at
        .map(PublishedAt::earliest)
        .map(|at| now.since(at).as_secs());
    age_s.is_some_and(|age_s| age_s > 0 && age_s <= WINDOW_S)
}
