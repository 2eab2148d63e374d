//! Moving one run on for as long as a command watches it.

use std::time::Duration;

use copydesk_domain::RunId;
use copydesk_engine::{Advanced, Scope};

use crate::app::Folder;
use crate::exit::Failure;

/// Sleeps are at most a minute, so that a jump of the wall clock is noticed.
const SLEEP_MAX: Duration = Duration::from_mins(1);

/// Advances a run once and says what it came to.
pub struct Pace<'a> {
    folder: &'a Folder,
    run: &'a RunId,
    changes: tokio::sync::watch::Receiver<u64>,
    decisions: usize,
}

impl<'a> Pace<'a> {
    /// Watches a run.
    pub fn new(folder: &'a Folder, run: &'a RunId) -> Self {
        Self {
            folder,
            run,
            changes: folder.engine.store().changes(),
            decisions: 0,
        }
    }

    /// Advances as far as it goes now.
    pub async fn advance(&mut self) -> Result<Advanced, Failure> {
        self.decisions = self.count().await?;
        Ok(self.folder.engine.advance(self.run, &Scope::default()).await?)
    }

    /// Waits for the next commit of somebody else, or for the instant that the advance named.
    ///
    /// The advance's own commits count as seen. A decision that came meanwhile may hide among them, so decisions are
    /// counted.
    pub async fn rest(&mut self, advanced: &Advanced) -> Result<(), Failure> {
        self.changes.borrow_and_update();
        if self.count().await? != self.decisions {
            return Ok(());
        }
        let until = match advanced {
            Advanced::WakeAt(at) | Advanced::WaitFor(_, Some(at)) => {
                Duration::try_from(at.since(self.folder.engine.clock().now())).unwrap_or_default()
            }
            Advanced::WaitFor(_, None) | Advanced::Done | Advanced::Interrupted => SLEEP_MAX,
        };
        tokio::select! {
            () = tokio::time::sleep(until.clamp(Duration::from_millis(50), SLEEP_MAX)) => {}
            _ = self.changes.changed() => {}
        }
        Ok(())
    }

    async fn count(&self) -> Result<usize, Failure> {
        Ok(self.folder.engine.store().decisions(self.run).await?.len())
    }
}
