//! From a call to a chat request: messages, schema, tools, and the form that an endpoint takes.

mod build;
mod dialect;
mod message;
mod question;
mod strict;
mod tool_names;

pub(crate) use build::{ReAsk, as_stream, build};
pub(crate) use dialect::{Dialect, Format};
pub(crate) use question::Question;
