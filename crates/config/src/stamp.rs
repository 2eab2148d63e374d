//! Whether the files that people edit are as they were a moment ago, without reading them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use copydesk_domain::Instant;

/// Entries that are looked at; a folder with more has no stamp.
const ENTRIES_MAX: usize = 2_000;
/// A file system counts time in ticks of some milliseconds: what was written within the last tick may be written again
/// in the same one.
const TICK: jiff::SignedDuration = jiff::SignedDuration::from_millis(100);

/// What the file system says of the files of a workspace: the same stamp, the same files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of the folder's config, voice, pipelines and prompts; none where they cannot be looked at, or where one
    /// of them was changed so short a time before `now` that another change would not show.
    pub fn of(dir: &Path, now: Instant) -> Option<Self> {
        let mut entries = Vec::new();
        let mut open: Vec<PathBuf> = ["config.toml", "voice.md", "pipelines", "prompts"]
            .iter()
            .map(|name| dir.join(name))
            .collect();
        while let Some(path) = open.pop() {
            let Ok(found) = fs::metadata(&path) else {
                // What is missing leaves no entry, and one with it when it comes.
                continue;
            };
            if found.is_dir() {
                for entry in fs::read_dir(&path).ok()? {
                    open.push(entry.ok()?.path());
                }
            }
            entries.push(Entry {
                path,
                inode: found.ino(),
                size: found.size(),
                modified: (found.mtime(), found.mtime_nsec()),
                changed: (found.ctime(), found.ctime_nsec()),
            });
            if entries.len() > ENTRIES_MAX {
                return None;
            }
        }
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let settled_at = now.minus(TICK).as_micros();
        let is_settled = |(seconds, nanoseconds): (i64, i64)| {
            seconds
                .saturating_mul(1_000_000)
                .saturating_add(nanoseconds / 1_000)
                < settled_at
        };
        entries
            .iter()
            .all(|entry| is_settled(entry.modified) && is_settled(entry.changed))
            .then_some(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long after whatever this test writes.
    fn later() -> Instant {
        Instant::from_micros(i64::MAX / 2)
    }

    #[test]
    fn a_file_that_is_edited_added_or_removed_changes_the_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        fs::create_dir_all(dir.join("prompts/custom")).unwrap();
        fs::write(dir.join("config.toml"), "a = 1").unwrap();
        let stamp = || Stamp::of(dir, later()).unwrap();
        let first = stamp();
        assert_eq!(stamp(), first);
        fs::write(dir.join("notes.md"), "no file of the workspace").unwrap();
        assert_eq!(stamp(), first);
        fs::write(dir.join("prompts/custom/part.md"), "Write.").unwrap();
        let with_prompt = stamp();
        assert_ne!(with_prompt, first);
        fs::write(dir.join("config.toml"), "a = 12").unwrap();
        let edited = stamp();
        assert_ne!(edited, with_prompt);
        fs::rename(
            dir.join("prompts/custom/part.md"),
            dir.join("prompts/custom/other.md"),
        )
        .unwrap();
        assert_ne!(stamp(), edited);
    }

    #[test]
    fn what_was_written_just_now_has_no_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "a = 1").unwrap();
        let found = fs::metadata(&file).unwrap();
        let written = Instant::from_micros(found.mtime() * 1_000_000 + found.mtime_nsec() / 1_000);
        assert_eq!(Stamp::of(folder.path(), written), None);
        assert!(Stamp::of(folder.path(), written.plus(2 * TICK)).is_some());
    }
}
