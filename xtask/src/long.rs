//! `cargo xtask long`: the tests that take too long for every change.

use std::path::Path;

use anyhow::Result;

use crate::phase::{cargo, succeed};
use crate::verify::SEED_KEY;
use crate::{install, model_servers};

/// Cases of each property that does not set its own number.
const CASES: &str = "20000";

/// Runs them. `--workspace` picks the same features as `verify` does, so that nothing is built twice.
pub(crate) fn run(root: &Path) -> Result<()> {
    properties(root)?;
    println!(
        "long: the whole-program tests with COPYDESK_LONG=1: more moments to kill the program at, more days in a row, every issue of a summer"
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
    succeed(command.env("COPYDESK_LONG", "1"))?;
    println!("long: every day of ten years in every zone");
    let words = ["test", "--workspace", "--locked", "--test", "suite", "zones"];
    let mut command = cargo(root, &words);
    succeed(command.env("COPYDESK_LONG", "1"))?;
    println!("long: models through a proxy of other people's making");
    model_servers::litellm(&install::target(root).join("third-party"))?;
    let words = [
        "test",
        "--workspace",
        "--locked",
        "--test",
        "router",
        "--test",
        "whole",
        "litellm",
        "--",
        "--show-output",
    ];
    succeed(&mut cargo(root, &words))
}

/// The property tests with new cases, many more than `verify` draws. A case that fails prints itself.
fn properties(root: &Path) -> Result<()> {
    println!("long: the property tests, {CASES} new cases of each");
    let words = [
        "test",
        "--workspace",
        "--locked",
        "--test",
        "properties",
        "--test",
        "pages",
        "--test",
        "feeds",
    ];
    let mut command = cargo(root, &words);
    command.env("PROPTEST_CASES", CASES).env_remove(SEED_KEY);
    succeed(&mut command)
}
