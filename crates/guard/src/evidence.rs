//! What a text is judged against, taken apart once for all of its sentences.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use copydesk_text::numbers::{self, FoundDate, Number};
use copydesk_text::{sentence, words};

use crate::around;
use crate::check::figures::{Ratio, ratios};
use crate::check::{Grounds, quotations};
use crate::days::{self, Anchor, DayRange, Mention, Tense};
use crate::known_names::{NameWords, ShortForms};
use crate::tokens::WordIndex;

/// A source taken apart for the checks; each part when the first check asks for it.
#[derive(Debug, Default)]
pub struct Evidence {
    pub(crate) grounds: Grounds,
    /// All words of the spans, a span a line.
    pub(crate) text: String,
    index: OnceLock<WordIndex>,
    frame: OnceLock<HashSet<String>>,
    names: OnceLock<NameWords>,
    short: OnceLock<ShortForms>,
    numbers: OnceLock<Vec<Number>>,
    dates: OnceLock<Vec<FoundDate>>,
    plain: OnceLock<Vec<String>>,
    small: OnceLock<Vec<String>>,
    days: OnceLock<Vec<SourceDay>>,
    ratios: OnceLock<Vec<Ratio>>,
}

/// A day that a source names.
#[derive(Debug, Clone)]
pub(crate) struct SourceDay {
    pub(crate) mention: Mention,
    /// Its words.
    pub(crate) words: String,
    /// The sentence around it.
    pub(crate) around: String,
    /// Number of that sentence in the index.
    pub(crate) sentence: usize,
    /// The day that the source speaks from, where it is known.
    pub(crate) anchor: Option<Anchor>,
    tense: Tense,
}

impl SourceDay {
    /// The days that it may mean.
    pub(crate) fn days(&self, anchor: Anchor) -> Vec<DayRange> {
        self.mention.when.days(anchor.date, self.tense)
    }
}

impl Evidence {
    /// A document as the only evidence.
    pub fn of(document: &str) -> Self {
        Self::from(Grounds {
            spans: vec![document.to_owned()],
            ..Grounds::default()
        })
    }

    pub(crate) fn from(grounds: Grounds) -> Self {
        Self {
            text: grounds.spans.join("\n"),
            grounds,
            ..Self::default()
        }
    }

    pub(crate) fn index(&self) -> &WordIndex {
        self.index.get_or_init(|| WordIndex::of(&self.text))
    }

    /// The words of publishers, titles, authors and beats.
    fn around(&self) -> String {
        format!(
            "{}\n{}",
            self.grounds.attribution.join("\n"),
            self.grounds.coverage_words.join("\n")
        )
    }

    /// Stems of the words that attribution may use.
    pub(crate) fn frame(&self) -> &HashSet<String> {
        self.frame
            .get_or_init(|| words::content_stems(&self.around()).into_iter().collect())
    }

    pub(crate) fn numbers(&self) -> &[Number] {
        self.numbers.get_or_init(|| {
            let mut found = Vec::new();
            self.for_each_line(|offset, line| {
                found.extend(numbers::find(line).into_iter().map(|mut number| {
                    number.range = moved(&number.range, offset);
                    number
                }));
            });
            found
        })
    }

    pub(crate) fn dates(&self) -> &[FoundDate] {
        self.dates.get_or_init(|| {
            let mut found = Vec::new();
            self.for_each_line(|offset, line| {
                found.extend(numbers::dates(line).into_iter().map(|mut date| {
                    date.range = moved(&date.range, offset);
                    date
                }));
            });
            found
        })
    }

    /// So many of so many, in the spans.
    pub(crate) fn ratios(&self) -> &[Ratio] {
        self.ratios.get_or_init(|| ratios(&self.text))
    }

