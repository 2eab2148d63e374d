use serde::{Deserialize, Serialize};

use super::change::SourceChange;
use super::label::StoryLabel;
use crate::hash::ContentHash;
use crate::ids::{NoteId, StoryId};
use crate::time::{Instant, PublishedAt};
use crate::untrusted::{Untrusted, persist, persist_list, persist_option};

/// What research found: stories in rank order, notes with spans, and what could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResearchBrief {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// `ctx.now()` of the stage round.
    pub at: Instant,
    /// The window that was looked at.
    pub window: Window,
    /// Per beat: who was asked and who answered.
    pub beats: Vec<BeatReading>,
    /// Per feed, in the pipeline's order.
    pub feeds: Vec<FeedReading>,
    /// Stories, most important first.
    pub stories: Vec<Story>,
    /// Notes, in the order of stories and snapshots.
    pub notes: Vec<Note>,
    /// Snapshots that were read in the window, in reading order.
    pub sources: Vec<Source>,
    /// Feeds and pages that could not be read.
    pub missing: Vec<Missing>,
    /// Posts whose date keeps them out of the window in a way that a person may want to know: none, or one to come.
    #[serde(default)]
    pub outside: Vec<OutsidePost>,
    /// Posts of the window that were weighed by what their feeds say of them, and not read.
    #[serde(default, skip_serializing_if = "Unread::is_empty")]
    pub unread: Unread,
    /// Sources whose text is no longer what it was when it was read before; those that an issue cites come first.
    #[serde(default)]
    pub changes: Vec<SourceChange>,
    /// What readers asked lately and research looked for.
    pub topics: Vec<Topic>,
    /// What the author said of stories, as far as it acts now, oldest first.
    #[serde(default)]
    pub labels: Vec<StoryLabel>,
    /// Notes whose quote stands in no source, or does not bear what its kind says: dropped, counted.
    pub notes_dropped: u32,
    /// Fields of notes that said what the quote does not: dropped, counted.
    #[serde(default)]
    pub fields_dropped: u32,
    /// The models that answered, in order of first use.
    pub models: Vec<String>,
}

impl ResearchBrief {
    /// Whether every feed was asked in vain.
    pub fn is_unread(&self) -> bool {
        !self.feeds.is_empty() && self.feeds.iter().all(|feed| !feed.answered)
    }

    /// Whether nothing at all could be read, notes of the author included: what is made of it says that and no more.
    pub fn is_blank(&self) -> bool {
        self.is_unread() && self.sources.is_empty()
    }
}

/// A span of time, `from` exclusive, `to` inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Start.
    pub from: Instant,
    /// End.
    pub to: Instant,
}

impl Window {
    /// Whether something published then can lie in the window. A bare date counts if any of its instants does.
    pub fn holds(&self, published_at: PublishedAt) -> bool {
        published_at.latest() > self.from && published_at.earliest() <= self.to
    }
}

/// Who was read on a beat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeatReading {
    /// The beat.
    pub beat: String,
    /// Feeds of this beat that were asked.
    pub asked: u32,
    /// Feeds of this beat that answered.
    pub answered: u32,
    /// Posts of this beat in the window that were read.
    pub posts: u32,
    /// Posts of this beat that were not read because others came first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Posts that were not read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// How many.
    pub count: u32,
    /// The first of them, those first that were nearest to being read.
    pub posts: Vec<UnreadPost>,
}

impl Unread {
    /// Whether every post was read.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// A post that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadPost {
    /// Its feed.
    pub feed: String,
    /// Its address.
    pub url: String,
    /// Its title, as its feed gives it.
    #[serde(serialize_with = "persist_option")]
    pub title: Option<Untrusted<String>>,
    /// Its date, as its feed gives it.
    pub published_at: Option<PublishedAt>,
    /// Why others came first, in one line.
    pub reason: String,
}

/// What came of one feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedReading {
    /// Its address as the pipeline names it.
    pub feed: String,
    /// Its title.
    #[serde(serialize_with = "persist")]
    pub title: Untrusted<String>,
    /// Its beats.
    pub beats: Vec<String>,
    /// Who owns it: the pipeline's word, else the registrable domain.
    pub owner: String,
    /// Whether it answered with a feed.
    pub answered: bool,
    /// Items in the window.
    pub posts: u32,
}

impl FeedReading {
    /// Whether something was read of it: it answered, or a run whose brief this research took over read posts of it.
    pub const fn was_read(&self) -> bool {
        self.answered || self.posts > 0
    }
}

/// Snapshots about one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// Its id in this brief.
    pub id: StoryId,
    /// The title of its first source.
    #[serde(serialize_with = "persist")]
    pub title: Untrusted<String>,
    /// Its snapshots, the most telling first, at least one.
    pub snapshots: Vec<ContentHash>,
    /// Why it stands at this rank, in one line.
    pub reason: String,
    /// False when an issue of the past told it already.
    pub is_new: bool,
    /// Snapshots that no earlier issue had, where `is_new` is false and something new is known.
    pub new_snapshots: Vec<ContentHash>,
    /// Slug and title of the issue that told it first, where `is_new` is false.
    pub told_in: Option<String>,
    /// Slug of the issue that listed it by its title alone; it was not told by that.
    #[serde(default)]
    pub listed_in: Option<String>,
    /// Its beats.
    pub beats: Vec<String>,
    /// Distinct owners with a text of their own.
    pub witnesses: u32,
    /// Whether it is the release of a version.
    pub is_release: bool,
    /// When the newest issue that told it was drafted, where `is_new` is false.
    #[serde(default)]
    pub told_at: Option<Instant>,
    /// Notes that say what no issue has told yet, where `is_new` is false, in the order of the brief.
    #[serde(default)]
    pub new_notes: Vec<NoteId>,
    /// The author said that it is of no interest: it stands last and no section tells it.
    #[serde(default)]
    pub is_unwanted: bool,
}

