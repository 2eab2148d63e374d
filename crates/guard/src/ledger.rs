//! What claims are judged against.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use copydesk_domain::artifact::{BeatReading, FeedReading, Source, SpanRef, Story};
use copydesk_domain::{ContentHash, Untrusted};

use crate::around;
use crate::days::IssueDay;

/// Copies of copies that are followed back to their first text.
const COPIES_MAX: usize = 16;

/// Stored texts, what is known of their sources, and who was read.
#[derive(Debug, Clone, Copy)]
pub struct Ledger<'a> {
    /// Texts of snapshots by hash.
    pub texts: &'a HashMap<ContentHash, Untrusted<String>>,
    /// Sources of the brief.
    pub sources: &'a [Source],
    /// Who was read on each beat.
    pub beats: &'a [BeatReading],
    /// What came of each feed.
    pub feeds: &'a [FeedReading],
    /// Stories of the brief: when issues told them.
    pub stories: &'a [Story],
    /// The day that the issue speaks from; without one, `today` and the like are compared as words.
    pub day: Option<&'a IssueDay>,
}

impl<'a> Ledger<'a> {
    /// The bytes of a span as text; none where it is no range of whole characters.
    pub fn span(&self, span: &SpanRef) -> Option<&'a str> {
        let text = self
            .texts
            .get(&span.snapshot)?
            .inspect()
            .get(span.start..span.end)?;
        (!text.is_empty()).then_some(text)
    }

    /// The whole sentences that a span touches, with their place; none where the span is no range of whole characters.
    pub(crate) fn sentences(&self, span: &SpanRef) -> Option<(Range<usize>, &'a str)> {
        self.span(span)?;
        let text = self.texts.get(&span.snapshot)?.inspect();
        let whole = around::whole(text, &(span.start..span.end));
        Some((whole.clone(), text.get(whole)?))
    }

    /// How many independent sources some spans stand in: those of one owner count once, and so does one text that
    /// several publish.
    pub fn witnesses(&self, spans: &[SpanRef]) -> u32 {
        let witnesses: HashSet<String> = spans.iter().map(|span| self.witness(&span.snapshot)).collect();
        u32::try_from(witnesses.len()).unwrap_or(u32::MAX)
    }

    /// Who speaks in a snapshot: the owner of its text, or the text itself where nobody is known to own it.
    fn witness(&self, snapshot: &ContentHash) -> String {
        let mut first = *snapshot;
        for _ in 0..COPIES_MAX {
            match self.source(&first).and_then(|source| source.copy_of) {
                Some(original) if original != first => first = original,
                _ => break,
            }
        }
        self.source(&first)
            .map_or_else(|| first.to_string(), |source| source.owner.clone())
    }

    /// What is known of a snapshot.
    pub fn source(&self, snapshot: &ContentHash) -> Option<&'a Source> {
        self.sources.iter().find(|source| source.snapshot == *snapshot)
    }
}
