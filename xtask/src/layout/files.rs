//! What holds for every text file: its length, and what it must not contain.

use std::path::Path;

use anyhow::Result;

/// A file of Rust longer than this has a second concept in it.
const LINES_MAX: usize = 500;

/// Folders that are not ours, or not kept.
const NOT_OURS: &[&str] = &[".git", "target", "node_modules", "copydesk-try"];

/// Hosts of package registries, in parts so that this file does not contain them. A build must work with any mirror,
/// so no file of ours names one.
const REGISTRIES: &[(&str, &str)] = &[
    ("crates", "io"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("rubygems", "org"),
    ("proxy.golang", "org"),
    ("deb.debian", "org"),
];

/// Folders of one machine, in parts for the same reason.
const MACHINE_FOLDERS: &[&[&str]] = &[
    &["root"],
    &["home"],
    &["Users"],
    &["work", "main"],
    &["work", "shared"],
];

/// A file as text.
pub(super) struct Text {
    /// Its path below the root, with `/`.
    path: String,
    text: String,
}

/// All text files of the workspace, except the lock file, which cargo writes.
pub(super) fn read_all(root: &Path) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    read_folder(root, root, &mut texts)?;
    texts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(texts)
}

fn read_folder(root: &Path, folder: &Path, texts: &mut Vec<Text>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let path = entry.path();
        if NOT_OURS.iter().any(|other| name == *other) || name == "Cargo.lock" {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            read_folder(root, &path, texts)?;
        } else if kind.is_file()
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root).unwrap_or(&path);
            texts.push(Text {
                path: path.to_string_lossy().replace('\\', "/"),
                text,
            });
        }
    }
    Ok(())
}

/// Every file that is too long or contains what no file may.
pub(super) fn check(texts: &[Text]) -> Vec<String> {
    let mut findings = Vec::new();
    for Text { path, text } in texts {
        let lines = text.lines().count();
        let is_rust = Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "rs");
        if is_rust && lines > LINES_MAX {
            findings.push(format!(
                "{path}: {lines} lines; look for the second concept ({LINES_MAX} at most)"
            ));
        }
        for (number, line) in text.lines().enumerate() {
            let place = format!("{path}:{}", number + 1);
            if let Some(host) = registry(line) {
                findings.push(format!("{place}: {host} is the host of a package registry"));
            }
            if let Some(folder) = machine_folder(line) {
                findings.push(format!("{place}: {folder} is a folder of one machine"));
            }
        }
    }
    findings
}

fn registry(line: &str) -> Option<String> {
    let in_name = |character: char| character == '-' || character.is_alphanumeric();
    REGISTRIES
        .iter()
        .map(|(name, end)| format!("{name}.{end}"))
        .find(|host| {
            line.match_indices(host.as_str()).any(|(at, _)| {
                !line[..at].ends_with(in_name) && !line[at + host.len()..].starts_with(in_name)
            })
        })
}

/// A path that starts at the root of a machine; `a/root/b` and `example.com/home/` do not.
fn machine_folder(line: &str) -> Option<String> {
    let before_root = |character: char| !(character.is_alphanumeric() || "/._-~})".contains(character));
    MACHINE_FOLDERS
        .iter()
        .map(|parts| format!("/{}/", parts.join("/")))
        .find(|folder| {
            line.match_indices(folder.as_str())
                .any(|(at, _)| line[..at].chars().next_back().is_none_or(before_root))
        })
}

/// The files that say under what terms this may be used.
pub(super) fn licences(root: &Path) -> Vec<String> {
    ["LICENSE-APACHE", "LICENSE-MIT"]
        .iter()
        .filter(|name| !root.join(name).is_file())
        .map(|name| format!("{name} is missing"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&[Text {
            path: path.to_owned(),
            text: text.to_owned(),
        }])
    }

    #[test]
    fn long_sources_are_found_and_long_prose_is_not() {
        assert_eq!(findings("a.rs", &"\n".repeat(501)).len(), 1);
        assert!(findings("a.rs", &"\n".repeat(500)).is_empty());
        assert!(findings("a.md", &"\n".repeat(501)).is_empty());
    }

    #[test]
    fn the_host_of_a_registry_is_found() {
        let host = ["static.", "crates", ".", "io"].concat();
        assert_eq!(findings("a.md", &format!("see https://{host}/x")).len(), 1);
        let other = ["my-", "crates", ".", "io"].concat();
        assert!(findings("a.md", &other).is_empty());
    }

    #[test]
    fn a_folder_of_one_machine_is_found() {
        let folder = ["/", "home", "/", "ann/notes"].concat();
        assert_eq!(findings("a.md", &format!("cd {folder}")).len(), 1);
        assert_eq!(findings("a.md", &folder).len(), 1);
        assert!(findings("a.md", &format!("https://example.org{folder}")).is_empty());
        assert!(findings("a.md", &format!("\"$ROOT\"/a{folder}")).is_empty());
    }

    #[test]
    fn both_licences_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("LICENSE-MIT"), "").unwrap();
        assert_eq!(licences(folder.path()), ["LICENSE-APACHE is missing"]);
    }

    #[test]
    fn what_is_not_ours_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("target")).unwrap();
        std::fs::write(folder.path().join("target/a.rs"), "").unwrap();
        std::fs::write(folder.path().join("b.md"), "b").unwrap();
        std::fs::write(folder.path().join("picture.png"), [0xff, 0xd8]).unwrap();
        let texts = read_all(folder.path()).unwrap();
        let paths: Vec<_> = texts.iter().map(|text| text.path.as_str()).collect();
        assert_eq!(paths, ["b.md"]);
    }
}
