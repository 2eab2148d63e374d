//! What the writer has before it: the brief with the bytes of its notes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use copydesk_domain::artifact::{Note, ResearchBrief, Source, Story};
use copydesk_domain::untrusted::span;
use copydesk_domain::{ContentHash, PromptData, Untrusted};
use copydesk_journal::{StageContext, StageError, StageInputs};
use copydesk_text::sentence;

use crate::research::{acting, relabel};

/// The brief, with texts of the snapshots that its notes come from.
pub(crate) struct Desk {
    pub(crate) brief: ResearchBrief,
    pub(crate) texts: HashMap<ContentHash, Untrusted<String>>,
    /// What the author wants changed, where the last draft was sent back.
    pub(crate) author_note: Option<PromptData>,
}

impl Desk {
    pub(crate) async fn open(
        ctx: &StageContext,
        brief: &ContentHash,
        inputs: &StageInputs,
    ) -> Result<Self, StageError> {
        let mut brief: ResearchBrief = ctx.artifact(brief).await?;
        // What the author said of its stories since.
        relabel(&mut brief, &acting(&inputs.labels, ctx.now()));
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

    /// Stories with something to tell that the author wants, in rank order.
    pub(crate) fn news(&self) -> impl Iterator<Item = &Story> {
        let wanted = self.brief.stories.iter().filter(|story| !story.is_unwanted);
        wanted.filter(|story| super::has_news(story))
    }
}
