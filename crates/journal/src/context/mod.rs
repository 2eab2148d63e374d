//! The one way in which a stage has effects.
//!
//! [`StageContext`] holds what a round is pinned to; `steps` runs an effect once and keeps its outcome, `calls` asks
//! models and tools through it, `ledger` reserves and settles the money of a step.

mod calls;
mod ledger;
mod stage_context;
mod steps;

pub use calls::{Asked, Turn};
pub(crate) use stage_context::Place;
pub use stage_context::{ContextParams, StageContext};
