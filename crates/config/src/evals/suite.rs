//! A suite as a value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `evals/NAME.toml`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvalSuite {
    /// The file's name without `.toml`.
    #[serde(skip)]
    pub name: String,
    /// What it measures, in a sentence.
    #[serde(default)]
    pub about: String,
    /// `[[part]]`, in order.
    #[serde(default, rename = "part")]
    pub parts: Vec<EvalPart>,
}

/// `[[part]]`: one scorer on one set of cases.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvalPart {
    /// Its name, once in a suite.
    pub name: String,
    /// A name of [`super::SCORERS`].
    pub scorer: String,
    /// Where the suite names the data: its file and line, `evals/mine.toml:4`.
    #[serde(skip)]
    pub named_at: String,
    /// File or folder, relative to `evals/`.
    #[serde(default)]
    pub data: Option<String>,
    /// The same, relative to the shared data folder. Either this or `data`.
    #[serde(default)]
    pub shared: Option<String>,
    /// How the data is laid out; the scorer's first format where not given.
    #[serde(default)]
    pub format: Option<String>,
    /// Only the cases of this tier, where the format has tiers.
    #[serde(default)]
    pub tier: Option<String>,
    /// Lines of a result that begin so are left out before scoring.
    #[serde(default)]
    pub ignore_lines: Option<String>,
    /// What made sentences are judged against: `span` (the sentence and its neighbours) or the whole `document`.
    #[serde(default)]
    pub evidence: Option<String>,
    /// The lowest value that passes, by metric.
    #[serde(default)]
    pub floors: BTreeMap<String, f64>,
    /// A fixed threshold for scores from 0 to 1; chosen by cross-validation where not given.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// How many cases of a kind are drawn or made at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Start of the draws.
    #[serde(default)]
    pub seed: Option<u32>,
    /// What other programs reach, in words.
    #[serde(default)]
    pub compare: Option<String>,
    /// How to get the data, in words.
    #[serde(default)]
    pub get: Option<String>,
}

impl EvalPart {
    /// How its data is laid out.
    pub fn format(&self) -> &str {
        let default = super::SCORERS
            .iter()
            .find(|kind| kind.name == self.scorer)
            .map_or("cases", |kind| kind.formats[0]);
        self.format.as_deref().unwrap_or(default)
    }
}
