//! Whether the order of stories finds what authors chose.

use std::collections::BTreeMap;

use copydesk_domain::task::{RankStoriesInput, RankStory, StoryLiking};
use copydesk_domain::{Instant, PromptData, PublishedAt};
use copydesk_text::taste::{Fate, Features, Kind, Past, Taste};
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

/// Counts: sums of recalls by the product's order, by recency, issues, by the product's order without past choices, and by
/// its order for a letter of which nothing is known, not even a name.
pub(super) const SCORER: Scorer = Scorer {
    name: "recall_at_k",
    metrics: &[
        ("recall", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[2])
        }),
        ("recall_without_past", |groups| {
            let sum = whole(groups);
            share(sum[3], sum[2])
        }),
        ("recency", |groups| {
            let sum = whole(groups);
            share(sum[1], sum[2])
        }),
        ("ratio_to_recency", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[1])
        }),
        ("ratio_without_past", |groups| {
            let sum = whole(groups);
            share(sum[3], sum[1])
        }),
        ("recall_unknown", |groups| {
            let sum = whole(groups);
            share(sum[4], sum[2])
        }),
        ("ratio_unknown", |groups| {
            let sum = whole(groups);
            share(sum[4], sum[1])
        }),
    ],
    score,
};

fn score(source: &Source<'_>, product: &dyn Product) -> Result<Tally, EvalError> {
    let mut tally = Tally::new("issues");
    let mut hits = [0; 4];
    let mut chosen = 0;
    let mut past: BTreeMap<String, Letter> = BTreeMap::new();
    for issue in issues(source)? {
        let stories = grouped(&issue);
        let letter = past.entry(issue.letter.clone()).or_default();
        let there: Vec<&str> = issue
            .candidates
            .iter()
            .map(|candidate| candidate.id.as_str())
            .filter(|id| issue.chosen.contains(*id))
            .collect();
        // Where nothing that was chosen was there, no order can be right.
        if !there.is_empty() {
            let places = issue.places.unwrap_or(issue.chosen.len());
            let found = |order: &[usize]| {
                let first = order.iter().take(places);
                first
                    .filter(|at| issue.chosen.contains(&issue.candidates[**at].id))
                    .count()
            };
            let taste = letter.taste(&issue);
            let own = found(&ranked(&issue, &stories, taste.as_ref(), product));
            let first = found(&ranked(&issue, &stories, None, product));
            let nameless = Issue {
                letter: String::new(),
                ..issue.clone()
            };
            let unknown = found(&ranked(&nameless, &stories, None, product));
            let recent = found(&by_recency(&issue));
            let of = |hits: usize| hits as f64 / there.len() as f64;
            tally.cases += 1;
            tally.add(
                &issue.id,
                "",
                counts([of(own), of(recent), 1.0, of(first), of(unknown)]),
            );
            if own < there.len() {
                let what = format!(
                    "{own} of {} chosen posts among the first {places} of {}",
                    there.len(),
                    issue.candidates.len()
                );
                tally.miss(&issue.id, what);
            }
            for (sum, found) in hits.iter_mut().zip([own, first, recent, unknown]) {
                *sum += found;
            }
            chosen += there.len();
        }
        letter.add(&issue, &stories, product);
    }
    let [own, first, recent, unknown] = hits.map(|hits| hits as f64);
    tally.detail("chosen posts found", own, chosen);
    tally.detail("chosen posts found without past choices", first, chosen);
    tally.detail("chosen posts found by recency", recent, chosen);
    tally.detail("chosen posts found without a name", unknown, chosen);
    Ok(tally)
}

/// What the author of a letter chose in issues before.
#[derive(Default)]
struct Letter {
    past: Vec<(Instant, Past)>,
    issues: usize,
}

impl Letter {
    fn taste(&self, issue: &Issue) -> Option<Taste> {
        let at = |(then, past): &(Instant, Past)| Past {
            age_days: issue.now.since(*then).as_secs_f64() / 86_400.0,
            ..past.clone()
        };
        // The newest first: a long history is read from its end.
        let past: Vec<Past> = self.past.iter().rev().map(at).collect();
        Taste::learn(&past)
    }

    fn add(&mut self, issue: &Issue, stories: &Grouped, product: &dyn Product) {
        for (_, members) in stories {
            let is_told = members
                .iter()
                .any(|at| issue.chosen.contains(&issue.candidates[*at].id));
            let past = Past {
                story: features(members, issue, product),
                fate: if is_told { Fate::Told } else { Fate::Passed },
                age_days: 0.0,
                issue: self.issues,
            };
            self.past.push((issue.now, past));
        }
        self.issues += 1;
    }
}

/// Stories of an issue by the place of their newest post, each with its posts, the newest first.
type Grouped = Vec<(String, Vec<usize>)>;

