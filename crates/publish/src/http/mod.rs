//! The `http` channel: one POST for each issue to an address that the author wrote. `docs/channels.md` describes it.
//!
//! What a broken call means is the receiver's to say: `after_doubt` in the pipeline is what it can do about one.

mod channel;
mod judge;
mod listing;
mod payload;
mod renderer;

pub use channel::{HttpChannel, HttpOptions};
pub use renderer::HttpRenderer;
