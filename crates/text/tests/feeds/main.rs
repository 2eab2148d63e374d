//! The feed reader against real feeds, the cases of another reader, hostile feeds and noise.

mod cases;
mod corpus;
mod hostile;
mod judge;
mod noise;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of shared data, or `None` after saying that the test is skipped.
#[expect(clippy::disallowed_methods, reason = "says where the shared test data lies")]
pub fn shared(test: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder =
        std::env::var_os("COPYDESK_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {test}: no shared data");
    None
}

/// The lines of a JSONL file.
pub fn json_lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A field that holds text; the empty text where it does not.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
