//! Finds the test data that lies beside the project.

use std::path::PathBuf;

/// The folder of shared test data: `COPYDESK_SHARED`, else `../shared` beside the workspace.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("COPYDESK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    )
}

/// A file of the folder, or `None` after saying which test is skipped.
pub(crate) fn path(test: &str, name: &str) -> Option<PathBuf> {
    let path = folder().join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {test}: no shared data");
    None
}

/// The text of such a file.
pub(crate) fn read(test: &str, name: &str) -> Option<String> {
    path(test, name).map(|path| std::fs::read_to_string(path).unwrap())
}
