//! What the writer has before it: the brief with the bytes of its notes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use copydesk_domain::artifact::{Note, ResearchBrief, Source, Story, StoryLabel};
use copydesk_domain::untrusted::span;
use copydesk_domain::{ContentHash, Instant, PromptData, Untrusted};
use copydesk_journal::{StageContext, StageError, StageInputs};
use copydesk_text::sentence;
use jiff::tz::TimeZone;

use crate::research::{acting, labelled};

/// The brief, with texts of the snapshots that its notes come from.
pub(crate) struct Desk {
    pub(crate) brief: ResearchBrief,
    pub(crate) texts: HashMap<ContentHash, Untrusted<String>>,
    /// What the author wants changed, where the last draft was sent back.
    pub(crate) author_note: Option<PromptData>,
    /// What the author said of stories since research, as it was applied to the brief.
    pub(crate) labels: Vec<StoryLabel>,
    /// The zone in which the author counts days.
    zone: TimeZone,
}

impl Desk {
    pub(crate) async fn open(
        ctx: &StageContext,
        brief: &ContentHash,
        inputs: &StageInputs,
    ) -> Result<Self, StageError> {
        // What the author said of its stories since.
        let labels = acting(&inputs.labels, ctx.now());
        let brief = labelled(ctx, brief, &labels).await?;
        let mut texts = HashMap::new();
        for source in &brief.sources {
            if let Entry::Vacant(place) = texts.entry(source.snapshot) {
                place.insert(ctx.snapshot(&source.snapshot).await?.text);
            }
        }
        Ok(Self {
            brief,
            texts,
            author_note: inputs.note.as_deref().map(PromptData::from),
            labels,
            zone: TimeZone::get(&ctx.pipeline().pipeline.time_zone).unwrap_or(TimeZone::UTC),
        })
    }

    pub(crate) fn source(&self, snapshot: &ContentHash) -> Option<&Source> {
        self.brief
            .sources
            .iter()
            .find(|source| source.snapshot == *snapshot)
    }

    /// Notes of some snapshots, in the snapshots' order.
    pub(crate) fn notes_of<'a>(&'a self, snapshots: &'a [ContentHash]) -> impl Iterator<Item = &'a Note> {
        snapshots.iter().flat_map(|snapshot| {
            self.brief
                .notes
                .iter()
                .filter(move |note| note.snapshot == *snapshot)
        })
    }

    /// The bytes of a note's span.
    pub(crate) fn quote(&self, note: &Note) -> Option<PromptData> {
        let text = self.texts.get(&note.snapshot)?;
        span(text, note.start, note.end).map(|quote| PromptData::from(quote.as_str()))
    }

    /// The sentence around a note's span.
    pub(crate) fn context(&self, note: &Note) -> Option<PromptData> {
        let text = self.texts.get(&note.snapshot)?.inspect();
        let around = sentence::split(text)
            .into_iter()
            .find(|range| range.start <= note.start && note.end <= range.end);
        let range = around.unwrap_or(note.start..note.end);
        text.get(range).map(PromptData::from)
    }

    /// The day of an instant as the piece writes days, where the author counts them.
    pub(crate) fn day(&self, at: Instant) -> String {
        copydesk_guard::shown(at.timestamp().to_zoned(self.zone.clone()).date())
    }

    /// Stories with something to tell that the author wants, in rank order.
    pub(crate) fn news(&self) -> impl Iterator<Item = &Story> {
        self.with_news().filter(|story| !story.is_unwanted)
    }

    /// Stories with something to tell, in rank order, wanted or not.
    pub(crate) fn with_news(&self) -> impl Iterator<Item = &Story> {
        self.brief
            .stories
            .iter()
            .filter(|story| super::news::has_news(story))
    }
}