    /// The sentences that may hold a figure, and what is known beside them: no figure goes over the end of a sentence, and
    /// most sentences hold none.
    fn for_each_line(&self, mut read: impl FnMut(usize, &str)) {
        for range in &self.index().bounds {
            let line = self.text.get(range.clone()).unwrap_or_default();
            if numbers::may_stand_in(line) {
                read(range.start, line);
            }
        }
        let mut offset = self.text.len() + 1;
        for line in self.grounds.dates.iter().chain(&self.grounds.attribution) {
            read(offset, line);
            offset += line.len() + 1;
        }
    }

    /// The line of the same span that leads on to what begins at a byte of the text.
    pub(crate) fn lead(&self, at: usize) -> Option<&str> {
        let mut start = 0;
        for span in &self.grounds.spans {
            if at <= start + span.len() {
                let lead = around::lead(span, at.checked_sub(start)?)?;
                return span.get(lead);
            }
            start += span.len() + 1;
        }
        None
    }

    /// The days that the spans name.
    pub(crate) fn days(&self) -> &[SourceDay] {
        self.days.get_or_init(|| {
            let mut found = Vec::new();
            let mut offset = 0;
            for (at, span) in self.grounds.spans.iter().enumerate() {
                found.extend(self.days_of_span(span, offset, self.anchor(at)));
                offset += span.len() + 1;
            }
            found
        })
    }

    fn days_of_span(&self, span: &str, offset: usize, anchor: Option<Anchor>) -> Vec<SourceDay> {
        let sentences = sentence::split(span);
        let mentions = days::find(span).into_iter();
        let found = mentions.filter_map(|mention| {
            let around = sentences
                .iter()
                .find(|range| range.start <= mention.range.start && mention.range.end <= range.end)?;
            let around = span.get(around.clone())?;
            Some(SourceDay {
                words: span.get(mention.range.clone())?.to_owned(),
                sentence: self.sentence_at(offset + mention.range.start)?,
                tense: days::tense(around),
                around: around.to_owned(),
                anchor,
                mention,
            })
        });
        found.collect()
    }

    /// The sentence of the index that a byte of the text belongs to.
    fn sentence_at(&self, at: usize) -> Option<usize> {
        let tokens = &self.index().tokens;
        let token = tokens.partition_point(|token| token.range.end <= at);
        Some(tokens.get(token)?.sentence)
    }

    /// The day that a span speaks from.
    fn anchor(&self, span: usize) -> Option<Anchor> {
        let day = self.grounds.day.as_ref()?;
        let published_at = (*self.grounds.published.get(span)?)?;
        Some(day.anchor(published_at))
    }

    /// The days that the spans speak from, where known.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = Anchor> + '_ {
        (0..self.grounds.spans.len()).filter_map(|span| self.anchor(span))
    }

    /// The spans with straight marks and single spaces.
    pub(crate) fn plain_spans(&self) -> &[String] {
        self.plain.get_or_init(|| {
            self.grounds
                .spans
                .iter()
                .map(|span| quotations::plain(span))
                .collect()
        })
    }

    /// The same in small letters.
    pub(crate) fn small_spans(&self) -> &[String] {
        let small = || {
            self.plain_spans()
                .iter()
                .map(|span| span.to_lowercase())
                .collect()
        };
        self.small.get_or_init(small)
    }

    /// The words of the spans and of attribution, as names are looked up in them.
    pub(crate) fn names(&self) -> &NameWords {
        self.names
            .get_or_init(|| NameWords::of(&format!("{}\n{}", self.text, self.around())))
    }

    /// The short forms of the same words.
    pub(crate) fn short_forms(&self) -> &ShortForms {
        self.short
            .get_or_init(|| ShortForms::of(&format!("{}\n{}", self.text, self.around())))
    }

    /// Whether a word in small letters stands anywhere.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.names().has_word(word)
    }

    /// The word at a place of the index, in small letters.
    pub(crate) fn lower(&self, place: usize) -> String {
        let range = self.index().tokens.get(place).map(|token| token.range.clone());
        range
            .and_then(|range| self.text.get(range))
            .unwrap_or_default()
            .to_lowercase()
    }
}

fn moved(range: &Range<usize>, offset: usize) -> Range<usize> {
    range.start + offset..range.end + offset
}
