//! What is left of a sentence when quotations, names and figures are taken out: does the evidence say it?

use std::collections::HashSet;

use copydesk_text::words;

use super::{Grounds, without_quotations};
use crate::finding::Finding;

/// Words of reviewed templates and of attribution: they frame a fact and add none.
const FRAME: &[&str] = &[
    "accord",
    "account",
    "add",
    "announc",
    "both",
    "call",
    "chang",
    "confirm",
    "count",
    "detail",
    "differ",
    "disagre",
    "explain",
    "figur",
    "give",
    "instead",
    "issu",
    "list",
    "meanwhil",
    "name",
    "new",
    "note",
    "number",
    "post",
    "publish",
    "put",
    "quot",
    "read",
    "report",
    "say",
    "said",
    "see",
    "sinc",
    "sourc",
    "state",
    "still",
    "stori",
    "tell",
    "told",
    "two",
    "updat",
    "use",
    "want",
    "warn",
    "word",
    "write",
    "wrote",
    "own",
    "bring",
    "come",
    "follow",
    "side",
    "line",
    "piec",
    "author",
    "advic",
    "recommend",
    "advis",
    "describ",
];

/// Share of content words that may be missing before code says that it cannot tell.
const MISSING_MAX: f64 = 0.0;

/// Compares the words outside quotation marks with the evidence.
pub(crate) fn check(text: &str, grounds: &Grounds) -> Vec<Finding> {
    let outside = without_quotations(text);
    let evidence = format!(
        "{}\n{}\n{}",
        grounds.text(),
        grounds.attribution.join("\n"),
        grounds.coverage_words.join("\n")
    );
    let known: HashSet<String> = words::content_stems(&evidence).into_iter().collect();
    let own: Vec<String> = words::content_stems(&outside);
    let is_known = |stem: &String| {
        known.contains(stem)
            || FRAME.contains(&stem.as_str())
            || stem.bytes().all(|byte| byte.is_ascii_digit())
    };
    let missing: Vec<&String> = own.iter().filter(|stem| !is_known(stem)).collect();
    let mut findings = Vec::new();
    if missing.len() as f64 > MISSING_MAX * own.len() as f64 {
        let list: Vec<&str> = missing.iter().take(5).map(|stem| stem.as_str()).collect();
        findings.push(Finding::unsettled(format!(
            "the evidence does not use these words: {}",
            list.join(", ")
        )));
    }
    if denies(&outside) && !denies(&evidence) {
        findings.push(Finding::unsettled(
            "the sentence denies something, the evidence does not".to_owned(),
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::supported("its words stand in the source".to_owned()));
    }
    findings
}

fn denies(text: &str) -> bool {
    let lower = text.to_lowercase();
    let has_word = words::words(&lower).any(|(_, word)| {
        matches!(
            word,
            "not" | "no" | "never" | "none" | "nothing" | "without" | "neither" | "cannot"
        )
    });
    has_word || lower.contains("n't") || lower.contains("n’t")
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Verdict;

    use super::super::Grounds;
    use super::check;
    use crate::finding::worst;

    fn grounds(span: &str) -> Grounds {
        Grounds {
            spans: vec![span.to_owned()],
            attribution: vec!["Lattice".to_owned()],
            ..Grounds::default()
        }
    }

    #[test]
    fn a_template_adds_no_fact() {
        let grounds = grounds("The cache lost writes.");
        assert_eq!(
            worst(&check("Lattice writes: “The cache lost writes.”", &grounds)),
            Verdict::Supported
        );
        assert_eq!(
            worst(&check("Lattice fears bankruptcy.", &grounds)),
            Verdict::Unsettled
        );
        assert_eq!(
            worst(&check("The cache never lost writes.", &grounds)),
            Verdict::Unsettled
        );
    }
}
