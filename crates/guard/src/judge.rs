//! One claim, one verdict.

use std::ops::Range;

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::{ClaimVerdict, Coverage, Evidence, Sentence, Source, SpanRef};
use copydesk_text::numbers;

use crate::check::reading::{self, Reading};
use crate::check::{Computed, Grounds, calc, coverage, days, told};
use crate::evidence::Evidence as Sources;
use crate::finding::{Finding, reasons, worst};
use crate::ledger::Ledger;

/// The mark of a claim that a single witness bears.
pub const ONE_WITNESS: &str = "one witness";

/// Judges one sentence against its evidence.
///
/// Gives the worst of all checks with the reasons that decided; spans are those that were checked.
pub fn judge(sentence: &Sentence, ledger: &Ledger<'_>) -> ClaimVerdict {
    let spans = spans(&sentence.evidence);
    let findings = find(sentence, ledger);
    let verdict = worst(&findings);
    let mut reasons = reasons(&findings, verdict);
    let witnesses = ledger.witnesses(&spans);
    if witnesses == 1 {
        reasons.push(ONE_WITNESS.to_owned());
    }
    ClaimVerdict {
        sentence: sentence.id.clone(),
        verdict,
        reasons,
        spans,
        witnesses,
        contradicts: Vec::new(),
        opinion: None,
    }
}

fn find(sentence: &Sentence, ledger: &Ledger<'_>) -> Vec<Finding> {
    if sentence.evidence.is_empty() {
        return vec![Finding::blocked("it has no evidence")];
    }
    let text = sentence.text.inspect();
    let mut findings = Vec::new();
    let grounds = grounds(&sentence.evidence, ledger, &mut findings);
    let told = told::read(text, &spans(&sentence.evidence), ledger);
    let text = told.text.as_str();
    findings.extend(told.findings);
    findings.extend(coverage::check(text, &sentence.evidence, ledger));
    let grounds = Sources::from(grounds);
    let dated = days::read(text, &grounds);
    let text = dated.text.as_str();
    findings.extend(dated.findings);
    if is_pure_coverage(&sentence.evidence) {
        findings.extend(reading::facts(text, &grounds));
    } else {
        findings.extend(Reading::of(text, &grounds).findings);
    }
    findings
}

fn is_pure_coverage(evidence: &[Evidence]) -> bool {
    evidence
        .iter()
        .all(|evidence| matches!(evidence, Evidence::Coverage { .. }))
}

/// Collects what the sentence may use; a span that is not those bytes blocks it. Each span is read with its whole
/// sentence: what denies or limits it may stand before it.
fn grounds(evidence: &[Evidence], ledger: &Ledger<'_>, findings: &mut Vec<Finding>) -> Grounds {
    let mut grounds = Grounds {
        day: ledger.day.cloned(),
        ..Grounds::default()
    };
    let mut read: Vec<(ContentHash, Range<usize>)> = Vec::new();
    for span in spans(evidence) {
        match ledger.sentences(&span) {
            Some((range, _)) if read.contains(&(span.snapshot, range.clone())) => {}
            Some((range, text)) => {
                read.push((span.snapshot, range));
                grounds.spans.push(text.to_owned());
                let source = ledger.source(&span.snapshot);
                grounds
                    .published
                    .push(source.and_then(|source| source.published_at));
                grounds.witnesses.push(source.map(names).unwrap_or_default());
            }
            None => findings.push(Finding::blocked(
                "a span of its evidence is not bytes of a stored source",
            )),
        }
        if let Some(source) = ledger.source(&span.snapshot) {
            grounds.attribution.push(source.title.inspect().clone());
            grounds.attribution.extend(names(source));
            grounds.dates.extend(dates(source, ledger));
        }
    }
    for piece in evidence {
        match piece {
            Evidence::Calc { calc, of } => match calc::recompute(*calc, of, ledger) {
                Ok(figure) => grounds.computed.push(figure),
                Err(reason) => findings.push(Finding::blocked(reason)),
            },
            Evidence::Coverage { coverage } => cover(&mut grounds, coverage, ledger),
            Evidence::Span(_) => {}
        }
    }
    grounds
}

/// Who publishes and who wrote a source.
fn names(source: &Source) -> Vec<String> {
    let authors = source.authors.iter();
    std::iter::once(&source.publisher)
        .chain(authors)
        .map(|name| name.inspect().clone())
        .collect()
}

/// The day of a source as text: in UTC, and as the author counts days.
fn dates(source: &Source, ledger: &Ledger<'_>) -> Vec<String> {
    let Some(published_at) = source.published_at else {
        return Vec::new();
    };
    let mut dates = vec![crate::days::shown(published_at.date())];
    let own = ledger.day.map(|day| day.anchor(published_at).date);
    dates.extend(
        own.filter(|date| *date != published_at.date())
            .map(crate::days::shown),
    );
    dates
}

/// What a sentence about absence may say: the counts, the beat, and the feeds of the beat by name.
fn cover(grounds: &mut Grounds, coverage: &Coverage, ledger: &Ledger<'_>) {
    let counts = [coverage.asked, coverage.answered];
    grounds
        .computed
        .extend(counts.map(|count| Computed::things(f64::from(count))));
    grounds.coverage_words.push(coverage.beat.clone());
    let is_of = |beats: &[String]| {
        coverage.beat == "*"
            || beats.is_empty()
            || beats.iter().any(|beat| beat.eq_ignore_ascii_case(&coverage.beat))
    };
    for feed in ledger.feeds.iter().filter(|feed| is_of(&feed.beats)) {
        let title = feed.title.inspect();
        grounds.named.extend(numbers::find(title));
        grounds.coverage_words.push(title.clone());
    }
}

/// Every span of the evidence, those of calculations included.
fn spans(evidence: &[Evidence]) -> Vec<SpanRef> {
    let mut spans: Vec<SpanRef> = Vec::new();
    for piece in evidence {
        for span in piece.spans() {
            if !spans.contains(span) {
                spans.push(*span);
            }
        }
    }
    spans
}
