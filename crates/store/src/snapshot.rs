//! A text that was fetched, on its way to the store.

use copydesk_domain::Untrusted;
use copydesk_domain::artifact::Fetch;

/// A snapshot's fetch to store. The text is stored once by hash; a known fetch (same address and instant) changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotParams {
    /// Main text.
    pub text: Untrusted<String>,
    /// Who owns it.
    pub owner: String,
    /// The fetch.
    pub fetch: Fetch,
}
