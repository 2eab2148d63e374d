use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::task;
use crate::artifact::{NoteKind, NoteRole};
use crate::time::{Instant, PublishedAt};
use crate::untrusted::PromptData;

task!(
    /// Takes notes from one snapshot. The reader sees this one document and has no tools.
    TakeNotes, "take_notes", 1, "research/take_notes.md", TakeNotesInput, TakeNotesOutput
);

/// One snapshot to read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TakeNotesInput {
    /// Title of the page.
    pub title: PromptData,
    /// Who publishes it.
    pub publisher: PromptData,
    /// When it was published.
    pub published_at: Option<PublishedAt>,
    /// The instant that the research calls now: a plan for a day before it is no news any more.
    #[serde(default)]
    pub now: Option<Instant>,
    /// Main text, a block a line.
    pub text: PromptData,
    /// Beats of the newsletter.
    pub beats: Vec<String>,
    /// At most so many notes.
    pub notes_max: u32,
}

/// Notes as a model gives them, with quotes and no offsets.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TakeNotesOutput {
    /// The notes, most telling first; an empty list is a right answer.
    pub notes: Vec<NoteDraft>,
}

/// One note before its quote is found in the source.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NoteDraft {
    /// Its kind.
    pub kind: NoteKind,
    /// What it is good for.
    pub role: NoteRole,
    /// Exact words of the text, character for character: one whole sentence, or the figure with its words.
    pub quote: String,
    /// Who says or does it.
    pub who: Option<String>,
    /// What is counted, named or done.
    pub what: Option<String>,
    /// The value as written.
    pub value: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
    /// A date that belongs to it, as written.
    pub date: Option<String>,
}

task!(
    /// Orders the day's stories and gives one line of reason for each.
    RankStories, "rank_stories", 1, "research/rank_stories.md", RankStoriesInput, RankStoriesOutput
);

/// The stories to order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RankStoriesInput {
    /// Now.
    pub now: Instant,
    /// The newsletter's name: what it is about, as far as its name says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub newsletter: String,
    /// Beats of the newsletter.
    pub beats: Vec<String>,
    /// What readers asked.
    pub topics: Vec<PromptData>,
    /// The stories, in reading order.
    pub stories: Vec<RankStory>,
}

/// One story to rank.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RankStory {
    /// Its id.
    pub id: String,
    /// Title of its first source.
    pub title: PromptData,
    /// Publishers.
    pub publishers: Vec<PromptData>,
    /// Number of posts.
    pub posts: u32,
    /// Distinct owners with a text of their own.
    pub witnesses: u32,
    /// Its beats.
    pub beats: Vec<String>,
    /// Newest publication.
    pub published_at: Option<PublishedAt>,
    /// No issue told it before.
    pub is_new: bool,
    /// Told before, and something new is known.
    pub has_news: bool,
    /// It is a release of a version.
    pub is_release: bool,
    /// Every source of it is about its own publisher's doings only, such as a meeting or a hiring post.
    pub is_routine: bool,
    /// Its most telling sentences.
    pub quotes: Vec<PromptData>,
    /// What the author's past choices say of it; none where they say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liking: Option<StoryLiking>,
    /// The author said that it is of no interest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unwanted: bool,
}

/// What past choices say of a story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryLiking {
    /// From -1 (stories like it were always passed over) to 1 (always told).
    pub score: f64,
    /// Why, in lines such as `you told 4 of 5 by Rust Blog`; the strongest first.
    pub because: Vec<PromptData>,
}

/// The order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RankStoriesOutput {
    /// Ids of stories, most important first, each with its reason.
    pub ranking: Vec<RankedStory>,
}

/// One rank.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RankedStory {
    /// Id of a story of the input.
    pub id: String,
    /// Why it stands here, in one line, from the given facts only.
    pub reason: String,
}

task!(
    /// Looks for more on one story: an agent loop with the tools `search` and `open`.
    FollowUp, "follow_up", 1, "research/follow_up.md", FollowUpInput, FollowUpOutput
);

/// The story to follow up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FollowUpInput {
    /// Id of the story.
    pub story: String,
    /// Its title.
    pub title: PromptData,
    /// Its telling terms, strongest first.
    pub terms: Vec<PromptData>,
    /// Questions of readers that it may answer.
    pub topics: Vec<PromptData>,
    /// At most so many pages may be opened.
    pub opens_max: u32,
}

/// What the loop found.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FollowUpOutput {
    /// Ids that were opened and belong to the story.
    pub useful: Vec<String>,
}
