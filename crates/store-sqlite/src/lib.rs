//! The store on SQLite: WAL, one writer that commits many commands at once, read-only readers.
//!
//! It owns the schema (`migrations/`) and every statement; it never decides what a command means: that is
//! [`copydesk_store::contract::rules`], asked inside the writer's transaction.
//!
//! Invariant: only this crate names sqlx. An answer is given after the commit that holds it. No transaction stays open
//! while anything but the database is waited for.
//!
//! To add a command: its statements and its function go into the file of its table below `tables/`, one arm into
//! `tables/mod.rs`, and its cases into the contract suite. One that a run makes by the dozen also gets a trigger there and
//! an arm in `tables/bundle.rs`. To change the schema: a new numbered file in `migrations/`
//! and a line in `migrate.rs`; a released one is never edited.

mod condition;
mod copy;
#[cfg(debug_assertions)]
mod crash;
mod fault;
mod migrate;
mod open;
mod options;
mod reserve;
mod row;
mod shares;
mod store;
mod tables;
#[cfg(test)]
mod upgrade_tests;
mod writer;

pub use condition::Condition;
#[cfg(debug_assertions)]
pub use crash::{CrashOptions, Moment};
pub use options::{Options, Synchronous};
pub use store::SqliteStore;
