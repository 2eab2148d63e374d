//! Telling somebody outside.

use async_trait::async_trait;
use copydesk_store::NoticeRecord;

/// Why nobody was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{way}: {reason}")]
pub struct NotifyError {
    /// The way that failed, such as `webhook`.
    pub way: &'static str,
    /// Why, without the address, which may hold a secret.
    pub reason: String,
}

/// Tells people and other machines what the daemon noticed.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// Tells it by every way that is set up for its kind. An error leaves the notice open: it is told again later,
    /// so a receiver may hear it twice and tells by its key that it is the same.
    async fn tell(&self, notice: &NoticeRecord) -> Result<(), NotifyError>;
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mute;

#[async_trait]
impl Notifier for Mute {
    async fn tell(&self, _notice: &NoticeRecord) -> Result<(), NotifyError> {
        Ok(())
    }
}
