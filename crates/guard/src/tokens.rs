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
    /// The bytes of each sentence, those without a word too.
    pub(crate) bounds: Vec<Range<usize>>,
}

/// What is asked of a word whenever it stands somewhere.
#[derive(Debug, Clone, Copy)]
struct Known {
    stem: StemId,
    head: StemId,
    is_content: bool,
}

impl WordIndex {
    pub(crate) fn of(text: &str) -> Self {
        let mut index = Self::default();
        let stemmer = words::Stems::new();
        // Most words of a text stand there more than once: each is stemmed the first time.
        let mut known: HashMap<String, Known> = HashMap::new();
        let mut tokens = Vec::new();
        let learn = |lower: &str| {
            if let Some(one) = known.get(lower) {
                return *one;
            }
            let stem = stemmer.stem(lower);
            let one = Known {
                stem: index.intern(&stem),
                head: index.intern(lexicon::head(&stem)),
                is_content: is_content(lower),
            };
            known.insert(lower.to_owned(), one);
            one
        };
        let bounds = scan(text, learn, |token| tokens.push(token));
        for (at, token) in tokens.iter().enumerate() {
            index.places[token.stem as usize].push(at);
        }
        index.sentences = sentences(&tokens);
        index.tokens = tokens;
        index.bounds = bounds;
        index
    }

    /// A text in the numbers of this index.
    pub(crate) fn read(&self, text: &str) -> Analysis {
        let stemmer = words::Stems::new();
        let mut analysis = Analysis::default();
        let learn = |lower: &str| {
            let stem = stemmer.stem(lower);
            let one = Known {
                stem: self.id(&stem),
                head: self.id(lexicon::head(&stem)),
                is_content: is_content(lower),
            };
            analysis.stems.push(stem);
            analysis.lowers.push(lower.to_owned());
            one
        };
        scan(text, learn, |token| analysis.tokens.push(token));
        analysis
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

/// Writes a word in small letters over what `lower` held.
pub(crate) fn lower_into(word: &str, lower: &mut String) {
    lower.clear();
    if word.is_ascii() {
        lower.push_str(word);
        lower.make_ascii_lowercase();
    } else {
        lower.extend(word.chars().flat_map(char::to_lowercase));
    }
}

fn is_content(lower: &str) -> bool {
    !words::is_stop(lower) && lower.len() > 1
}

/// Reads a text word by word, sentence by sentence; gives the ranges of its sentences. `learn` is asked for each word in
/// small letters, and `push` is given each token, in order.
fn scan(text: &str, mut learn: impl FnMut(&str) -> Known, mut push: impl FnMut(Token)) -> Vec<Range<usize>> {
    let bounds = sentence::split(text);
    let mut sentence = 0;
    let mut lower = String::new();
    for range in &bounds {
        let part = text.get(range.clone()).unwrap_or_default();
        let mut scope = Scope::default();
        let mut end = 0;
        let mut has_words = false;
        for (at, word) in words::words(part) {
            lower_into(word, &mut lower);
            let gap = part.get(end..at.start).unwrap_or_default();
            end = at.end;
            has_words = true;
            let known = learn(&lower);
            push(Token {
                range: range.start + at.start..range.start + at.end,
                stem: known.stem,
                head: known.head,
                is_content: known.is_content,
                denial: scope.next(gap, &lower, known.is_content),
                sentence,
            });
        }
        sentence += usize::from(has_words);
    }
    bounds
}
