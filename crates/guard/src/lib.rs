//! Claims, evidence, checks and verdicts. Code judges; a model's opinion is never more than a remark beside it.
//!
//! Three verdicts: `blocked` (a number, name, date or quotation that the evidence lacks, a denial, limit, contrary or
//! other thing of the kind that it contradicts, a span that is not those bytes, an absence that nobody looked for),
//! `supported` (code found the sentence in the evidence, with nothing added and nothing cut that changes it),
//! `unsettled` (code cannot tell: the author decides).
//!
//! A source is taken apart once, as [`Evidence`], and then asked for each sentence: which sentence says it
//! (`standing`), and what stands in the place of each word (`contrast`). The word lists are in `lexicon`.
//!
//! Invariant: pure. No store, no model, no clock. To add a check: a file in `check` and its call in `check::reading`.

mod around;
mod check;
mod claim;
mod contradiction;
mod contrast;
mod days;
mod evidence;
mod finding;
mod ground;
mod judge;
mod known_names;
mod ledger;
mod lexicon;
mod negation;
mod score;
mod shelf;
mod standing;
mod tokens;

pub use claim::is_claim;
pub use contradiction::{Contradiction, Place, Standing, Statement, contradictions};
pub use days::{IssueDay, shown};
pub use evidence::Evidence;
pub use ground::{Grounding, ground, ground_in, signs};
pub use judge::{ONE_WITNESS, judge};
pub use ledger::Ledger;
pub use score::SIGNS;
pub use shelf::Shelf;

/// Version of the checks; part of every release.
pub const CHECKER_VERSION: &str = "5";
