//! A word of a sentence against the words that stand in its place in the evidence.
//!
//! Each word is looked up with the words around it: where the evidence says the same there, it agrees; where it says
//! the contrary, denies it, or names another thing of the kind, it contradicts. What counts is which of the two stands
//! in the more similar surroundings.

use crate::evidence::Evidence;
use crate::lexicon;
use crate::negation::Denial;
use crate::tokens::{Analysis, Token, UNKNOWN, WordIndex};

/// Words of a sentence, to each side, that make the surroundings of a word.
const NEAR: usize = 6;
/// The same in the evidence, where other words may stand between.
const NEAR_IN_EVIDENCE: usize = 9;

/// Places of a word that are looked at. A word that stands more often says little about any of them.
const PLACES_MAX: usize = 1_000;

/// How a word differs from the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The evidence says the contrary.
    Opposite,
    /// The sentence denies what the evidence says.
    DenialAdded,
    /// The evidence denies what the sentence says.
    DenialDropped,
    /// The evidence names another thing of the kind.
    Sibling,
    /// The evidence names another doing that is taken for this one.
    Act,
}

/// A word of the sentence that the evidence contradicts.
#[derive(Debug, Clone)]
pub(crate) struct Contrast {
    pub(crate) kind: Kind,
    /// Place of the word in the sentence.
    pub(crate) word: usize,
    /// Place of the other word in the evidence.
    pub(crate) place: usize,
    /// How alike the surroundings of the contradiction are, 0.0 to about 6.0.
    pub(crate) against: f64,
    /// How alike the best surroundings are where the evidence agrees.
    pub(crate) agrees: f64,
    /// Whether the evidence uses the word or one alike at all.
    pub(crate) is_known: bool,
}

impl Contrast {
    /// How much more the surroundings speak for the contradiction.
    pub(crate) fn margin(&self) -> f64 {
        self.against - self.agrees.max(0.0)
    }
}

/// The contradictions of a sentence, a word at a time.
pub(crate) fn find(own: &Analysis, evidence: &Evidence) -> Vec<Contrast> {
    (0..own.tokens.len())
        .filter_map(|at| of_word(own, evidence, at))
        .collect()
}

/// The best place found so far, with how alike its surroundings are.
#[derive(Debug, Clone, Copy)]
struct Best {
    score: f64,
    place: usize,
}

impl Best {
    const NONE: Self = Self {
        score: -1.0,
        place: 0,
    };

    fn take(&mut self, score: f64, place: usize) {
        if score > self.score {
            *self = Self { score, place };
        }
    }
}

fn of_word(own: &Analysis, evidence: &Evidence, at: usize) -> Option<Contrast> {
    let opposites = lexicon::opposites(&own.stems[at]);
    let siblings = lexicon::siblings(&own.lowers[at]);
    let acts = lexicon::other_acts(&own.stems[at]);
    if !own.tokens[at].is_content && opposites.is_empty() && siblings.is_empty() {
        return None;
    }
    let mut search = Search::of(own, evidence, at);
    let mut is_known = search.same(&own.stems[at]);
    for word in lexicon::alike(&own.stems[at]) {
        is_known |= search.same(word);
    }
    for word in opposites {
        search.opposite(word);
    }
    for sibling in siblings {
        search.sibling(sibling);
    }
    for act in acts {
        search.act(act);
    }
    let (kind, best) = search.strongest();
    (best.score > search.agrees.score && best.score > 0.0).then_some(Contrast {
        kind,
        word: at,
        place: best.place,
        against: best.score,
        agrees: search.agrees.score,
        is_known,
    })
}

/// The search for the places of the evidence that speak for or against one word.
struct Search<'a> {
    evidence: &'a Evidence,
    around: Surroundings,
    denial: Denial,
    agrees: Best,
    denied: Best,
    opposite: Best,
    sibling: Best,
    act: Best,
}

impl<'a> Search<'a> {
    fn of(own: &Analysis, evidence: &'a Evidence, at: usize) -> Self {
        Self {
            evidence,
            around: Surroundings::of(own, evidence.index(), at),
            denial: own.tokens[at].denial,
            agrees: Best::NONE,
            denied: Best::NONE,
            opposite: Best::NONE,
            sibling: Best::NONE,
            act: Best::NONE,
        }
    }

    /// Looks at the places of the word itself or of one alike; whether there are any.
    fn same(&mut self, stem: &str) -> bool {
        let index = self.evidence.index();
        let places = index.places(stem);
        for &place in places.iter().take(PLACES_MAX) {
            let score = self.around.likeness(index, place);
            match (self.denial, index.tokens[place].denial) {
                (Denial::Denied, Denial::Free) | (Denial::Free, Denial::Denied) => {
                    self.denied.take(score, place);
                }
                _ => self.agrees.take(score, place),
            }
        }
        !places.is_empty()
    }

    /// A word of the contrary contradicts, unless one of the two is denied.
    fn opposite(&mut self, stem: &str) {
        let index = self.evidence.index();
        for &place in index.places(stem).iter().take(PLACES_MAX) {
            let score = self.around.likeness(index, place);
            let is_free = index.tokens[place].denial == Denial::Free;
            if is_free == (self.denial == Denial::Free) {
                self.opposite.take(score, place);
            } else {
                self.agrees.take(score, place);
            }
        }
    }

