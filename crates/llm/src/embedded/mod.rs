//! The built-in extractive model: a small server with the chat API, inside this process.
//!
//! It is the model of a fresh machine, with no key and no download. It knows the typed tasks of
//! [`copydesk_domain::task`] and nothing else: it reads the last user message, the tools and their results, and
//! answers by classical extraction. What it writes is a cited briefing: a selection of exact words of the sources
//! in quotation marks, with templates between them. It has no opinion, and says so where one is asked for.
//!
//! **Invariant.** No clock, no chance, no memory: the same request always gives the same bytes. Every run of
//! eight or more words of a source stands in quotation marks, with the publisher's name beside it.
//!
//! To add a task: one file with a function from its input to its output, and one arm in `answer.rs`.

mod answer;
mod answer_reply;
mod chat;
mod edits;
mod figure;
mod fit;
mod follow_up;
mod judge;
mod notes;
mod plan;
mod questions;
mod rank;
mod rate;
mod section;
mod server;
mod shorten;
mod title;
mod triage;

pub use answer::answer;
pub use chat::{Answer, CalledFunction, ChatRequest, Function, MODEL, Message, Refusal, Tool, ToolCall};
pub use server::{router, serve};
