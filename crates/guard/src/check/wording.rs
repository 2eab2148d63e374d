//! Whether the evidence says the sentence, in these words.

use super::without_quotations;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::standing::{self, Standing};
use crate::tokens::Analysis;

/// Looks for the sentence in the evidence; what is quoted was compared letter for letter already.
pub(crate) fn check(text: &str, own: &Analysis, whole: &Standing, evidence: &Evidence) -> Finding {
    let outside = without_quotations(text);
    if outside.len() < text.len() && standing::is_all_quotation(&outside, own, evidence) {
        return Finding::supported("all but the attribution is quoted");
    }
    if whole.faults.is_empty() {
        return Finding::supported("its words stand in the source");
    }
    Finding::unsettled(whole.faults.join("; "))
}
