//! `evals/*.toml`: what the author has measured, and where its cases lie.
//!
//! A suite is a file, a part of it one measurement: a scorer from the fixed list [`SCORERS`], the data it reads and a
//! floor for each metric that matters. To add a scorer: its line in `scorers.rs`, its code in `copydesk-eval`.

mod data;
mod load;
mod rules;
mod scorers;
mod suite;

pub use data::{EvalData, EvalDataError};
pub(crate) use load::read;
pub use load::suites;
pub use scorers::{SCORERS, ScorerKind};
pub use suite::{EvalPart, EvalSuite};
