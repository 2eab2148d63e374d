//! Posts beside the stories that they belong to.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::PublishedAt;
use serde::Deserialize;

use super::source::Source;
use crate::error::EvalError;

/// A post.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Post {
    /// Its name.
    pub id: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Its main text.
    pub text: String,
    /// When it came out.
    #[serde(default)]
    pub published_at: Option<PublishedAt>,
    /// Its true story; none = one of its own.
    #[serde(default)]
    pub story: Option<String>,
    /// What is drawn together; the story where not given.
    #[serde(default)]
    pub topic: Option<String>,
    /// Who published it.
    #[serde(default)]
    pub publisher: String,
    /// Its beats.
    #[serde(default)]
    pub beats: Vec<String>,
}

impl Post {
    /// Its true story; one of its own where people name none.
    pub fn true_story(&self) -> String {
        let alone = || format!("alone:{}", self.id);
        self.story.clone().unwrap_or_else(alone)
    }

    /// What it is drawn with: its topic, else its story, else itself.
    pub fn unit(&self) -> &str {
        let story = self.story.as_deref().unwrap_or(&self.id);
        self.topic.as_deref().unwrap_or(story)
    }
}

/// Posts, and the pairs of which people do not say whether they belong together.
#[derive(Debug, Clone, Default)]
pub struct Posts {
    /// The posts.
    pub list: Vec<Post>,
    /// Pairs by id, each both ways round.
    pub open: BTreeSet<(String, String)>,
    /// What a post links to, by id.
    pub links: BTreeMap<String, Vec<String>>,
    /// Names of publishers, by id, where the data knows them.
    pub names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct CorpusPost {
    id: String,
    source: String,
    published: PublishedAt,
}

#[derive(Deserialize)]
struct CorpusTruth {
    id: String,
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct CorpusStory {
    story: String,
    kind: String,
    #[serde(default)]
    post: Option<String>,
    posts: Vec<String>,
}

#[derive(Deserialize)]
struct CorpusSource {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    topic: String,
}

/// The posts of a part: lines, or a corpus folder (`posts.jsonl`, `truth.jsonl`, `stories.jsonl`, `sources.json`).
pub fn posts(source: &Source<'_>) -> Result<Posts, EvalError> {
    if source.has_format("corpus") {
        return corpus(source);
    }
    Ok(Posts {
        list: source.lines(&source.place())?,
        ..Posts::default()
    })
}

fn corpus(source: &Source<'_>) -> Result<Posts, EvalError> {
    let folder = source.place();
    let known: Vec<CorpusPost> = source.lines(&folder.join("posts.jsonl"))?;
    let known: BTreeMap<&str, &CorpusPost> = known.iter().map(|post| (post.id.as_str(), post)).collect();
    let sources: Vec<CorpusSource> = source.json(&folder.join("sources.json"))?;
    let beats: BTreeMap<String, String> = sources
        .iter()
        .map(|one| (one.id.clone(), one.topic.clone()))
        .collect();
    let mut found = Posts {
        names: sources.into_iter().map(|one| (one.id, one.name)).collect(),
        ..Posts::default()
    };
    let mut stories = BTreeMap::new();
    for line in source.lines::<CorpusStory>(&folder.join("stories.jsonl"))? {
        match (line.kind.as_str(), line.post) {
            ("same_event", _) => stories.extend(line.posts.into_iter().map(|id| (id, line.story.clone()))),
            ("related", _) => {
                for a in &line.posts {
                    found
                        .open
                        .extend(line.posts.iter().map(|b| (a.clone(), b.clone())));
                }
            }
            ("links", Some(post)) => _ = found.links.insert(post, line.posts),
            _ => {}
        }
    }
    for line in source.lines::<CorpusTruth>(&folder.join("truth.jsonl"))? {
        let post = known.get(line.id.as_str());
        let publisher = post.map(|post| post.source.clone()).unwrap_or_default();
        found.list.push(Post {
            story: stories.get(&line.id).cloned(),
            topic: None,
            published_at: post.map(|post| post.published),
            beats: beats.get(&publisher).cloned().into_iter().collect(),
            publisher,
            id: line.id,
            title: line.title,
            text: line.text,
        });
    }
    Ok(found)
}
