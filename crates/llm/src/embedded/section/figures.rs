//! Figures of different publishers side by side, and where they differ.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use copydesk_domain::task::{WriteNote, WrittenSentence};
use copydesk_text::numbers::Unit;
use copydesk_text::similarity::Corpus;
use copydesk_text::{sentence, words};
use regex::Regex;

use super::super::figure::{self, Figure};
use super::super::fit::{self, regex};
use super::frames;
use super::material::{Material, called, publisher};
use super::pen::{Cited, Pen};

/// Words to each side of a figure that tell what it is about.
const AROUND: usize = 8;
/// Words of a figure with the clause behind it.
const CLAUSE_WORDS_MAX: usize = 12;
/// Words of a figure that is no clause of its own; longer ones lose their last preposition.
const PIECE_WORDS_MAX: usize = 9;
/// Figures of pages further apart may both have been right in their time.
const APART_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(72);
/// Figures further apart than this factor count different things more often than they contradict.
const RATIO_MAX: f64 = 2.0;

/// A figure with the note that gives it.
struct Given<'a> {
    note: &'a WriteNote,
    /// Where it stands in the note's quote, with the clause behind it.
    range: Range<usize>,
    figure: Figure,
    /// Stems around it, its own value left out.
    around: BTreeSet<String>,
    /// Above 1 where the publisher counted itself, below where it passes a figure on.
    first_hand: f64,
}

/// How two figures stand to each other.
#[derive(Clone, Copy, PartialEq)]
enum Relation {
    /// They count one thing and cannot both be right.
    Differ,
    /// They count things of one kind.
    Beside,
    /// They say the same.
    Agree,
}

/// At most `count` sentences that set figures of the story side by side, the surest first.
pub fn write(material: &Material<'_>, pen: &mut Pen<'_>, count: usize) -> Vec<WrittenSentence> {
    let mut publishers: Vec<&str> = material.notes.iter().map(|note| publisher(note)).collect();
    publishers.sort_unstable();
    publishers.dedup();
    let given: Vec<Given<'_>> = material
        .notes
        .iter()
        .flat_map(|note| figures(note, &publishers))
        .collect();
    let mut quotes: Vec<&str> = material.notes.iter().map(|note| note.quote.as_str()).collect();
    quotes.dedup();
    let corpus = Corpus::new(&quotes);
    let mut pairs: Vec<(f64, Relation, &Given<'_>, &Given<'_>)> = Vec::new();
    for (at, a) in given.iter().enumerate() {
        for b in &given[at + 1..] {
            if let Some((likeness, relation)) = relate(a, b, &corpus) {
                pairs.push((likeness, relation, a, b));
            }
        }
    }
    pairs.sort_by(|x, y| y.0.total_cmp(&x.0));
    let mut written: Vec<WrittenSentence> = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for (_, relation, a, b) in pairs {
        let is_told = [a, b].iter().any(|given| told.contains(&given.figure.value));
        if written.len() == count || is_told {
            continue;
        }
        if let Some(sentence) = sentence(relation, a, b, pen) {
            told.extend([a.figure.value.clone(), b.figure.value.clone()]);
            written.push(sentence);
        }
    }
    written
}

fn figures<'a>(note: &'a WriteNote, publishers: &[&str]) -> Vec<Given<'a>> {
    let quote = note.quote.as_str();
    let given = figure::find(quote).into_iter().filter_map(|figure| {
        // A note of kind number speaks of its own figure only; other notes of all of theirs.
        let is_own = note
            .value
            .as_ref()
            .is_none_or(|value| value.as_str().contains(&figure.value));
        let range = clause(quote, &figure.range);
        let around = around(quote, &figure);
        // Half a sentence may point at what the other half names.
        let stands = sentence::points_out(&quote[range.clone()], "").is_none();
        (is_own && stands).then(|| Given {
            note,
            range,
            figure,
            around,
            first_hand: first_hand(note, publishers),
        })
    });
    given.collect()
}

