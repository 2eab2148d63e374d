//! The lines of a recording. Format 1.0: the first. Fields and kinds of lines are only ever added.

use copydesk_config::Release;
use copydesk_domain::artifact::{ArtifactKind, Fetch};
use copydesk_domain::untrusted::persist;
use copydesk_domain::{ContentHash, Instant, Untrusted};
use copydesk_engine::replay::{RecordedRound, RecordedRun};
use copydesk_journal::RecordedStep;
use serde::{Deserialize, Serialize};

/// Version of the format.
pub const FORMAT: &str = "1.0";
/// What the head says that the file is.
pub const KIND: &str = "copydesk recording";

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`]
    pub format: String,
    /// [`KIND`]
    pub kind: String,
    /// Version of the program that wrote it.
    pub copydesk: String,
    /// When.
    pub made_at: Instant,
    /// The run.
    pub run: RecordedRun,
}

/// Any other line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// What the run was pinned to, redacted.
    Release(Box<Release>),
    /// A round; the steps behind it are its own.
    Round(RecordedRound),
    /// A step of the round before.
    Step(RecordedStep),
    /// An artifact that was made, or read.
    Artifact(ArtifactLine),
    /// A text that was read.
    Snapshot(SnapshotLine),
    /// The last line.
    End(End),
}

/// An artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactLine {
    /// What it is.
    pub kind: ArtifactKind,
    /// SHA-256 of `text`.
    pub hash: ContentHash,
    /// Its bytes.
    pub text: String,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotLine {
    /// SHA-256 of `text`.
    pub hash: ContentHash,
    /// Main text.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// Who owns it.
    pub owner: String,
    /// Its fetches.
    pub fetches: Vec<Fetch>,
}

/// What the lines before it come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How many they are.
    pub lines: usize,
    /// SHA-256 of their bytes.
    pub sha256: ContentHash,
}
