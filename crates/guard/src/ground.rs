//! A text against one document: the guard alone, for `lab ground`.

use std::collections::HashSet;

use copydesk_domain::Verdict;
use copydesk_text::{sentence, words};

use crate::check::{Grounds, figures, names, quotations, wording};
use crate::finding::{Finding, reasons, worst};

/// What the guard says of a text against a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Grounding {
    /// The worst verdict over the text's sentences.
    pub verdict: Verdict,
    /// 0.0 to 1.0: how sure that the document supports the text.
    pub score: f64,
    /// Why.
    pub reasons: Vec<String>,
}

/// Judges `text` against `document`. An empty document supports nothing; an empty text claims nothing.
pub fn ground(document: &str, text: &str) -> Grounding {
    if text.trim().is_empty() {
        return Grounding {
            verdict: Verdict::Supported,
            score: 1.0,
            reasons: vec!["it says nothing".to_owned()],
        };
    }
    if document.trim().is_empty() {
        let reasons = vec!["the document is empty".to_owned()];
        return Grounding {
            verdict: Verdict::Blocked,
            score: 0.0,
            reasons,
        };
    }
    let grounds = Grounds {
        spans: vec![document.to_owned()],
        ..Grounds::default()
    };
    let mut findings: Vec<Finding> = Vec::new();
    for range in sentence::split(text) {
        findings.extend(check(text.get(range).unwrap_or_default(), document, &grounds));
    }
    let verdict = worst(&findings);
    let faults = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Blocked)
        .count();
    Grounding {
        verdict,
        score: score(document, text, faults),
        reasons: reasons(&findings, verdict),
    }
}

fn check(sentence: &str, document: &str, grounds: &Grounds) -> Vec<Finding> {
    if document.contains(sentence) {
        return vec![Finding::supported("it stands in the document word for word")];
    }
    let mut findings = quotations::check(sentence, grounds);
    findings.extend(figures::check(sentence, grounds));
    findings.extend(names::check(sentence, grounds));
    findings.extend(wording::check(sentence, grounds));
    findings
}

/// Share of the text's content words that the document uses, halved for each fault.
fn score(document: &str, text: &str, faults: usize) -> f64 {
    let known: HashSet<String> = words::content_stems(document).into_iter().collect();
    let own = words::content_stems(text);
    let share = if own.is_empty() {
        1.0
    } else {
        own.iter().filter(|stem| known.contains(*stem)).count() as f64 / own.len() as f64
    };
    share * 0.5_f64.powi(i32::try_from(faults).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Verdict;

    use super::ground;

    const DOCUMENT: &str = "Tarnhelm 4.2 was released on Monday. It fixes a bug that hit 40 clusters.";

    #[test]
    fn words_of_the_document_are_supported() {
        assert_eq!(
            ground(DOCUMENT, "Tarnhelm 4.2 was released on Monday.").verdict,
            Verdict::Supported
        );
    }

    #[test]
    fn a_changed_number_or_name_is_blocked() {
        assert_eq!(
            ground(DOCUMENT, "It fixes a bug that hit 400 clusters.").verdict,
            Verdict::Blocked
        );
        assert_eq!(
            ground(DOCUMENT, "Waldgeist 4.2 was released on Monday.").verdict,
            Verdict::Blocked
        );
    }
}
