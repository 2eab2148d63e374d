//! Telling somebody outside.

use async_trait::async_trait;
use copydesk_domain::NoticeKind;
use copydesk_store::NoticeRecord;

/// Why nobody was told, without the address, which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotifyError {
    /// Why.
    pub reason: String,
}

/// Tells people and other machines what the daemon noticed.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// The ways that are set up for a kind, such as `webhook`.
    fn ways(&self, kind: NoticeKind) -> Vec<&'static str>;
    /// Tells a notice by its way. An error leaves it open: it is told again later, so a receiver may hear it twice and
    /// sees by its key that it is the same.
    async fn tell(&self, notice: &NoticeRecord) -> Result<(), NotifyError>;
}
