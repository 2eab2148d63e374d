//! The one way in which a stage has effects.
//!
//! [`StageContext`] holds what a round is pinned to; `steps` runs an effect once and keeps its outcome, `calls` asks
//! models and tools through it, `custom` asks what the author's own prompts ask, `directed` asks one model by its name,
//! `fitting` leaves out of a question what has no room, `later` waits and puts the rest of a stage off, `ledger` reserves
//! and settles the money of a step.

mod calls;
mod custom;
mod directed;
mod fitting;
mod later;
mod ledger;
mod stage_context;
mod steps;
mod unsent;

pub use calls::{Asked, Turn};
pub use custom::CustomQuestion;
pub(crate) use stage_context::Place;
pub use stage_context::{ContextParams, StageContext};