/// The clause around a figure, where it is short and stands on its own feet; else the figure with what follows.
fn clause(quote: &str, figure: &Range<usize>) -> Range<usize> {
    let end = clause_end(quote, figure);
    let head = &quote[..figure.start];
    let mark = head
        .char_indices()
        .rfind(|(_, c)| matches!(c, ',' | ';' | ':' | '(' | ')' | '—' | '–' | '"' | '“' | '”'))
        .map(|(at, c)| at + c.len_utf8());
    // Behind `claims that` stands a claim: without its verb it would be a finding.
    let is_claim = [
        "claim", "say", "said", "expect", "estimat", "believ", "hope", "promis", "think", "allege",
    ]
    .iter()
    .any(|verb| head.to_lowercase().contains(verb));
    let stops: &[&str] = if is_claim {
        &[" and ", " but ", " while "]
    } else {
        &[" and ", " but ", " while ", " that "]
    };
    let word = stops
        .iter()
        .filter_map(|stop| head.rfind(stop).map(|at| at + stop.len()))
        .max();
    let start = mark.max(word).unwrap_or(0);
    let start = start + head[start..].len() - head[start..].trim_start().len();
    let whole = &quote[start..end];
    let points = sentence::dangles(whole) || sentence::points_out(whole, "").is_some();
    let stands = !points && !fit::has_double_marks(whole) && fit::has_subject(whole);
    if words::count(whole) <= CLAUSE_WORDS_MAX && stands {
        start..end
    } else {
        figure.start..end
    }
}

/// Where the clause behind a figure ends: at a mark, or at a word that opens another clause.
fn clause_end(quote: &str, range: &Range<usize>) -> usize {
    let rest = &quote[range.end..];
    let marks = rest
        .find([',', ';', ':', '(', '—', '–', '"', '“', '.', '!', '?'])
        .unwrap_or(rest.len());
    let stops = [
        " and ",
        " but ",
        " while ",
        " against ",
        " before ",
        " after ",
        " because ",
        " so ",
        " instead ",
        " as ",
    ];
    let words_end = stops
        .iter()
        .filter_map(|stop| rest.find(stop))
        .min()
        .unwrap_or(rest.len());
    let end = range.end + marks.min(words_end);
    let mut text = quote[range.start..end].trim_end();
    // The last preposition with its words goes as long as the piece is long: `… that took the update of Norn`.
    while words::count(text) > PIECE_WORDS_MAX {
        let cut = [
            " of ", " on ", " in ", " at ", " to ", " for ", " from ", " with ", " by ",
        ]
        .iter()
        .filter_map(|word| text.rfind(word))
        .max();
        let Some(cut) = cut.filter(|cut| range.start + cut >= range.end) else {
            break;
        };
        text = &text[..cut];
    }
    if words::count(text) <= CLAUSE_WORDS_MAX {
        range.start + text.len()
    } else {
        range.end
    }
}

/// Stems of the words around a figure.
fn around(quote: &str, figure: &Figure) -> BTreeSet<String> {
    let all: Vec<(Range<usize>, &str)> = words::words(quote).collect();
    let first = all
        .iter()
        .position(|(range, _)| range.end > figure.range.start)
        .unwrap_or(0);
    let last = all
        .iter()
        .rposition(|(range, _)| range.start < figure.range.end)
        .unwrap_or(0);
    let from = all[first.saturating_sub(AROUND)].0.start;
    let to = all[(last + AROUND).min(all.len() - 1)].0.end;
    let text = format!(
        "{} {} {}",
        &quote[from..figure.range.start.max(from)],
        figure.thing,
        &quote[figure.range.end..to.max(figure.range.end)]
    );
    words::content_stems(&text).into_iter().collect()
}

/// How alike two figures of different publishers are, and how they stand to each other; `None` where they have
/// nothing to do with each other.
fn relate(a: &Given<'_>, b: &Given<'_>, corpus: &Corpus) -> Option<(f64, Relation)> {
    let is_other = a.note.source != b.note.source && publisher(a.note) != publisher(b.note);
    if !is_other || !figure::same_thing(&a.figure.number, &b.figure.number) || are_of_other_versions(a, b) {
        return None;
    }
    if side_of_time(a) != side_of_time(b) {
        return None;
    }
    // What the whole story speaks of says little about one figure: rare words weigh more.
    let weight = |stem: &String| corpus.idf(stem);
    let shared = a.around.intersection(&b.around).count();
    let all: f64 = a.around.union(&b.around).map(weight).sum();
    let likeness = a.around.intersection(&b.around).map(weight).sum::<f64>() / all.max(1.0);
    if figure::ratio(&a.figure.number, &b.figure.number) > RATIO_MAX {
        return None;
    }
    let agree = figure::agree(&a.figure.number, &b.figure.number);
    let far = match (a.note.published_at, b.note.published_at) {
        (Some(x), Some(y)) => x.earliest().since(y.earliest()).abs() > APART_MAX,
        _ => false,
    };
    // Hours and minutes measure everything under the sun: their surroundings must be alike twice over.
    let strict = if matches!(a.figure.number.unit, Some(Unit::Time(_))) {
        2.0
    } else {
        1.0
    };
    let plain = shared as f64 / a.around.union(&b.around).count().max(1) as f64;
    // What a page passes on is another's word: the page itself does not disagree.
    let is_hearsay = [a, b]
        .iter()
        .any(|given| reports_another(given.note.quote.as_str()));
    let (close, near) = (
        shared >= 3 && plain >= 0.2 * strict,
        shared >= 2 && plain >= 0.15 * strict,
    );
    let relation = match (agree, close, near) {
        (true, true, _) => Relation::Agree,
        (false, true, _) if !far && !is_hearsay => Relation::Differ,
        (false, _, true) => Relation::Beside,
        _ => return None,
    };
    // A difference is worth more than an agreement, which the quotations often show anyway.
    let weight = match relation {
        Relation::Differ => 1.0,
        Relation::Beside => 0.3,
        Relation::Agree => 0.1,
    };
    Some((likeness * weight * a.first_hand * b.first_hand, relation))
}

