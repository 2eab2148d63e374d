//! Whether a sentence stands in the evidence: the same words in the same order, with what attribution adds and with
//! nothing cut that changes the meaning. This is what `supported` means.

mod cut;
mod order;
mod safe;

use std::ops::Range;

use copydesk_text::words;

use crate::evidence::Evidence;
use crate::negation;
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
        best = as_run(&run, evidence);
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
fn as_run(run: &Range<usize>, evidence: &Evidence) -> Standing {
    let index = evidence.index();
    let window = index.tokens[run.start].sentence..index.tokens[run.end - 1].sentence + 1;
    let first = run.start - index.sentences[window.start].start;
    let pairs: Vec<(usize, usize)> = (0..run.len()).map(|at| (at, first + at)).collect();
    let source = &index.tokens[words_of_window(index, &window)];
    Standing {
        faults: cut::faults(&evidence.text, source, &pairs),
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
    let mut faults = added(text, own, evidence, &pairs);
    faults.extend(cut::faults(&evidence.text, source, &pairs));
    Some(Standing {
        faults,
        share: pairs.len() as f64 / own.tokens.len() as f64,
        likely: Vec::new(),
    })
}

/// Words of the sentence that do not stand there, and that are neither attribution nor harmless.
fn added(text: &str, own: &Analysis, evidence: &Evidence, pairs: &[(usize, usize)]) -> Vec<String> {
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
        if !(safe::is_harmless(&lower) || is_frame || is_figure || is_date) {
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

/// Whether nothing but attribution stands outside the quotation marks of a sentence: words of templates, names of the
/// source, and who spoke where the evidence names them in the sentence that is quoted.
pub(crate) fn is_all_quotation(outside: &str, own: &Analysis, evidence: &Evidence) -> bool {
    let strange: Vec<&str> = words::words(outside)
        .map(|(_, word)| word)
        .filter(|word| !is_attribution(word, evidence))
        .collect();
    let index = evidence.index();
    let Some(quoted) = likely(own, index).first().map(|at| index.sentences[*at].clone()) else {
        return strange.is_empty();
    };
    if is_disowned(&quoted, own, evidence) {
        return false;
    }
    if strange.is_empty() {
        return true;
    }
    let is_there = |word: &&str| {
        quoted
            .clone()
            .any(|place| evidence.lower(place) == word.to_lowercase())
    };
    let speakers = speakers(&quoted, evidence);
    let is_another =
        !speakers.is_empty() && !strange.iter().any(|word| speakers.contains(&word.to_lowercase()));
    !is_another
        && strange
            .iter()
            .all(|word| word.starts_with(char::is_uppercase) && is_there(word))
}

/// Whether the sentence of the evidence denies or doubts what it quotes, by a word that the sentence leaves out: who
/// `denied saying “we paid”` did not say it.
fn is_disowned(quoted: &Range<usize>, own: &Analysis, evidence: &Evidence) -> bool {
    quoted.clone().any(|place| {
        let word = evidence.lower(place);
        (DISOWNING.contains(&word.as_str()) || negation::is_denial(&word)) && !own.lowers.contains(&word)
    })
}

/// Words of who does not stand by what is quoted.
const DISOWNING: &[&str] = &[
    "denied",
    "denies",
    "deny",
    "denying",
    "denial",
    "rumour",
    "rumours",
    "rumor",
    "rumors",
    "false",
    "falsely",
    "untrue",
    "hoax",
    "myth",
    "myths",
    "allegedly",
    "alleged",
    "alleges",
    "contrary",
    "refuted",
    "refutes",
    "refuting",
    "rejected",
    "rejects",
    "rejecting",
    "dismissed",
    "dismisses",
    "dismissing",
    "disputed",
    "disputes",
    "disputing",
    "retracted",
    "retracts",
    "wrongly",
    "mistakenly",
    "misquoted",
    "supposedly",
    "purportedly",
    "joked",
    "jokes",
];

/// The capitalised words right beside a word for speaking, in a sentence of the evidence: `said Castro`.
fn speakers(sentence: &Range<usize>, evidence: &Evidence) -> Vec<String> {
    let tokens = &evidence.index().tokens;
    let written = |place: usize| evidence.text.get(tokens[place].range.clone()).unwrap_or_default();
    let mut speakers = Vec::new();
    for place in sentence.clone() {
        if !is_speaking(&evidence.lower(place)) {
            continue;
        }
        let before = place.checked_sub(1).map(|before| (before, before, place));
        let behind = Some((place + 1, place, place + 1));
        let beside = before
            .into_iter()
            .chain(behind)
            .filter(|(near, ..)| sentence.contains(near));
        for (near, left, right) in beside {
            let gap = evidence
                .text
                .get(tokens[left].range.end..tokens[right].range.start);
            if gap == Some(" ") && written(near).starts_with(char::is_uppercase) {
                speakers.push(evidence.lower(near));
            }
        }
    }
    speakers
}

fn is_speaking(word: &str) -> bool {
    matches!(
        word,
        "said"
            | "says"
            | "told"
            | "asked"
            | "added"
            | "wrote"
            | "writes"
            | "replied"
            | "argued"
            | "explained"
    )
}

/// Whether a word of a sentence around quotations adds no fact. Small words do not, unless they take something back.
fn is_attribution(word: &str, evidence: &Evidence) -> bool {
    let lower = word.to_lowercase();
    let stem = words::stem(&lower);
    safe::is_frame(&stem)
        || evidence.frame().contains(&stem)
        || lower.bytes().all(|byte| byte.is_ascii_digit())
        || evidence.grounds.is_of_dates(word)
        || (words::is_stop(&lower) && !safe::is_reserve(&lower))
}
