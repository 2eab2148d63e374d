//! `try`: a first issue, now.

use std::path::PathBuf;

use crate::args::TryArgs;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// Makes a first issue.
pub async fn execute(_dir: PathBuf, _args: TryArgs, _is_json: bool, _unsafe_durability: bool) -> Result<Outcome, Failure> {
    Err(Failure::bug("not wired yet"))
}
