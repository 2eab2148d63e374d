use serde::{Deserialize, Serialize};

use crate::artifact::draft::SpanRef;
use crate::hash::ContentHash;
use crate::ids::SentenceId;
use crate::states::Verdict;
use crate::untrusted::{Untrusted, persist, persist_list, persist_option};

/// What review says of one draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// The draft that was judged.
    pub draft: ContentHash,
    /// One per claim, and per sentence that code treats as one, in draft order.
    pub verdicts: Vec<ClaimVerdict>,
    /// Proposed changes; none is made silently.
    pub suggestions: Vec<Suggestion>,
    /// What models make of the whole draft, beside the author's own word.
    #[serde(default)]
    pub ratings: Vec<Rating>,
    /// The models that were asked, in order of first use.
    pub models: Vec<String>,
}

/// The guard's word on one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimVerdict {
    /// The sentence.
    pub sentence: SentenceId,
    /// The verdict of code; no model changes it.
    pub verdict: Verdict,
    /// Why, one line each; for `supported`, what was found where.
    pub reasons: Vec<String>,
    /// The spans that were checked.
    pub spans: Vec<SpanRef>,
    /// Distinct owners among the spans; one text counts once, whoever publishes it.
    pub witnesses: u32,
    /// Sentences that it contradicts, of this issue and of past ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradicts: Vec<Contradicted>,
    /// A model's opinion on an unsettled claim, beside the verdict.
    pub opinion: Option<Opinion>,
}

/// A sentence that another one contradicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradicted {
    /// Its id in its draft.
    pub sentence: SentenceId,
    /// Slug of the past issue that it stands in; none for the same issue.
    pub issue: Option<String>,
    /// Its text.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// What the two say differently, in one line.
    pub difference: String,
}

/// A model's opinion on an unsettled claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// The model that gave it.
    pub model: String,
    /// `supported`, `unsupported` or `unclear`.
    pub verdict: String,
    /// Its reason.
    #[serde(serialize_with = "persist")]
    pub reason: Untrusted<String>,
}

/// A model's rating of a draft for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// The model that gave it.
    pub model: String,
    /// What the draft was rated for, such as `checklist`.
    pub purpose: String,
    /// 0 to 10, 10 is best.
    pub score: u8,
    /// Why, one line each.
    #[serde(serialize_with = "persist_list")]
    pub reasons: Vec<Untrusted<String>>,
}

/// Why a change is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// A claim that its evidence does not bear.
    Unsupported,
    /// Said before in this issue.
    Repeated,
    /// Older than the window, or told in an earlier issue.
    Stale,
    /// Over the section's or sentence's length.
    TooLong,
    /// Hard to read.
    HardToRead,
    /// Worn-out or machine-sounding phrasing.
    Cliche,
    /// The title promises more than the text.
    Title,
    /// Anything else about style.
    Style,
}

/// A proposed change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The sentence it is about; none for the whole issue.
    pub sentence: Option<SentenceId>,
    /// Its kind.
    pub kind: SuggestionKind,
    /// Why.
    #[serde(serialize_with = "persist")]
    pub reason: Untrusted<String>,
    /// The proposed text; none where the sentence should go.
    #[serde(serialize_with = "persist_option")]
    pub replacement: Option<Untrusted<String>>,
}
