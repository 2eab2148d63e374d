//! Writes that share a commit.

use std::sync::{Arc, Mutex, MutexGuard};

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::Artifact;
use copydesk_store::{Applied, Command, Store, StoreError};
use tokio::sync::{Notify, oneshot};

use crate::progress::{Progress, ProgressEvent};

/// The writes of one advance on their way to the store.
///
/// A write that nothing outside depends on yet is held and goes out with the next one: the outcome of one step and the
/// intent of the next share a commit. Whoever starts an effect, or shows something, commits first. After a write that
/// failed nothing more is written: what stands behind it may rest on it.
///
/// A caller that is dropped on its way, such as the step of a run that is cancelled, takes no held write with it: each
/// commit is a task of its own.
pub struct Batch {
    inner: Arc<Inner>,
}

struct Inner {
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
    /// What the stage that ended last has made: the next one works from it, and need not read it.
    made: Vec<Artifact>,
}

impl Batch {
    /// An empty one.
    pub fn new(store: Arc<dyn Store>, progress: Arc<dyn Progress>) -> Self {
        let inner = Inner {
            store,
            progress,
            held: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            waiting: Notify::new(),
        };
        Self {
            inner: Arc::new(inner),
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
        let mut held = self.inner.held();
        if let Command::FinishStage { artifacts, .. } = &command {
            held.made.clone_from(artifacts);
        }
        held.writes.push((command, event));
        drop(held);
        self.inner.waiting.notify_one();
    }

    /// An artifact of the stage that ended last in this advance, stored or on its way.
    pub(crate) fn made(&self, hash: &ContentHash) -> Option<Artifact> {
        let held = self.inner.held();
        held.made.iter().find(|artifact| artifact.hash == *hash).cloned()
    }

    /// Ends when something is held.
    pub async fn is_waiting(&self) {
        self.inner.waiting.notified().await;
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

    /// The same, and gives what `take` makes of the answer. Where the caller is gone by then, that is dropped before the
    /// turn of the next write, so that what its drop holds goes out with that.
    ///
    /// # Errors
    /// As of [`Batch::apply`].
    pub(crate) async fn apply_for<T: Send + 'static>(
        &self,
        command: Command,
        take: impl FnOnce(Applied) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move {
            let _turn = inner.turn.lock().await;
            let applied = inner.write_in_turn(Some(command)).await;
            let taken = applied.map(|applied| take(applied.expect("the store answers each command")));
            let _ = sender.send(taken);
        });
        receiver.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn write(&self, last: Option<Command>) -> Result<Option<Applied>, StoreError> {
        if last.is_none() && self.inner.is_clear() {
            return Ok(None);
        }
        let inner = Arc::clone(&self.inner);
        let written = tokio::spawn(async move { inner.write(last).await }).await;
        written.unwrap_or(Err(StoreError::Closed))
    }
}

impl Inner {
    /// Whether nothing is held, nothing is on its way and nothing has failed.
    fn is_clear(&self) -> bool {
        let Ok(_turn) = self.turn.try_lock() else {
            return false;
        };
        let held = self.held();
        held.writes.is_empty() && held.failed.is_none()
    }

    async fn write(&self, last: Option<Command>) -> Result<Option<Applied>, StoreError> {
        let _turn = self.turn.lock().await;
        self.write_in_turn(last).await
    }

