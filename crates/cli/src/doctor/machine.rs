//! The folder and the machine under it.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use copydesk_domain::Clock;
use copydesk_net::SystemClock;
use rustix::fs::Access;

use super::Patient;
use super::finding::Finding;
use crate::secret_places;
use crate::words::{bytes, count};

/// Below this a day's work may not fit.
const FREE_WARN: u64 = 1_000_000_000;
/// Below this the next commits may not fit.
const FREE_FAIL: u64 = 64_000_000;
/// A WAL is emptied at four megabytes; a large one says that a reader never ends.
const WAL_WARN: u64 = 256_000_000;

pub fn folder(patient: &Patient<'_>) -> Vec<Finding> {
    const CHECK: &str = "folder";
    let dir = patient.dir;
    let place = dir.display();
    if !dir.is_dir() {
        let next = format!("copydesk init {place}, or use -C DIR");
        return vec![Finding::wrong(CHECK, format!("{place} is no folder"), next)];
    }
    if !dir.join("config.toml").is_file() {
        let next = format!("copydesk init {place}, or use -C DIR");
        return vec![Finding::wrong(CHECK, format!("{place} has no config.toml"), next)];
    }
    let data = dir.join("data");
    let written = if data.is_dir() { data } else { dir.to_owned() };
    if rustix::fs::access(&written, Access::WRITE_OK).is_err() {
        let found = format!("{place}; nothing can be written to {}", written.display());
        return vec![Finding::fail(
            CHECK,
            found,
            "give the user of copydesk the right to write there",
        )];
    }
    vec![Finding::ok(CHECK, place.to_string())]
}

pub fn machine(patient: &Patient<'_>) -> Vec<Finding> {
    vec![disk(patient), wal(patient), permissions(patient), clock(patient)]
}

/// The database's folder, or the nearest above it that is there.
fn data_folder(patient: &Patient<'_>) -> PathBuf {
    let database = patient.dir.join(&patient.workspace.config.store.path);
    let there = database.ancestors().skip(1).find(|folder| folder.is_dir());
    there.unwrap_or(Path::new("/")).to_owned()
}

fn disk(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "disk";
    let folder = data_folder(patient);
    let Ok(disk) = rustix::fs::statvfs(&folder) else {
        let found = format!("how full {} is cannot be asked", folder.display());
        return Finding::warn(CHECK, found, "see `df`");
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let found = format!("{} free for {}", bytes(free), folder.display());
    let next = "free some space; nothing stored is lost. [store] retention says what may go";
    if free < FREE_FAIL {
        return Finding::fail(CHECK, found, next);
    }
    if free < FREE_WARN {
        return Finding::warn(CHECK, found, next);
    }
    Finding::ok(CHECK, found)
}

fn wal(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "wal";
    let mut path = patient
        .dir
        .join(&patient.workspace.config.store.path)
        .into_os_string();
    path.push("-wal");
    let size = std::fs::metadata(path).map_or(0, |wal| wal.len());
    if size > WAL_WARN {
        let next = "some program holds the database open for long: end it, or restart the daemon";
        return Finding::warn(CHECK, format!("{} not yet in the database", bytes(size)), next);
    }
    Finding::ok(CHECK, bytes(size))
}

fn permissions(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "permissions";
    let keys = key_files(patient);
    let open: Vec<String> = keys
        .iter()
        .filter(|path| mode(path).is_some_and(|mode| mode & 0o077 != 0))
        .map(|path| shown(patient, path))
        .collect();
    let data = patient.dir.join("data");
    let is_data_open = mode(&data).is_some_and(|mode| mode & 0o022 != 0);
    if !open.is_empty() {
        let found = format!("others can read {}", open.join(", "));
        return Finding::warn(CHECK, found, format!("chmod go= {}", open.join(" ")));
    }
    if is_data_open {
        return Finding::warn(CHECK, "others can write to data", "chmod go-w data");
    }
    Finding::ok(
        CHECK,
        format!(
            "nobody else can read the {}",
            count(keys.len(), "key file", "key files")
        ),
    )
}

fn mode(path: &Path) -> Option<u32> {
    Some(std::fs::metadata(path).ok()?.permissions().mode())
}

fn shown(patient: &Patient<'_>, path: &Path) -> String {
    path.strip_prefix(patient.dir)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Key files that settings name, and whatever lies in `secrets`.
fn key_files(patient: &Patient<'_>) -> BTreeSet<PathBuf> {
    let mut files = secret_places::key_files(&patient.workspace, patient.environment);
    let secrets = std::fs::read_dir(patient.dir.join("secrets"));
    files.extend(secrets.into_iter().flatten().flatten().map(|entry| entry.path()));
    files.retain(|file| file.is_file());
    files
}

/// The clock beside what the schedules say; whether it agrees with the ledger is looked at with the runs.
fn clock(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "clock";
    let now = SystemClock.now();
    let mut parts = vec![crate::words::minute(now)];
    for (name, pipeline) in &patient.workspace.pipelines {
        let zone = &pipeline.pipeline.time_zone;
        if let Ok(local) = jiff::tz::TimeZone::get(zone) {
            let there = now.timestamp().to_zoned(local);
            parts.push(format!("{name} {} {zone}", there.strftime("%H:%M")));
        }
    }
    Finding::ok(CHECK, parts.join(", "))
}
