//! Words that name days from the day a text was written on: `today` of an issue is not `today` of its source.
//!
//! Where no days are known (a text against a bare document) such words are compared as words.

mod wanted;

use std::ops::Range;

use copydesk_text::{quotes, words};

use super::is_within;
use crate::days::{self, Anchor, DayRange, IssueDay, Likeness, Mention, When, shown};
use crate::evidence::{Evidence, SourceDay};
use crate::finding::Finding;
use crate::standing;
use wanted::{Wanted, is_nowadays, likeness};

/// A sentence in the words of its sources: where both name the same day in other words, the source's words stand.
#[derive(Debug)]
pub(crate) struct Dated {
    pub(crate) text: String,
    pub(crate) findings: Vec<Finding>,
}

/// Checks each day that a sentence names, and puts the source's words for the same day in its place.
pub(crate) fn read(text: &str, evidence: &Evidence) -> Dated {
    let mut dated = Dated {
        text: text.to_owned(),
        findings: Vec::new(),
    };
    let Some(day) = evidence.grounds.day.as_ref() else {
        return dated;
    };
    let mentions = days::find(text);
    if mentions.is_empty() {
        return dated;
    }
    let quoted: Vec<Range<usize>> = quotes::find(text).into_iter().map(|quote| quote.range).collect();
    let claim = Claim {
        text,
        day,
        evidence,
        nearest: nearest(text, evidence),
    };
    let mut swaps: Vec<(Range<usize>, String)> = Vec::new();
    for mention in &mentions {
        if is_within(&mention.range, &quoted) {
            let names_day = claim.names_publication(&mentions);
            dated
                .findings
                .extend(claim.quoted(mention).filter(|_| !names_day));
            continue;
        }
        let (finding, swap) = match &mention.when {
            When::Date(_) => claim.date(mention),
            _ => claim.relative(mention),
        };
        dated.findings.extend(finding);
        swaps.extend(swap);
    }
    for (range, words) in swaps.into_iter().rev() {
        dated.text.replace_range(range, &words);
    }
    dated
}

/// The sentence of the evidence that is most like a text.
fn nearest(text: &str, evidence: &Evidence) -> Option<usize> {
    let index = evidence.index();
    standing::likely(&index.read(text), index).first().copied()
}

type Answer = (Option<Finding>, Option<(Range<usize>, String)>);

/// A sentence that names days, with what it stands on.
struct Claim<'a> {
    text: &'a str,
    day: &'a IssueDay,
    evidence: &'a Evidence,
    nearest: Option<usize>,
}

