//! What claims are judged against.

use std::collections::HashMap;

use copydesk_domain::artifact::{BeatReading, FeedReading, Source, SpanRef};
use copydesk_domain::{ContentHash, Untrusted};

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

    /// What is known of a snapshot.
    pub fn source(&self, snapshot: &ContentHash) -> Option<&'a Source> {
        self.sources.iter().find(|source| source.snapshot == *snapshot)
    }
}
