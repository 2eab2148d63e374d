//! A text against one document: the guard alone, for `lab ground`.

use copydesk_domain::Verdict;
use copydesk_text::sentence;

use crate::check::reading::Reading;
use crate::evidence::Evidence;
use crate::finding::{Finding, reasons, worst};
use crate::score::{SIGNS, Signs};

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
    ground_in(&Evidence::of(document), text)
}

/// Judges `text` against evidence that was taken apart before, for many texts against one document.
pub fn ground_in(evidence: &Evidence, text: &str) -> Grounding {
    if text.trim().is_empty() {
        return Grounding {
            verdict: Verdict::Supported,
            score: 1.0,
            reasons: vec!["it says nothing".to_owned()],
        };
    }
    if evidence.text.trim().is_empty() {
        return Grounding {
            verdict: Verdict::Blocked,
            score: 0.0,
            reasons: vec!["the document is empty".to_owned()],
        };
    }
    let judged = judge_text(evidence, text);
    let verdict = worst(&judged.findings);
    Grounding {
        verdict,
        score: if verdict == Verdict::Supported {
            1.0
        } else {
            judged.signs.score()
        },
        reasons: reasons(&judged.findings, verdict),
    }
}

/// What the score of a text is computed from, for the script that fits its weights.
pub fn signs(evidence: &Evidence, text: &str) -> [f64; SIGNS] {
    judge_text(evidence, text).signs.values()
}

#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    signs: Signs,
}

fn judge_text(evidence: &Evidence, text: &str) -> Judged {
    let mut judged = Judged::default();
    for range in sentence::split(text) {
        let sentence = text.get(range).unwrap_or_default();
        let reading = Reading::of(sentence, evidence);
        judged.signs.add(&reading, evidence);
        judged.findings.extend(reading.findings);
    }
    judged
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
