//! One phase of a chore: a name, its time, and the commands it runs.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// What `cargo run` sets for this program and a build script may watch. Passed on, it would make the same crates
/// build again each time somebody changes between `cargo xtask` and plain `cargo`.
const OURS: &[&str] = &[
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
    "CARGO_PRIMARY_PACKAGE",
];

/// Runs one phase and prints its name and its time in one line.
pub(crate) fn phase(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let started = Instant::now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
    println!(
        "verify: {name}: {verdict}, {:.1} s",
        started.elapsed().as_secs_f64()
    );
    outcome.with_context(|| name.to_owned())
}

/// Cargo with these arguments, in the workspace.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root);
    for name in OURS {
        command.env_remove(name);
    }
    command
}

/// Runs a command with our own output; anything but success is an error.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command
        .status()
        .with_context(|| format!("`{shown}` did not start"))?;
    if status.success() {
        return Ok(());
    }
    bail!("`{shown}` ended with {status}");
}

/// The same, with every line of its standard output shown and handed to `each`.
pub(crate) fn succeed_line_by_line(command: &mut Command, mut each: impl FnMut(&str)) -> Result<()> {
    let shown = show(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{shown}` did not start"))?;
    let output = child.stdout.take().expect("standard output is piped");
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        writeln!(std::io::stdout(), "{line}")?;
        each(&line);
    }
    let status = child.wait()?;
    if status.success() {
        return Ok(());
    }
    bail!("`{shown}` ended with {status}");
}

/// Whether this program can be started here.
pub(crate) fn is_there(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        // What it says does not matter: OpenSSL 3.0 knows no `--version`.
        .is_ok()
}

fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_phase_names_itself() {
        let error = phase("format", || bail!("two files")).unwrap_err();
        assert_eq!(format!("{error:#}"), "format: two files");
    }

    #[test]
    fn a_command_that_fails_is_shown_as_typed() {
        let error = succeed(Command::new("false").arg("-x")).unwrap_err();
        assert!(error.to_string().starts_with("`false -x` ended with"), "{error}");
    }

    #[test]
    fn every_line_is_handed_over() {
        let mut lines = Vec::new();
        succeed_line_by_line(Command::new("printf").arg("a\\nb\\n"), |line| {
            lines.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(lines, ["a", "b"]);
    }

    #[test]
    fn a_program_that_nobody_has_is_not_there() {
        assert!(!is_there("copydesk-no-such-program"));
    }
}