impl Claim<'_> {
    fn words(&self, mention: &Mention) -> &str {
        self.text.get(mention.range.clone()).unwrap_or_default()
    }

    fn days(&self, mention: &Mention) -> Wanted {
        Wanted {
            days: mention.when.days(self.day.date, days::tense(self.text)),
            loosely: mention.when.loosely(self.day.date),
        }
    }

    /// What the source names that is most like it, of the sentence that says the same and, failing that, of all.
    fn best(&self, wanted: &Wanted, known: impl Fn(&SourceDay) -> bool) -> Option<(Likeness, &SourceDay)> {
        let all = self.evidence.days();
        let of_nearest: Vec<&SourceDay> = all
            .iter()
            .filter(|source| known(source) && Some(source.sentence) == self.nearest)
            .collect();
        let tried = if of_nearest.is_empty() {
            all.iter().filter(|source| known(source)).collect()
        } else {
            of_nearest
        };
        let alike = tried.into_iter().map(|source| (likeness(wanted, source), source));
        alike.max_by_key(|(likeness, source)| (*likeness, std::cmp::Reverse(source.sentence)))
    }

    /// `today`, `last week`, `on Monday`.
    fn relative(&self, mention: &Mention) -> Answer {
        let wanted = self.days(mention);
        let said = self.words(mention);
        let Some((likeness, source)) = self.best(&wanted, |_| true) else {
            return (self.by_publication(mention, &wanted), None);
        };
        let swap = self.swap(mention, source);
        let Some(anchor) = source.anchor else {
            let same = source.mention.when == mention.when;
            let dated = matches!(source.mention.when, When::Date(_));
            let finding = (same || !dated).then(|| {
                Finding::unsettled(format!(
                    "it says “{said}” on {}, and nobody knows of which day the source is",
                    shown(self.day.date)
                ))
            });
            return (finding, None);
        };
        let both = both(said, &wanted, source, anchor);
        match likeness {
            Likeness::Same => (Some(Finding::supported(format!("the same day: {both}"))), swap),
            Likeness::Open => (
                Some(Finding::unsettled(format!("perhaps another day: {both}"))),
                None,
            ),
            Likeness::Other if is_nowadays(&source.around) => (
                Some(Finding::unsettled(format!("perhaps another day: {both}"))),
                None,
            ),
            Likeness::Other => (Some(Finding::blocked(format!("another day: {both}"))), None),
        }
    }

    /// A date of the calendar where the source names the day from its own; dates against dates are figures.
    fn date(&self, mention: &Mention) -> Answer {
        let wanted = self.days(mention);
        if self.is_publication(&wanted) && self.tells_who_wrote(mention) {
            return (None, None);
        }
        let is_date = |source: &SourceDay| matches!(source.mention.when, When::Date(_));
        if self
            .evidence
            .days()
            .iter()
            .any(|source| is_date(source) && likeness(&wanted, source) == Likeness::Same)
        {
            return (None, None);
        }
        let is_relative = |source: &SourceDay| !is_date(source) && source.anchor.is_some();
        let Some((likeness, source)) = self.best(&wanted, is_relative) else {
            return (None, None);
        };
        let Some(anchor) = source.anchor.filter(|_| Some(source.sentence) == self.nearest) else {
            return (None, None);
        };
        let said = self.words(mention);
        let both = both(said, &wanted, source, anchor);
        match likeness {
            Likeness::Same => (
                Some(Finding::supported(format!("the same day: {both}"))),
                self.swap(mention, source),
            ),
            Likeness::Open => (
                Some(Finding::unsettled(format!("perhaps another day: {both}"))),
                None,
            ),
            Likeness::Other => (Some(Finding::blocked(format!("another day: {both}"))), None),
        }
    }

    /// `today` of a source that names no day: what it tells is no newer than the source.
    fn by_publication(&self, mention: &Mention, wanted: &Wanted) -> Option<Finding> {
        let said = self.words(mention);
        let anchors: Vec<Anchor> = self.evidence.anchors().collect();
        let published = anchors.iter().map(|anchor| {
            (
                wanted.likeness(&[DayRange::day(anchor.date)], anchor.slack),
                anchor,
            )
        });
        let Some((likeness, anchor)) = published.max_by_key(|(likeness, _)| *likeness) else {
            return Some(Finding::unsettled(format!(
                "it says “{said}” on {}, and nobody knows of which day the source is",
                shown(self.day.date)
            )));
        };
        let is_coming = wanted.days.iter().all(|days| days.from > self.day.date);
        if likeness > Likeness::Other || is_coming || is_nowadays(self.text) {
            return None;
        }
        Some(Finding::blocked(format!(
            "it says “{said}”, which is {}; the source names no day and is of {}",
            wanted.shown(),
            shown(anchor.date)
        )))
    }

    /// Words in quotation marks are the source's own and change no verdict; where they are read on quite another day, the
    /// author is told.
    fn quoted(&self, mention: &Mention) -> Option<Finding> {
        if matches!(mention.when, When::Date(_)) {
            return None;
        }
        let wanted = self.days(mention);
        let same = |source: &SourceDay| source.mention.when == mention.when && source.anchor.is_some();
        let (_, source) = self.best(&wanted, same)?;
        let anchor = source.anchor?;
        let near = wanted.days.iter().any(|days| {
            let meant = source.days(anchor);
            meant.iter().any(|known| days.widened(1).overlaps(*known))
        });
        (!near && !is_nowadays(&source.around)).then(|| {
            Finding::supported(format!(
                "the quotation says “{}” and is of {}; on {} that is another day",
                self.words(mention),
                shown(anchor.date),
                shown(self.day.date)
            ))
        })
    }

    /// Whether the sentence says of which day its source is.
    fn names_publication(&self, mentions: &[Mention]) -> bool {
        mentions
            .iter()
            .any(|mention| matches!(mention.when, When::Date(_)) && self.is_publication(&self.days(mention)))
    }

    fn is_publication(&self, wanted: &Wanted) -> bool {
        self.evidence.anchors().any(|anchor| {
            let day = DayRange::day(anchor.date);
            wanted.days.iter().any(|days| days.overlaps(day))
        })
    }

    /// `The company wrote on 20 August`: the date belongs to who wrote.
    fn tells_who_wrote(&self, mention: &Mention) -> bool {
        let head = self.text.get(..mention.range.start).unwrap_or_default();
        let tail = self.text.get(mention.range.end..).unwrap_or_default();
        let before: Vec<&str> = words::words(head).map(|(_, word)| word).collect();
        let opens = before.len() <= 1;
        let behind = words::words(tail).take(if opens { 5 } else { 0 });
        let near = before
            .iter()
            .rev()
            .take(2)
            .copied()
            .chain(behind.map(|(_, word)| word));
        near.into_iter().any(|word| {
            matches!(
                word.to_lowercase().as_str(),
                "wrote"
                    | "writes"
                    | "said"
                    | "says"
                    | "reported"
                    | "reports"
                    | "published"
                    | "posted"
                    | "post"
                    | "article"
                    | "statement"
                    | "dated"
            )
        })
    }

    /// The source's words in place of the sentence's, with the small word before it.
    fn swap(&self, mention: &Mention, source: &SourceDay) -> Option<(Range<usize>, String)> {
        if self.words(mention).eq_ignore_ascii_case(&source.words) {
            return None;
        }
        let head = self.text.get(..mention.range.start)?;
        let start = [" on ", " in ", "On ", "In "]
            .iter()
            .find(|small| head.ends_with(**small))
            .map_or(mention.range.start, |small| head.len() - small.trim_start().len());
        Some((start..mention.range.end, source.words.clone()))
    }
}

fn both(said: &str, wanted: &Wanted, source: &SourceDay, anchor: Anchor) -> String {
    format!(
        "“{said}” here is {}, “{}” in the source of {} is {}",
        wanted.shown(),
        source.words,
        shown(anchor.date),
        days::listed(&source.days(anchor))
    )
}
