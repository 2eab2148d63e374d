//! What a replay may read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use copydesk_domain::ContentHash;
use copydesk_domain::artifact::Artifact;
use copydesk_journal::Library;
use copydesk_store::{SnapshotRecord, StoreError};

/// One library before another: what was recorded, then what the replay itself made.
pub struct Overlay {
    /// Asked first.
    pub first: Arc<dyn Library>,
    /// Asked for what the first does not have.
    pub then: Arc<dyn Library>,
}

#[async_trait]
impl Library for Overlay {
    async fn artifact(&self, hash: &ContentHash) -> Result<Option<Artifact>, StoreError> {
        match self.first.artifact(hash).await? {
            Some(found) => Ok(Some(found)),
            None => self.then.artifact(hash).await,
        }
    }

    async fn snapshot(&self, hash: &ContentHash) -> Result<Option<SnapshotRecord>, StoreError> {
        match self.first.snapshot(hash).await? {
            Some(found) => Ok(Some(found)),
            None => self.then.snapshot(hash).await,
        }
    }

    async fn snapshot_of_url(&self, url: &str) -> Result<Option<SnapshotRecord>, StoreError> {
        match self.first.snapshot_of_url(url).await? {
            Some(found) => Ok(Some(found)),
            None => self.then.snapshot_of_url(url).await,
        }
    }
}

/// A library that keeps what was read in it, for a recording that holds just that.
pub struct Seen {
    library: Arc<dyn Library>,
    read: Mutex<BTreeSet<ContentHash>>,
}

impl Seen {
    /// In which nothing was read yet.
    pub fn of(library: Arc<dyn Library>) -> Self {
        let read = Mutex::default();
        Self { library, read }
    }

    /// Hashes that were asked for, of artifacts and snapshots alike.
    pub fn read(&self) -> BTreeSet<ContentHash> {
        self.read.lock().expect("no holder of this lock panics").clone()
    }

    fn note(&self, hash: &ContentHash) {
        let mut read = self.read.lock().expect("no holder of this lock panics");
        read.insert(*hash);
    }
}

#[async_trait]
impl Library for Seen {
    async fn artifact(&self, hash: &ContentHash) -> Result<Option<Artifact>, StoreError> {
        self.note(hash);
        self.library.artifact(hash).await
    }

    async fn snapshot(&self, hash: &ContentHash) -> Result<Option<SnapshotRecord>, StoreError> {
        self.note(hash);
        self.library.snapshot(hash).await
    }

    async fn snapshot_of_url(&self, url: &str) -> Result<Option<SnapshotRecord>, StoreError> {
        self.library.snapshot_of_url(url).await
    }
}
