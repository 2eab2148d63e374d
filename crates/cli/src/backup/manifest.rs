//! What is in a backup.

use std::io::{Read, Write};
use std::path::{Component, Path};

use copydesk_domain::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Stopping, refused};
use crate::exit::Failure;

/// Version of the format. `1.0`: the first.
pub const FORMAT: &str = "1.0";
/// The first entry.
pub const MANIFEST: &str = "manifest.json";
/// The entry of the database.
pub const DATABASE: &str = "database";
/// Before the path of what the author wrote.
pub const FILES: &str = "files/";
/// What the author writes, by its first name in the folder.
pub const AUTHORED: &[&str] = &[
    "config.toml",
    "prices.toml",
    "voice.md",
    "pipelines",
    "prompts",
    "evals",
    "notes",
];
/// Entries of one backup: a note a day for decades.
pub const ENTRIES_MAX: usize = 20_000;
/// Bytes of one file that the author wrote, 16 MiB: hundreds of times the longest.
pub const FILE_BYTES_MAX: u64 = 16 << 20;
/// Bytes of a manifest: [`ENTRIES_MAX`] entries of 400 bytes.
pub const MANIFEST_BYTES_MAX: u64 = 8 << 20;

/// What is in a backup. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`]
    pub format: String,
    /// Version of the program that made it.
    pub copydesk: String,
    /// When.
    pub made_at: Instant,
    /// Schema of the database; null where the folder had none yet.
    pub schema: Option<i64>,
    /// Where the database lies in the folder.
    pub database: String,
    /// Every other entry, in order.
    pub entries: Vec<Entry>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name in the archive.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// That this version can read it, and that no entry leads out of a folder or is larger than it may be.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn require_sound(&self) -> Result<(), Failure> {
        let ours = "use a backup that `copydesk backup` made";
        if self.format.split('.').next() != FORMAT.split('.').next() {
            let error = format!(
                "the backup has format {}, this version reads {FORMAT}",
                self.format
            );
            return Err(refused(error, "use the copydesk that made it, or a newer one"));
        }
        if self.entries.len() > ENTRIES_MAX {
            return Err(refused(format!("it has more than {ENTRIES_MAX} entries"), ours));
        }
        if !is_inside(&self.database) {
            let error = format!("its database would lie outside the folder: {:?}", self.database);
            return Err(refused(error, ours));
        }
        for entry in &self.entries {
            let is_known = entry.path == DATABASE || is_authored(&entry.path, entry.bytes);
            if !is_known {
                return Err(refused(
                    format!("it has an entry that no backup has: {:?}", entry.path),
                    ours,
                ));
            }
        }
        Ok(())
    }
}

fn is_authored(path: &str, bytes: u64) -> bool {
    let Some(path) = path.strip_prefix(FILES) else {
        return false;
    };
    let first = path.split('/').next().unwrap_or_default();
    bytes <= FILE_BYTES_MAX && is_inside(path) && AUTHORED.contains(&first)
}

/// Whether a path stays in the folder that it is joined to.
pub fn is_inside(path: &str) -> bool {
    let mut components = Path::new(path).components().peekable();
    components.peek().is_some() && components.all(|component| matches!(component, Component::Normal(_)))
}

/// Copies everything, and says how much it was and its SHA-256.
///
/// # Errors
/// What `failed` makes of an error of either side.
pub fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    stopping: &Stopping,
    failed: impl Fn(std::io::Error) -> Failure,
) -> Result<(u64, String), Failure> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        stopping.check()?;
        let read = from.read(&mut buffer).map_err(&failed)?;
        if read == 0 {
            return Ok((bytes, hex(&hash.finalize())));
        }
        hash.update(&buffer[..read]);
        to.write_all(&buffer[..read]).map_err(&failed)?;
        bytes += read as u64;
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(database: &str, path: &str, bytes: u64) -> Manifest {
        Manifest {
            format: FORMAT.to_owned(),
            copydesk: "0".to_owned(),
            made_at: Instant::from_micros(0),
            schema: Some(1),
            database: database.to_owned(),
            entries: vec![Entry {
                path: path.to_owned(),
                bytes,
                sha256: String::new(),
            }],
        }
    }

    #[test]
    fn no_entry_leads_out_of_the_folder() {
        let good = |path: &str| manifest("data/copydesk.db", path, 1).require_sound().is_ok();
        assert!(good("database"));
        assert!(good("files/config.toml"));
        assert!(good("files/notes/a/b.md"));
        for path in [
            "files/../config.toml",
            "files/notes/../../x",
            "files//etc/passwd",
            "/etc/passwd",
            "files/data/copydesk.db",
            "files/secrets/key",
            "files/",
            "config.toml",
            "",
        ] {
            assert!(!good(path), "{path}");
        }
        for place in ["../copydesk.db", "/tmp/copydesk.db", "", "data/../../x"] {
            assert!(manifest(place, "database", 1).require_sound().is_err(), "{place}");
        }
        let large = manifest("data/copydesk.db", "files/notes/a.md", FILE_BYTES_MAX + 1);
        assert!(large.require_sound().is_err());
        let mut later = manifest("data/copydesk.db", "database", 1);
        later.format = "2.0".to_owned();
        assert!(later.require_sound().is_err());
        later.format = "1.7".to_owned();
        assert!(later.require_sound().is_ok());
    }
}
