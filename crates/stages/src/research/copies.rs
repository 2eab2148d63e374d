//! Copies: one text printed at several places is one witness.

use std::collections::HashMap;

use copydesk_domain::PublishedAt;
use copydesk_text::words;

use super::reading::Reading;

/// Share of all runs of three words of two texts that are common to copies with an intro or a tail of their own.
const ALIKE: f64 = 0.5;
/// Share of a shortened copy's runs that stand in the whole text.
const WITHIN: f64 = 0.8;
/// Runs below which a short text stands in a long one by chance: thirty words.
const RUNS_MIN: usize = 28;
/// Share of common runs of the shorter text where one of the two says that it is a copy.
const AS_SAID: f64 = 0.3;
/// A text of less of the words of the fullest copy is an excerpt, whenever it came.
const EXCERPT: f64 = 0.6;
/// Runs that stand in more texts are a phrase of the day; they show no copy and would make the count slow.
const TEXTS_MAX: usize = 64;

/// Words before the name of the place that a text was first printed at.
const ORIGINS: &[&str] = &[
    "originally published",
    "originally posted",
    "originally appeared",
    "first published",
    "first posted",
    "first appeared",
    "cross-posted from",
    "crossposted from",
    "reposted from",
    "republished from",
    "republished with permission",
    "reprinted from",
    "reprinted with permission",
    "syndicated from",
];
/// Lines at either end of a text that may name its origin.
const ORIGIN_LINES: usize = 3;

/// Marks posts that repeat the text of another: `copy_of` names the original.
///
/// Each copy follows one original that it shares its own text with. That two posts share text with a third, a digest of
/// both, makes neither a copy of the other.
pub(crate) fn fold(readings: &mut [Reading]) {
    let texts: Vec<Text> = readings.iter().map(Text::of).collect();
    let mut beside: Vec<Vec<(usize, Likeness)>> = vec![Vec::new(); texts.len()];
    for ((a, b), count) in &common_runs(&texts) {
        if let Some(likeness) = likeness(&texts[*a], &texts[*b], *count) {
            beside[*a].push((*b, likeness));
            beside[*b].push((*a, likeness.turned()));
        }
    }
    let ranks: Vec<Rank> = (0..texts.len()).map(|at| rank(at, &beside[at], &texts)).collect();
    for (at, others) in beside.iter().enumerate() {
        let originals = others
            .iter()
            .filter(|(_, likeness)| *likeness != Likeness::Fuller);
        let original = originals
            .map(|(other, likeness)| (*other, *likeness))
            .filter(|(other, likeness)| *likeness == Likeness::Shorter || ranks[*other] < ranks[at])
            .min_by_key(|(other, _)| ranks[*other]);
        if let Some((original, _)) = original {
            readings[at].source.copy_of = Some(readings[original].source.snapshot);
        }
    }
    // Sources are found by their snapshot: where two addresses gave the same bytes, the original comes first.
    readings.sort_by_key(|reading| reading.source.copy_of == Some(reading.source.snapshot));
}

/// What is compared of a text.
struct Text {
    owner: String,
    snapshot: copydesk_domain::ContentHash,
    /// Its addresses: the one that was read and its page's own.
    urls: Vec<String>,
    /// The address of another site that its page calls its own.
    claimed: Option<String>,
    /// What its first and last lines say of where it was first printed; empty where they say nothing.
    origin: String,
    links: Vec<String>,
    names: Vec<String>,
    /// Its runs of three words, sorted, each once.
    runs: Vec<u64>,
    published_at: Option<PublishedAt>,
}

impl Text {
    fn of(reading: &Reading) -> Self {
        let text = reading.text.inspect();
        let mut runs = words::shingles(&text.to_lowercase(), 3);
        runs.sort_unstable();
        runs.dedup();
        let source = &reading.source;
        let urls = [Some(reading.fetched_from.clone()), Some(source.url.clone())];
        Self {
            owner: source.owner.clone(),
            snapshot: source.snapshot,
            urls: urls.into_iter().flatten().collect(),
            claimed: reading.claimed_url.clone(),
            origin: origin_line(text),
            links: reading.links.clone(),
            names: [
                source.publisher.inspect().to_lowercase(),
                source.owner.to_lowercase(),
            ]
            .into_iter()
            .filter(|name| name.chars().count() >= 4)
            .collect(),
            runs,
            published_at: source.published_at,
        }
    }

    /// Whether it says of itself that the other is the original.
    fn names_as_original(&self, other: &Self) -> bool {
        self.claims(other)
            || (!self.origin.is_empty()
                && (other.names.iter().any(|name| self.origin.contains(name.as_str()))
                    || self.links.iter().any(|link| other.urls.contains(link))))
    }

    fn claims(&self, other: &Self) -> bool {
        self.claimed.as_ref().is_some_and(|url| other.urls.contains(url))
    }

