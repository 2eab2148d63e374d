//! Names that survive a power cut: a file's bytes are on the disk once it is synced, its name once its folder is.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Rights on a folder as the process's own mask leaves them.
const MODE_ANYBODY: u32 = 0o777;
/// Rights on a folder for its owner alone.
const MODE_OWNER: u32 = 0o700;

/// Makes a folder and those above it, and has their names on the disk.
///
/// # Errors
/// What the file system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    make(path, MODE_ANYBODY)
}

/// The same for a folder whose contents only its owner may read. One that is there keeps its rights.
///
/// # Errors
/// What the file system says.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    make(path, MODE_OWNER)
}

fn make(path: &Path, mode: u32) -> io::Result<()> {
    if !path.is_dir() {
        let is_missing = |parent: &&Path| !parent.as_os_str().is_empty() && !parent.is_dir();
        if let Some(parent) = path.parent().filter(is_missing) {
            make_folder(parent)?;
        }
        match DirBuilder::new().mode(mode).create(path) {
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
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

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

    #[test]
    fn a_private_folder_is_its_owners_alone_and_one_that_is_there_keeps_its_rights() {
        let dir = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let private = dir.path().join("desk/data");
        make_private_folder(&private).unwrap();
        assert_eq!(mode(&private), 0o700);
        let shared = dir.path().join("notes");
        make_folder(&shared).unwrap();
        assert_eq!(
            mode(private.parent().unwrap()),
            mode(&shared),
            "the desk is not private"
        );
        fs::set_permissions(&private, fs::Permissions::from_mode(0o750)).unwrap();
        make_private_folder(&private).unwrap();
        assert_eq!(mode(&private), 0o750);
    }
}
