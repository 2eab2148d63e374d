//! The four agents (research, draft, review, engagement) and the custom stage. One folder each.
//!
//! Invariant: every effect goes through `StageContext`; no stage opens a socket, reads a clock, or spawns a task.
//! A model is only ever asked typed tasks, and what the author's own prompts ask; whatever it says about sources is checked against stored bytes.
//!
//! To add a stage: a folder with a type that implements `Stage`, and its registration in `cli`.

pub mod custom;
pub mod draft;
pub mod engagement;
mod models_used;
mod readers;
pub mod research;
pub mod review;
mod slug;
mod step_key;

pub use custom::CustomStage;
pub use draft::DraftStage;
pub use engagement::{EngagementStage, issue_message_id};
pub use research::ResearchStage;
pub use review::ReviewStage;
