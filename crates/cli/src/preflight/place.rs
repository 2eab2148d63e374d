//! The disk that the state lies on.

use std::path::Path;

use copydesk_store::{PreflightArea, PreflightProblem};
use rustix::fs::{StatVfsMountFlags, statvfs};

use super::problem;

/// 256 MiB: a day with its sources takes some 10 MB, and SQLite wants room for its log beside it.
const FREE_MIN: u64 = 256 * 1024 * 1024;

/// What a file system says of itself.
struct Room {
    free_bytes: u64,
    is_read_only: bool,
}

/// What is wrong with the place of the state, if anything is.
pub(super) fn look(dir: &Path) -> Option<PreflightProblem> {
    let data = dir.join("data");
    match statvfs(&data) {
        Ok(found) => judge(
            &data,
            &Room {
                free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
                is_read_only: found.f_flag.contains(StatVfsMountFlags::RDONLY),
            },
        ),
        Err(error) => Some(problem(
            PreflightArea::Disk,
            data.display().to_string(),
            format!("it cannot be looked at: {error}"),
            "check the path and its permissions",
        )),
    }
}

fn judge(data: &Path, room: &Room) -> Option<PreflightProblem> {
    let about = data.display().to_string();
    if room.is_read_only {
        let next = "mount it for writing; a disk that turns read-only by itself is often failing";
        return Some(problem(PreflightArea::Disk, about, "its disk is read-only", next));
    }
    let mib = |bytes: u64| bytes / (1024 * 1024);
    (room.free_bytes < FREE_MIN).then(|| {
        let said = format!(
            "{} MiB are free, {} MiB should be",
            mib(room.free_bytes),
            mib(FREE_MIN)
        );
        problem(
            PreflightArea::Disk,
            about,
            said,
            "free some space; nothing stored is lost",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_room_and_a_read_only_disk_are_named() {
        let told = |free_bytes, is_read_only| {
            let room = Room {
                free_bytes,
                is_read_only,
            };
            judge(Path::new("/d/data"), &room).map(|problem| problem.problem)
        };
        assert_eq!(told(FREE_MIN, false), None);
        assert_eq!(
            told(FREE_MIN - 1, false).as_deref(),
            Some("255 MiB are free, 256 MiB should be")
        );
        assert_eq!(told(FREE_MIN, true).as_deref(), Some("its disk is read-only"));
    }

    #[test]
    fn a_folder_that_is_there_is_asked_and_one_that_is_not_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = look(dir.path()).expect("there is no data folder");
        assert!(
            missing.problem.starts_with("it cannot be looked at"),
            "{missing:?}"
        );
        std::fs::create_dir(dir.path().join("data")).unwrap();
        let found = look(dir.path());
        assert!(found.is_none_or(|found| found.problem.contains("MiB are free")));
    }
}
