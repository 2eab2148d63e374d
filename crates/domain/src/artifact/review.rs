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
    /// How the issue reads, beside the author's past issues.
    #[serde(default)]
    pub voice: Vec<Measure>,
    /// The models that were asked, in order of first use.
    pub models: Vec<String>,
}

/// One figure about how an issue reads, beside the author's past issues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// `grade` (Flesch and Kincaid), `sentence_words` (mean), `longest_sentence`, `words`, `quoted_share` (percent),
    /// `dashes` (in a thousand words).
    pub name: String,
    /// Of this issue.
    pub value: Tenths,
    /// Of past issues; none where there are fewer than three.
    pub past: Option<PastRange>,
    /// It lies outside of what the past issues had, or of a fixed limit where there are too few of them.
    pub is_outside: bool,
}

/// What past issues had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRange {
    /// How many issues.
    pub issues: u32,
    /// The middle one.
    pub median: Tenths,
    /// The least.
    pub low: Tenths,
    /// The most.
    pub high: Tenths,
}

/// A number with one digit behind its point; written as such a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tenths(pub i64);

impl Tenths {
    /// The nearest.
    pub fn of(value: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a saturating cast: measures of a text are far below the bounds"
        )]
        Self((value * 10.0).round() as i64)
    }
}

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let all = self.0.unsigned_abs();
        match all % 10 {
            0 => write!(f, "{sign}{}", all / 10),
            rest => write!(f, "{sign}{}.{rest}", all / 10),
        }
    }
}

impl Serialize for Tenths {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "measures of a text are small")]
        serializer.serialize_f64(self.0 as f64 / 10.0)
    }
}

impl<'de> Deserialize<'de> for Tenths {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::of)
    }
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
    /// Words of the trade in a section that promises plain words.
    Jargon,
    /// A cited page is gone, moved, or does not say any more what is quoted.
    Link,
    /// Anything else about style.
    #[serde(other)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_are_written_as_numbers() {
        assert_eq!(serde_json::to_string(&Tenths::of(9.44)).unwrap(), "9.4");
        assert_eq!(serde_json::from_str::<Tenths>("9.4").unwrap(), Tenths(94));
        assert_eq!(
            (Tenths(90).to_string(), Tenths(-5).to_string()),
            ("9".to_owned(), "-0.5".to_owned())
        );
    }

    #[test]
    fn a_kind_of_a_later_version_is_read_as_style() {
        let kind: SuggestionKind = serde_json::from_str("\"a_later_kind\"").unwrap();
        assert_eq!(kind, SuggestionKind::Style);
    }
}
