//! What may go once a run is old, and what never does. Pure; both stores ask it.
//!
//! Artifacts, payloads, mails, decisions, receipts, spends and the line of each step stay for good. What goes is what
//! only a replay would read: the outcomes of steps, the operator's lines, and texts of sources that nobody cited.

use std::collections::BTreeSet;

use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{ContentHash, Instant};

use crate::error::StoreError;
use crate::record::RunRecord;

/// What a step's outcome is replaced by. No outcome of a step has this form.
pub const PRUNED_OUTCOME: &[u8] = br#"{"pruned":true}"#;

/// Outcomes of so many bytes are stored once, whatever steps gave them; a shorter one is each step's own.
pub const LONG_OUTCOME: usize = 1024;

/// Who owns what the author wrote; it is never pruned.
pub const AUTHOR: &str = "author";

/// What one go freed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pruned {
    /// Runs whose step outcomes and lines went.
    pub runs: u64,
    /// Step outcomes: a short one with each step that gave it, a long one with the last of them.
    pub bodies: u64,
    /// Texts of sources.
    pub snapshots: u64,
    /// Lines for the operator.
    pub log_lines: u64,
    /// Kept answers of feeds.
    pub feeds: u64,
    /// Bytes of all of them, before the database's own overhead.
    pub bytes: u64,
}

/// What was pruned in one go of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruningRecord {
    /// When the go began.
    pub at: Instant,
    /// What it freed so far.
    pub pruned: Pruned,
}

impl Pruned {
    /// Whether nothing was left to prune.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            bodies: self.bodies + other.bodies,
            snapshots: self.snapshots + other.snapshots,
            log_lines: self.log_lines + other.log_lines,
            feeds: self.feeds + other.feeds,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// Every hash that stands in some bytes: 64 lower-case hexadecimal digits with none beside them. Asking the text
/// instead of a type keeps what an artifact of any kind and version names.
pub fn cited(bytes: &[u8]) -> BTreeSet<ContentHash> {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    bytes
        .split(|byte| !is_digit(byte))
        .filter(|word| word.len() == 64)
        .filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok())
        .collect()
}

/// Whether a run's step outcomes may go: it is final, and nothing happened to it since `before`.
pub fn is_prunable(run: &RunRecord, before: Instant) -> bool {
    run.pruned_at.is_none() && run.state.is_final() && run.updated_at < before
}

/// Whether what an artifact names stays for good. A brief names all that was read; what became of it is named by the
/// draft, so a brief holds its sources only while its run can be replayed.
pub fn holds_for_good(kind: ArtifactKind) -> bool {
    match kind {
        ArtifactKind::ResearchBrief => false,
        ArtifactKind::Draft
        | ArtifactKind::Review
        | ArtifactKind::Issue
        | ArtifactKind::EngagementReport
        | ArtifactKind::Custom
        | ArtifactKind::Ratings => true,
    }
}

/// Whether the outcomes of a run that is not pruned may be read again, by a worker or after a retry.
pub fn is_read_again(run: &RunRecord) -> bool {
    use copydesk_domain::RunState::{Cancelled, Completed, Failed, Queued, Running, Superseded, Waiting};
    match run.state {
        Queued | Running | Waiting | Failed | Cancelled => run.pruned_at.is_none(),
        Completed | Superseded => false,
    }
}

/// That a run still has the outcomes that a retry would go on from.
///
/// # Errors
/// [`StoreError::DecisionRefused`] where they were pruned.
pub fn require_outcomes(pruned_at: Option<Instant>) -> Result<(), StoreError> {
    let Some(at) = pruned_at else {
        return Ok(());
    };
    Err(StoreError::DecisionRefused {
        decision: "retried",
        state: format!("what its steps gave was pruned at {at}; start a new run"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_wherever_it_stands_and_nothing_else() {
        let hash = ContentHash::of(b"x");
        let text = format!(
            "{{\"a\":[\"{hash}\"],\"{hash}\":\"snapshots/{hash}.txt\",\"long\":\"{hash}0\",\"b\":\"abc\"}}"
        );
        assert_eq!(cited(text.as_bytes()), BTreeSet::from([hash]));
        assert!(cited(format!("{hash}0").as_bytes()).is_empty());
        assert!(cited(b"").is_empty());
    }

    #[test]
    fn a_pruned_run_is_not_retried() {
        assert_eq!(require_outcomes(None), Ok(()));
        assert!(require_outcomes(Some(Instant::from_micros(0))).is_err());
    }
}
