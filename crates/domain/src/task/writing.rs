use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::task;
use crate::artifact::{CalcKind, NoteKind, NoteRole, SentenceKind, WishFate};
use crate::time::PublishedAt;
use crate::untrusted::PromptData;

task!(
    /// Gives each section its stories.
    PlanIssue, "plan_issue", 1, "draft/plan_issue.md", PlanIssueInput, PlanIssueOutput
);

/// Sections and stories to match.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanIssueInput {
    /// `post` or `newsletter`.
    pub format: String,
    /// Sections to fill, in order.
    pub sections: Vec<PlanSection>,
    /// Stories in rank order.
    pub stories: Vec<PlanStory>,
    /// What the author wants changed, where the last draft was sent back.
    #[serde(default)]
    pub author_note: Option<PromptData>,
}

/// A section to fill.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanSection {
    /// Its heading.
    pub heading: String,
    /// Its kind.
    pub kind: String,
    /// Only stories of these beats; empty = all.
    pub beats: Vec<String>,
    /// Its length in words.
    pub words_max: u32,
    /// At most so many stories.
    pub stories_max: u32,
}

/// A story to place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanStory {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: PromptData,
    /// Why it has this rank.
    pub reason: String,
    /// Its beats.
    pub beats: Vec<String>,
    /// Number of posts.
    pub posts: u32,
    /// Distinct owners.
    pub witnesses: u32,
    /// Notes that can be quoted.
    pub notes: u32,
    /// It is a release of a version.
    pub is_release: bool,
    /// New, or with something new since it was told.
    pub has_news: bool,
    /// A meeting, a hiring post and the like.
    pub is_routine: bool,
}

/// The plan.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PlanIssueOutput {
    /// Sections by heading, in the order of the input, each with ids of stories; a section may be empty.
    pub sections: Vec<PlannedSection>,
    /// What became of each wish of the author's note, in its order; empty without a note.
    #[serde(default)]
    pub wishes: Vec<HeardWish>,
}

/// A wish of the author's note as the planner heard it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct HeardWish {
    /// The author's exact words.
    pub text: String,
    /// What became of it.
    pub fate: WishFate,
    /// How it was followed or why not, in one line.
    pub reason: String,
    /// Ids of the stories that it wants left out of the issue, links included; empty where it wants something else.
    #[serde(default)]
    pub left_out: Vec<String>,
}

/// One section's stories.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PlannedSection {
    /// Heading as given.
    pub heading: String,
    /// Ids of stories, in telling order.
    pub stories: Vec<String>,
}

task!(
    /// Writes one section from notes.
    WriteSection, "write_section", 1, "draft/write_section.md", WriteSectionInput, WriteSectionOutput
);

/// A section with its stories and their notes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WriteSectionInput {
    /// Its heading.
    pub heading: String,
    /// Its kind.
    pub kind: String,
    /// Its length in words.
    pub words_max: u32,
    /// Plain words, no jargon.
    pub plain: bool,
    /// Its stories, in telling order.
    pub stories: Vec<WriteStory>,
    /// `post` or `newsletter`; empty where it is not known.
    #[serde(default)]
    pub format: String,
    /// What of the author's voice can be measured.
    #[serde(default)]
    pub style: HouseStyle,
    /// Sentences that stand in the issue already.
    pub said: Vec<PromptData>,
    /// Per publisher name: how many words of its snapshots the issue quotes already, by snapshot number.
    pub quoted_words: Vec<(u32, u32)>,
    /// What the author wants changed, where the last draft was sent back.
    #[serde(default)]
    pub author_note: Option<PromptData>,
}

/// The author's own rules, as far as anything can be measured of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HouseStyle {
    /// Words and phrases that the author would strike out, in small letters.
    pub banned: Vec<String>,
    /// Words of a sentence.
    pub sentence_words_max: Option<u32>,
    /// No exclamation marks.
    pub no_exclamations: bool,
    /// No emoji.
    pub no_emoji: bool,
}

/// A story to tell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WriteStory {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: PromptData,
    /// Number of posts.
    pub posts: u32,
    /// Distinct owners.
    pub witnesses: u32,
    /// Publishers, most telling first.
    pub publishers: Vec<PromptData>,
    /// The issue that told it first, where one did.
    pub told_in: Option<String>,
    /// The day of the newest issue that told it, as the piece writes days: `20 August 2026`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_on: Option<String>,
    /// What may be used.
    pub notes: Vec<WriteNote>,
}

/// A note to write from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WriteNote {
    /// Its id.
    pub id: String,
    /// Number of its snapshot within this call.
    pub source: u32,
    /// Who publishes it.
    pub publisher: PromptData,
    /// Title of its page.
    pub title: PromptData,
    /// Its kind.
    pub kind: NoteKind,
    /// What it is good for.
    pub role: NoteRole,
    /// Exact words of the source.
    pub quote: PromptData,
    /// The sentence around the quote.
    pub context: PromptData,
    /// Who says or does it.
    pub who: Option<PromptData>,
    /// What is counted, named or done.
    pub what: Option<PromptData>,
    /// The value as written.
    pub value: Option<PromptData>,
    /// Its unit.
    pub unit: Option<PromptData>,
    /// When its page was published.
    pub published_at: Option<PublishedAt>,
    /// It says what no issue has told yet.
    pub is_new: bool,
}

/// The section's text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WriteSectionOutput {
    /// Paragraphs of sentences; empty where the notes give nothing.
    pub paragraphs: Vec<Vec<WrittenSentence>>,
}

/// One sentence as a model writes it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WrittenSentence {
    /// Its text. Any run of eight words of a source stands in quotation marks.
    pub text: String,
    /// What it is.
    pub kind: SentenceKind,
    /// Ids of the notes that bear it.
    pub notes: Vec<String>,
    /// Set where its figure follows from figures of notes.
    pub calc: Option<WrittenCalc>,
}

/// A figure that follows from others.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WrittenCalc {
    /// The operation.
    pub operation: CalcKind,
    /// Ids of the notes with the figures, in order.
    pub notes: Vec<String>,
}

task!(
    /// Writes the title, and a line under it.
    WriteTitle, "write_title", 1, "draft/write_title.md", WriteTitleInput, WriteTitleOutput
);

/// What the issue says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WriteTitleInput {
    /// Titles of the lead story's sources, most telling first.
    pub lead_titles: Vec<PromptData>,
    /// Sentences of the lead section.
    pub lead_sentences: Vec<PromptData>,
    /// Titles of the other stories.
    pub other_titles: Vec<PromptData>,
    /// Publishers of the lead's sources, most telling first.
    #[serde(default)]
    pub publishers: Vec<PromptData>,
    /// At most so many words.
    pub words_max: u32,
}

/// The title.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WriteTitleOutput {
    /// Title, without a full stop at its end.
    pub title: String,
    /// One line under it, or nothing.
    pub deck: Option<String>,
}
