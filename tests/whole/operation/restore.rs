//! A restore into a folder that is there: a mount point, and one that is cut off on the way.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};

use super::backup::nothing_half_left;
use super::files;
use crate::disk::small::SmallDisk;
use crate::programs::can_trace;
use crate::rig::{BINARY, Desk, text, word, wrapped};

/// Names at the top of the folder; so many moves, and one more.
const MOVES_MAX: usize = 20;

/// A desk with a database and a note, and its backup.
fn backed_up() -> (Desk, tempfile::TempDir, PathBuf) {
    let desk = Desk::new();
    desk.json(0, &["note", "a note to keep"]);
    desk.json(0, &["runs"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("desk.tar");
    desk.json(0, &["backup", file.to_str().unwrap()]);
    (desk, elsewhere, file)
}

/// The files of a desk that a backup has as they are.
fn kept(dir: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut files = files(dir);
    files.retain(|name, _| !name.starts_with("data/"));
    files
}

#[test]
fn an_empty_folder_is_filled_and_stays_the_folder_that_it_is() {
    let (desk, _elsewhere, file) = backed_up();
    let restored = Desk::at(tempfile::tempdir().unwrap());
    let before = std::fs::metadata(restored.dir()).unwrap();
    restored.json(0, &["restore", file.to_str().unwrap()]);
    let after = std::fs::metadata(restored.dir()).unwrap();
    assert_eq!((before.dev(), before.ino()), (after.dev(), after.ino()));
    assert_eq!(kept(restored.dir()), kept(desk.dir()));
    nothing_half_left(restored.dir());
    assert_eq!(restored.json(0, &["runs"]), desk.json(0, &["runs"]));
}

#[test]
fn a_mount_point_is_filled() {
    let Some(mounted) = SmallDisk::mount("a_mount_point_is_filled", 32) else {
        return;
    };
    let (desk, _elsewhere, file) = backed_up();
    let dir = mounted.path().to_str().unwrap();
    let output = wrapped(BINARY, &["-C", dir, "restore", file.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(kept(mounted.path()), kept(desk.dir()));
    nothing_half_left(mounted.path());
}

/// Killed at each move: it is a whole desk, or none of the commands takes it for one.
#[test]
fn a_restore_that_is_cut_off_is_never_taken_for_a_desk() {
    let test = "a_restore_that_is_cut_off_is_never_taken_for_a_desk";
    if !can_trace(test) {
        return;
    }
    let (desk, _elsewhere, file) = backed_up();
    let (mut cut_off, mut is_done) = (0, false);
    for place in 1..=MOVES_MAX {
        let restored = Desk::at(tempfile::tempdir().unwrap());
        let status = killed_at(place, restored.dir(), &file);
        if restored.dir().join("config.toml").exists() {
            assert_eq!(kept(restored.dir()), kept(desk.dir()), "move {place}: all of it");
            is_done = status.success();
            if is_done {
                nothing_half_left(restored.dir());
                break;
            }
            continue;
        }
        assert_eq!(status.signal(), Some(9), "move {place}");
        cut_off += 1;
        let dir = restored.dir().to_str().unwrap();
        let file = file.to_str().unwrap();
        for words in [
            vec!["runs"],
            vec!["restore", file],
            vec!["init", dir],
            vec!["daemon"],
            vec!["try", "--sample"],
        ] {
            let failure = restored.failure(2, &words);
            assert_eq!(failure["code"], "CD016", "{words:?}: {failure}");
            assert!(word(&failure, "error").contains("was cut off"), "{failure}");
            assert!(!restored.dir().join("config.toml").exists(), "{words:?}");
        }
    }
    assert!(is_done && cut_off >= 3, "{cut_off} moves were cut off");
}

/// A restore that is killed instead of a move: how it ended.
fn killed_at(place: usize, dir: &Path, file: &Path) -> std::process::ExitStatus {
    let calls = "rename,renameat,renameat2";
    let trace = format!("trace={calls}");
    let inject = format!("inject={calls}:signal=KILL:when={place}");
    let words = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
        BINARY,
        "-C",
    ];
    let mut command = wrapped("strace", &words);
    command.arg(dir).arg("restore").arg(file).output().unwrap().status
}
