//! Names that survive a power cut: a file's bytes are on the disk once it is synced, its name once its folder is.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Makes a folder and those above it, and has their names on the disk.
///
/// # Errors
/// What the file system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        let is_missing = |parent: &&Path| !parent.as_os_str().is_empty() && !parent.is_dir();
        if let Some(parent) = path.parent().filter(is_missing) {
            make_folder(parent)?;
        }
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    // One that is there may have been made just before a crash.
    keep_name(path)
}

/// Has the name of a file or folder on the disk.
///
/// # Errors
/// What the file system says.
pub fn keep_name(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_with_those_above_them_and_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/c");
        make_folder(&path).unwrap();
        make_folder(&path).unwrap();
        assert!(path.is_dir());
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(make_folder(&dir.path().join("file/b")).is_err());
    }
}
