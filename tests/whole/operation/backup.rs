//! A backup beside a daemon, and the desk that is made of it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::files;
use crate::daemon::Daemon;
use crate::rig::{Corpus, Desk, EVENING, list, python, text, word};

/// The names in a tar archive, and its manifest, by a library that is not ours; each hash of the manifest is compared.
fn look_into(file: &Path) -> (Vec<String>, Value) {
    let program = "import hashlib, json, sys, tarfile
tar = tarfile.open(sys.argv[1])
names = tar.getnames()
manifest = json.load(tar.extractfile('manifest.json'))
for entry in manifest['entries']:
    data = tar.extractfile(entry['path']).read()
    assert len(data) == entry['bytes'] and hashlib.sha256(data).hexdigest() == entry['sha256'], entry
assert all(member.isreg() for member in tar)
print(json.dumps([names, manifest]))";
    let read = python(program, &[file.to_str().unwrap()], b"");
    let (names, manifest): (Vec<String>, Value) = serde_json::from_slice(&read).unwrap();
    (names, manifest)
}

/// Nothing that a backup or a restore begins with lies around.
pub fn nothing_half_left(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            !name.starts_with(".copydesk-"),
            "{name} was left in {}",
            folder.display()
        );
    }
}

#[test]
fn a_backup_beside_a_daemon_becomes_a_desk_that_goes_on() {
    let Some(corpus) = Corpus::serve("a_backup_beside_a_daemon_becomes_a_desk_that_goes_on", EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"1s\"");
    std::fs::create_dir(desk.dir().join("secrets")).unwrap();
    desk.write("secrets/model.key", "planted-key-1");
    desk.write("prompts/draft/other.key", "planted-key-2");
    desk.replace(
        "config.toml",
        "[routes]",
        "[models.m]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nfree = true\napi_key_file = \"prompts/draft/other.key\"\n[routes]",
    );
    std::os::unix::fs::symlink("/etc/passwd", desk.dir().join("notes-link")).unwrap();
    desk.json(0, &["note", "a note to keep"]);
    let run = desk.evening();
    let run = word(&run, "run");
    desk.json(0, &["approve", run, "--wait"]);
    let daemon = Daemon::start(&desk);
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("desk.tar");
    let made = desk.json(0, &["backup", file.to_str().unwrap()]);
    let (names, manifest) = look_into(&file);
    assert_eq!(names[0], "manifest.json");
    assert_eq!(names.len(), 1 + list(&manifest, "entries").len());
    for name in [
        "database",
        "files/config.toml",
        "files/voice.md",
        "files/pipelines/daily.toml",
    ] {
        assert!(names.contains(&name.to_owned()), "{name} of {names:?}");
    }
    assert!(
        names.iter().any(|name| name.starts_with("files/notes/")),
        "{names:?}"
    );
    assert_eq!(made["left_out"][0]["path"], "prompts/draft/other.key", "{made}");
    let bytes = std::fs::read(&file).unwrap();
    assert!(!text(&bytes).contains("planted-key"), "no key is in a backup");
    let again = desk.failure(2, &["backup", file.to_str().unwrap()]);
    assert_eq!(again["code"], "CD016", "{again}");
    assert_eq!(
        std::fs::read(&file).unwrap(),
        bytes,
        "an existing file stays as it is"
    );

    // Over live data it is refused, with what holds it.
    let live = desk.failure(3, &["restore", file.to_str().unwrap()]);
    assert_eq!(live["code"], "CD016", "{live}");
    assert!(word(&live, "error").contains("process "), "{live}");
    assert!(word(&live, "hint").contains("-C DIR"), "{live}");
    let before = files(&desk.export(run));
    daemon.stop();
    let dead = desk.failure(2, &["restore", file.to_str().unwrap()]);
    assert!(word(&dead, "error").contains("not empty"), "{dead}");

    // The new folder has the same runs and gives the same files, and goes on.
    let restored = Desk::at(tempfile::tempdir().unwrap());
    restored.json(0, &["restore", file.to_str().unwrap()]);
    nothing_half_left(restored.dir().parent().unwrap());
    let data = std::fs::metadata(restored.dir().join("data")).unwrap();
    assert_eq!(data.permissions().mode() & 0o777, 0o700, "letters of readers");
    nothing_half_left(elsewhere.path());
    restored.write("prompts/draft/other.key", "planted-key-2");
    assert_eq!(restored.json(0, &["runs"]), desk.json(0, &["runs"]));
    assert_eq!(files(&restored.export(run)), before, "byte for byte");
    assert_eq!(
        restored.json(4, &["run", "daily", "--now", EVENING, "--new"])["issue"],
        "reviewed"
    );
    Daemon::start(&restored).stop();
}

#[test]
fn a_backup_needs_no_daemon_no_database_and_no_right_config() {
    let desk = Desk::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("fresh.tar");
    assert_eq!(
        desk.json(0, &["backup", file.to_str().unwrap()])["schema"],
        Value::Null
    );
    let (names, _) = look_into(&file);
    assert!(!names.contains(&"database".to_owned()), "{names:?}");
    desk.json(0, &["runs"]);
    desk.replace("config.toml", "[store]", "[stroe]");
    let broken = elsewhere.path().join("broken.tar");
    assert!(desk.json(0, &["backup", broken.to_str().unwrap()])["schema"].is_number());
    let restored = Desk::at(tempfile::tempdir().unwrap());
    restored.json(0, &["restore", broken.to_str().unwrap()]);
    assert_eq!(restored.read("config.toml"), desk.read("config.toml"));
    assert!(restored.dir().join("data/copydesk.db").is_file());
    let nowhere = tempfile::tempdir().unwrap();
    let missing = Command::new(crate::rig::BINARY)
        .arg("-C")
        .arg(nowhere.path())
        .args(["backup", "x.tar"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(2), "{}", text(&missing.stderr));
}

#[test]
fn a_backup_that_has_no_room_leaves_nothing() {
    let desk = Desk::new();
    desk.json(0, &["runs"]);
    let unwritable = desk.failure(3, &["backup", "/proc/desk.tar"]);
    assert_eq!(unwritable["code"], "CD010", "{unwritable}");
    let mount = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=128k", "tmpfs"])
        .arg(mount.path())
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("skipped: a_backup_that_has_no_room_leaves_nothing: nothing can be mounted here");
        return;
    }
    let full = desk.failure(3, &["backup", mount.path().join("desk.tar").to_str().unwrap()]);
    let left = std::fs::read_dir(mount.path()).unwrap().count();
    let unmounted = Command::new("umount").arg(mount.path()).status().unwrap();
    assert!(unmounted.success());
    assert_eq!((full["code"].as_str(), left), (Some("CD005"), 0), "{full}");
}
