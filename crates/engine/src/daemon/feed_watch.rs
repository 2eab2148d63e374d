//! Feeds that fall silent are looked for now and then, beside everything else.

use std::sync::Arc;

use copydesk_config::Release;
use copydesk_domain::Instant;
use copydesk_journal::FeedHistory;
use copydesk_store::NoticeRecord;
use tokio::task::JoinHandle;

use crate::services::Engine;

/// A silence is counted in days, so an hour is soon enough.
const EVERY: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// Looks at the feeds of all pipelines once an hour.
pub(crate) struct FeedWatch {
    engine: Engine,
    history: Arc<dyn FeedHistory>,
    looked_at: Option<Instant>,
    looking: Option<JoinHandle<Vec<NoticeRecord>>>,
    found: Option<Vec<NoticeRecord>>,
}

impl FeedWatch {
    pub(crate) fn new(engine: Engine, history: Arc<dyn FeedHistory>) -> Self {
        Self {
            engine,
            history,
            looked_at: None,
            looking: None,
            found: None,
        }
    }

    /// What the last look found; none before the first has ended. Starts the next one when its time has come, and
    /// waits for none.
    pub(crate) async fn silent(&mut self, releases: &[Release], now: Instant) -> Option<&[NoticeRecord]> {
        if self.looking.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(looking) = self.looking.take()
        {
            match looking.await {
                Ok(found) => self.found = Some(found),
                Err(error) => tracing::error!(%error, "the look at feeds ended in a bug"),
            }
        }
        // A clock that was set back is no reason to wait.
        let is_time = self.looked_at.is_none_or(|at| now.since(at).abs() >= EVERY);
        if self.looking.is_none() && is_time && !releases.is_empty() {
            self.looked_at = Some(now);
            let (engine, history, releases) =
                (self.engine.clone(), Arc::clone(&self.history), releases.to_vec());
            self.looking = Some(tokio::spawn(
                async move { look(&engine, &*history, &releases).await },
            ));
        }
        self.found.as_deref()
    }
}

async fn look(engine: &Engine, history: &dyn FeedHistory, releases: &[Release]) -> Vec<NoticeRecord> {
    let mut found = Vec::new();
    // Of one that runs only by hand nobody expects anything.
    for release in releases
        .iter()
        .filter(|release| release.pipeline.pipeline.schedule.is_some())
    {
        match engine.silent_feeds(release, history).await {
            Ok(silent) => found.extend(silent),
            Err(error) => {
                tracing::warn!(%error, pipeline = %release.pipeline.pipeline.name, "its feeds could not be looked at");
            }
        }
    }
    found
}

impl Drop for FeedWatch {
    fn drop(&mut self) {
        if let Some(looking) = &self.looking {
            looking.abort();
        }
    }
}
