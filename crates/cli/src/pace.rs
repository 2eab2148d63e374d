//! Moving one run on for as long as a command watches it.

use std::time::Duration;

use copydesk_domain::RunId;
use copydesk_engine::{Advanced, Scope};

use crate::app::Folder;
use crate::asker::Asker;
use crate::exit::Failure;

/// Sleeps are at most a minute, so that a jump of the wall clock is noticed.
const SLEEP_MAX: Duration = Duration::from_mins(1);

/// Advances a run once and says what it came to.
pub struct Pace<'a> {
    folder: &'a Folder,
    run: &'a RunId,
    changes: tokio::sync::watch::Receiver<u64>,
    stopping: tokio::sync::watch::Receiver<bool>,
    asker: Asker,
    decisions: usize,
}

impl<'a> Pace<'a> {
    /// Watches a run for somebody.
    pub fn new(folder: &'a Folder, run: &'a RunId, asker: &Asker) -> Self {
        Self {
            folder,
            run,
            changes: folder.engine.store().changes(),
            stopping: folder.shutdown.subscribe(),
            asker: asker.clone(),
            decisions: 0,
        }
    }

    /// Advances as far as it goes now.
    pub async fn advance(&mut self) -> Result<Advanced, Failure> {
        self.decisions = self.count().await?;
        Ok(self.folder.engine.advance(self.run, &Scope::default()).await?)
    }

    /// Waits for the next commit of somebody else, or for the instant that the advance named. False where the process is
    /// to end, or nobody waits for the command any more: then nothing more is to be done.
    ///
    /// The advance's own commits count as seen. A decision that came meanwhile may hide among them, so decisions are
    /// counted.
    pub async fn rest(&mut self, advanced: &Advanced) -> Result<bool, Failure> {
        self.changes.borrow_and_update();
        if self.count().await? != self.decisions {
            return Ok(!self.is_over());
        }
        let until = match advanced {
            Advanced::WakeAt(at) | Advanced::WaitFor(_, Some(at)) => {
                Duration::try_from(at.since(self.folder.engine.clock().now())).unwrap_or_default()
            }
            Advanced::WaitFor(_, None) | Advanced::Done | Advanced::Interrupted => SLEEP_MAX,
        };
        tokio::select! {
            _ = self.stopping.wait_for(|is_set| *is_set) => {}
            () = self.asker.gone() => {}
            () = tokio::time::sleep(until.clamp(Duration::from_millis(50), SLEEP_MAX)) => {}
            _ = self.changes.changed() => {}
        }
        Ok(!self.is_over())
    }

    fn is_over(&self) -> bool {
        *self.stopping.borrow() || self.asker.has_gone()
    }

    async fn count(&self) -> Result<usize, Failure> {
        Ok(self.folder.engine.store().decisions(self.run).await?.len())
    }
}
