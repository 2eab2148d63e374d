//! The alarm for a store that cannot be written. Every other notice is a row until it was told; this one cannot be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use copydesk_domain::{NoticeKind, PipelineName, RunId};
use copydesk_journal::Notifier;
use copydesk_store::{NoticeRecord, StoreError};
use tokio::time::Instant as Tick;

use crate::error::EngineError;
use crate::services::Engine;

/// One way takes no longer, whatever the receiver does.
const TELL_MAX: Duration = Duration::from_secs(30);
/// A disk that is full by turns is told of once in so long.
const QUIET: Duration = Duration::from_mins(15);

/// What is known of a store that cannot be written.
pub(crate) struct Outage {
    engine: Engine,
    notifier: Arc<dyn Notifier>,
    /// The key of the outage that is going on.
    going_on: Option<String>,
    /// Whether somebody was told of it.
    is_told: Arc<AtomicBool>,
    told_at: Option<Tick>,
    telling: Option<tokio::task::JoinHandle<()>>,
}

/// Where a write failed.
pub(crate) struct Failed {
    pub(crate) pipeline: PipelineName,
    pub(crate) run: Option<RunId>,
}

impl Outage {
    pub(crate) fn new(engine: Engine, notifier: Arc<dyn Notifier>) -> Self {
        Self {
            engine,
            notifier,
            going_on: None,
            is_told: Arc::default(),
            told_at: None,
            telling: None,
        }
    }

    /// Takes an error in. The first one of an outage is told, and told again with the next while nobody heard it.
    pub(crate) fn see(&mut self, error: &EngineError, failed: Failed) {
        let EngineError::Store(
            error @ (StoreError::DiskFull { .. } | StoreError::Damaged { .. } | StoreError::Database { .. }),
        ) = error
        else {
            return;
        };
        let now = self.engine.clock().now();
        let is_new = self.going_on.is_none();
        let key = self
            .going_on
            .get_or_insert_with(|| format!("store/{now}"))
            .clone();
        let is_quiet = self.told_at.is_some_and(|at| at.elapsed() < QUIET);
        let is_heard = self.is_told.load(Ordering::Relaxed);
        let is_telling = self
            .telling
            .as_ref()
            .is_some_and(|telling| !telling.is_finished());
        if is_telling || (is_heard && (is_quiet || !is_new)) {
            return;
        }
        self.told_at = Some(Tick::now());
        let notice = NoticeRecord {
            key,
            kind: NoticeKind::Failed,
            pipeline: failed.pipeline,
            run: failed.run,
            message: format!(
                "{error}; work goes on by itself once it can be written, and nothing stored is lost"
            ),
            raised_at: now,
            way: String::new(),
            body: None,
            details: None,
        };
        if is_new {
            tracing::error!("{}", notice.message);
        }
        self.telling = Some(tokio::spawn(tell(
            Arc::clone(&self.notifier),
            notice,
            Arc::clone(&self.is_told),
        )));
    }

    /// Something was committed.
    pub(crate) fn over(&mut self) {
        if self.going_on.take().is_some() {
            tracing::warn!("the store can be written again");
        }
    }
}

async fn tell(notifier: Arc<dyn Notifier>, notice: NoticeRecord, is_told: Arc<AtomicBool>) {
    let ways = notifier.ways(notice.kind);
    let mut is_heard = true;
    for way in ways {
        let notice = NoticeRecord {
            way: way.to_owned(),
            ..notice.clone()
        };
        let told = tokio::time::timeout(TELL_MAX, notifier.tell(&notice)).await;
        is_heard &= matches!(told, Ok(Ok(())));
    }
    is_told.store(is_heard, Ordering::Relaxed);
}
