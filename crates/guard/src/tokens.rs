//! A text by its words, and where each word of a source stands.

use std::collections::HashMap;
use std::ops::Range;

use copydesk_text::{sentence, words};

use crate::lexicon;
use crate::negation::{Denial, Scope};

/// Number of a stem in one [`Evidence`]; [`UNKNOWN`] where the evidence does not use it.
pub(crate) type StemId = u32;
pub(crate) const UNKNOWN: StemId = u32::MAX;

/// A word with what the checks ask of it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) range: Range<usize>,
    pub(crate) stem: StemId,
    /// The stem that stands for all words alike.
    pub(crate) head: StemId,
    /// Whether it tells texts apart.
    pub(crate) is_content: bool,
    /// How a word before it denies it.
    pub(crate) denial: Denial,
    /// Which sentence it belongs to.
    pub(crate) sentence: usize,
}

/// A text by its words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Analysis {
    pub(crate) tokens: Vec<Token>,
    /// The stem of each token.
    pub(crate) stems: Vec<String>,
    /// Each token in small letters.
    pub(crate) lowers: Vec<String>,
}

/// The words of a source, with the places where each stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordIndex {
    pub(crate) tokens: Vec<Token>,
    ids: HashMap<String, StemId>,
    /// Places of each stem, by its number.
    places: Vec<Vec<usize>>,
    /// The words of each sentence.
    pub(crate) sentences: Vec<Range<usize>>,
}

impl WordIndex {
    pub(crate) fn of(text: &str) -> Self {
        let mut index = Self::default();
        let analysis = analyse(text, |stem| index.intern(stem));
        for (at, token) in analysis.tokens.iter().enumerate() {
            index.places[token.stem as usize].push(at);
        }
        index.sentences = sentences(&analysis.tokens);
        index.tokens = analysis.tokens;
        index
    }

    /// A text in the numbers of this index.
    pub(crate) fn read(&self, text: &str) -> Analysis {
        analyse(text, |stem| self.id(stem))
    }

    /// Where a stem stands, in order.
    pub(crate) fn places(&self, stem: &str) -> &[usize] {
        self.ids
            .get(stem)
            .map_or(&[], |id| self.places[*id as usize].as_slice())
    }

    pub(crate) fn places_of(&self, id: StemId) -> &[usize] {
        self.places.get(id as usize).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn count(&self, id: StemId) -> usize {
        self.places.get(id as usize).map_or(0, Vec::len)
    }

    fn id(&self, stem: &str) -> StemId {
        self.ids.get(stem).copied().unwrap_or(UNKNOWN)
    }

    fn intern(&mut self, stem: &str) -> StemId {
        if let Some(id) = self.ids.get(stem) {
            return *id;
        }
        let id = StemId::try_from(self.places.len()).unwrap_or(UNKNOWN - 1);
        self.ids.insert(stem.to_owned(), id);
        self.places.push(Vec::new());
        id
    }
}

/// Ranges of the tokens of each sentence that has any.
fn sentences(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if ranges.len() <= token.sentence {
            ranges.push(at..at);
        }
        ranges[token.sentence].end = at + 1;
    }
    ranges
}

fn analyse(text: &str, mut id: impl FnMut(&str) -> StemId) -> Analysis {
    let stemmer = words::Stems::new();
    let mut analysis = Analysis::default();
    let mut sentence = 0;
    for range in sentence::split(text) {
        let first = analysis.tokens.len();
        let part = text.get(range.clone()).unwrap_or_default();
        let mut scope = Scope::default();
        let mut end = 0;
        for (at, word) in words::words(part) {
            let lower = word.to_lowercase();
            let is_content = !words::is_stop(&lower) && lower.len() > 1;
            let denial = scope.next(part.get(end..at.start).unwrap_or_default(), &lower, is_content);
            end = at.end;
            let stem = stemmer.stem(&lower);
            analysis.tokens.push(Token {
                range: range.start + at.start..range.start + at.end,
                stem: id(&stem),
                head: id(lexicon::head(&stem)),
                is_content,
                denial,
                sentence,
            });
            analysis.stems.push(stem);
            analysis.lowers.push(lower);
        }
        sentence += usize::from(analysis.tokens.len() > first);
    }
    analysis
}
