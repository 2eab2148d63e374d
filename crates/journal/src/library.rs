//! What a stage may read of what is stored.

use std::sync::Arc;

use async_trait::async_trait;
use copydesk_domain::ContentHash;
use copydesk_domain::artifact::Artifact;
use copydesk_store::{SnapshotRecord, Store, StoreError};

/// Texts and artifacts by their hash. A run reads all that its store has; a replay what was recorded.
#[async_trait]
pub trait Library: Send + Sync + 'static {
    /// An artifact.
    async fn artifact(&self, hash: &ContentHash) -> Result<Option<Artifact>, StoreError>;
    /// A snapshot.
    async fn snapshot(&self, hash: &ContentHash) -> Result<Option<SnapshotRecord>, StoreError>;
    /// The newest snapshot fetched from an address.
    async fn snapshot_of_url(&self, url: &str) -> Result<Option<SnapshotRecord>, StoreError>;
}

/// All that a store has.
pub struct StoreLibrary(pub Arc<dyn Store>);

#[async_trait]
impl Library for StoreLibrary {
    async fn artifact(&self, hash: &ContentHash) -> Result<Option<Artifact>, StoreError> {
        self.0.artifact(hash).await
    }

    async fn snapshot(&self, hash: &ContentHash) -> Result<Option<SnapshotRecord>, StoreError> {
        self.0.snapshot(hash).await
    }

    async fn snapshot_of_url(&self, url: &str) -> Result<Option<SnapshotRecord>, StoreError> {
        self.0.snapshot_of_url(url).await
    }
}
