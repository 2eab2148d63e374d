//! Whether a sentence stands in the evidence: the same words in the same order, with what attribution adds and with
//! nothing cut that changes the meaning. This is what `supported` means.

mod cut;
mod dropped;
mod gap;
mod order;
mod quoted;
mod safe;

use std::ops::Range;

pub(crate) use quoted::{Quoted, of as quoted};

use crate::evidence::Evidence;
use crate::tokens::{Analysis, Token, UNKNOWN, WordIndex};

/// Sentences of the evidence that are tried.
const TRIED: usize = 4;
/// Words of a sentence beyond which nothing is aligned: the table of both would grow too large.
const WORDS_MAX: usize = 400;

/// Places from which on a word that says nothing is not counted.
const SMALL_PLACES_MAX: usize = 20_000;

/// Share of words in order from which the sentences beside the best one are tried with it.
const SHARE_MIN: f64 = 0.4;

/// How far a sentence stands in the evidence.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// What keeps it from standing there, in a newsletter author's words; none where it stands.
    pub(crate) faults: Vec<String>,
    /// Share of its words that stand in order in the best sentence, 0.0 to 1.0.
    pub(crate) share: f64,
    /// The sentences of the evidence that were tried, the most alike first; none where it stands word for word.
    pub(crate) likely: Vec<usize>,
}

/// Compares a sentence, read in the numbers of the evidence, with the sentences most like it.
pub(crate) fn of(text: &str, own: &Analysis, evidence: &Evidence) -> Standing {
    let index = evidence.index();
    let mut best = Standing {
        faults: vec!["no sentence of the evidence says this".to_owned()],
        share: 0.0,
        likely: Vec::new(),
    };
    if own.tokens.is_empty() {
        best.faults.clear();
        return best;
    }
    if let Some(run) = verbatim(own, index) {
        best = as_run(text, own, &run, evidence);
        if best.faults.is_empty() {
            return best;
        }
    }
    let tried = if own.tokens.len() > WORDS_MAX {
        Vec::new()
    } else {
        likely(own, index)
    };
    for sentence in &tried {
        for window in windows(*sentence, index.sentences.len(), best.share) {
            let Some(found) = compare(text, own, evidence, window) else {
                continue;
            };
            if (found.faults.is_empty(), found.share) > (best.faults.is_empty(), best.share) {
                best = found;
            }
            if best.faults.is_empty() {
                return best;
            }
        }
    }
    best.likely = tried;
    best
}

/// The sentences of the evidence that share the most words with this one, best first.
pub(crate) fn likely(own: &Analysis, index: &WordIndex) -> Vec<usize> {
    let mut scores = vec![0.0_f64; index.sentences.len()];
    let mut last: Vec<usize> = vec![usize::MAX; index.sentences.len()];
    for (at, token) in own.tokens.iter().take(WORDS_MAX).enumerate() {
        let places = index.places_of(token.stem);
        // A small word of a very large source stands in nearly every sentence.
        if token.stem == UNKNOWN || (!token.is_content && places.len() > SMALL_PLACES_MAX) {
            continue;
        }
        let weight = if token.is_content { 1.0 } else { 0.2 } / (1.0 + (places.len() as f64).ln());
        for place in places {
            let sentence = index.tokens[*place].sentence;
            if last[sentence] != at {
                scores[sentence] += weight;
                last[sentence] = at;
            }
        }
    }
    let mut order: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > 0.0).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order.truncate(TRIED);
    order
}

/// A sentence alone, and where many of the words stand there, with its neighbours: the two texts may be cut otherwise.
fn windows(sentence: usize, count: usize, share: f64) -> Vec<Range<usize>> {
    let alone = sentence..sentence + 1;
    if share < SHARE_MIN {
        return [alone].into();
    }
    let next = sentence..(sentence + 2).min(count);
    let last = sentence.saturating_sub(1)..sentence + 1;
    [alone, next, last].into()
}

fn words_of_window(index: &WordIndex, window: &Range<usize>) -> Range<usize> {
    index.sentences[window.start].start..index.sentences[window.end - 1].end
}

/// Where all words of a sentence stand one after another, best at the head of a sentence.
fn verbatim(own: &Analysis, index: &WordIndex) -> Option<Range<usize>> {
    let places = |token: &Token| index.places_of(token.stem).len();
    let (rarest, token) = own
        .tokens
        .iter()
        .enumerate()
        .min_by_key(|(_, token)| places(token))?;
    let tokens = &index.tokens;
    let runs = index.places_of(token.stem).iter().filter_map(|place| {
        let start = place.checked_sub(rarest)?;
        let run = tokens.get(start..start + own.tokens.len())?;
        let is_same = run.iter().zip(&own.tokens).all(|(a, b)| order::is_same(a, b));
        is_same.then_some(start..start + own.tokens.len())
    });
    runs.min_by_key(|run| run.start - index.sentences[tokens[run.start].sentence].start)
}

