//! The words of Copydesk: ids, states, units, artifact types, typed tasks and the trait [`Clock`].
//!
//! Invariant: no I/O, no clock, no randomness, and no dependency on another crate of ours.

pub mod artifact;
mod counted;
mod hash;
mod ids;
mod money;
mod states;
pub mod task;
mod time;
pub mod tokens;
pub mod untrusted;

pub use counted::counted;
pub use hash::{ContentHash, ContentHashError};
pub use ids::{
    AnswerId, ChannelName, Fence, ModelName, NoteId, PipelineName, Round, RunId, SentenceId, StageName,
    StepKey, StoryId,
};
pub use money::{MicroUsd, MicroUsdError};
pub use states::{
    Decision, IssueState, NoticeKind, RunState, SlotState, StageState, StepState, Verdict, WaitingFor,
};
pub use time::{Clock, Instant, InstantError, PublishedAt};
pub use untrusted::{Escaped, ListedUrl, PromptData, Quote, Untrusted};
