//! `daemon` and `schedule`.

use crate::app::{Folder, OpenOptions};
use crate::exit::Failure;
use crate::outcome::Outcome;

/// Runs the day by itself.
pub async fn execute(_options: OpenOptions) -> Result<Outcome, Failure> {
    Err(Failure::bug("not wired yet"))
}

/// Past slots with their outcome, and the next ones.
pub async fn schedule(_folder: &Folder, _pipeline: Option<&str>) -> Result<Outcome, Failure> {
    Err(Failure::bug("not wired yet"))
}
