//! How firm a doing is: what somebody considers is not planned, what is planned is not promised, what is promised is not
//! done.
//!
//! What somebody says of himself in talk (`I'll send it`) is soon done: it leaves a doubt and blocks nothing.

use std::ops::Range;

use crate::contrast::Surroundings;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::lexicon;
use crate::lexicon::firmness::{self, Firmness};
use crate::tokens::Analysis;

/// How alike the surroundings of the two doings must be to block; the same for a doubt.
const BLOCK_MIN: f64 = 0.9;
const DOUBT_MIN: f64 = 0.4;

/// Words before a doing that are looked at.
const REACH: usize = 7;

/// Sentences of the evidence in which the doing is looked for.
const SENTENCES: usize = 2;

/// Checks each doing of a sentence against the same doing in `likely`, the sentences of the evidence most like it.
pub(crate) fn check(text: &str, own: &Analysis, likely: &[usize], evidence: &Evidence) -> Vec<Finding> {
    let sentences = &likely[..likely.len().min(SENTENCES)];
    (0..own.tokens.len())
        .filter(|at| own.tokens[*at].is_content)
        .filter_map(|at| check_one(text, own, at, sentences, evidence))
        .collect()
}

/// A doing with how firm it is.
struct Doing {
    firmness: Firmness,
    /// From the first word that says so to the doing.
    range: Range<usize>,
    likeness: f64,
    /// Whether somebody says it of himself or asks it of another.
    is_talk: bool,
}

fn check_one(
    text: &str,
    own: &Analysis,
    at: usize,
    sentences: &[usize],
    evidence: &Evidence,
) -> Option<Finding> {
    let (firm, reach) = firmness_of_own(own, at)?;
    let around = Surroundings::of(own, evidence.index(), at);
    let known: Vec<Doing> = places(own, at, sentences, evidence)
        .filter_map(|place| doing(evidence, place, &around))
        .collect();
    if known.iter().any(|known| known.firmness == firm) {
        return None;
    }
    let best = known
        .into_iter()
        .max_by(|a, b| a.likeness.total_cmp(&b.likeness))?;
    if best.likeness < DOUBT_MIN {
        return None;
    }
    let words = text.get(own.tokens[at - reach].range.start..own.tokens[at].range.end)?;
    let reason = format!(
        "it says “{words}” ({}), the evidence says “{}” ({})",
        firm.shown(),
        evidence.text.get(best.range.clone())?,
        best.firmness.shown()
    );
    let blocks = best.likeness >= BLOCK_MIN && firm.excludes(best.firmness) && !best.is_talk;
    Some(if blocks {
        Finding::blocked(reason)
    } else {
        Finding::unsettled(reason)
    })
}

/// A doing of the evidence, where its words say how firm it is.
fn doing(evidence: &Evidence, place: usize, around: &Surroundings) -> Option<Doing> {
    let index = evidence.index();
    let tokens = &index.tokens;
    let sentence = index.sentences.get(tokens[place].sentence)?.clone();
    let before: Vec<String> = (place.saturating_sub(REACH).max(sentence.start)..place)
        .rev()
        .map(|near| evidence.lower(near))
        .collect();
    let (firmness, reach) = firmness::of(&evidence.lower(place), before.iter().map(String::as_str))?;
    let is_person = |word: &String| matches!(word.as_str(), "i" | "you" | "ll");
    let end = sentence
        .end
        .checked_sub(1)
        .map_or(0, |last| tokens[last].range.end);
    let asks = evidence.text.get(end..).is_some_and(|rest| rest.starts_with('?'));
    Some(Doing {
        firmness,
        range: tokens[place - reach].range.start..tokens[place].range.end,
        likeness: around.likeness(index, place),
        is_talk: asks || before.iter().take(reach + 2).any(is_person),
    })
}

/// Where the evidence uses the word or one alike in some of its sentences.
fn places<'a>(
    own: &'a Analysis,
    at: usize,
    sentences: &'a [usize],
    evidence: &'a Evidence,
) -> impl Iterator<Item = usize> + 'a {
    let index = evidence.index();
    let stem = &own.stems[at];
    let stems = std::iter::once(stem).chain(lexicon::alike(stem));
    stems
        .flat_map(|stem| index.places(stem))
        .copied()
        .filter(|place| sentences.contains(&index.tokens[*place].sentence))
}

fn firmness_of_own(own: &Analysis, at: usize) -> Option<(Firmness, usize)> {
    let sentence = own.tokens[at].sentence;
    let before = (at.saturating_sub(REACH)..at)
        .rev()
        .take_while(|near| own.tokens[*near].sentence == sentence)
        .map(|near| own.lowers[near].as_str());
    firmness::of(&own.lowers[at], before)
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Verdict;

    use super::check;
    use crate::evidence::Evidence;
    use crate::standing;

    fn verdicts(document: &str, text: &str) -> Vec<Verdict> {
        let evidence = Evidence::of(document);
        let own = evidence.index().read(text);
        let found = check(text, &own, &standing::likely(&own, evidence.index()), &evidence);
        found.into_iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn what_is_planned_is_not_done() {
        let document = "Norn agreed to acquire the storage firm Waldgeist for $1.5 billion.";
        assert_eq!(
            verdicts(
                document,
                "Norn acquired the storage firm Waldgeist for $1.5 billion."
            ),
            [Verdict::Blocked]
        );
        assert!(verdicts(document, "Norn has agreed to buy the storage firm Waldgeist.").is_empty());
        assert_eq!(
            verdicts(document, "Norn will acquire the storage firm Waldgeist."),
            []
        );
    }

    #[test]
    fn a_plan_is_less_than_a_promise() {
        let document = "The council is considering banning cars from the old bridge next year.";
        assert_eq!(
            verdicts(document, "The council has banned cars from the old bridge."),
            [Verdict::Blocked]
        );
    }
}
