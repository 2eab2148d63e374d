//! What one check found.

use copydesk_domain::Verdict;

/// One check's word on a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
}

impl Finding {
    pub(crate) fn blocked(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Blocked,
            reason: reason.into(),
        }
    }

    pub(crate) fn unsettled(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Unsettled,
            reason: reason.into(),
        }
    }

    pub(crate) fn supported(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Supported,
            reason: reason.into(),
        }
    }
}

/// The verdict of all findings: the worst; nothing found is unsettled.
pub(crate) fn worst(findings: &[Finding]) -> Verdict {
    findings
        .iter()
        .map(|finding| finding.verdict)
        .max()
        .unwrap_or(Verdict::Unsettled)
}

/// The reasons of the findings that decided.
pub(crate) fn reasons(findings: &[Finding], verdict: Verdict) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.verdict == verdict) {
        if !reasons.contains(&finding.reason) {
            reasons.push(finding.reason.clone());
        }
    }
    reasons
}
