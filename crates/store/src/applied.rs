//! What commands answer.

use copydesk_domain::{Instant, RunId};

use crate::held::Lease;
use crate::import::Imported;
use crate::money::Reserved;
use crate::record::OutboxState;
use crate::retention::Pruned;

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Carried out.
    Done,
    /// The run, and whether it was made by this command.
    Run {
        /// Its id.
        id: RunId,
        /// False where the slot had one.
        is_new: bool,
    },
    /// The lease.
    Leased(Lease),
    /// `ctx.now()` of the round.
    StageNow(Instant),
    /// The reserve, and how far its limits were used up before it.
    Reserved(Reserved),
    /// How far the payload is.
    Intent(OutboxState),
    /// Whether the token or label was there, the notice, look or label is new, or the run gave way.
    Taken(bool),
    /// What became of the issue.
    Imported(Imported),
    /// What was freed.
    Pruned(Pruned),
}
