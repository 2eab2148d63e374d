//! Sentences: where they end, and which of them can stand in a report.

mod address;
mod fitness;
mod prose;
mod reference;
mod split;
pub(crate) mod verbs;

pub use address::addresses_model;
pub use fitness::{dangles, is_filler, is_promotional};
pub use prose::is_prose;
pub use reference::{Pointer, pointers, points_out, presumes};
pub use split::split;