/// On which side of an event a span of time lies: `11 hours before the fix` and `7 hours after it` measure two things.
fn side_of_time<'a>(given: &Given<'a>) -> Option<&'a str> {
    matches!(given.figure.number.unit, Some(Unit::Time(_))).then_some(())?;
    let behind = &given.note.quote.as_str()[given.range.end..];
    let (_, word) = words::words(behind).next()?;
    ["before", "after", "ago", "later", "earlier", "until", "since"]
        .into_iter()
        .find(|side| *side == word)
}

/// Whether two figures speak of one product in two versions: `Corrie 1` beside `Corrie 2`.
fn are_of_other_versions(a: &Given<'_>, b: &Given<'_>) -> bool {
    static VERSIONED: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(\p{Lu}[\p{L}-]+) v?(\d+(?:\.\d+)*)\b"));
    let versions = |given: &Given<'_>| -> Vec<(String, String)> {
        let clause = &given.note.quote.as_str()[given.range.clone()];
        let found = VERSIONED.captures_iter(clause);
        found.map(|one| (one[1].to_owned(), one[2].to_owned())).collect()
    };
    let (own, other) = (versions(a), versions(b));
    own.iter().any(|(name, version)| {
        other
            .iter()
            .any(|(there, number)| there == name && number != version)
    })
}

/// How near a publisher is to a figure: its own count, or one that it passes on.
fn first_hand(note: &WriteNote, others: &[&str]) -> f64 {
    let quote = note.quote.as_str();
    let own = publisher(note);
    let first_word = words::words(own)
        .map(|(_, word)| word)
        .find(|word| word.len() > 3);
    if others.iter().any(|other| *other != own && quote.contains(other)) || reports_another(quote) {
        0.5
    } else if first_word.is_some_and(|word| quote.contains(word)) {
        1.2
    } else {
        1.0
    }
}

fn sentence(relation: Relation, a: &Given<'_>, b: &Given<'_>, pen: &mut Pen<'_>) -> Option<WrittenSentence> {
    let text = |given: &Given<'_>| given.note.quote.as_str()[given.range.clone()].to_owned();
    let (first, second) = (text(a), text(b));
    let (one, other) = (called(publisher(a.note)), called(publisher(b.note)));
    let places = [
        ("p", one.as_ref()),
        ("q", first.as_str()),
        ("p2", other.as_ref()),
        ("q2", second.as_str()),
    ];
    let templates = match relation {
        Relation::Differ => frames::DIFFER,
        Relation::Beside => frames::SIDE_BY_SIDE,
        Relation::Agree => {
            let is_second_hand = [a, b]
                .iter()
                .any(|given| reports_another(given.note.quote.as_str()));
            let is_small = a.figure.number.value < 10.0;
            if is_second_hand
                || is_small
                || a.figure.number.hedge.is_some()
                || b.figure.number.hedge.is_some()
            {
                return None;
            }
            frames::AGREE
        }
    };
    let shown = if relation == Relation::Agree {
        &first
    } else {
        &second
    };
    let cited = [
        Cited {
            note: &a.note.id,
            source: a.note.source,
            text: &first,
        },
        Cited {
            note: &b.note.id,
            source: b.note.source,
            text: shown,
        },
    ];
    pen.write(templates, &places, &cited)
}

/// Whether a sentence passes on what somebody else says.
fn reports_another(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        " claims ",
        " claimed ",
        "according to",
        " says ",
        " said ",
        " reported ",
    ]
    .iter()
    .any(|mark| lower.contains(mark))
}
