//! Whether the order of stories finds what authors chose.

use std::collections::BTreeMap;

use copydesk_domain::task::{RankStoriesInput, RankStory};
use copydesk_domain::{PromptData, PublishedAt};
use copydesk_text::{sentence, summarise};

use super::stories::stories;
use super::{Scorer, counts};
use crate::cases::{Candidate, Issue, Source, issues};
use crate::error::EvalError;
use crate::measure::share;
use crate::product::Product;
use crate::tally::{Tally, whole};

/// Sentences of a story that the ranking sees, as in research.
const QUOTES_MAX: usize = 2;
/// Sentences of a post that may be one of them.
const SENTENCES_MAX: usize = 60;

/// Counts: sum of recalls by the product's order, by recency, issues; hits by both, chosen posts among candidates.
pub(super) const SCORER: Scorer = Scorer {
    name: "recall_at_k",
    metrics: &[
        ("recall", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[2])
        }),
        ("recency", |groups| {
            let sum = whole(groups);
            share(sum[1], sum[2])
        }),
        ("ratio_to_recency", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[1])
        }),
    ],
    score,
};

fn score(source: &Source<'_>, product: &dyn Product) -> Result<Tally, EvalError> {
    let mut tally = Tally::new("issues");
    let (mut hits, mut recent_hits, mut chosen) = (0, 0, 0);
    for issue in issues(source)? {
        let there: Vec<&str> = issue
            .candidates
            .iter()
            .map(|candidate| candidate.id.as_str())
            .filter(|id| issue.chosen.contains(*id))
            .collect();
        // Where nothing that was chosen was there, no order can be right.
        if there.is_empty() {
            continue;
        }
        let places = issue.places.unwrap_or(issue.chosen.len());
        let found = |order: &[usize]| {
            let first = order.iter().take(places);
            first
                .filter(|at| issue.chosen.contains(&issue.candidates[**at].id))
                .count()
        };
        let (own, recent) = (found(&ranked(&issue, product)), found(&by_recency(&issue)));
        let of = |hits: usize| hits as f64 / there.len() as f64;
        tally.cases += 1;
        tally.add(&issue.id, "", counts([of(own), of(recent), 1.0]));
        if own < there.len() {
            let what = format!(
                "{own} of {} chosen posts among the first {places} of {}",
                there.len(),
                issue.candidates.len()
            );
            tally.miss(&issue.id, what);
        }
        hits += own;
        recent_hits += recent;
        chosen += there.len();
    }
    tally.detail("chosen posts found", hits as f64, chosen);
    tally.detail("chosen posts found by recency", recent_hits as f64, chosen);
    Ok(tally)
}

/// Places of the candidates, the newest first.
fn by_recency(issue: &Issue) -> Vec<usize> {
    let mut order: Vec<usize> = (0..issue.candidates.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(issue.candidates[*at].published_at.map(PublishedAt::latest)));
    order
}

/// Places of the candidates as research would have them: posts become stories, the model orders these, and the posts
/// of one story follow by recency. A model that refuses leaves recency.
fn ranked(issue: &Issue, product: &dyn Product) -> Vec<usize> {
    let recent = by_recency(issue);
    let of = stories(&issue.candidates);
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in &recent {
        members.entry(of[*at].to_string()).or_default().push(*at);
    }
    let input = RankStoriesInput {
        now: issue.now,
        beats: issue.beats.clone(),
        topics: Vec::new(),
        stories: in_order_of(&recent, &of)
            .into_iter()
            .map(|id| story(&id, &members[&id], issue, product))
            .collect(),
    };
    let Some(output) = product.rank(&input) else {
        return recent;
    };
    let mut order = Vec::new();
    for ranked in output.ranking {
        order.extend(members.remove(&ranked.id).unwrap_or_default());
    }
    order.extend(members.into_values().flatten());
    order
}

/// Ids of the stories, by their newest post.
fn in_order_of(recent: &[usize], of: &[usize]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for at in recent {
        let id = of[*at].to_string();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn story(id: &str, members: &[usize], issue: &Issue, product: &dyn Product) -> RankStory {
    let posts: Vec<&Candidate> = members.iter().map(|at| &issue.candidates[*at]).collect();
    let mut publishers: Vec<&str> = posts.iter().map(|post| post.publisher.as_str()).collect();
    publishers.sort_unstable();
    publishers.dedup();
    let mut beats: Vec<String> = posts.iter().flat_map(|post| post.beats.clone()).collect();
    beats.sort();
    beats.dedup();
    // Research calls a story by its first source.
    let title = posts.last().map_or("", |post| post.title.as_str());
    RankStory {
        id: id.to_owned(),
        title: PromptData::from(title),
        witnesses: u32::try_from(publishers.len()).unwrap_or(u32::MAX),
        publishers: publishers.into_iter().map(PromptData::from).collect(),
        posts: u32::try_from(posts.len()).unwrap_or(u32::MAX),
        beats,
        published_at: posts.first().and_then(|post| post.published_at),
        is_new: true,
        has_news: false,
        is_release: product.is_release(title),
        is_routine: posts.iter().all(|post| product.is_routine(&post.title)),
        quotes: posts
            .iter()
            .flat_map(|post| quotes(post))
            .take(QUOTES_MAX)
            .collect(),
    }
}

fn quotes(post: &Candidate) -> Vec<PromptData> {
    let prose = post.text.lines().flat_map(|line| {
        let ranges = sentence::split(line).into_iter();
        ranges
            .filter_map(|range| line.get(range))
            .filter(|text| sentence::is_prose(text))
    });
    let sentences: Vec<String> = prose.take(SENTENCES_MAX).map(str::to_owned).collect();
    let chosen = summarise::sentences(&post.title, &sentences, QUOTES_MAX);
    chosen
        .into_iter()
        .map(|at| PromptData::from(sentences[at].as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::{RankStoriesOutput, RankedStory, TakeNotesInput, TakeNotesOutput};

    use super::*;

    /// A model that likes the oldest story.
    struct Backwards;

    impl Product for Backwards {
        fn rank(&self, input: &RankStoriesInput) -> Option<RankStoriesOutput> {
            let ranked = |story: &RankStory| RankedStory {
                id: story.id.clone(),
                reason: String::new(),
            };
            Some(RankStoriesOutput {
                ranking: input.stories.iter().rev().map(ranked).collect(),
            })
        }
        fn take_notes(&self, _: &TakeNotesInput) -> Option<TakeNotesOutput> {
            None
        }
        fn is_release(&self, _: &str) -> bool {
            false
        }
        fn is_routine(&self, _: &str) -> bool {
            false
        }
    }

    fn issue() -> Issue {
        let post = |id: &str, title: &str, day: &str| {
            format!(
                "{{\"id\":\"{id}\",\"title\":\"{title}\",\"text\":\"{title}.\",\"published_at\":\"{day}\"}}"
            )
        };
        let posts = [
            post("old", "Bread ovens reach Norway", "2026-08-18"),
            post("mid", "Harbour closes for winter", "2026-08-19"),
            post("new", "Choir wins a medal", "2026-08-20"),
        ];
        let text = format!(
            "{{\"id\":\"a\",\"now\":\"2026-08-21T05:00:00Z\",\"candidates\":[{}],\"chosen\":[\"old\"]}}",
            posts.join(",")
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn posts_follow_the_order_of_their_stories() {
        assert_eq!(by_recency(&issue()), [2, 1, 0]);
        assert_eq!(ranked(&issue(), &Backwards), [0, 1, 2]);
    }
}
