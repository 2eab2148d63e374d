//! Chance with a seed, and what it is for: intervals and differences.

mod bootstrap;
mod draw;

pub use bootstrap::{Formula, difference, interval};
pub use draw::Draw;
