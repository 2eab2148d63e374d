//! What went out is found again: each published issue is put into the archive.

use copydesk_domain::artifact::{ArtifactKind, Draft, Issue, Review};
use copydesk_domain::{ContentHash, Instant, StageState};
use copydesk_store::{Command, StageRecord, archived};
use serde::de::DeserializeOwned;

use crate::error::EngineError;
use crate::services::Engine;

impl Engine {
    /// The command that archives a published issue; none where its draft or review cannot be read. A known text changes nothing, so that
    /// it may be given again after a crash.
    pub(crate) async fn archive(
        &self,
        stages: &[StageRecord],
        issue: &Issue,
        at: Instant,
    ) -> Result<Option<Command>, EngineError> {
        let Some(draft) = self.read::<Draft>(&issue.draft).await? else {
            return Ok(None);
        };
        let mut found = None;
        for hash in reviews(stages) {
            let review = self.read::<Review>(&hash).await?;
            found = review.filter(|review| review.draft == issue.draft).or(found);
        }
        // What was blocked is known from the review alone: without it nothing is archived.
        let Some(review) = found else {
            return Ok(None);
        };
        let record = archived(issue, &draft, &review, at);
        Ok(Some(Command::PutArchive(record)))
    }

    async fn read<T: DeserializeOwned>(&self, hash: &ContentHash) -> Result<Option<T>, EngineError> {
        let artifact = self.store().artifact(hash).await?;
        Ok(artifact.and_then(|artifact| serde_json::from_slice(&artifact.bytes).ok()))
    }
}

/// The reviews of a run, in order.
fn reviews(stages: &[StageRecord]) -> impl Iterator<Item = ContentHash> {
    stages
        .iter()
        .filter(|record| record.state == StageState::Completed)
        .flat_map(|record| &record.artifacts)
        .filter(|artifact| artifact.kind == ArtifactKind::Review)
        .map(|artifact| artifact.hash)
}
