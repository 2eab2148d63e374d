//! Makes a folder of a backup.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use copydesk_config::{Environment, Workspace, durable};
use copydesk_store_sqlite::Condition;

use super::cut_off::{BESIDE, CONFIG, UNFINISHED, require_finished};
use super::manifest::{DATABASE, Entry, FILES, MANIFEST, MANIFEST_BYTES_MAX, Manifest, copy};
use super::{Stopping, io, refused, sync_folder};
use crate::exit::{Failure, USAGE};

const OURS: &str = "use a backup that `copydesk backup` made, and that was copied whole";

/// A folder that was made of a backup.
pub struct Unpacked {
    /// What was in it.
    pub manifest: Manifest,
    /// Where config.toml puts the database, if that is not where it lies.
    pub database_elsewhere: Option<String>,
}

/// Makes the folder `dir` of a backup: whole and checked, or not at all. One that is absent appears in one step; one that
/// is there, and empty, is filled.
pub async fn unpack(
    file: &Path,
    dir: &Path,
    environment: &Environment,
    stopping: &Stopping,
) -> Result<Unpacked, Failure> {
    require_finished(dir)?;
    require_empty(dir)?;
    // A folder that is there may be a mount point, such as the volume of a container: it cannot be replaced, and what
    // lies beside it is on another disk and often not ours to write.
    let is_there = dir.is_dir();
    let parent = dir.parent().unwrap_or(Path::new("/"));
    let (place, prefix) = if is_there {
        (dir, UNFINISHED)
    } else {
        (parent, BESIDE)
    };
    std::fs::create_dir_all(place).map_err(io(place))?;
    let unfinished = tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(place)
        .map_err(io(place))?;
    let manifest = build(file, unfinished.path(), stopping)?;
    if manifest.schema.is_some() {
        require_sound(&unfinished.path().join(&manifest.database)).await?;
    }
    let (workspace, _) = Workspace::inspect(unfinished.path(), environment);
    let wanted = workspace.config.store.path;
    sync_folders(unfinished.path())?;
    if is_there {
        bring_up(unfinished, dir)?;
    } else {
        std::fs::rename(unfinished.path(), dir).map_err(io(dir))?;
        let _ = unfinished.keep();
        sync_folder(parent)?;
    }
    Ok(Unpacked {
        database_elsewhere: (wanted != manifest.database).then_some(wanted),
        manifest,
    })
}

/// Writes everything that is in a backup below `root`.
fn build(file: &Path, root: &Path, stopping: &Stopping) -> Result<Manifest, Failure> {
    let mut archive = File::open(file).map_err(|error| {
        let place = file.display().to_string();
        Failure::input(&place, &error, "name a file that `copydesk backup FILE` wrote")
    })?;
    read(&mut archive, stopping, |entry, manifest, bytes| {
        let path = root.join(target(entry, manifest));
        write(&path, bytes, entry, stopping)
    })
}

/// Brings what was built inside `dir` up into it, config.toml last. Until that is there the folder is no desk, and
/// `unfinished` says why; after it nothing is missing.
fn bring_up(unfinished: tempfile::TempDir, dir: &Path) -> Result<(), Failure> {
    let failed = io(dir);
    let built = std::fs::read_dir(unfinished.path()).map_err(&failed)?;
    let names: Result<Vec<OsString>, _> = built.map(|entry| Ok(entry?.file_name())).collect();
    let mut names = names.map_err(&failed)?;
    names.sort_by_key(|name| name == CONFIG);
    for (number, name) in names.iter().enumerate() {
        let is_last = name == CONFIG;
        let ready = if is_last { sync_folder(dir) } else { Ok(()) };
        let moved = ready
            .and_then(|()| std::fs::rename(unfinished.path().join(name), dir.join(name)).map_err(&failed));
        if let Err(failure) = moved {
            return Err(taken_back(unfinished, dir, &names[..number], failure));
        }
    }
    sync_folder(dir)?;
    // Empty by now; one that stays is in nobody's way.
    drop(unfinished);
    sync_folder(dir)
}

/// Empties `dir` again after `failure`. Where that fails too, what is left tells of itself.
fn taken_back(unfinished: tempfile::TempDir, dir: &Path, moved: &[OsString], failure: Failure) -> Failure {
    let back = |name: &OsString| std::fs::rename(dir.join(name), unfinished.path().join(name));
    if moved.iter().try_for_each(back).is_err() {
        let _ = unfinished.keep();
    }
    failure
}

/// Reads a backup to its end and compares it with its manifest; nothing is written.
pub fn open_and_check(archive: &mut File, stopping: &Stopping) -> Result<Manifest, Failure> {
    let failed = io(Path::new("the backup"));
    read(archive, stopping, |_, _, bytes| {
        copy(bytes, &mut std::io::sink(), stopping, &failed)
    })
}

