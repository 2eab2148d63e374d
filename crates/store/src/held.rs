//! By what right a command writes for a run.

use copydesk_domain::{Fence, RunId};

/// Proof of the right to write for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// The fence that the lease was given.
    pub fence: Fence,
}
