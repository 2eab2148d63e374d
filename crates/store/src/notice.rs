//! Rows about what somebody outside is told, and what was found before slots.

use copydesk_domain::{Instant, NoticeKind, PipelineName, RunId};
use serde::{Deserialize, Serialize};

/// What somebody outside is told, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecord {
    /// What it is about; a known key is not raised again for the same way.
    pub key: String,
    /// How it is told, such as `webhook`.
    pub way: String,
    /// Its kind.
    pub kind: NoticeKind,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The run, where there is one.
    pub run: Option<RunId>,
    /// What happened and what to do, in one line without text of others.
    pub message: String,
    /// The whole of it for people, as plain text of many lines; text of others in it is escaped.
    pub body: Option<String>,
    /// The same for programs, as JSON.
    pub details: Option<String>,
    /// When it was noticed.
    pub raised_at: Instant,
}

/// What was found before a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreflightRecord {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The due time of the slot.
    pub nominal: Instant,
    /// When it was looked.
    pub looked_at: Instant,
    /// What is wrong; nothing where all is ready.
    pub problems: Vec<PreflightProblem>,
}

/// One thing that stands in a run's way, or makes it worse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightProblem {
    /// What was looked at.
    pub area: PreflightArea,
    /// Which one: a tool server, a model, a feed, a folder.
    pub about: String,
    /// What is wrong, in one line without text of others.
    pub problem: String,
    /// What to do about it.
    pub next: String,
}

/// What a preflight looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreflightArea {
    /// The author's files.
    Files,
    /// Tool servers: whether they answer and have the tools that the stages list.
    Tools,
    /// Whether a person trusts those tools as they are.
    Trust,
    /// Keys and passwords.
    Credentials,
    /// Model endpoints.
    Models,
    /// Space for what is stored.
    Disk,
    /// The machine's clock.
    Clock,
    /// Feeds that fell silent.
    Feeds,
}
