//! What a run has made so far: its newest artifact of a kind, and the title of its issue.

use copydesk_domain::artifact::{ArtifactKind, Draft, Wish};
use copydesk_domain::{RunId, StageState, Untrusted};
use copydesk_store::StoreError;
use serde::de::DeserializeOwned;

use crate::error::EngineError;
use crate::services::Engine;

impl Engine {
    /// Title of a run's newest draft; none before there is one.
    pub async fn title(&self, run: &RunId) -> Result<Option<Untrusted<String>>, EngineError> {
        let draft: Option<Draft> = self.newest_artifact(run, ArtifactKind::Draft).await?;
        Ok(draft.map(|draft| draft.title))
    }

    /// What became of the wishes of the author's note, in the newest draft of a run; empty where nothing was sent back.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] where the draft cannot be read.
    pub async fn wishes(&self, run: &RunId) -> Result<Vec<Wish>, EngineError> {
        let draft: Option<Draft> = self.newest_artifact(run, ArtifactKind::Draft).await?;
        Ok(draft.map(|draft| draft.wishes).unwrap_or_default())
    }

    /// The newest artifact of a kind that a run has.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] where it cannot be read.
    pub(crate) async fn newest_artifact<T: DeserializeOwned>(
        &self,
        run: &RunId,
        kind: ArtifactKind,
    ) -> Result<Option<T>, EngineError> {
        let store = self.store();
        let newest = store
            .stages(run)
            .await?
            .into_iter()
            .filter(|record| record.state == StageState::Completed)
            .flat_map(|record| record.artifacts.into_iter().map(move |made| (record.round, made)))
            .filter(|(_, made)| made.kind == kind)
            .max_by_key(|(round, _)| *round);
        let Some((_, made)) = newest else { return Ok(None) };
        let Some(artifact) = store.artifact(&made.hash).await? else {
            return Ok(None);
        };
        let read = serde_json::from_slice(&artifact.bytes).map_err(|_| StoreError::Inconsistent {
            table: "artifact",
            column: "bytes",
            id: made.hash.to_string(),
        })?;
        Ok(Some(read))
    }
}
