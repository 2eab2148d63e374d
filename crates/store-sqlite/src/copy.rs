//! Copies of a whole database.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use copydesk_store::StoreError;
use sqlx::SqliteConnection;

use crate::fault::{Result, fault};

const VACUUM_INTO: &str = "VACUUM INTO ?1";

/// Writes a copy of the database at `from`, as it is now, to the new file `to`: whole and on the disk, or not at all.
/// Writers go on meanwhile. Whoever may read or write the database may do the same to its copy, and nobody else.
///
/// # Errors
/// [`StoreError::Database`] if `to` exists, [`StoreError::DiskFull`] where it does not fit.
pub(crate) async fn write(connection: &mut SqliteConnection, from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        return Err(failed(to, "it exists"));
    }
    let unfinished = unfinished(to);
    let place = unfinished
        .to_str()
        .ok_or_else(|| failed(to, "its path is not in UTF-8"))?;
    let _ = std::fs::remove_file(&unfinished);
    make(&unfinished).map_err(|error| failed(to, &error.to_string()))?;
    let written = sqlx::query(VACUUM_INTO).bind(place).execute(connection).await;
    let done = written
        .map_err(|error| named(fault(error), to))
        .and_then(|_| keep(&unfinished, from, to).map_err(|error| failed(to, &error.to_string())));
    if done.is_err() {
        // What is left of it is of no use to anyone.
        let _ = std::fs::remove_file(&unfinished);
    }
    done
}

fn unfinished(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Makes the empty file that a copy is written to, for us alone: what `VACUUM INTO` makes itself would be as open as the
/// umask has it.
fn make(unfinished: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true).mode(0o600);
    options.open(unfinished).map(drop)
}

/// Gives the file the permissions of `from`, its name once its bytes are on the disk, and then the name too.
fn keep(unfinished: &Path, from: &Path, to: &Path) -> std::io::Result<()> {
    let file = File::open(unfinished)?;
    file.set_permissions(std::fs::metadata(from)?.permissions())?;
    file.sync_all()?;
    std::fs::rename(unfinished, to)?;
    match to.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn named(error: StoreError, to: &Path) -> StoreError {
    match error {
        StoreError::DiskFull { .. } => StoreError::DiskFull {
            place: to.display().to_string(),
        },
        StoreError::Database { reason } => failed(to, &reason),
        other => other,
    }
}

fn failed(to: &Path, reason: &str) -> StoreError {
    StoreError::Database {
        reason: format!("the copy {} could not be written: {reason}", to.display()),
    }
}
