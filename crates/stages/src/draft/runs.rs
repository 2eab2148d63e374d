//! Words of sources that stand outside of quotation marks.

use std::collections::HashMap;
use std::ops::Range;

use copydesk_domain::{ContentHash, Untrusted};
use copydesk_text::{quotes, words};

/// A run of so many words of a source stands in quotation marks.
const RUN_WORDS: usize = 8;

/// The runs of words of some sources.
pub(crate) struct SourceRuns(words::ShingleIndex);

impl SourceRuns {
    /// Of these texts.
    pub(crate) fn of(texts: &HashMap<ContentHash, Untrusted<String>>) -> Self {
        let mut index = words::ShingleIndex::new(RUN_WORDS);
        let mut snapshots: Vec<&ContentHash> = texts.keys().collect();
        snapshots.sort();
        for snapshot in snapshots {
            index.add(texts[snapshot].inspect());
        }
        Self(index)
    }

    /// The first run of eight source words of a text outside quotation marks.
    pub(crate) fn unquoted(&self, text: &str) -> Option<String> {
        let quoted = quotes::find(text);
        let is_inside = |range: &Range<usize>| {
            quoted
                .iter()
                .any(|quote| quote.range.start <= range.start && range.end <= quote.range.end)
        };
        let run = self.0.runs(text).into_iter().find(|range| !is_inside(range))?;
        text.get(run).map(|run| run.chars().take(80).collect())
    }
}