/// A folder of a live desk is refused with what holds it; one with anything in it, because it is someone's.
fn require_empty(dir: &Path) -> Result<(), Failure> {
    let hint =
        "give a folder that is not there yet with -C DIR; move it into place when you have looked at it";
    match std::fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(dir)(error)),
        Ok(true) => return Ok(()),
        Ok(false) => {}
    }
    if let Some(about) = crate::lock::holder(dir) {
        let error = format!("{} is in use by another copydesk ({about})", dir.display());
        return Err(refused(
            error,
            format!("leave it as it is, or stop it first; {hint}"),
        ));
    }
    let error = format!("{} is not empty; a restore overwrites nothing", dir.display());
    Err(Failure {
        exit: USAGE,
        ..refused(error, hint)
    })
}

/// Where an entry goes, below the folder.
fn target(entry: &Entry, manifest: &Manifest) -> PathBuf {
    match entry.path.strip_prefix(FILES) {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(&manifest.database),
    }
}

fn write(
    path: &Path,
    from: &mut dyn Read,
    entry: &Entry,
    stopping: &Stopping,
) -> Result<(u64, String), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let failed = io(path);
    if let Some(folder) = path.parent() {
        let made = if entry.path == DATABASE {
            durable::make_private_folder(folder)
        } else {
            durable::make_folder(folder)
        };
        made.map_err(&failed)?;
    }
    let mode = if entry.path == DATABASE { 0o600 } else { 0o644 };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(&failed)?;
    let copied = copy(from, &mut file, stopping, &failed)?;
    file.flush().and_then(|()| file.sync_all()).map_err(&failed)?;
    Ok(copied)
}

async fn require_sound(database: &Path) -> Result<(), Failure> {
    let condition = Condition::of(database).await?;
    condition.require_known()?;
    let damage = Condition::damage(database).await?;
    match damage.first() {
        None => Ok(()),
        Some(line) => Err(refused(format!("its database is damaged: {line}"), OURS)),
    }
}

fn sync_folders(root: &Path) -> Result<(), Failure> {
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).map_err(io(&folder))? {
            let path = entry.map_err(io(&folder))?.path();
            if path.is_dir() {
                open.push(path);
            }
        }
        sync_folder(&folder)?;
    }
    Ok(())
}

/// Reads a backup: its manifest, then each entry, which `take` consumes and measures. Entries that the manifest does
/// not name, that are no plain files, that come twice, differ or are missing end it.
fn read(
    archive: &mut File,
    stopping: &Stopping,
    mut take: impl FnMut(&Entry, &Manifest, &mut dyn Read) -> Result<(u64, String), Failure>,
) -> Result<Manifest, Failure> {
    let broken = |error: std::io::Error| refused(format!("the backup cannot be read: {error}"), OURS);
    let length = archive.metadata().map_err(broken)?.len();
    let mut archive = tar::Archive::new(std::io::BufReader::new(archive));
    // Raw: names and sizes are what stands in each header, and no entry speaks for another.
    let mut entries = archive.entries().map_err(broken)?.raw(true);
    let first = entries
        .next()
        .ok_or_else(|| refused("the backup is empty", OURS))?;
    let manifest = manifest(first.map_err(broken)?, length)?;
    let mut seen = HashSet::new();
    for found in entries {
        stopping.check()?;
        let mut found = found.map_err(broken)?;
        let name = plain_name(&found)?;
        let entry = manifest.entries.iter().find(|entry| entry.path == name);
        let entry = entry.filter(|entry| entry.bytes == found.size() && entry.bytes <= length);
        let Some(entry) = entry.filter(|entry| seen.insert(entry.path.clone())) else {
            return Err(refused(
                format!("the entry {name:?} is not as its manifest says"),
                OURS,
            ));
        };
        let (bytes, sha256) = take(entry, &manifest, &mut found)?;
        if bytes != entry.bytes || sha256 != entry.sha256 {
            return Err(refused(
                format!("the entry {name:?} was changed or damaged"),
                OURS,
            ));
        }
    }
    let missing = manifest.entries.iter().find(|entry| !seen.contains(&entry.path));
    match missing {
        None => Ok(manifest),
        Some(entry) => Err(refused(format!("the entry {:?} is missing", entry.path), OURS)),
    }
}

fn plain_name<R: Read>(entry: &tar::Entry<'_, R>) -> Result<String, Failure> {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let is_plain =
        entry.header().entry_type() == tar::EntryType::Regular && entry.header().as_ustar().is_some();
    if is_plain {
        return Ok(name);
    }
    Err(refused(format!("the entry {name:?} is no plain file"), OURS))
}

fn manifest<R: Read>(mut entry: tar::Entry<'_, R>, length: u64) -> Result<Manifest, Failure> {
    let name = plain_name(&entry)?;
    if name != MANIFEST || entry.size() > MANIFEST_BYTES_MAX.min(length) {
        return Err(refused(
            format!("it begins with {name:?} and not with its manifest"),
            OURS,
        ));
    }
    let mut text = Vec::new();
    let wrong = |error: String| refused(format!("its manifest cannot be read: {error}"), OURS);
    entry
        .read_to_end(&mut text)
        .map_err(|error| wrong(error.to_string()))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    manifest.require_sound()?;
    let has_database = manifest.entries.iter().any(|entry| entry.path == DATABASE);
    if has_database != manifest.schema.is_some() {
        return Err(wrong("its database and its schema do not go together".to_owned()));
    }
    Ok(manifest)
}
