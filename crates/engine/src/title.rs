//! What a run has made so far: its newest artifact of a kind, and the title of its issue.

use copydesk_domain::artifact::{ArtifactKind, Draft, Wish};
use copydesk_domain::{ContentHash, RunId, StageState, Untrusted};
use copydesk_store::{StageRecord, StoreError};
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
        self.newest_of(&self.store().stages(run).await?, kind).await
    }

    /// The same, of what was read.
    pub(crate) async fn newest_of<T: DeserializeOwned>(
        &self,
        stages: &[StageRecord],
        kind: ArtifactKind,
    ) -> Result<Option<T>, EngineError> {
        match newest(stages, kind) {
            Some(hash) => self.read_artifact(&hash).await.map(Some),
            None => Ok(None),
        }
    }

    /// An artifact that a record names.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] where it is not there or is not of its kind.
    pub(crate) async fn read_artifact<T: DeserializeOwned>(
        &self,
        hash: &ContentHash,
    ) -> Result<T, EngineError> {
        let broken = || StoreError::Inconsistent {
            table: "artifact",
            column: "bytes",
            id: hash.to_string(),
        };
        let artifact = self.store().artifact(hash).await?.ok_or_else(broken)?;
        Ok(serde_json::from_slice(&artifact.bytes).map_err(|_| broken())?)
    }
}

/// The newest artifact of a kind: of the highest round, and there of the stage that ran last. Pure.
pub(crate) fn newest(stages: &[StageRecord], kind: ArtifactKind) -> Option<ContentHash> {
    let done = stages
        .iter()
        .filter(|record| record.state == StageState::Completed);
    done.flat_map(|record| record.artifacts.iter().map(move |made| (record.round, made)))
        .filter(|(_, made)| made.kind == kind)
        .max_by_key(|(round, _)| *round)
        .map(|(_, made)| made.hash)
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{Instant, Round};
    use copydesk_store::ArtifactRef;

    use super::*;

    fn record(name: &str, round: u32, state: StageState, made: &str) -> StageRecord {
        let at = Instant::from_micros(0);
        StageRecord {
            stage: name.into(),
            round: Round(round),
            state,
            attempts: 1,
            now: at,
            started_at: at,
            finished_at: Some(at),
            reason: None,
            artifacts: vec![ArtifactRef {
                kind: ArtifactKind::Draft,
                hash: ContentHash::of(made.as_bytes()),
            }],
        }
    }

    #[test]
    fn the_newest_artifact_is_the_last_of_the_highest_round_that_was_completed() {
        let done = StageState::Completed;
        let stages = [
            record("draft", 2, done, "sent back and written again"),
            record("draft", 1, done, "first"),
            record("review", 1, done, "first, reviewed"),
            record("review", 2, done, "reviewed again"),
            record("draft", 3, StageState::Failed, "cut off"),
        ];
        assert_eq!(
            newest(&stages, ArtifactKind::Draft),
            Some(ContentHash::of(b"reviewed again"))
        );
        assert_eq!(newest(&stages, ArtifactKind::Issue), None);
    }
}
