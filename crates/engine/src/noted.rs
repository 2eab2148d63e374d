//! The author's notes as the stages of one advance read them.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use copydesk_domain::Instant;
use copydesk_journal::AuthorNoteInput;
use copydesk_store::{RunRecord, Store, StoreError};
use tokio::sync::OnceCell;
use tokio::time::Instant as Tick;

use crate::inputs;

/// Notes that were read serve for so long: stages that take no time read them once.
const KEPT: Duration = Duration::from_secs(1);

/// The notes that are new to a run.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// From when on a note is new; that is so for all of the run's stages.
    since: OnceCell<Instant>,
    recent: Mutex<Option<(Tick, Vec<AuthorNoteInput>)>>,
}

impl Noted {
    /// The notes, as they were within the last second.
    pub(crate) async fn read(
        &self,
        store: &dyn Store,
        run: &RunRecord,
    ) -> Result<Vec<AuthorNoteInput>, StoreError> {
        if let Some((read_at, notes)) = &*self.recent()
            && read_at.elapsed() < KEPT
        {
            return Ok(notes.clone());
        }
        let since = self.since.get_or_try_init(|| inputs::noted_since(store, run));
        let since = *since.await?;
        let read_at = Tick::now();
        let notes = inputs::author_notes(store, since).await?;
        *self.recent() = Some((read_at, notes.clone()));
        Ok(notes)
    }

    fn recent(&self) -> MutexGuard<'_, Option<(Tick, Vec<AuthorNoteInput>)>> {
        self.recent.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::ContentHash;
    use copydesk_store::{AuthorNote, Command, RunParams};
    use copydesk_store_memory::MemoryStore;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_note_is_read_by_the_stage_that_begins_a_second_after_it() {
        let (store, noted) = (MemoryStore::new(), Noted::default());
        let at = Instant::from_micros(0);
        let params = RunParams {
            id: "a".into(),
            pipeline: "daily".into(),
            slot: None,
            parent: None,
            release: ContentHash::of(b"release"),
            fixed_now: None,
            seed: 1,
            is_scheduled: false,
            at,
        };
        store.apply(Command::CreateRun(params)).await.unwrap();
        let run = store.run(&"a".into()).await.unwrap().unwrap();
        assert_eq!(noted.read(&store, &run).await.unwrap(), []);
        let note = AuthorNote {
            hash: ContentHash::of(b"seen"),
            text: "seen".to_owned(),
            from: "notes/seen.md".to_owned(),
            at,
        };
        store.apply(Command::AddNote(note)).await.unwrap();
        assert_eq!(noted.read(&store, &run).await.unwrap(), []);
        tokio::time::advance(KEPT).await;
        assert_eq!(noted.read(&store, &run).await.unwrap()[0].text, "seen");
    }
}