/// How a run of words stands in the sentences that it belongs to.
fn as_run(text: &str, own: &Analysis, run: &Range<usize>, evidence: &Evidence) -> Standing {
    let index = evidence.index();
    let window = index.tokens[run.start].sentence..index.tokens[run.end - 1].sentence + 1;
    let first = run.start - index.sentences[window.start].start;
    let pairs: Vec<(usize, usize)> = (0..run.len()).map(|at| (at, first + at)).collect();
    let source = &index.tokens[words_of_window(index, &window)];
    Standing {
        faults: without(text, own, evidence, source, &pairs),
        share: 1.0,
        likely: Vec::new(),
    }
}

fn compare(text: &str, own: &Analysis, evidence: &Evidence, window: Range<usize>) -> Option<Standing> {
    let index = evidence.index();
    let source = index.tokens.get(words_of_window(index, &window))?;
    if source.len() > WORDS_MAX {
        return None;
    }
    let pairs = order::common(&own.tokens, source);
    if pairs.is_empty() {
        return None;
    }
    let mut faults = added(text, own, evidence, source, &pairs);
    faults.extend(without(text, own, evidence, source, &pairs));
    Some(Standing {
        faults,
        share: pairs.len() as f64 / own.tokens.len() as f64,
        likely: Vec::new(),
    })
}

/// What was cut, and what stands otherwise between the words that both have.
fn without(
    text: &str,
    own: &Analysis,
    evidence: &Evidence,
    source: &[Token],
    pairs: &[(usize, usize)],
) -> Vec<String> {
    let mine = gap::Side {
        text,
        tokens: &own.tokens,
    };
    let known = gap::Side {
        text: &evidence.text,
        tokens: source,
    };
    let mut faults = cut::faults(text, evidence, source, pairs);
    faults.extend(gap::faults(mine, known, pairs));
    faults
}

/// Words of the sentence that do not stand there, and that are neither attribution nor harmless.
fn added(
    text: &str,
    own: &Analysis,
    evidence: &Evidence,
    source: &[Token],
    pairs: &[(usize, usize)],
) -> Vec<String> {
    let mut matched = pairs.iter().map(|(at, _)| *at).peekable();
    let mut strange: Vec<&str> = Vec::new();
    for (at, token) in own.tokens.iter().enumerate() {
        if matched.peek() == Some(&at) {
            matched.next();
            continue;
        }
        let word = text.get(token.range.clone()).unwrap_or_default();
        let lower = word.to_lowercase();
        let is_frame = safe::is_frame(&own.stems[at]) || evidence.frame().contains(&own.stems[at]);
        let is_figure = word.bytes().all(|byte| byte.is_ascii_digit()) && evidence.grounds.has_more_figures();
        let is_date = evidence.grounds.is_of_dates(word);
        let is_attribution = is_frame && may_attribute(text, own, evidence, source, pairs, at);
        if !(safe::is_addable(&lower) || is_attribution || is_figure || is_date) {
            strange.push(word);
        }
    }
    if strange.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "the evidence does not say it in these words: {}",
        cut::list(&strange)
    )]
}

/// Whether a word stands where a sentence says who says it: before all that the evidence says, set apart by marks, or in the
/// place of `we`. Within what is said, `wants to sell` adds more than a name.
fn may_attribute(
    text: &str,
    own: &Analysis,
    evidence: &Evidence,
    source: &[Token],
    pairs: &[(usize, usize)],
    at: usize,
) -> bool {
    let tokens = &own.tokens;
    let behind = pairs.partition_point(|(place, _)| *place < at);
    let Some(last) = behind.checked_sub(1).map(|last| pairs[last]) else {
        return true;
    };
    let from = tokens[last.0].range.end;
    let Some(next) = pairs.get(behind) else {
        let tail = text.get(from..).unwrap_or_default();
        return cut::begins_a_part(tail);
    };
    let gap = text.get(from..tokens[next.0].range.start).unwrap_or_default();
    let is_we = || {
        source.get(last.1 + 1..next.1).is_some_and(|between| {
            between.iter().any(|token| {
                let word = evidence.text.get(token.range.clone()).unwrap_or_default();
                matches!(word.to_lowercase().as_str(), "we" | "our" | "us" | "i" | "my")
            })
        })
    };
    cut::is_aside(gap) || is_we()
}
