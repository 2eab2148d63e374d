//! The evidence of an issue that `copydesk export` wrote.

use serde::Deserialize;

use super::source::Source;
use crate::error::EvalError;

/// `draft.json`, as far as it is read.
#[derive(Deserialize)]
struct Draft {
    sentences: Vec<Sentence>,
}

#[derive(Deserialize)]
struct Sentence {
    id: String,
    #[serde(default)]
    evidence: Vec<Evidence>,
}

/// A span; calculations and coverage have no snapshot and are left out.
#[derive(Deserialize)]
struct Evidence {
    #[serde(default)]
    snapshot: Option<String>,
    #[serde(default)]
    start: usize,
    #[serde(default)]
    end: usize,
}

/// For each sentence with spans, its name and the words that it stands on.
pub(super) fn evidence(source: &Source<'_>) -> Result<Vec<(String, String)>, EvalError> {
    let folder = source.place();
    let draft: Draft = source.json(&folder.join("draft.json"))?;
    let mut found = Vec::new();
    for sentence in draft.sentences {
        let mut spans = Vec::new();
        for evidence in &sentence.evidence {
            let Some(hash) = evidence.snapshot.as_deref().filter(|hash| is_hash(hash)) else {
                continue;
            };
            let text = source.text(&folder.join("snapshots").join(format!("{hash}.txt")))?;
            spans.extend(text.get(evidence.start..evidence.end).map(str::to_owned));
        }
        if !spans.is_empty() {
            found.push((sentence.id, spans.join("\n")));
        }
    }
    Ok(found)
}

/// A name that cannot lead out of the folder.
fn is_hash(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