    fn sibling(&mut self, sibling: &lexicon::Sibling) {
        let index = self.evidence.index();
        for &place in index.places(&sibling.stem).iter().take(PLACES_MAX) {
            let found = self.evidence.lower(place);
            if found == sibling.word || lexicon::singular(&found) == sibling.word {
                self.sibling.take(self.around.likeness(index, place), place);
            }
        }
    }

    fn act(&mut self, stem: &str) {
        let index = self.evidence.index();
        for &place in index.places(stem).iter().take(PLACES_MAX) {
            if self.denial == Denial::Free && index.tokens[place].denial == Denial::Free {
                self.act.take(self.around.likeness(index, place), place);
            }
        }
    }

    fn strongest(&self) -> (Kind, Best) {
        let denial = if self.denial == Denial::Free {
            Kind::DenialDropped
        } else {
            Kind::DenialAdded
        };
        let mut strongest = (Kind::Opposite, self.opposite);
        for (kind, best) in [
            (denial, self.denied),
            (Kind::Sibling, self.sibling),
            (Kind::Act, self.act),
        ] {
            if best.score > strongest.1.score {
                strongest = (kind, best);
            }
        }
        strongest
    }
}

/// The words around a word, nearest first.
pub(crate) struct Surroundings {
    words: Vec<(u32, f64)>,
    before: u32,
    after: u32,
}

impl Surroundings {
    pub(crate) fn of(own: &Analysis, index: &WordIndex, at: usize) -> Self {
        let sentence = own.tokens[at].sentence;
        let mut words: Vec<(u32, f64)> = Vec::new();
        let from = at.saturating_sub(NEAR);
        let to = (at + NEAR + 1).min(own.tokens.len());
        for near in from..to {
            let token = &own.tokens[near];
            if near == at || token.sentence != sentence || !token.is_content {
                continue;
            }
            let weight = weight(token, index);
            if token.head != UNKNOWN && !words.iter().any(|(head, _)| *head == token.head) {
                words.push((token.head, weight));
            }
        }
        let side = |near: Option<usize>| {
            near.and_then(|near| own.tokens.get(near))
                .filter(|token| token.sentence == sentence)
                .map_or(UNKNOWN, |token| token.stem)
        };
        Self {
            words,
            before: side(at.checked_sub(1)),
            after: side(Some(at + 1)),
        }
    }

    /// How much of the surroundings stands around a place of the evidence.
    pub(crate) fn likeness(&self, index: &WordIndex, place: usize) -> f64 {
        let tokens = &index.tokens;
        let from = place.saturating_sub(NEAR_IN_EVIDENCE);
        let to = (place + NEAR_IN_EVIDENCE + 1).min(tokens.len());
        let near = &tokens[from..to];
        let shared: f64 = self
            .words
            .iter()
            .filter(|(head, _)| near.iter().any(|token| token.head == *head))
            .map(|(_, weight)| weight)
            .sum();
        let side = |near: Option<usize>, own: u32| {
            own != UNKNOWN
                && near
                    .and_then(|near| tokens.get(near))
                    .is_some_and(|token| token.stem == own)
        };
        let beside = f64::from(u8::from(side(place.checked_sub(1), self.before)))
            + f64::from(u8::from(side(Some(place + 1), self.after)));
        shared + 0.3 * beside
    }
}

/// A word that the evidence uses all the time says little about a place.
fn weight(token: &Token, index: &WordIndex) -> f64 {
    let count = index.count(token.stem);
    1.0 / (1.0 + (count.max(1) as f64).ln())
}

#[cfg(test)]
mod tests {
    use super::{Kind, find};
    use crate::evidence::Evidence;

    fn kinds(document: &str, text: &str) -> Vec<Kind> {
        let evidence = Evidence::of(document);
        find(&evidence.index().read(text), &evidence)
            .into_iter()
            .map(|contrast| contrast.kind)
            .collect()
    }

    #[test]
    fn the_surroundings_tell_what_stands_in_place_of_a_word() {
        let document = "The council banned cars from the old bridge. Buses are welcome in the new tunnel.";
        assert_eq!(
            kinds(document, "The council allowed cars on the old bridge."),
            [Kind::Opposite]
        );
        assert_eq!(
            kinds(document, "The council banned trams from the old bridge."),
            [Kind::Sibling]
        );
        assert_eq!(
            kinds(document, "The council has not banned cars from the old bridge."),
            [Kind::DenialAdded]
        );
        assert!(kinds(document, "The council has forbidden cars on the old bridge.").is_empty());
    }

    #[test]
    fn the_contrary_of_what_is_denied_agrees() {
        let document = "Visitors are not allowed in the server room.";
        assert!(kinds(document, "Visitors are banned from the server room.").is_empty());
        assert_eq!(
            kinds(document, "Visitors are allowed in the server room."),
            [Kind::DenialDropped]
        );
    }
}
