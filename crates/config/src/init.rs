//! `copydesk init`: the shipped files, written where they are missing.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::{durable, shipped};

/// What [`init`] did, as paths below the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Initialised {
    /// Files that are new.
    pub written: Vec<PathBuf>,
    /// Files that were there and stayed as they were.
    pub kept: Vec<PathBuf>,
}

/// A shipped file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be written", path.display())]
pub struct InitError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Folders that the shipped files name: the author's notes, and the Maildir of `[replies]`.
const FOLDERS: &[&str] = &["notes", "replies/new", "replies/cur", "replies/tmp"];

/// Writes the shipped files and the folders that they name into `dir`, which is made if absent. Nothing is overwritten.
pub fn init(dir: &Path) -> Result<Initialised, InitError> {
    let mut done = Initialised::default();
    for folder in FOLDERS {
        let path = dir.join(folder);
        durable::make_folder(&path).map_err(|source| InitError { path, source })?;
    }
    for (path, text) in shipped::FILES {
        let is_new = write_new(&dir.join(path), text)?;
        if is_new { &mut done.written } else { &mut done.kept }.push(PathBuf::from(path));
    }
    Ok(done)
}

/// Whether the file is new.
fn write_new(path: &Path, text: &str) -> Result<bool, InitError> {
    let failed = |source| InitError {
        path: path.to_owned(),
        source,
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match fs::File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, Workspace};

    #[test]
    fn the_shipped_files_have_no_problems() {
        let dir = tempfile::tempdir().unwrap();
        let done = init(dir.path()).unwrap();
        assert_eq!((done.written.len(), done.kept.len()), (shipped::FILES.len(), 0));
        assert_eq!(Workspace::check(dir.path(), &Environment::empty()), []);
        assert!(
            dir.path().join("replies/new").is_dir(),
            "the shipped Maildir is one"
        );
    }

    #[test]
    fn what_is_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("voice.md"), "mine").unwrap();
        let done = init(dir.path()).unwrap();
        assert_eq!(done.kept, [PathBuf::from("voice.md")]);
        assert_eq!(fs::read_to_string(dir.path().join("voice.md")).unwrap(), "mine");
        assert_eq!(init(dir.path()).unwrap().written, Vec::<PathBuf>::new());
    }
}
