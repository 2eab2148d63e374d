//! `cargo xtask long`: the tests that take too long for every change.

use std::path::Path;

use anyhow::Result;

use crate::phase::{cargo, succeed};

/// Runs them. `--workspace` picks the same features as `verify` does, so that nothing is built twice.
pub(crate) fn run(root: &Path) -> Result<()> {
    println!(
        "long: the whole-program tests with COPYDESK_LONG=1: more moments to kill the program at, more days in a row"
    );
    let words = [
        "test",
        "--workspace",
        "--locked",
        "--test",
        "whole",
        "--",
        "--show-output",
    ];
    let mut command = cargo(root, &words);
    succeed(command.env("COPYDESK_LONG", "1"))
}
