//! Backups: one file with the database and what the author wrote, and a folder made of it again.
//!
//! The file is a plain tar archive (ustar), so that it can be looked into, and taken apart, without this program. Its
//! first entry is `manifest.json`, with the size and SHA-256 of each other entry: `database`, and `files/…`. Keys and
//! `secrets/` are never in it.

mod authored;
mod cut_off;
mod manifest;
mod pack;
mod unpack;

use std::path::Path;

use tokio::sync::watch;

use crate::exit::{ENVIRONMENT, Failure};

pub use cut_off::require_finished;
pub use pack::pack;
pub use unpack::unpack;

/// Work that takes long asks now and then whether it is to end.
pub struct Stopping(pub watch::Receiver<bool>);

impl Stopping {
    fn check(&self) -> Result<(), Failure> {
        if *self.0.borrow() {
            return Err(refused("it was stopped", "run the command again"));
        }
        Ok(())
    }
}

/// A backup that cannot be made or used.
fn refused(error: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure::new("CD016", ENVIRONMENT, error, hint)
}

/// What the machine says of a path.
fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let place = path.display().to_string();
    move |error| Failure::io(&place, &error)
}

/// Has a folder's names on the disk.
fn sync_folder(folder: &Path) -> Result<(), Failure> {
    let file = std::fs::File::open(folder).map_err(io(folder))?;
    file.sync_all().map_err(io(folder))
}
