//! By what right a command writes for a run, and the snapshot that it may bring.

use copydesk_domain::artifact::Fetch;
use copydesk_domain::{Fence, RunId, Untrusted};

/// Proof of the right to write for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// The fence that the lease was given.
    pub fence: Fence,
}

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
