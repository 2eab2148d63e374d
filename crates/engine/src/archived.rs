//! What went out is found again: each published issue is put into the archive.

use copydesk_domain::artifact::{ArtifactKind, Draft, Issue, Review};
use copydesk_domain::{ContentHash, Instant, Round, StageName, StageState};
use copydesk_store::{ArchiveRecord, Command, Lease, StageRecord, StoreError, archived};

use crate::error::EngineError;
use crate::services::Engine;

impl Engine {
    /// Archives a published issue. A known text changes nothing, so that it may be done again after a crash. What of it
    /// cannot be read is said in the run's log, and the run goes on: its issue is out all the same.
    pub(crate) async fn archive(
        &self,
        (lease, stage): (&Lease, &StageName),
        stages: &[StageRecord],
        issue: &Issue,
        at: Instant,
    ) -> Result<(), EngineError> {
        let command = match self.archive_record(stages, issue, at).await {
            Ok(Some(record)) => Command::PutArchive(record),
            // What was blocked is known from the review alone: without it nothing is archived.
            Ok(None) => return Ok(()),
            Err(EngineError::Store(error @ StoreError::Inconsistent { .. })) => {
                tracing::warn!(%error, run = %lease.run, "the issue is not in the archive");
                Command::WriteLog {
                    lease: lease.clone(),
                    stage: stage.clone(),
                    round: Round::FIRST,
                    level: "warn".to_owned(),
                    message: format!("the issue is out, and it is not in the archive: {error}"),
                    at,
                }
            }
            Err(error) => return Err(error),
        };
        self.store().apply(command).await?;
        Ok(())
    }

    /// The issue as the archive has it; none where no review of its draft is there.
    async fn archive_record(
        &self,
        stages: &[StageRecord],
        issue: &Issue,
        at: Instant,
    ) -> Result<Option<ArchiveRecord>, EngineError> {
        let draft: Draft = self.read_artifact(&issue.draft).await?;
        let mut found = None;
        let mut broken = None;
        for hash in reviews(stages) {
            match self.read_artifact::<Review>(&hash).await {
                Ok(review) if review.draft == issue.draft => found = Some(review),
                Ok(_) => {}
                // A review of another draft is not needed.
                Err(error @ EngineError::Store(StoreError::Inconsistent { .. })) => broken = Some(error),
                Err(error) => return Err(error),
            }
        }
        match (found, broken) {
            (Some(review), _) => Ok(Some(archived(issue, &draft, &review, at))),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
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
