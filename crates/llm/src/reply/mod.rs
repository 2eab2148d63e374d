//! From an endpoint's reply to output that fits, or tool calls.

mod calls;
mod chat;
mod fit;
mod json_text;
mod keywords;
mod read;
mod usage;

pub(crate) use chat::ChatReply;
pub(crate) use read::read;
pub(crate) use usage::Usage;