    /// The same for whoever has the turn.
    async fn write_in_turn(&self, last: Option<Command>) -> Result<Option<Applied>, StoreError> {
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

#[cfg(test)]
mod tests {
    use copydesk_domain::{Instant, StageName};
    use copydesk_store::RunParams;
    use copydesk_store_memory::MemoryStore;

    use super::*;

    /// What was shown, with the number of commits at that moment.
    struct Shown {
        store: MemoryStore,
        events: Mutex<Vec<u64>>,
    }

    impl Progress for Shown {
        fn report(&self, _: ProgressEvent) {
            let commits = *self.store.changes().borrow();
            self.events.lock().unwrap().push(commits);
        }
    }

    fn batch() -> (Arc<Shown>, Batch) {
        let store = MemoryStore::new();
        let shown = Arc::new(Shown {
            store: store.clone(),
            events: Mutex::default(),
        });
        let batch = Batch::new(Arc::new(store), Arc::clone(&shown) as _);
        (shown, batch)
    }

    fn create(id: &str) -> Command {
        Command::CreateRun(RunParams {
            id: id.into(),
            pipeline: "daily".into(),
            slot: None,
            parent: None,
            release: copydesk_domain::ContentHash::of(b"release"),
            fixed_now: None,
            seed: 1,
            is_scheduled: false,
            at: Instant::from_micros(0),
        })
    }

    fn cancel(run: &str) -> Command {
        Command::RequestCancel {
            run: run.into(),
            at: Instant::from_micros(0),
        }
    }

    fn event() -> ProgressEvent {
        ProgressEvent::Note {
            stage: StageName::new("research"),
            text: "done".to_owned(),
        }
    }

    async fn runs(shown: &Shown) -> usize {
        shown.store.runs(None, 9).await.unwrap().len()
    }

    #[tokio::test]
    async fn what_is_held_goes_out_with_the_next_write_and_is_shown_after_it() {
        let (shown, batch) = batch();
        batch.hold_and_show(create("a"), event());
        batch.hold(create("b"));
        assert_eq!((runs(&shown).await, shown.events.lock().unwrap().len()), (0, 0));
        batch.apply(create("c")).await.unwrap();
        assert_eq!(runs(&shown).await, 3);
        assert_eq!(
            *shown.events.lock().unwrap(),
            [1],
            "shown once it was stored, in one commit"
        );
        batch.commit().await.unwrap();
        assert_eq!(*shown.store.changes().borrow(), 1, "nothing was held");
    }

    #[tokio::test]
    async fn after_a_held_write_failed_nothing_more_is_written() {
        let (shown, batch) = batch();
        batch.hold_and_show(cancel("nowhere"), event());
        batch.hold(create("a"));
        let failed = batch.apply(create("b")).await.unwrap_err();
        assert_eq!(batch.apply(create("c")).await, Err(failed.clone()));
        assert_eq!(batch.commit().await, Err(failed));
        assert_eq!((runs(&shown).await, shown.events.lock().unwrap().len()), (0, 0));
    }

    #[tokio::test]
    async fn what_the_last_stage_made_is_there_before_it_is_stored() {
        let (_shown, batch) = batch();
        let made = |text: &[u8]| Artifact {
            kind: copydesk_domain::artifact::ArtifactKind::Custom,
            hash: ContentHash::of(text),
            bytes: text.to_vec(),
        };
        let ended = |artifacts: Vec<Artifact>| Command::FinishStage {
            lease: copydesk_store::Lease {
                run: "a".into(),
                fence: copydesk_domain::Fence(1),
            },
            stage: "part".into(),
            round: copydesk_domain::Round::FIRST,
            state: copydesk_domain::StageState::Completed,
            reason: None,
            artifacts,
            bodies: Vec::new(),
            at: Instant::from_micros(0),
        };
        let (first, second) = (made(b"first"), made(b"second"));
        batch.hold(ended(vec![first.clone()]));
        assert_eq!(batch.made(&first.hash), Some(first.clone()));
        batch.hold(create("b"));
        assert!(batch.made(&first.hash).is_some());
        batch.hold(ended(vec![second.clone()]));
        assert_eq!(
            (batch.made(&first.hash), batch.made(&second.hash)),
            (None, Some(second))
        );
    }

    #[tokio::test]
    async fn a_caller_that_is_dropped_takes_no_held_write_with_it() {
        let (shown, batch) = batch();
        batch.hold(create("a"));
        {
            let mut dropped = std::pin::pin!(batch.commit());
            let polled = futures::poll!(dropped.as_mut());
            assert!(polled.is_pending(), "it is dropped on its way");
        }
        batch.apply(create("b")).await.unwrap();
        assert_eq!(runs(&shown).await, 2);
    }

    #[tokio::test]
    async fn a_write_that_fails_alone_stands_in_nobodys_way() {
        let (shown, batch) = batch();
        batch.hold(create("a"));
        assert!(batch.apply(cancel("nowhere")).await.is_err());
        batch.apply(create("b")).await.unwrap();
        assert_eq!(runs(&shown).await, 2);
    }
}
