//! Suites, scorers, comparisons, reports: what `copydesk eval` measures and how it says so.
//!
//! A suite (`evals/NAME.toml`) has parts; each part is one scorer on one set of cases. A scorer runs the product's own
//! code and leaves a [`Tally`]: counts per unit that may be drawn again (a page, a case, a topic, a document). Every
//! metric is a formula over sums of those counts, so one bootstrap serves all, and a stored tally is compared with a
//! new one unit by unit.
//!
//! Invariant: nothing here writes, asks the time or knows a model: cases come through `copydesk_config::evals`, the
//! built-in model through [`Product`], and chance from a seed. The same files give the same numbers.
//!
//! To add a scorer: a file in `score`, its line in `score/mod.rs` and in `copydesk_config::evals::SCORERS`. To add a
//! kind of corruption: a file in `corrupt`, its line in `corrupt/mod.rs`.

mod baseline;
mod cases;
mod corrupt;
mod error;
mod measure;
mod product;
mod refit;
mod report;
mod run;
mod score;
mod statistics;
mod tally;

pub use baseline::{Baseline, BaselineError};
pub use error::EvalError;
pub use product::Product;
pub use refit::{Measured, Refit, refit_stories, refit_summaries};
pub use report::{Change, Group, Outcome, Report, Row, Skipped, html, table};
pub use run::run;
pub use tally::{Counts, Detail, Miss, Tally, Unit};
