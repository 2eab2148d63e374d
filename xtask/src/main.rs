//! Project chores: `cargo xtask verify` is every check that CI makes, `cargo xtask long` the tests that take longer,
//! `cargo xtask layout` the layout check alone.

mod install;
mod layout;
mod long;
mod model_servers;
mod phase;
mod verify;

use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  verify    format, layout, lint, tests and docs: all that CI runs; installs what the tests need
  long      the property tests with many more cases, the whole-program tests with more moments and more days
  layout    the layout check alone: crates, their edges, words that belong to one crate, error pages
  programs  what the tests start, installed where it is missing and this is possible";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lies one folder below the workspace");
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["verify"] => verify::run(root),
        ["long"] => long::run(root),
        ["layout"] => layout::run(root),
        ["programs"] => install::run(root),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
