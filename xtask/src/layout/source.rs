//! The sources of the crates, as the check looks at them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::blank::blank;
use super::test_items;

/// One file of Rust.
pub(super) struct Source {
    /// Its path below the root, with `/`.
    pub(super) path: String,
    /// The crate's folder below `crates`.
    pub(super) crate_name: String,
    /// The code of tests too; no comments and no literals.
    pub(super) all_code: String,
    /// The code that the program runs; empty for files of tests.
    pub(super) code: String,
}

/// The sources and tests of every crate.
pub(super) fn read_all(root: &Path) -> Result<Vec<Source>> {
    let mut files = Vec::new();
    rust_files(&root.join("crates"), &mut files)?;
    files.sort();
    let mut sources = Vec::new();
    let mut for_tests = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let (source, modules) = read(root, &file, &text);
        sources.push(source);
        for_tests.extend(modules);
    }
    for source in &mut sources {
        let path = Path::new(&source.path);
        let in_tests = path
            .components()
            .nth(2)
            .is_some_and(|part| part.as_os_str() != "src");
        if in_tests
            || path
                .ancestors()
                .any(|part| for_tests.contains(&part.with_extension("")))
        {
            source.code.clear();
        }
    }
    Ok(sources)
}

/// One file, and the modules that it declares for tests: their paths below the root, without `.rs`.
fn read(root: &Path, file: &Path, text: &str) -> (Source, Vec<PathBuf>) {
    let path = file.strip_prefix(root).unwrap_or(file);
    let all_code = blank(text);
    let items = test_items::find(text, &all_code);
    let mut code = all_code.clone().into_bytes();
    for range in items.ranges {
        for byte in &mut code[range] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    let modules = items
        .modules
        .into_iter()
        .map(|(elsewhere, name)| module_file(path, elsewhere.as_deref(), &name))
        .collect();
    let crate_name = path.components().nth(1);
    let source = Source {
        path: path.to_string_lossy().replace('\\', "/"),
        crate_name: crate_name.map_or_else(String::new, |name| {
            name.as_os_str().to_string_lossy().into_owned()
        }),
        all_code,
        code: String::from_utf8(code).expect("items end between characters"),
    };
    (source, modules)
}

/// Where a module of this file lies, without `.rs`; its own modules lie in the folder of that name.
fn module_file(file: &Path, elsewhere: Option<&str>, name: &str) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    if let Some(elsewhere) = elsewhere {
        return folder.join(elsewhere).with_extension("");
    }
    match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("lib" | "main" | "mod") => folder.join(name),
        _ => file.with_extension("").join(name),
    }
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Source>) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let sources = read_all(folder.path()).unwrap();
        (folder, sources)
    }

    #[test]
    fn tests_are_not_code_of_the_program() {
        let (_folder, sources) = workspace(&[
            ("crates/net/src/lib.rs", "#[cfg(test)]\nmod stub;\nmod client;"),
            ("crates/net/src/stub.rs", "fn stub() {}"),
            (
                "crates/net/src/client.rs",
                "fn client() {}\n#[cfg(test)]\nmod faults;",
            ),
            ("crates/net/src/client/faults.rs", "mod deep;"),
            ("crates/net/src/client/faults/deep.rs", "fn deep() {}"),
            ("crates/net/tests/all.rs", "fn all() {}"),
        ]);
        let with_code: Vec<_> = sources
            .iter()
            .filter(|source| !source.code.trim().is_empty())
            .map(|source| source.path.as_str())
            .collect();
        assert_eq!(with_code, ["crates/net/src/client.rs", "crates/net/src/lib.rs"]);
        assert!(sources.iter().all(|source| source.crate_name == "net"));
        assert!(sources.iter().all(|source| !source.all_code.trim().is_empty()));
    }
}
