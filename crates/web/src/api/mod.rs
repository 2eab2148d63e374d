//! The JSON API, for scripts that a person gave a token.

mod caller;
mod runs;
mod wait;

pub(crate) use runs::{approve, list, show, start};
pub(crate) use wait::WAIT_SECONDS_MAX;
