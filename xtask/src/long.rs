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

/// Test programs beside the libraries' own that hold property tests: what `cargo test` is asked for, and which tests of
/// it where not all of them.
const PROPERTIES: [&[&str]; 2] = [
    &[
        "--lib",
        "--test",
        "properties",
        "--test",
        "pages",
        "--test",
        "feeds",
    ],
    &["--test", "suite", "properties::"],
];

/// The property tests with new cases, many more than `verify` draws. A case that fails prints itself.
fn properties(root: &Path) -> Result<()> {
    println!("long: the property tests, {CASES} new cases of each");
    for programs in PROPERTIES {
        let words = [&["test", "--workspace", "--locked"][..], programs].concat();
        let mut command = cargo(root, &words);
        command.env("PROPTEST_CASES", CASES).env_remove(SEED_KEY);
        // Ten years are lived in every zone, and not in the odd ones alone.
        succeed(command.env("COPYDESK_LONG", "1"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// How a source with properties begins one.
    const MARKS: [&str; 2] = ["proptest! {", "TestRunner::new("];

    /// The sources below a folder that hold property tests.
    fn with_properties(root: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![root.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    if MARKS.iter().any(|mark| text.contains(mark)) {
                        found.push(path.strip_prefix(root).unwrap().to_owned());
                    }
                }
            }
        }
        found
    }

    /// Whether a source, by its path below `crates`, is in a program that is run at length, with its tests.
    fn is_run(source: &Path) -> bool {
        let parts: Vec<&str> = source.iter().filter_map(|part| part.to_str()).collect();
        let ["src" | "tests", program, ..] = parts[1..] else {
            return false;
        };
        if parts[1] == "src" {
            return PROPERTIES.iter().any(|words| words.contains(&"--lib"));
        }
        let program = program.trim_end_matches(".rs");
        PROPERTIES.iter().any(|words| {
            let is_named = words.windows(2).any(|pair| pair == ["--test", program]);
            let mut filters = words.iter().filter_map(|word| word.strip_suffix("::"));
            is_named && filters.all(|filter| parts[3..].contains(&filter))
        })
    }

    #[test]
    fn every_property_is_drawn_at_length() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
        let sources = with_properties(&crates);
        assert!(sources.len() > 9, "{sources:?}");
        let missed: Vec<&PathBuf> = sources.iter().filter(|source| !is_run(source)).collect();
        assert!(missed.is_empty(), "`long` runs nothing of {missed:?}");
    }

    #[test]
    fn a_program_that_is_not_named_is_found() {
        assert!(is_run(Path::new("net/src/address/decide.rs")));
        assert!(is_run(Path::new("text/tests/pages.rs")));
        assert!(is_run(Path::new("engine/tests/suite/properties/rows.rs")));
        assert!(
            !is_run(Path::new("engine/tests/suite/days.rs")),
            "not by its filter"
        );
        assert!(!is_run(Path::new("guard/tests/forms.rs")));
    }
}
