//! Claims, evidence, checks and verdicts. Code judges; a model's opinion is never more than a remark beside it.
//!
//! Three verdicts: `blocked` (a number, name, date or quotation that the evidence lacks, a span that is not those
//! bytes, an absence that nobody looked for), `supported` (all of it stands in the evidence), `unsettled` (code
//! cannot tell: the author decides).
//!
//! Invariant: pure. No store, no model, no clock. To add a check: a file in `check` and its call in `judge`.

mod check;
mod claim;
mod finding;
mod ground;
mod judge;
mod ledger;

pub use claim::is_claim;
pub use ground::{Grounding, ground};
pub use judge::judge;
pub use ledger::Ledger;

/// Version of the checks; part of every release.
pub const CHECKER_VERSION: &str = "1";
