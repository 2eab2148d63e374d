//! What two sentences on the same say differently.

use std::collections::HashSet;
use std::sync::LazyLock;

use copydesk_text::numbers::{self, Hedge, Kind, Unit};

use super::Standing;
use super::frame::{Figure, Frame};
use super::names::{self, Names};
use crate::contrast::{self, Kind as ContrastKind};
use crate::lexicon::{self, Words, listed};

/// Words that two sentences must share, and how many of all their words those must be.
const SHARED_MIN: usize = 3;
const LIKENESS_MIN: f64 = 0.6;
/// Words that one of them may have more.
const EXTRA_MAX: usize = 3;
/// The same where one word says the contrary of another: hardly anything else may differ.
pub(super) const CLOSE_MIN: f64 = 0.7;
/// How clear a contrast must be.
const MARGIN_MIN: f64 = 0.6;

/// Doings that happen to a thing once: of another day they are another fact.
const ONCE: &[&str] = &[
    "acquir", "bought", "buy", "purchas", "found", "die", "born", "launch", "releas", "sign", "resign",
    "elect", "appoint", "open", "close", "merg", "fine", "settl", "sentenc", "convict", "publish", "rais",
    "ship", "discov", "won", "win", "beat", "defeat", "sold", "sell", "retir", "crash", "expir", "start",
    "end", "arriv",
];

/// Words by which a text says that a value has changed.
static CHANGED: Words = LazyLock::new(|| {
    listed("previously earlier revised corrected initially originally formerly correction revision restated")
});

/// Words by which a sentence gives what another says.
static SPEAKING: Words =
    LazyLock::new(|| listed("said says according report reports reported writes wrote puts"));

/// Words by which a text says that its sources differ.
static DIFFERING: Words = LazyLock::new(|| {
    listed(
        "\
    differ differs differing disagree disagrees dispute disputes disputed contradicts however whereas \
    contrast though but while against instead conflicting",
    )
});

/// What the two say differently; none where they speak of other things or agree.
pub(super) fn between(a: &Frame, b: &Frame, is_past: bool) -> Option<String> {
    let shared = a.stems.intersection(&b.stems).count();
    if shared < SHARED_MIN || a.text == b.text || sets_side_by_side(a) || sets_side_by_side(b) {
        return None;
    }
    let likeness = shared as f64 / a.stems.union(&b.stems).count() as f64;
    if likeness < LIKENESS_MIN || a.versions != b.versions {
        return None;
    }
    match names::compare(a, b) {
        Names::Same => {}
        Names::Apart => return None,
        Names::Exclude(names) => return (same_days(a, b) || !is_past || happens_once(a, b)).then_some(names),
    }
    if a.days != b.days {
        return days(a, b);
    }
    // Values of other days may both have been right in their time.
    let holds_still = !is_past || !a.days.is_empty() || happens_once(a, b);
    if !holds_still {
        return None;
    }
    figures(a, b)
        .filter(|_| says_same(a, b))
        .or_else(|| contrary(a, b, likeness).filter(|_| !is_past || !a.days.is_empty()))
}

/// How the two texts deal with what they say differently.
pub(super) fn standing(a: &Frame, b: &Frame) -> Standing {
    let has = |frame: &Frame, cues: &HashSet<&str>| cues.iter().any(|cue| frame.lowers.contains(*cue));
    let moves = |frame: &Frame| has(frame, &HashSet::from(["up", "down"])) && frame.lowers.contains("from");
    if has(a, &CHANGED) || has(b, &CHANGED) || moves(a) || moves(b) {
        return Standing::Updated;
    }
    let is_attributed = |frame: &Frame| {
        let names_one = frame
            .publishers
            .iter()
            .any(|publisher| publisher.split(' ').all(|word| frame.lowers.contains(word)));
        names_one || has(frame, &SPEAKING)
    };
    let differs = has(a, &DIFFERING) || has(b, &DIFFERING);
    if differs && is_attributed(a) && is_attributed(b) {
        return Standing::Stated;
    }
    Standing::Open
}

/// A sentence that quotes two sources states their difference itself.
fn sets_side_by_side(frame: &Frame) -> bool {
    frame.quotations > 1
}

/// Whether one sentence has no word that says something else: phones and tablets may both have sold.
fn says_same(a: &Frame, b: &Frame) -> bool {
    let apart = |frame: &Frame, other: &Frame| {
        let is_known = |stem: &&String| {
            other.plain.contains(*stem) || lexicon::alike(stem).iter().any(|like| other.plain.contains(like))
        };
        frame.plain.iter().filter(|stem| !is_known(stem)).count()
    };
    let (only_a, only_b) = (apart(a, b), apart(b, a));
    only_a.min(only_b) == 0 && only_a.max(only_b) <= EXTRA_MAX
}