    /// The last moment at which it can have been published; a text without a date comes last.
    fn earliest(&self) -> i64 {
        self.published_at.map_or(i64::MIN, |at| at.earliest().as_micros())
    }

    fn latest(&self) -> i64 {
        self.published_at.map_or(i64::MAX, |at| at.latest().as_micros())
    }
}

/// The lines at either end that say where the text was first printed, in lower case.
fn origin_line(text: &str) -> String {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let last: Vec<&str> = lines().rev().take(ORIGIN_LINES).collect();
    let ends = lines().take(ORIGIN_LINES).chain(last).map(str::to_lowercase);
    let saying = ends.filter(|line| ORIGINS.iter().any(|words| line.contains(words)));
    saying.collect::<Vec<_>>().join("\n")
}

/// How many runs each pair of texts has in common. Pairs with none are left out; texts of few words count as a whole.
fn common_runs(texts: &[Text]) -> HashMap<(usize, usize), usize> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (number, text) in texts.iter().enumerate() {
        for run in &text.runs {
            places.entry(*run).or_default().push(number);
        }
    }
    let mut common: HashMap<(usize, usize), usize> = HashMap::new();
    for numbers in places.values().filter(|numbers| numbers.len() <= TEXTS_MAX) {
        for (at, a) in numbers.iter().enumerate() {
            for b in &numbers[at + 1..] {
                *common.entry((*a, *b)).or_default() += 1;
            }
        }
    }
    for a in 0..texts.len() {
        for b in a + 1..texts.len() {
            if texts[a].snapshot == texts[b].snapshot {
                common.entry((a, b)).or_insert(0);
            }
        }
    }
    common
}

/// How one text is like another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// The same text, whichever was first.
    Same,
    /// A part of the other, and nothing of its own; the other can be no copy of it.
    Shorter,
    /// The other is a part of it.
    Fuller,
}

impl Likeness {
    /// The same seen from the other text.
    fn turned(self) -> Self {
        match self {
            Self::Same => Self::Same,
            Self::Shorter => Self::Fuller,
            Self::Fuller => Self::Shorter,
        }
    }
}

/// How `a` is like `b`; none where each is a text of its own. Two addresses of one owner with alike texts are two posts
/// (such as advisories from one template), unless the bytes are the same.
fn likeness(a: &Text, b: &Text, common: usize) -> Option<Likeness> {
    if a.snapshot == b.snapshot {
        return Some(Likeness::Same);
    }
    if a.owner == b.owner {
        return None;
    }
    let is_a_shorter = a.runs.len() <= b.runs.len();
    let (shorter, longer) = if is_a_shorter { (a, b) } else { (b, a) };
    let of_shorter = common as f64 / shorter.runs.len().max(1) as f64;
    let of_all = common as f64 / (a.runs.len() + b.runs.len() - common).max(1) as f64;
    let is_of_like_length = shorter.runs.len() as f64 >= EXCERPT * longer.runs.len() as f64;
    if of_all >= ALIKE || (of_shorter >= WITHIN && is_of_like_length) {
        return Some(Likeness::Same);
    }
    if shorter.runs.len() < RUNS_MIN {
        return None;
    }
    let shorter_likeness = if is_a_shorter {
        Likeness::Shorter
    } else {
        Likeness::Fuller
    };
    // A later and longer text that holds an earlier one whole reports more than that: a paper that prints a statement.
    // A bare date, or none, proves no order.
    if of_shorter >= WITHIN && shorter.earliest() >= longer.latest() {
        return Some(shorter_likeness);
    }
    // Only the one that says so is a copy. Of a digest, which says it of many, most stands elsewhere.
    let says = shorter.names_as_original(longer) || longer.names_as_original(shorter) && is_of_like_length;
    (says && of_shorter >= AS_SAID).then_some(if is_of_like_length {
        Likeness::Same
    } else {
        shorter_likeness
    })
}

/// What makes a text the original among those that are like it; the least is it: one that others name as such, else the
/// earliest that is no mere excerpt, else the first that was read.
type Rank = (bool, std::cmp::Reverse<(usize, usize)>, bool, i64, usize);

fn rank(at: usize, beside: &[(usize, Likeness)], texts: &[Text]) -> Rank {
    let text = &texts[at];
    let others = || beside.iter().map(|(other, _)| &texts[*other]);
    let fullest = others().map(|other| other.runs.len()).max().unwrap_or_default();
    let claims = others().filter(|other| other.claims(text)).count();
    let named = others().filter(|other| other.names_as_original(text)).count();
    let says_it_is_a_copy = others().any(|other| text.names_as_original(other));
    let is_excerpt = (text.runs.len() as f64) < fullest as f64 * EXCERPT;
    (
        says_it_is_a_copy,
        std::cmp::Reverse((claims, named)),
        is_excerpt,
        text.latest(),
        at,
    )
}

#[cfg(test)]
mod tests;
