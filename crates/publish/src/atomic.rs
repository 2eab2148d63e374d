//! Files that are there whole or not at all.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// A file as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

/// How far a write came before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteProgress {
    /// No file was changed.
    Nothing,
    /// Some files may be new, others old. Writing again mends it.
    Partly,
}

/// Why files could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {source}", path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
    /// How far it came.
    pub progress: WriteProgress,
}

/// Writes files that differ from what is there. All bytes are on disk beside their places before the first file is
/// replaced, so a full disk changes nothing; then each is renamed in the given order and the folders are synced.
pub(crate) fn write_all(targets: &[Target]) -> Result<(), WriteError> {
    let failed = |path: &Path, source, progress| WriteError {
        path: path.to_owned(),
        source,
        progress,
    };
    let mut staged = Vec::new();
    for target in targets {
        match stage(target) {
            Ok(true) => staged.push(target),
            Ok(false) => {}
            Err(error) => {
                for target in staged.into_iter().chain([target]) {
                    // What is left is overwritten by the next attempt.
                    let _ = fs::remove_file(part(&target.path));
                }
                return Err(failed(&target.path, error, WriteProgress::Nothing));
            }
        }
    }
    let mut progress = WriteProgress::Nothing;
    for target in &staged {
        fs::rename(part(&target.path), &target.path)
            .map_err(|error| failed(&target.path, error, progress))?;
        progress = WriteProgress::Partly;
    }
    keep_names(targets).map_err(|(folder, error)| failed(&folder, error, WriteProgress::Partly))
}

/// Whether every file holds its bytes and has its name on the disk.
pub(crate) fn are_written(targets: &[Target]) -> io::Result<bool> {
    for target in targets {
        if !holds(target)? {
            return Ok(false);
        }
    }
    keep_names(targets).map_err(|(_, error)| error)?;
    Ok(true)
}

/// Syncs the folders of all files, also of those that hold their bytes already: whoever renamed them may have been cut
/// off before this.
fn keep_names(targets: &[Target]) -> Result<(), (PathBuf, io::Error)> {
    let folders: BTreeSet<&Path> = targets
        .iter()
        .flat_map(|target| target.path.ancestors().skip(1).take(2))
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    for folder in folders {
        File::open(folder)
            .and_then(|opened| opened.sync_all())
            .map_err(|error| (folder.to_owned(), error))?;
    }
    Ok(())
}

/// Puts the bytes beside their place; `false` where the file holds them already.
fn stage(target: &Target) -> io::Result<bool> {
    if holds(target)? {
        // Left by an attempt that was cut off.
        match fs::remove_file(part(&target.path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => return Ok(false),
        }
    }
    if let Some(folder) = target.path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(part(&target.path))?;
    file.write_all(&target.bytes)?;
    file.sync_all()?;
    Ok(true)
}

fn holds(target: &Target) -> io::Result<bool> {
    match fs::read(&target.path) {
        Ok(bytes) => Ok(bytes == target.bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Name of the file that is renamed: in the same folder, so on the same file system; hidden from servers.
fn part(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: PathBuf, text: &str) -> Target {
        Target {
            path,
            bytes: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn a_file_that_cannot_be_staged_leaves_all_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let first = dir.path().join("a");
        fs::write(&first, "old").unwrap();
        fs::write(dir.path().join("blocked"), "a file, not a folder").unwrap();
        let targets = [
            target(first.clone(), "new"),
            target(dir.path().join("blocked/b"), "new"),
        ];
        let error = write_all(&targets).unwrap_err();
        assert_eq!(error.progress, WriteProgress::Nothing);
        assert_eq!(fs::read_to_string(&first).unwrap(), "old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no part is left");
    }

    #[test]
    fn parts_of_a_cut_off_attempt_disappear() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "new").unwrap();
        fs::write(part(&path), "ne").unwrap();
        write_all(&[target(path.clone(), "new")]).unwrap();
        assert!(are_written(&[target(path, "new")]).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
