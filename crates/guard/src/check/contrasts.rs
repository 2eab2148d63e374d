//! Words that the evidence contradicts where it speaks of the same.

use std::ops::Range;

use copydesk_text::{quotes, words};

use super::{figures, is_within};
use crate::contrast::{Contrast, Kind};
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::tokens::Analysis;

/// How much more alike the surroundings of a contradiction must be than those of an agreement, to block. Each was read
/// off SummEdits at a precision of 0.95 in every domain but the one left out.
const DENIED_MIN: f64 = 0.6;
const SIBLING_MIN: f64 = 0.6;
const OPPOSITE_MIN: f64 = 1.4;
const ACT_MIN: f64 = 1.4;

/// How much for a doubt.
const DOUBT_MIN: f64 = 0.6;

/// What the evidence contradicts for sure.
pub(crate) fn check(text: &str, own: &Analysis, evidence: &Evidence, contrasts: &[Contrast]) -> Vec<Finding> {
    unchecked(text, own, evidence, contrasts)
        .filter(|contrast| is_sure(contrast))
        .filter_map(|contrast| Some(Finding::blocked(reason(text, own, evidence, contrast)?)))
        .collect()
}

/// What the evidence may contradict: for a sentence that does not stand there.
pub(crate) fn doubts(
    text: &str,
    own: &Analysis,
    evidence: &Evidence,
    contrasts: &[Contrast],
) -> Vec<Finding> {
    unchecked(text, own, evidence, contrasts)
        .filter(|contrast| !is_sure(contrast) && contrast.margin() >= DOUBT_MIN)
        .filter_map(|contrast| {
            Some(Finding::unsettled(format!(
                "perhaps {}",
                reason(text, own, evidence, contrast)?
            )))
        })
        .collect()
}

/// Quotations, and figures that the evidence has in another unit, have checks of their own. Who says it is no part of
/// what is said: the words of `This Week in Rust` name no time.
fn unchecked<'a>(
    text: &str,
    own: &'a Analysis,
    evidence: &Evidence,
    contrasts: &'a [Contrast],
) -> impl Iterator<Item = &'a Contrast> {
    let mut checked: Vec<Range<usize>> = quotes::find(text).into_iter().map(|quote| quote.range).collect();
    if !contrasts.is_empty() {
        checked.extend(introductions(text, &checked));
        checked.extend(figures::standing(text, evidence));
        checked.extend(attributed(text, evidence));
    }
    contrasts
        .iter()
        .filter(move |contrast| !is_within(&own.tokens[contrast.word].range, &checked))
}

/// The verbs that hand over to a quotation: `Norn adds: “…”` adds nothing to what the evidence removes.
fn introductions(text: &str, quoted: &[Range<usize>]) -> Vec<Range<usize>> {
    const SAYING: [&str; 14] = [
        "adds",
        "added",
        "advises",
        "continues",
        "explains",
        "notes",
        "on",
        "recommends",
        "reports",
        "says",
        "states",
        "warns",
        "writes",
        "wrote",
    ];
    let verb = |quote: &Range<usize>| {
        let head = text
            .get(..quote.start)?
            .trim_end_matches(['“', '"', '„', '«', ' ']);
        let (range, word) = words::words(head.strip_suffix(':')?).last()?;
        SAYING.contains(&word).then_some(range)
    };
    quoted.iter().filter_map(verb).collect()
}

/// Where the text names a publisher, a title or an author of its sources, by more than one word.
fn attributed<'t>(text: &'t str, evidence: &'t Evidence) -> impl Iterator<Item = Range<usize>> + 't {
    let names = evidence.grounds.attribution.iter();
    names
        .filter(|name| name.split_whitespace().nth(1).is_some())
        .flat_map(|name| text.match_indices(name.as_str()))
        .map(|(at, name)| at..at + name.len())
}

/// A word that the evidence uses elsewhere may be right for reasons of its own; a denial that is put in is not.
fn is_sure(contrast: &Contrast) -> bool {
    let margin = contrast.margin();
    match contrast.kind {
        Kind::Opposite => !contrast.is_known && margin >= OPPOSITE_MIN,
        Kind::Sibling => !contrast.is_known && margin >= SIBLING_MIN,
        Kind::Act => !contrast.is_known && margin >= ACT_MIN,
        Kind::DenialAdded => margin >= DENIED_MIN,
        Kind::DenialDropped => false,
    }
}

fn reason(text: &str, own: &Analysis, evidence: &Evidence, contrast: &Contrast) -> Option<String> {
    let word = text.get(own.tokens[contrast.word].range.clone())?;
    let place = &evidence.index().tokens[contrast.place];
    let other = evidence.text.get(place.range.clone())?;
    Some(match contrast.kind {
        Kind::Opposite => format!("it says “{word}” where the evidence says the contrary, “{other}”"),
        Kind::Sibling | Kind::Act => format!("it says “{word}” where the evidence says “{other}”"),
        Kind::DenialAdded => format!("it denies “{word}”, the evidence says “{other}” and does not deny it"),
        Kind::DenialDropped => format!("it says “{word}”, the evidence denies “{other}”"),
    })
}
