//! One sentence against its evidence: every check, and what each found on its way.

use super::{contrasts, figures, firmness, limits, names, products, quotations, wording};
use crate::contrast::{self, Contrast};
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::standing;
use crate::tokens::Analysis;

/// Words of a sentence beyond which it is looked up and not compared: each word costs a look at all of its places.
const WORDS_MAX: usize = 1_000;

/// A sentence with all that the checks found of it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) own: Analysis,
    pub(crate) contrasts: Vec<Contrast>,
    pub(crate) findings: Vec<Finding>,
}

impl Reading {
    pub(crate) fn of(sentence: &str, evidence: &Evidence) -> Self {
        let index = evidence.index();
        let own = index.read(sentence);
        let is_long = own.tokens.len() > WORDS_MAX;
        let contrasts = if is_long {
            Vec::new()
        } else {
            contrast::find(&own, evidence)
        };
        let standing = standing::of(sentence, &own, evidence);
        let is_verbatim = standing.faults.is_empty() && stands_as_it_is(sentence, evidence);
        let mut findings = if is_verbatim {
            quotations::check(sentence, evidence)
        } else {
            facts(sentence, evidence)
        };
        findings.extend(contrasts::check(sentence, &own, evidence, &contrasts));
        findings.extend(limits::check(sentence, &own, evidence));
        if is_long && !is_verbatim {
            findings.push(Finding::unsettled(format!(
                "it has {} words, and a sentence of more than {WORDS_MAX} is not compared",
                own.tokens.len()
            )));
        } else if !standing.faults.is_empty() {
            findings.extend(contrasts::doubts(sentence, &own, evidence, &contrasts));
            findings.extend(firmness::check(sentence, &own, &standing.likely, evidence));
            findings.extend(products::check(
                sentence,
                &own,
                standing.likely.first().copied(),
                evidence,
            ));
        }
        findings.push(wording::check(sentence, &own, &standing, evidence));
        Self {
            own,
            contrasts,
            findings,
        }
    }
}

/// Quotations, figures and names: what a sentence about absence is checked for too.
pub(crate) fn facts(sentence: &str, evidence: &Evidence) -> Vec<Finding> {
    let mut findings = quotations::check(sentence, evidence);
    findings.extend(figures::check(sentence, evidence));
    findings.extend(names::check(sentence, evidence));
    findings
}

/// Whether the sentence stands in a span letter for letter, but for how quotation marks and spaces are set: then so do
/// its figures and names.
fn stands_as_it_is(sentence: &str, evidence: &Evidence) -> bool {
    let plain = quotations::plain(sentence);
    evidence.plain_spans().iter().any(|span| span.contains(&plain))
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Verdict;

    use super::super::Grounds;
    use super::Reading;
    use crate::evidence::Evidence;
    use crate::finding::worst;

    fn verdict(text: &str) -> Verdict {
        let evidence = Evidence::from(Grounds {
            spans: vec!["The cache lost writes.".to_owned()],
            attribution: vec!["Lattice".to_owned()],
            ..Grounds::default()
        });
        worst(&Reading::of(text, &evidence).findings)
    }

    #[test]
    fn a_template_adds_no_fact() {
        assert_eq!(
            verdict("Lattice writes: “The cache lost writes.”"),
            Verdict::Supported
        );
        assert_eq!(verdict("Lattice fears bankruptcy."), Verdict::Unsettled);
        assert_eq!(verdict("The cache never lost writes."), Verdict::Blocked);
    }
}
