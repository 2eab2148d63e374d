//! `Since our issue of 20 August 2026`: when a story was told before, which the brief knows and no source does.

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::SpanRef;
use copydesk_text::numbers;
use jiff::civil::Date;

use crate::finding::Finding;
use crate::ledger::Ledger;

/// Words before the day.
const ISSUE_OF: &str = "our issue of ";
/// What stands in its place for the other checks: words that state nothing.
const INSTEAD: &str = "we told this story";

/// A sentence without the day of an issue that told its story, where the day is right.
pub(crate) struct Told {
    /// The sentence for the other checks.
    pub(crate) text: String,
    /// What was found.
    pub(crate) findings: Vec<Finding>,
}

/// Compares the day with when the newest issue told the story of the cited pages.
pub(crate) fn read(text: &str, spans: &[SpanRef], ledger: &Ledger<'_>) -> Told {
    let mut told = Told {
        text: text.to_owned(),
        findings: Vec::new(),
    };
    let Some((phrase, said)) = phrase(text) else {
        return told;
    };
    let days = days(spans, ledger);
    if days.is_empty() {
        // Without a brief that knows of it, a date is a date.
        return told;
    }
    let is_right = days.iter().any(|day| crate::days::shown(*day) == said);
    if is_right {
        told.text = text.replacen(phrase, INSTEAD, 1);
        told.findings
            .push(Finding::supported(format!("an issue of {said} told the story")));
    } else {
        let known: Vec<String> = days.into_iter().map(crate::days::shown).collect();
        let reason = format!("the story was told on {}, not on {said}", known.join(" and "));
        told.findings.push(Finding::blocked(reason));
    }
    told
}

/// `our issue of 20 August 2026` in a text, and its day.
fn phrase(text: &str) -> Option<(&str, &str)> {
    let start = text.find(ISSUE_OF)?;
    let rest = &text[start + ISSUE_OF.len()..];
    let date = numbers::dates(rest)
        .into_iter()
        .next()
        .filter(|date| date.range.start == 0)?;
    let end = start + ISSUE_OF.len() + date.range.end;
    Some((&text[start..end], &rest[date.range]))
}

/// The days on which issues told the stories that some spans belong to.
fn days(spans: &[SpanRef], ledger: &Ledger<'_>) -> Vec<Date> {
    let Some(day) = ledger.day else { return Vec::new() };
    let is_cited = |snapshot: &ContentHash| spans.iter().any(|span| span.snapshot == *snapshot);
    let stories = ledger.stories.iter();
    let mut days: Vec<Date> = stories
        .filter(|story| !story.is_new && story.snapshots.iter().any(is_cited))
        .filter_map(|story| story.told_at)
        .map(|at| at.timestamp().to_zoned(day.zone.clone()).date())
        .collect();
    days.dedup();
    days
}
