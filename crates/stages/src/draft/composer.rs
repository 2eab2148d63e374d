//! Sentences with evidence, and the rules that hold over a whole issue.

use std::collections::{BTreeMap, HashMap};

use copydesk_domain::artifact::{Evidence, Note, Sentence, SentenceKind, SpanRef};
use copydesk_domain::task::WrittenSentence;
use copydesk_domain::{ContentHash, ModelName, PromptData, SentenceId, Untrusted};
use copydesk_text::{quotes, words};

use super::desk::Desk;
use super::runs::SourceRuns;
use crate::models_used;

/// Sentences that may quote one snapshot in an issue.
const SENTENCES_MAX: u32 = 2;
/// Words that may be quoted from one snapshot in an issue, over its sentences, unless it is one sentence.
const WORDS_MAX: u32 = 60;

/// Collects the sentences of an issue.
pub(crate) struct Composer<'a> {
    desk: &'a Desk,
    runs: SourceRuns,
    sentences: Vec<Sentence>,
    sources: Vec<ContentHash>,
    /// Per snapshot: sentences and words quoted so far.
    quoted: HashMap<ContentHash, (u32, u32)>,
    dropped: Vec<String>,
    models: Vec<String>,
}

impl<'a> Composer<'a> {
    pub(crate) fn new(desk: &'a Desk) -> Self {
        Self {
            desk,
            runs: SourceRuns::of(&desk.texts),
            sentences: Vec::new(),
            sources: Vec::new(),
            quoted: HashMap::new(),
            dropped: Vec::new(),
            models: Vec::new(),
        }
    }

    pub(crate) fn note_model(&mut self, model: &ModelName) {
        models_used::note(&mut self.models, model);
    }

    /// Adds a sentence that a model wrote, if it keeps the rules of quotation; the guard judges it later.
    pub(crate) fn add(&mut self, written: &WrittenSentence, offered: &[&Note]) -> Option<SentenceId> {
        let text = written.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return None;
        }
        if let Some(run) = self.unquoted_run(&text) {
            return self.drop(format!("it repeats a source without quotation marks: “{run}”"));
        }
        let find = |id: &String| offered.iter().find(|note| note.id.as_str() == id).copied();
        let notes: Vec<&Note> = written.notes.iter().filter_map(find).collect();
        if let Err(reason) = self.book_quotes(&text, &notes) {
            return self.drop(reason);
        }
        let mut evidence: Vec<Evidence> = Vec::new();
        if let Some(calc) = &written.calc {
            let of: Vec<SpanRef> = calc.notes.iter().filter_map(find).map(span_of).collect();
            evidence.push(Evidence::Calc {
                calc: calc.operation,
                of,
            });
        }
        for note in notes {
            let span = Evidence::Span(span_of(note));
            if !evidence.contains(&span) {
                evidence.push(span);
            }
        }
        Some(self.push(text, written.kind, evidence))
    }

    /// Adds a sentence that code wrote.
    pub(crate) fn push(&mut self, text: String, kind: SentenceKind, evidence: Vec<Evidence>) -> SentenceId {
        for span in evidence.iter().flat_map(Evidence::spans) {
            if !self.sources.contains(&span.snapshot) {
                self.sources.push(span.snapshot);
            }
        }
        let id = SentenceId::new(format!("p{}", self.sentences.len() + 1));
        self.sentences.push(Sentence {
            id: id.clone(),
            text: Untrusted::new(text),
            kind,
            evidence,
        });
        id
    }

    /// Snapshots that some sentences point into.
    pub(crate) fn snapshots_of(&self, ids: &[SentenceId]) -> Vec<ContentHash> {
        let own = self
            .sentences
            .iter()
            .filter(|sentence| ids.contains(&sentence.id));
        let evidence = own.flat_map(|sentence| &sentence.evidence);
        evidence
            .flat_map(Evidence::spans)
            .map(|span| span.snapshot)
            .collect()
    }

    fn drop(&mut self, reason: String) -> Option<SentenceId> {
        self.dropped.push(reason);
        None
    }

    /// A run of eight source words outside quotation marks.
    pub(crate) fn unquoted_run(&self, text: &str) -> Option<String> {
        self.runs.unquoted(text)
    }

    /// Books the quoted words on the snapshots they come from; refuses what exceeds an issue's share.
    fn book_quotes(&mut self, text: &str, notes: &[&Note]) -> Result<(), String> {
        let mut booked: BTreeMap<ContentHash, u32> = BTreeMap::new();
        for quote in quotes::find(text) {
            let count = u32::try_from(words::count(&quote.text)).unwrap_or(u32::MAX);
            let origin = notes.iter().find(|note| {
                self.desk
                    .texts
                    .get(&note.snapshot)
                    .is_some_and(|text| stands_in(&quote.text, text.inspect()))
            });
            if let Some(note) = origin {
                *booked.entry(note.snapshot).or_default() += count;
            }
        }
        for (snapshot, count) in &booked {
            let (sentences, words) = self.quoted.get(snapshot).copied().unwrap_or_default();
            let is_first = sentences == 0;
            if sentences >= SENTENCES_MAX || (!is_first && words + count > WORDS_MAX) {
                return Err(format!(
                    "more than {SENTENCES_MAX} sentences or {WORDS_MAX} words of one source"
                ));
            }
        }
        for (snapshot, count) in booked {
            let entry = self.quoted.entry(snapshot).or_default();
            entry.0 += 1;
            entry.1 += count;
        }
        Ok(())
    }

    /// What the issue says already.
    pub(crate) fn said(&self) -> Vec<PromptData> {
        self.sentences
            .iter()
            .map(|sentence| sentence.text.prompt_data())
            .collect()
    }

    /// Words quoted so far from the snapshots of one call, by their numbers there.
    pub(crate) fn quoted_words(&self, numbers: &BTreeMap<ContentHash, u32>) -> Vec<(u32, u32)> {
        let mut quoted: Vec<(u32, u32)> = numbers
            .iter()
            .filter_map(|(snapshot, number)| {
                let (sentences, words) = self.quoted.get(snapshot)?;
                Some((
                    *number,
                    if *sentences >= SENTENCES_MAX {
                        WORDS_MAX
                    } else {
                        *words
                    },
                ))
            })
            .collect();
        quoted.sort_unstable();
        quoted
    }

    /// The text of sentences.
    pub(crate) fn texts(&self, ids: &[SentenceId]) -> Vec<PromptData> {
        self.sentences
            .iter()
            .filter(|sentence| ids.contains(&sentence.id))
            .map(|sentence| sentence.text.prompt_data())
            .collect()
    }

    pub(crate) fn take_dropped(&mut self) -> Vec<String> {
        std::mem::take(&mut self.dropped)
    }

    pub(crate) fn finish(self) -> (Vec<Sentence>, Vec<ContentHash>, Vec<String>) {
        (self.sentences, self.sources, self.models)
    }
}

/// Whether the pieces of a quotation between its ellipses stand in a text, in order.
fn stands_in(quotation: &str, text: &str) -> bool {
    let mut rest = text;
    quotation
        .split('…')
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .all(|piece| {
            let Some(at) = rest.find(piece) else { return false };
            rest = &rest[at + piece.len()..];
            true
        })
}

fn span_of(note: &Note) -> SpanRef {
    SpanRef {
        snapshot: note.snapshot,
        start: note.start,
        end: note.end,
    }
}