fn grouped(issue: &Issue) -> Grouped {
    let of = stories(&issue.candidates);
    let mut found: Grouped = Vec::new();
    for at in by_recency(issue) {
        let id = of[at].to_string();
        match found.iter_mut().find(|(known, _)| *known == id) {
            Some((_, members)) => members.push(at),
            None => found.push((id, vec![at])),
        }
    }
    found
}

/// Places of the candidates, the newest first.
fn by_recency(issue: &Issue) -> Vec<usize> {
    let mut order: Vec<usize> = (0..issue.candidates.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(issue.candidates[*at].published_at.map(PublishedAt::latest)));
    order
}

/// Places of the candidates as research would have them: posts become stories, the model orders these, and the posts
/// of one story follow by recency. A model that refuses leaves recency.
fn ranked(issue: &Issue, stories: &Grouped, taste: Option<&Taste>, product: &dyn Product) -> Vec<usize> {
    let input = RankStoriesInput {
        now: issue.now,
        newsletter: issue.letter.clone(),
        beats: issue.beats.clone(),
        topics: Vec::new(),
        stories: stories
            .iter()
            .map(|(id, members)| story(id, members, issue, taste, product))
            .collect(),
    };
    let Some(output) = product.rank(&input) else {
        return by_recency(issue);
    };
    let mut left: BTreeMap<&str, &Vec<usize>> = stories
        .iter()
        .map(|(id, members)| (id.as_str(), members))
        .collect();
    let mut order = Vec::new();
    for ranked in &output.ranking {
        order.extend(left.remove(ranked.id.as_str()).into_iter().flatten().copied());
    }
    order.extend(left.into_values().flatten().copied());
    order
}

fn posts<'a>(members: &[usize], issue: &'a Issue) -> Vec<&'a Candidate> {
    members.iter().map(|at| &issue.candidates[*at]).collect()
}

/// Research calls a story by its first source.
fn title<'a>(posts: &[&'a Candidate]) -> &'a str {
    posts.last().map_or("", |post| post.title.as_str())
}

fn publishers<'a>(posts: &[&'a Candidate]) -> Vec<&'a str> {
    let mut publishers: Vec<&str> = posts.iter().map(|post| post.publisher.as_str()).collect();
    publishers.sort_unstable();
    publishers.dedup();
    publishers
}

fn beats(posts: &[&Candidate]) -> Vec<String> {
    let mut beats: Vec<String> = posts.iter().flat_map(|post| post.beats.clone()).collect();
    beats.sort();
    beats.dedup();
    beats
}

fn is_routine(posts: &[&Candidate], product: &dyn Product) -> bool {
    posts.iter().all(|post| product.is_routine(&post.title))
}

/// What a story is compared by with those of past issues, as in research.
fn features(members: &[usize], issue: &Issue, product: &dyn Product) -> Features {
    let posts = posts(members, issue);
    let title = title(&posts);
    let kind = Kind::of(title, product.is_release(title), is_routine(&posts, product));
    Features::of(title, &publishers(&posts), &beats(&posts), kind)
}

fn story(
    id: &str,
    members: &[usize],
    issue: &Issue,
    taste: Option<&Taste>,
    product: &dyn Product,
) -> RankStory {
    let liking = taste.and_then(|taste| taste.of(&features(members, issue, product)));
    let posts = posts(members, issue);
    let title = title(&posts);
    let publishers = publishers(&posts);
    RankStory {
        id: id.to_owned(),
        title: PromptData::from(title),
        witnesses: u32::try_from(publishers.len()).unwrap_or(u32::MAX),
        publishers: publishers.into_iter().map(PromptData::from).collect(),
        posts: u32::try_from(posts.len()).unwrap_or(u32::MAX),
        beats: beats(&posts),
        published_at: posts.first().and_then(|post| post.published_at),
        is_new: true,
        has_news: false,
        is_release: product.is_release(title),
        is_routine: is_routine(&posts, product),
        quotes: posts
            .iter()
            .flat_map(|post| quotes(post))
            .take(QUOTES_MAX)
            .collect(),
        liking: liking.map(|liking| StoryLiking {
            score: liking.score,
            because: liking
                .because
                .iter()
                .map(|because| PromptData::from(because.to_string().as_str()))
                .collect(),
        }),
        is_unwanted: false,
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
        let issue = issue();
        assert_eq!(ranked(&issue, &grouped(&issue), None, &Backwards), [0, 1, 2]);
    }

    #[test]
    fn an_issue_is_judged_by_the_choices_before_it_only() {
        let issue = issue();
        let mut letter = Letter::default();
        assert!(letter.taste(&issue).is_none());
        letter.add(&issue, &grouped(&issue), &Backwards);
        let taste = letter.taste(&issue).unwrap();
        let score = |title: &str| {
            let features = Features::of::<&str, &str>(title, &[], &[], Kind::News);
            taste.of(&features).unwrap().score
        };
        assert!(score("Bread ovens reach Norway") > 0.0);
        assert!(score("Choir wins a medal") < 0.0);
    }
}
