use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::StageName;
use crate::untrusted::{Untrusted, persist};

/// What a custom stage made: a model's answer that fits the stage's own schema.
///
/// The model may have read what others wrote, so its answer is untrusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomResult {
    /// [`crate::artifact::FORMAT`]
    pub format: String,
    /// The stage that made it.
    pub stage: StageName,
    /// The answer.
    #[serde(serialize_with = "persist")]
    pub output: Untrusted<Value>,
    /// The models that answered, in order of first use.
    pub models: Vec<String>,
}
