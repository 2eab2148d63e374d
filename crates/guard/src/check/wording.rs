//! Whether the evidence says the sentence, in these words.

use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::standing::{self, Quoted, Standing};
use crate::tokens::Analysis;

/// Looks for the sentence in the evidence; what is quoted was compared letter for letter already.
pub(crate) fn check(text: &str, own: &Analysis, whole: &Standing, evidence: &Evidence) -> Finding {
    let quoted = standing::quoted(text, own, evidence);
    if matches!(quoted, Quoted::Wholly) {
        return Finding::supported("all but the attribution is quoted");
    }
    if whole.faults.is_empty() {
        return Finding::supported("its words stand in the source");
    }
    match quoted {
        Quoted::Disowned(fault) => Finding::unsettled(fault),
        Quoted::Wholly | Quoted::Partly => Finding::unsettled(whole.faults.join("; ")),
    }
}