fn same_days(a: &Frame, b: &Frame) -> bool {
    !a.days.is_empty() && a.days == b.days
}

fn happens_once(a: &Frame, b: &Frame) -> bool {
    ONCE.iter()
        .any(|stem| a.stems.contains(*stem) && b.stems.contains(*stem))
}

/// One day each, of something that happens once, with the same figures.
fn days(a: &Frame, b: &Frame) -> Option<String> {
    let ([one], [other]) = (a.days.as_slice(), b.days.as_slice()) else {
        return None;
    };
    let same_figures = a.figures.len() == b.figures.len() && figures(a, b).is_none();
    (happens_once(a, b) && same_figures && says_same(a, b) && !one.overlaps(*other))
        .then(|| format!("{} / {}", one.shown(), other.shown()))
}

/// One figure each that the other has with another value.
fn figures(a: &Frame, b: &Frame) -> Option<String> {
    let missing = |from: &Frame, of: &Frame| -> Vec<Figure> {
        let is_in = |figure: &&Figure| {
            of.figures
                .iter()
                .any(|other| numbers::same(&figure.number, &other.number))
        };
        from.figures
            .iter()
            .filter(|figure| !is_in(figure))
            .cloned()
            .collect()
    };
    let (only_a, only_b) = (missing(a, b), missing(b, a));
    let ([one], [other]) = (only_a.as_slice(), only_b.as_slice()) else {
        return None;
    };
    (counts_one_thing(one, other) && !is_near(one, other)).then(|| format!("{} / {}", one.shown, other.shown))
}

/// Whether two figures have one unit and stand before the same word.
fn counts_one_thing(one: &Figure, other: &Figure) -> bool {
    let is_measure = |figure: &Figure| {
        matches!(
            figure.number.unit,
            Some(Unit::Currency(_) | Unit::Percent | Unit::Points(_) | Unit::Measure(_))
        )
    };
    let same_unit = one.number.unit == other.number.unit && one.number.kind == other.number.kind;
    let counts = matches!(one.number.kind, Kind::Cardinal | Kind::Range)
        && one.next == other.next
        && !one.next.is_empty();
    same_unit && (is_measure(one) || counts) && (one.next == other.next || is_measure(one))
}

/// Figures of which one may be the other, rounded, or within the other's limit.
fn is_near(one: &Figure, other: &Figure) -> bool {
    let (a, b) = (one.number.value, other.number.value);
    let off = (a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE);
    let within = |limit: &Figure, value: f64| match limit.number.hedge {
        Some(Hedge::UpTo | Hedge::LessThan | Hedge::Nearly) => value <= limit.number.value,
        Some(Hedge::MoreThan | Hedge::AtLeast) => value >= limit.number.value,
        _ => false,
    };
    let is_hedged = one.number.hedge.is_some() || other.number.hedge.is_some();
    off < 0.02 || (is_hedged && off < 0.1) || within(one, b) || within(other, a)
}

/// A denial or a contrary in otherwise the same words and with the same figures.
fn contrary(a: &Frame, b: &Frame, likeness: f64) -> Option<String> {
    let has = |frame: &Frame, figure: &Figure| {
        frame
            .figures
            .iter()
            .any(|other| numbers::same(&figure.number, &other.number))
    };
    let same_figures =
        a.figures.iter().all(|figure| has(b, figure)) && b.figures.iter().all(|figure| has(a, figure));
    if !same_figures {
        return None;
    }
    let from = |frame: &Frame, other: &Frame| {
        let own = other.evidence.index().read(&frame.text);
        contrast::find(&own, &other.evidence)
            .into_iter()
            .filter(|contrast| {
                is_contrary(contrast.kind, likeness, frame, other) && contrast.margin() >= MARGIN_MIN
            })
            .map(|contrast| {
                let word = own.lowers[contrast.word].clone();
                let known = other.evidence.lower(contrast.place);
                shown(contrast.kind, &word, &known)
            })
            .next()
    };
    from(a, b)
}

fn is_contrary(kind: ContrastKind, likeness: f64, a: &Frame, b: &Frame) -> bool {
    // The two words of the contrary are not shared.
    let apart = |frame: &Frame, other: &Frame| frame.stems.difference(&other.stems).count();
    match kind {
        ContrastKind::DenialAdded | ContrastKind::DenialDropped => likeness >= CLOSE_MIN,
        ContrastKind::Opposite => apart(a, b) <= 1 && apart(b, a) <= 1,
        ContrastKind::Sibling | ContrastKind::Act => false,
    }
}

fn shown(kind: ContrastKind, word: &str, known: &str) -> String {
    match kind {
        ContrastKind::DenialAdded => format!("not {word} / {known}"),
        ContrastKind::DenialDropped => format!("{word} / not {known}"),
        ContrastKind::Opposite | ContrastKind::Sibling | ContrastKind::Act => format!("{word} / {known}"),
    }
}
