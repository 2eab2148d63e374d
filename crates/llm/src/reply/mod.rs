//! From an endpoint's reply to output that fits, or tool calls.

mod calls;
mod chat;
mod fit;
mod json_text;
mod keywords;
mod read;

pub(crate) use chat::{ChatReply, Usage};
pub(crate) use read::read;
