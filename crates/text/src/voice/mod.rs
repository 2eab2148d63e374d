//! How somebody writes, measured on what they wrote: a first `voice.md` out of past issues.
//!
//! Nothing here judges or invents. Each rule states a habit that was counted, with its numbers and with sentences of the
//! author's own; where the texts are too few or the habit is not clear, there is no rule.

mod favourites;
mod greeting;
mod length;
mod manner;
mod never;
mod proposal;
mod rule;
mod sample;
mod shape;
mod small;

pub(crate) use proposal::EXAMPLE;
pub use proposal::{Proposal, propose};
pub use rule::{Part, Rule};
