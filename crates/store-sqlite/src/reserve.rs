//! Room that is given up where the disk is full, so that what is stored can still be read: reading needs the index of
//! the WAL, which is a file too.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The index takes 32 KiB for each 4,096 pages of the WAL, which is begun anew after 1,000: 256 KiB hold it eight times.
const BYTES: usize = 256 * 1024;

/// Keeps the room, as far as there is any.
pub(crate) fn keep(database: &Path) {
    let path = place(database);
    if path.exists() {
        return;
    }
    if let Err(error) = File::create(&path).and_then(|mut file| file.write_all(&filling())) {
        tracing::debug!(%error, path = %path.display(), "there is no room to keep");
        let _ = fs::remove_file(&path);
    }
}

/// Gives it up; whether there was any.
pub(crate) fn give_up(database: &Path) -> bool {
    fs::remove_file(place(database)).is_ok()
}

fn place(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push("-reserve");
    database.with_file_name(name)
}

/// Bytes that no file system stores in less room: a xorshift sequence.
fn filling() -> Vec<u8> {
    let mut word = 0x9E37_79B9_7F4A_7C15_u64;
    let words = std::iter::repeat_with(|| {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word.to_le_bytes()
    });
    words.take(BYTES / 8).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_kept_once_and_given_up_once() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("store.db");
        keep(&database);
        keep(&database);
        let kept = fs::metadata(dir.path().join("store.db-reserve")).unwrap();
        assert_eq!(kept.len(), 256 * 1024);
        assert!(give_up(&database));
        assert!(!give_up(&database));
    }

    #[test]
    fn a_folder_that_cannot_be_written_has_no_room_to_keep() {
        keep(Path::new("/nowhere/store.db"));
        assert!(!give_up(Path::new("/nowhere/store.db")));
    }
}
