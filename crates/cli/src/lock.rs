//! One process owns the folder: `data/lock`.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::args::Command;
use crate::exit::{ENVIRONMENT, Failure};
use crate::outcome::Outcome;

/// The lock; let go when dropped or when the process dies.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// What came of trying to lock a folder.
#[derive(Debug)]
enum Locked {
    /// It is ours.
    Ours(FolderLock),
    /// Another process holds it; what it wrote about itself.
    Theirs(String),
}

/// Tries to own `data`.
fn lock(data: &Path) -> Result<Locked, Failure> {
    copydesk_config::durable::make_private_folder(data)
        .map_err(|error| Failure::io(&data.display().to_string(), &error))?;
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
            // Who holds it is a hint for people: where the disk is full, the lock holds all the same.
            let _ = file.set_len(0).and_then(|()| file.write_all(about.as_bytes()));
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

/// Who holds the lock of `dir`, as it wrote about itself; none where nobody does. Takes nothing from anybody: a start
/// that meets this look tries again.
pub fn holder(dir: &Path) -> Option<String> {
    let mut file = File::open(dir.join("data").join("lock")).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut about = String::new();
            let read = file.read_to_string(&mut about);
            Some(read.map_or_else(
                |_| "it did not say who it is".to_owned(),
                |_| about.trim().to_owned(),
            ))
        }
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// How long a command waits for one that owns the folder for a moment. Those that own it longer answer on the socket.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at the lock.
const LOOK: Duration = Duration::from_millis(25);

/// Owns the folder `dir` for long, which nobody may do beside a process that answers on its socket.
pub async fn own(dir: &Path) -> Result<FolderLock, Failure> {
    let data = dir.join("data");
    let asked = Instant::now();
    loop {
        match lock(&data)? {
            Locked::Ours(lock) => return Ok(lock),
            Locked::Theirs(about) if asked.elapsed() > PATIENCE || crate::control::is_served(dir).await => {
                return Err(taken(&data, &about));
            }
            Locked::Theirs(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Has the folder's owner carry a command out, or owns the folder: whichever comes first.
pub async fn own_or_forward(dir: &Path, command: &Command) -> Result<Turn, Failure> {
    let data = dir.join("data");
    let asked = Instant::now();
    loop {
        if let Some(answer) = crate::control::forward(dir, command).await {
            return answer.map(Turn::Forwarded);
        }
        match lock(&data)? {
            Locked::Ours(lock) => return Ok(Turn::Owned(lock)),
            Locked::Theirs(about) if asked.elapsed() > PATIENCE => return Err(taken(&data, &about)),
            Locked::Theirs(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Has the folder's owner carry out a command that nobody else can; none where nobody owns the folder.
pub async fn ask_owner(dir: &Path, command: &Command) -> Result<Option<Outcome>, Failure> {
    let asked = Instant::now();
    loop {
        if let Some(answer) = crate::control::forward(dir, command).await {
            return answer.map(Some);
        }
        match holder(dir) {
            None => return Ok(None),
            Some(about) if asked.elapsed() > PATIENCE => return Err(taken(&dir.join("data"), &about)),
            Some(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Whose turn it is.
#[derive(Debug)]
pub enum Turn {
    /// The folder is ours.
    Owned(FolderLock),
    /// Its owner carried the command out.
    Forwarded(Outcome),
}

/// The failure of a second owner.
fn taken(data: &Path, about: &str) -> Failure {
    Failure::new(
        "CD003",
        ENVIRONMENT,
        format!("{} is in use by another copydesk ({about})", data.display()),
        "stop it, wait for it, or use another folder with -C",
    )
}
