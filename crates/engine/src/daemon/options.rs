//! What a daemon is started with.

use std::sync::Arc;

use copydesk_config::Release;
use copydesk_journal::{FeedHistory, Notifier, Preflight};

/// The pipelines of a workspace as they are now.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// What a run of each pipeline would be pinned to, by pipeline.
    pub releases: Vec<Release>,
    /// Texts below `notes/`: (path, text). They are stored when a run starts.
    pub notes: Vec<(String, String)>,
}

/// Reads the workspace; an error is every problem in words. Called off the async threads with
/// each beat, not with each commit.
pub type Loader = Arc<dyn Fn() -> Result<Loaded, String> + Send + Sync>;

/// What a daemon is started with.
#[derive(Clone)]
pub struct DaemonOptions {
    /// Reads the workspace.
    pub loader: Loader,
    /// Who tells people and other machines what the daemon noticed.
    pub notifier: Arc<dyn Notifier>,
    /// For how long a finished run can be replayed before what only a replay would read is pruned; zero for ever.
    pub retention: jiff::SignedDuration,
    /// Looks ahead of each slot.
    pub preflight: Arc<dyn Preflight>,
    /// What feeds said so far.
    pub feeds: Arc<dyn FeedHistory>,
    /// Address of the author's page, such as `http://127.0.0.1:7420`.
    pub page: String,
    /// Runs moved at the same time, at least one.
    pub advances_max: usize,
}
