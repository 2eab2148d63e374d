//! The store in memory, for tests and for what a replay writes: the same commands, the same rules, nothing kept.
//!
//! Invariant: it passes the same contract suite as the stores that keep something, and holds no rule of its own.

mod archive;
mod count;
mod decision;
mod desk;
mod exchange;
mod label;
mod notice;
mod outbox;
mod prune;
mod run;
mod spend;
mod stage;
mod state;
mod step;
mod store;

pub use store::MemoryStore;
