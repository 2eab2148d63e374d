//! `judge_claim`: no judge sits here. Only what stands word for word in the evidence is called supported.

use copydesk_domain::task::{JudgeClaimInput, JudgeClaimOutput, JudgeVerdict};
use copydesk_text::words;

/// Says whether the claim is words of one piece of evidence, and that more cannot be told here.
pub fn judge(input: &JudgeClaimInput) -> JudgeClaimOutput {
    let claim = small_words(input.claim.as_str());
    let holder = input.evidence.iter().find(|piece| {
        let quote = small_words(piece.quote.as_str());
        !claim.is_empty() && quote.windows(claim.len()).any(|window| window == claim)
    });
    match holder {
        Some(piece) => JudgeClaimOutput {
            verdict: JudgeVerdict::Supported,
            reason: format!(
                "its words stand in this order in the evidence from {}",
                piece.publisher.as_str()
            ),
        },
        None => JudgeClaimOutput {
            verdict: JudgeVerdict::Unclear,
            reason: "the built-in model compares words and is no judge: read the claim beside its evidence"
                .to_owned(),
        },
    }
}

fn small_words(text: &str) -> Vec<String> {
    words::words(text).map(|(_, word)| word.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::JudgeEvidence;

    use super::*;

    fn verdict(claim: &str, quote: &str) -> JudgeVerdict {
        let evidence = vec![JudgeEvidence {
            publisher: "Norn".into(),
            quote: quote.into(),
        }];
        judge(&JudgeClaimInput {
            claim: claim.into(),
            evidence,
            doubts: Vec::new(),
        })
        .verdict
    }

    #[test]
    fn only_the_same_words_are_supported() {
        assert_eq!(
            verdict(
                "The planner is faster.",
                "In tests, the planner is faster than before."
            ),
            JudgeVerdict::Supported
        );
        assert_eq!(
            verdict("The planner is slower.", "In tests, the planner is faster."),
            JudgeVerdict::Unclear
        );
        assert_eq!(
            verdict("", "In tests, the planner is faster."),
            JudgeVerdict::Unclear
        );
    }
}
