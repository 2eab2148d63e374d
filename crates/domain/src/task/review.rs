use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::task;
use crate::artifact::{SentenceKind, SuggestionKind};
use crate::untrusted::PromptData;

task!(
    /// Gives an opinion on a claim that code could not settle.
    JudgeClaim, "judge_claim", 1, "review/judge_claim.md", JudgeClaimInput, JudgeClaimOutput
);

/// A claim and its evidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JudgeClaimInput {
    /// The sentence.
    pub claim: PromptData,
    /// What it stands on.
    pub evidence: Vec<JudgeEvidence>,
    /// What code could not settle.
    pub doubts: Vec<String>,
}

/// One piece of evidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JudgeEvidence {
    /// Who publishes it.
    pub publisher: PromptData,
    /// Exact words of the source.
    pub quote: PromptData,
}

/// The opinion.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct JudgeClaimOutput {
    /// Whether the evidence alone bears the claim.
    pub verdict: JudgeVerdict,
    /// Why, in one line.
    pub reason: String,
}

/// A model's word on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JudgeVerdict {
    /// The evidence bears it.
    Supported,
    /// The evidence lacks or contradicts something.
    Unsupported,
    /// Cannot tell.
    Unclear,
}

task!(
    /// Proposes changes; none is made silently.
    SuggestEdits, "suggest_edits", 1, "review/suggest_edits.md", SuggestEditsInput, SuggestEditsOutput
);

/// The draft's sentences.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SuggestEditsInput {
    /// Title.
    pub title: PromptData,
    /// Sentences in reading order.
    pub sentences: Vec<EditSentence>,
}

/// A sentence that may be changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EditSentence {
    /// Its id.
    pub id: String,
    /// Its section's heading.
    pub section: String,
    /// What it is.
    pub kind: SentenceKind,
    /// Its text.
    pub text: PromptData,
}

/// Proposed changes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SuggestEditsOutput {
    /// The changes; an empty list is a right answer.
    pub suggestions: Vec<ProposedEdit>,
}

/// One proposed change.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProposedEdit {
    /// Id of the sentence.
    pub sentence: String,
    /// Why, by kind.
    pub kind: SuggestionKind,
    /// Why, in one line.
    pub reason: String,
    /// The new text; nothing where the sentence should go.
    pub replacement: Option<String>,
}

task!(
    /// Rates a draft for one purpose.
    RateDraft, "rate_draft", 1, "review/rate_draft.md", RateDraftInput, RateDraftOutput
);

/// The draft and the purpose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RateDraftInput {
    /// `first_draft` or `checklist`.
    pub purpose: String,
    /// Title.
    pub title: PromptData,
    /// Text in reading order.
    pub text: PromptData,
}

/// The rating.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RateDraftOutput {
    /// 0 to 10.
    pub score: u8,
    /// Why, one line each.
    pub reasons: Vec<String>,
}
