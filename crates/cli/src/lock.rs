//! One process owns the folder: `data/lock`.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use crate::exit::{ENVIRONMENT, Failure};

/// The lock; let go when dropped or when the process dies.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// What came of trying to lock a folder.
#[derive(Debug)]
pub enum Locked {
    /// It is ours.
    Ours(FolderLock),
    /// Another process holds it; what it wrote about itself.
    Theirs(String),
}

/// Tries to own `data`.
pub fn lock(data: &Path) -> Result<Locked, Failure> {
    std::fs::create_dir_all(data).map_err(|error| Failure::io(&data.display().to_string(), &error))?;
    let path = data.join("lock");
    let place = path.display().to_string();
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| Failure::io(&place, &error))?;
    match file.try_lock() {
        Ok(()) => {
            let about = format!("process {}\n", std::process::id());
            file.set_len(0)
                .and_then(|()| file.write_all(about.as_bytes()))
                .map_err(|error| Failure::io(&place, &error))?;
            Ok(Locked::Ours(FolderLock { _file: file }))
        }
        Err(TryLockError::WouldBlock) => {
            let mut about = String::new();
            file.read_to_string(&mut about)
                .map_err(|error| Failure::io(&place, &error))?;
            Ok(Locked::Theirs(about.trim().to_owned()))
        }
        Err(TryLockError::Error(error)) => Err(Failure::io(&place, &error)),
    }
}

/// The failure of a second owner.
pub fn taken(data: &Path, about: &str) -> Failure {
    Failure::new(
        "CD003",
        ENVIRONMENT,
        format!("{} is in use by another copydesk ({about})", data.display()),
        "stop it, wait for it, or use another folder with -C",
    )
}
