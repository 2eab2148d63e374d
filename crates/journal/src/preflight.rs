//! Looking ahead: whether a run would find what it needs, and how feeds used to speak.

use async_trait::async_trait;
use copydesk_config::Release;
use copydesk_domain::Instant;
use copydesk_store::PreflightProblem;

/// Looks at what lies outside the store. Implemented in `cli`, over tool servers, models, disk and files.
#[async_trait]
pub trait Preflight: Send + Sync + 'static {
    /// What would stand in the way of a run of this release. All probes run at the same time, each ends by its own
    /// timeout, none costs money, and none changes anything that a run rests on.
    async fn look(&self, release: &Release) -> Vec<PreflightProblem>;
}

/// What is known of one feed from what is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedHeard {
    /// When the items of its last full answer were published, in any order; those without a date are left out.
    pub published: Vec<Instant>,
    /// When it last answered: in full, or that nothing changed.
    pub answered_at: Instant,
}

/// What feeds said. Implemented in `tools`, which reads them.
#[async_trait]
pub trait FeedHistory: Send + Sync + 'static {
    /// What is known of the feed of this address; none where it never gave a full answer.
    async fn heard(&self, feed: &str) -> Option<FeedHeard>;
}
