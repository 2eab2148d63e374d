//! A run from its records alone, kept beside it.

use std::collections::HashSet;
use std::sync::Arc;

use copydesk_domain::RunId;
use copydesk_journal::StoreLibrary;
use copydesk_store::retention::cited;
use copydesk_store::{SnapshotParams, Store, StoreError};

use super::compare::Made;
use super::error::ReplayError;
use super::execute::{World, re_execute};
use super::keep::{Kept, keep};
use super::recording::Recording;
use super::replayer::Replayer;

/// What came of replaying a run from its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The run that keeps it.
    pub run: RunId,
    /// What was executed, and how it compares.
    pub made: Made,
    /// The release's own word on who recorded it: version of the program, and of its checks.
    pub recorded_by: (String, String),
}

impl Replayer {
    /// Executes a run from its records and keeps what came out as a run beside it. Nobody is asked: no model, no tool.
    /// `scratch`: an empty store that is thrown away after.
    ///
    /// # Errors
    /// Those of [`Recording::read_whole`], and of the stores. Nothing is kept then.
    pub async fn again(&self, run: &RunId, scratch: Arc<dyn Store>) -> Result<Again, ReplayError> {
        let store = &self.options.store;
        let recording = Recording::read_whole(store.as_ref(), run).await?;
        let library = Arc::new(StoreLibrary(Arc::clone(store)));
        let world = World {
            library: library.clone(),
            scratch: Arc::clone(&scratch),
            stages: self.options.stages.clone(),
            clock: Arc::clone(&self.options.clock),
            progress: Arc::clone(&self.options.progress),
            shutdown: self.options.shutdown.clone(),
        };
        let remade = re_execute(&recording, &world).await?;
        let made = Made::of(&recording, remade, library.as_ref()).await?;
        let snapshots = self.new_texts(&made, scratch.as_ref()).await?;
        let kept = Kept {
            id: self.new_id(run).await?,
            recording: &recording,
            made: &made,
            snapshots,
        };
        let run = keep(self, kept).await?;
        let recorded_by = (recording.release.version, recording.release.checker);
        Ok(Again {
            run,
            made,
            recorded_by,
        })
    }

    /// Texts that came out other than they were recorded, and that an artifact names: they are kept with it.
    async fn new_texts(&self, made: &Made, scratch: &dyn Store) -> Result<Vec<SnapshotParams>, StoreError> {
        let mut known = HashSet::new();
        let mut texts = Vec::new();
        let differing = made.compared.iter().filter(|round| !round.same);
        for compared in differing {
            let again = made
                .remade
                .iter()
                .find(|again| again.stage == compared.stage && again.round == compared.round);
            let artifacts = again
                .and_then(|again| again.made.as_ref().ok())
                .map(|output| &output.artifacts);
            for hash in artifacts
                .into_iter()
                .flatten()
                .flat_map(|artifact| cited(&artifact.bytes))
            {
                if !known.insert(hash) || self.options.store.snapshot(&hash).await?.is_some() {
                    continue;
                }
                let Some(found) = scratch.snapshot(&hash).await? else {
                    continue;
                };
                texts.extend(found.fetches.into_iter().next().map(|fetch| SnapshotParams {
                    text: found.text,
                    owner: found.owner,
                    fetch,
                }));
            }
        }
        Ok(texts)
    }
}
