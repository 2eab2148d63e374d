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
    /// What of `notes/` cannot be read, each in words with its next step.
    pub unread: Vec<String>,
}

impl Loaded {
    /// What cannot be read and was not told of by the reading before.
    pub(crate) fn unread_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a String> {
        self.unread.iter().filter(|file| !before.unread.contains(file))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_cannot_be_read_is_told_once() {
        let reading = |unread: &[&str]| Loaded {
            unread: unread.iter().map(|file| (*file).to_owned()).collect(),
            ..Loaded::default()
        };
        let (none, one, two) = (reading(&[]), reading(&["a"]), reading(&["a", "b"]));
        let told = |now: &Loaded, before: &Loaded| now.unread_since(before).cloned().collect::<Vec<_>>();
        assert_eq!(told(&one, &none), ["a"]);
        assert_eq!(told(&one, &one), Vec::<String>::new());
        assert_eq!(told(&two, &one), ["b"]);
    }
}
