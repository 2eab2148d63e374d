//! Moves runs forward: what is due, which stage is next, approvals, the outbox.
//!
//! Invariant: knows traits and commands, never a stage, a channel, a database or a vendor. Everything with meaning
//! is decided by pure functions ([`next::next`], [`planner::due`]); this crate only carries the decisions out.

mod advance;
mod answered;
mod answers;
#[cfg(test)]
mod any_run;
mod approvals;
mod archived;
mod author_time;
mod blank;
mod calendar;
mod choices;
mod chosen;
mod clock_watch;
pub mod daemon;
mod deadline;
mod error;
pub mod export;
pub mod gates;
mod inputs;
mod labels;
mod lease;
mod meanwhile;
pub mod next;
mod noted;
pub mod notices;
mod nudges;
mod open_claims;
mod outbox;
mod plain;
pub mod planner;
mod preflight;
mod probes;
mod questions;
pub mod rated;
mod read_replies;
pub mod receipt;
pub mod replay;
mod rounds;
mod services;
pub mod spend;
mod stage_run;
mod start;
mod starting;
mod title;
pub mod view;

pub use advance::{Advanced, Scope};
pub use answered::{Answered, answered};
pub use answers::{PendingAnswer, SentAnswer};
pub use approvals::Decided;
pub use author_time::AuthorTime;
pub use choices::{Cheaper, Choices, GoOn, choices};
pub use error::EngineError;
pub use labels::{LabelView, Said};
pub use open_claims::OpenClaims;
pub use probes::ProbeLedger;
pub use rated::{Agreement, RatedRound};
pub use services::{Channels, Engine, Services};
pub use start::StartParams;
