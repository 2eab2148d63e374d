//! Writes that share a commit.

use std::sync::{Arc, Mutex, MutexGuard};

use copydesk_store::{Applied, Command, Store, StoreError};
use tokio::sync::Notify;

use crate::progress::{Progress, ProgressEvent};

/// The writes of one advance on their way to the store.
///
/// A write that nothing outside depends on yet is held and goes out with the next one: the outcome of one step and the
/// intent of the next share a commit. Whoever starts an effect, or shows something, commits first. After a write that
/// failed nothing more is written: what stands behind it may rest on it.
pub struct Batch {
    store: Arc<dyn Store>,
    progress: Arc<dyn Progress>,
    held: Mutex<Held>,
    /// One commit at a time, so that whoever finds nothing held knows that all of it is stored.
    turn: tokio::sync::Mutex<()>,
    waiting: Notify,
}

#[derive(Default)]
struct Held {
    /// Each with what may be shown once it is stored.
    writes: Vec<(Command, Option<ProgressEvent>)>,
    failed: Option<StoreError>,
}

impl Batch {
    /// An empty one.
    pub fn new(store: Arc<dyn Store>, progress: Arc<dyn Progress>) -> Self {
        Self {
            store,
            progress,
            held: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            waiting: Notify::new(),
        }
    }

    /// Holds a write until the next commit.
    pub fn hold(&self, command: Command) {
        self.put(command, None);
    }

    /// Holds a write, and shows the event once it is stored.
    pub fn hold_and_show(&self, command: Command, event: ProgressEvent) {
        self.put(command, Some(event));
    }

    fn put(&self, command: Command, event: Option<ProgressEvent>) {
        self.held().writes.push((command, event));
        self.waiting.notify_one();
    }

    /// Ends when something is held.
    pub async fn is_waiting(&self) {
        self.waiting.notified().await;
    }

    /// Stores what is held.
    ///
    /// # Errors
    /// That of the first write that failed, now or before.
    pub async fn commit(&self) -> Result<(), StoreError> {
        self.write(None).await.map(|_| ())
    }

    /// Stores what is held and then this, in one commit.
    ///
    /// # Errors
    /// That of this command, after which others may follow, or that of a held one.
    pub async fn apply(&self, command: Command) -> Result<Applied, StoreError> {
        let applied = self.write(Some(command)).await?;
        Ok(applied.expect("the store answers each command that it carried out"))
    }

    async fn write(&self, last: Option<Command>) -> Result<Option<Applied>, StoreError> {
        let _turn = self.turn.lock().await;
        let (mut commands, events): (Vec<Command>, Vec<_>) = self.take()?.into_iter().unzip();
        let held = commands.len();
        commands.extend(last);
        if commands.is_empty() {
            return Ok(None);
        }
        let mut answers = self.store.apply_all(commands).await;
        let stored = answers.iter().filter(|answer| answer.is_ok()).count();
        for event in events.into_iter().take(stored).flatten() {
            self.progress.report(event);
        }
        match answers.pop() {
            Some(Ok(applied)) => Ok(Some(applied)),
            Some(Err(error)) if stored >= held => Err(error),
            failed => {
                let error = failed.and_then(Result::err).unwrap_or(StoreError::Closed);
                self.held().failed = Some(error.clone());
                Err(error)
            }
        }
    }

    fn take(&self) -> Result<Vec<(Command, Option<ProgressEvent>)>, StoreError> {
        let mut held = self.held();
        match &held.failed {
            Some(error) => Err(error.clone()),
            None => Ok(std::mem::take(&mut held.writes)),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no holder of this lock panics")
    }
}
