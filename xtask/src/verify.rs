//! `cargo xtask verify`: all checks and tests, in the order in which they cost least.
//!
//! Lint and docs share what cargo has checked, tests share one build of the whole workspace: no phase asks for
//! another profile, other features or another target folder, since each of those would compile everything again.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::phase::{cargo, is_there, phase, succeed, succeed_line_by_line};
use crate::{install, layout};

/// Where proptest reads its seed.
pub(crate) const SEED_KEY: &str = "PROPTEST_RNG_SEED";
/// The seed where none is given.
const SEED: &str = "20260820";

/// Runs every phase; the first that fails ends it.
pub(crate) fn run(root: &Path) -> Result<()> {
    type Work = fn(&Path) -> Result<()>;
    let phases: [(&str, Work); 7] = [
        ("format", format),
        ("layout", layout::run),
        ("lint", lint),
        ("dependencies", dependencies),
        ("programs for tests", install::run),
        ("tests", tests),
        ("docs", docs),
    ];
    for (name, work) in phases {
        phase(name, || work(root))?;
    }
    println!("verify: {} phases passed", phases.len());
    Ok(())
}

fn format(root: &Path) -> Result<()> {
    succeed(&mut cargo(root, &["fmt", "--all", "--check"]))
}

fn lint(root: &Path) -> Result<()> {
    let words = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    succeed(&mut cargo(root, &words))
}

/// Licences, doubled crates and origins as `deny.toml` wants them. Known vulnerabilities need a database from the
/// network, so they are not asked for here: `cargo deny check advisories`.
fn dependencies(root: &Path) -> Result<()> {
    if !is_there("cargo-deny") {
        println!("skipped: licences and origins of dependencies: no cargo-deny");
        return Ok(());
    }
    succeed(&mut cargo(
        root,
        &["deny", "--offline", "check", "licenses", "bans", "sources"],
    ))
}

fn tests(root: &Path) -> Result<()> {
    let mut total = Totals::default();
    let outcome = succeed_line_by_line(&mut test_command(root), |line| total.count(line));
    println!("{}", total.line());
    outcome
}

/// Property tests draw the same cases each time, so that the same tree gives the same verdict; `cargo xtask long`
/// draws new ones, and `PROPTEST_RNG_SEED` sets others here.
#[expect(
    clippy::disallowed_methods,
    reason = "a chore, which knows no configuration of the product"
)]
fn test_command(root: &Path) -> Command {
    let seed = std::env::var(SEED_KEY).unwrap_or_else(|_| SEED.to_owned());
    println!("seed of the property tests: {seed} ({SEED_KEY} sets another)");
    let mut command = cargo(root, &["test", "--workspace", "--locked", "--no-fail-fast"]);
    command.env(SEED_KEY, seed);
    command
}

fn docs(root: &Path) -> Result<()> {
    let mut command = cargo(root, &["doc", "--workspace", "--no-deps", "--locked"]);
    succeed(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// What the test programs said in their closing lines.
#[derive(Default)]
struct Totals {
    programs: usize,
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Totals {
    fn count(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else {
            return;
        };
        self.programs += 1;
        for part in rest.split([';', '.']) {
            let Some((number, word)) = part.trim().split_once(' ') else {
                continue;
            };
            let number = number.parse().unwrap_or(0);
            match word {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    fn line(&self) -> String {
        let word = if self.failed == 0 { "ok" } else { "FAILED" };
        format!(
            "test result: {word}. {} passed; {} failed; {} ignored; in {} test programs",
            self.passed, self.failed, self.ignored, self.programs
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up() {
        let mut total = Totals::default();
        total.count("running 3 tests");
        total.count(
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.31s",
        );
        total.count("test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.00s");
        assert_eq!(
            total.line(),
            "test result: FAILED. 6 passed; 1 failed; 1 ignored; in 2 test programs"
        );
    }
}
