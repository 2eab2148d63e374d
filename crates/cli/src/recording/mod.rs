//! A run as one file, for a bug report: [`write()`] makes it, [`read()`] takes it, and it replays without the desk that it
//! came from. JSON lines: a head with the format, then release, rounds with their steps, artifacts and snapshots, then
//! an end with the count and the hash of all lines before it.
//!
//! What no stage reads is left out ([`redact`]): keys, addresses of endpoints and channels, settings of the machine.

mod library;
mod line;
mod read;
mod redact;
mod write;

pub use read::read;
pub use write::{WriteOptions, write};

use crate::exit::{Failure, USAGE};

/// A recording that cannot be used.
fn refused(error: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure::new("CD025", USAGE, error, hint)
}