/// The kinds of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// A sentence of the source that says a fact.
    Statement,
    /// Words of a person or a body that the source quotes.
    Quotation,
    /// A figure.
    Number,
    /// A date.
    Date,
    /// A name.
    Name,
    /// Who did what to whom.
    Relation,
}

/// What a note is good for in a briefing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteRole {
    /// What happened.
    News,
    /// A figure to set beside others.
    Figure,
    /// What the reader should do.
    Action,
    /// How or why.
    Background,
}

/// A typed record that a reader took from one snapshot. Its span is always checked bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its id in this brief.
    pub id: NoteId,
    /// The snapshot it was taken from.
    pub snapshot: ContentHash,
    /// First byte of the span.
    pub start: usize,
    /// Byte after the span.
    pub end: usize,
    /// Its kind.
    pub kind: NoteKind,
    /// What it is good for.
    pub role: NoteRole,
    /// Who says or does it.
    #[serde(serialize_with = "persist_option")]
    pub who: Option<Untrusted<String>>,
    /// What is counted, named or done.
    #[serde(serialize_with = "persist_option")]
    pub what: Option<Untrusted<String>>,
    /// The value as the source writes it, such as `4,200`.
    #[serde(serialize_with = "persist_option")]
    pub value: Option<Untrusted<String>>,
    /// Its unit, such as `percent` or `clusters`.
    #[serde(serialize_with = "persist_option")]
    pub unit: Option<Untrusted<String>>,
    /// A date that belongs to it, as the source writes it.
    #[serde(serialize_with = "persist_option")]
    pub date: Option<Untrusted<String>>,
}

/// A snapshot as this brief uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The snapshot.
    pub snapshot: ContentHash,
    /// Its address, for links.
    pub url: String,
    /// Its title.
    #[serde(serialize_with = "persist")]
    pub title: Untrusted<String>,
    /// The publisher's name: the feed's title.
    #[serde(serialize_with = "persist")]
    pub publisher: Untrusted<String>,
    /// Its authors.
    #[serde(serialize_with = "persist_list")]
    pub authors: Vec<Untrusted<String>>,
    /// Who owns it.
    pub owner: String,
    /// When it was published, as far as known.
    pub published_at: Option<PublishedAt>,
    /// `ctx.now()` of the round that fetched it.
    pub fetched_at: Instant,
    /// Beats of its feed.
    pub beats: Vec<String>,
    /// It says itself that somebody paid for it.
    pub is_sponsored: bool,
    /// It holds text that gives orders to a language model. Kept as data.
    pub gives_orders: bool,
    /// The snapshot whose text it repeats.
    pub copy_of: Option<ContentHash>,
    /// The address that its page calls its own, where that is the same site; `url` is this one then.
    #[serde(default)]
    pub canonical_url: Option<String>,
    /// Its publisher writes about itself or what it makes.
    #[serde(default)]
    pub is_about_itself: bool,
    /// Where its text comes from; unknown in briefs of older versions.
    #[serde(default)]
    pub read_from: Option<ReadFrom>,
    /// When its page says that it was first published, where that is before the window and the feed dates a change.
    #[serde(default)]
    pub first_published_at: Option<PublishedAt>,
    /// The snapshot that the same address gave before, where its text differs.
    #[serde(default)]
    pub changed_from: Option<ContentHash>,
}

/// Where the text of a source comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadFrom {
    /// Its feed has the whole text.
    Feed,
    /// Its page.
    Page,
    /// Its page, as a browser shows it.
    Browser,
    /// The author noted it.
    Note,
}

/// A post that lies outside the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsidePost {
    /// Its feed.
    pub feed: String,
    /// Its address.
    pub url: String,
    /// Its title.
    #[serde(serialize_with = "persist_option")]
    pub title: Option<Untrusted<String>>,
    /// Its date.
    pub published_at: Option<PublishedAt>,
    /// Why it is outside.
    pub why: OutsideWhy,
}

/// Why a post is outside the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideWhy {
    /// Neither its feed nor its page has a date.
    Undated,
    /// Its date lies after the window, though it is there to be read.
    Future,
}

/// A feed or page that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The feed, or the feed of the page.
    pub feed: String,
    /// The page, where the feed could be read and the page could not.
    pub url: Option<String>,
    /// Why, in one line.
    pub reason: String,
}

/// Something that readers asked and research looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// The question.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// The issue whose replies brought it.
    pub from: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_of_an_older_version_is_read() {
        let older = r#"{"snapshot":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "url":"https://a.example/1","title":"A","publisher":"P","authors":[],"owner":"a.example",
            "published_at":"2026-08-20","fetched_at":"2026-08-20T05:00:00Z","beats":[],"is_sponsored":false,
            "gives_orders":false,"copy_of":null}"#;
        let source: Source = serde_json::from_str(older).unwrap();
        assert_eq!(
            (source.read_from, source.changed_from, source.is_about_itself),
            (None, None, false)
        );
        let newer = Source {
            read_from: Some(ReadFrom::Page),
            ..source
        };
        let written = serde_json::to_string(&newer).unwrap();
        assert!(written.contains("\"read_from\":\"page\""), "{written}");
        assert_eq!(serde_json::from_str::<Source>(&written).unwrap(), newer);
    }
}
