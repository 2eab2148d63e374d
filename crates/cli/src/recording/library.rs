//! What a recording holds, to read.

use std::collections::BTreeMap;

use async_trait::async_trait;
use copydesk_domain::ContentHash;
use copydesk_domain::artifact::Artifact;
use copydesk_journal::Library;
use copydesk_store::{SnapshotRecord, StoreError};

/// Artifacts and snapshots of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedLibrary {
    /// By hash.
    pub artifacts: BTreeMap<ContentHash, Artifact>,
    /// By hash.
    pub snapshots: BTreeMap<ContentHash, SnapshotRecord>,
}

#[async_trait]
impl Library for RecordedLibrary {
    async fn artifact(&self, hash: &ContentHash) -> Result<Option<Artifact>, StoreError> {
        Ok(self.artifacts.get(hash).cloned())
    }

    async fn snapshot(&self, hash: &ContentHash) -> Result<Option<SnapshotRecord>, StoreError> {
        Ok(self.snapshots.get(hash).cloned())
    }

    async fn snapshot_of_url(&self, _: &str) -> Result<Option<SnapshotRecord>, StoreError> {
        // What was newest then is a step of the run.
        Ok(None)
    }
}
