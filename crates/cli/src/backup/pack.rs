//! Makes a backup.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Component, Path};

use copydesk_config::{Environment, Workspace};
use copydesk_domain::{Clock, Instant};
use copydesk_net::SystemClock;
use copydesk_store_sqlite::Condition;
use tempfile::{NamedTempFile, TempDir};

use super::authored::{self, LeftOut};
use super::manifest::{AUTHORED, DATABASE, Entry, FILES, FORMAT, MANIFEST, Manifest, copy, is_inside};
use super::unpack::open_and_check;
use super::{Stopping, io, refused, sync_folder};
use crate::exit::{Failure, USAGE};
use crate::secret_places::{WrittenOut, written_out};

/// Where a database lies that config.toml puts outside the folder.
const DATABASE_PLACE: &str = "data/copydesk.db";

/// A backup that was made.
pub struct Packed {
    /// What is in it.
    pub manifest: Manifest,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
    /// What may be secret and stands in its config.toml.
    pub written_out: WrittenOut,
    /// Files of settings with errors: key files that only they name were not known.
    pub unread: bool,
    /// Folders that are not in it: of channels and of mail from readers.
    pub folders: Vec<String>,
    /// Its size.
    pub bytes: u64,
}

/// Writes a folder's backup to the new file `to`: whole, checked and on the disk, or not at all. Whoever owns the
/// folder goes on meanwhile.
pub async fn pack(
    dir: &Path,
    environment: &Environment,
    to: &Path,
    stopping: &Stopping,
) -> Result<Packed, Failure> {
    require_free(to)?;
    let folder = to.parent().unwrap_or(Path::new("."));
    let (workspace, problems) = Workspace::inspect(dir, environment);
    let unread = problems.iter().any(copydesk_config::Problem::is_error);
    let authored = authored::read(&workspace, environment)?;
    let database = dir.join(&workspace.config.store.path);
    let copies = tempfile::Builder::new()
        .prefix(".copydesk-backup-")
        .tempdir_in(folder)
        .map_err(io(folder))?;
    let schema = copy_database(&database, &copies, stopping).await?;
    let mut manifest = Manifest {
        format: FORMAT.to_owned(),
        copydesk: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: SystemClock.now(),
        schema,
        database: place(&workspace.config.store.path),
        entries: Vec::new(),
    };
    let database_copy = copies.path().join(DATABASE);
    if schema.is_some() {
        let mut file = File::open(&database_copy).map_err(io(&database_copy))?;
        manifest.entries.push(entry(DATABASE, &mut file, stopping)?);
    }
    for (path, bytes) in &authored.files {
        let name = format!("{FILES}{path}");
        manifest
            .entries
            .push(entry(&name, &mut bytes.as_slice(), stopping)?);
    }
    let unfinished = tempfile::Builder::new()
        .prefix(".copydesk-backup-")
        .suffix(".part")
        .tempfile_in(folder)
        .map_err(io(folder))?;
    write(&unfinished, &manifest, &database_copy, &authored.files, stopping)?;
    unfinished.as_file().sync_all().map_err(io(to))?;
    // As it will be read.
    let mut written = File::open(unfinished.path()).map_err(io(to))?;
    open_and_check(&mut written, stopping)?;
    let bytes = unfinished.as_file().metadata().map_err(io(to))?.len();
    unfinished
        .persist_noclobber(to)
        .map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => exists(to),
            _ => io(to)(error.error),
        })?;
    sync_folder(folder)?;
    Ok(Packed {
        manifest,
        left_out: authored.left_out,
        written_out: written_out(&workspace.config),
        unread,
        folders: folders(&workspace),
        bytes,
    })
}

fn require_free(to: &Path) -> Result<(), Failure> {
    if to.symlink_metadata().is_ok() {
        return Err(exists(to));
    }
    Ok(())
}

fn exists(to: &Path) -> Failure {
    Failure {
        exit: USAGE,
        ..refused(
            format!("{} exists; a backup overwrites nothing", to.display()),
            "choose another name",
        )
    }
}

/// The place within the folder.
fn place(path: &str) -> String {
    if is_inside(path) {
        return path.to_owned();
    }
    DATABASE_PLACE.to_owned()
}

/// The folders that pipelines name for what goes out and what comes in, without those that lie in what is backed up.
fn folders(workspace: &Workspace) -> Vec<String> {
    let mut folders = BTreeSet::new();
    for pipeline in workspace.pipelines.values() {
        folders.extend(
            pipeline
                .channels
                .values()
                .filter_map(|channel| channel.dir.as_deref()),
        );
        folders.extend(pipeline.replies.maildir.as_deref());
    }
    let is_left_out = |folder: &&str| {
        let within = Path::new(folder)
            .strip_prefix(&workspace.dir)
            .unwrap_or(Path::new(folder));
        let mut names = within.components().filter(|part| *part != Component::CurDir);
        let first = names.next().and_then(|part| part.as_os_str().to_str());
        !first.is_some_and(|first| AUTHORED.contains(&first))
    };
    let left_out = folders.into_iter().filter(is_left_out);
    left_out
        .map(|folder| format!("{}/", folder.trim_end_matches('/')))
        .collect()
}

/// Copies the database as it is now and checks the copy; its schema, or none where there is no database yet.
async fn copy_database(
    database: &Path,
    copies: &TempDir,
    stopping: &Stopping,
) -> Result<Option<i64>, Failure> {
    if !database.exists() {
        return Ok(None);
    }
    let to = copies.path().join(DATABASE);
    let mut stop = stopping.0.clone();
    tokio::select! {
        result = Condition::copy(database, &to) => result?,
        _ = stop.wait_for(|is_set| *is_set) => stopping.check()?,
    }
    let damage = Condition::damage(&to).await?;
    if let Some(line) = damage.first() {
        let error = format!("the database is damaged ({} faults): {line}", damage.len());
        return Err(refused(
            error,
            "`copydesk doctor` says what can be done; keep the older backups",
        ));
    }
    Ok(Some(Condition::of(&to).await?.schema))
}

fn entry(path: &str, from: &mut impl Read, stopping: &Stopping) -> Result<Entry, Failure> {
    let (bytes, sha256) = copy(from, &mut std::io::sink(), stopping, io(Path::new(path)))?;
    Ok(Entry {
        path: path.to_owned(),
        bytes,
        sha256,
    })
}

fn write(
    to: &NamedTempFile,
    manifest: &Manifest,
    database: &Path,
    files: &[(String, Vec<u8>)],
    stopping: &Stopping,
) -> Result<(), Failure> {
    let failed = io(to.path());
    let mut archive = tar::Builder::new(std::io::BufWriter::new(to.as_file()));
    let text = serde_json::to_vec_pretty(manifest).map_err(|error| Failure::bug(error.to_string()))?;
    let at = manifest.made_at;
    let mut append = |name: &str, bytes: u64, from: &mut dyn Read| -> Result<(), Failure> {
        stopping.check()?;
        let mut header = header(bytes, at);
        archive.append_data(&mut header, name, from).map_err(&failed)
    };
    append(MANIFEST, text.len() as u64, &mut text.as_slice())?;
    if manifest.schema.is_some() {
        let mut file = File::open(database).map_err(io(database))?;
        let length = file.seek(std::io::SeekFrom::End(0)).map_err(io(database))?;
        file.rewind().map_err(io(database))?;
        append(DATABASE, length, &mut file)?;
    }
    for (path, bytes) in files {
        append(
            &format!("{FILES}{path}"),
            bytes.len() as u64,
            &mut bytes.as_slice(),
        )?;
    }
    let buffered = archive.into_inner().map_err(&failed)?;
    buffered
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    Ok(())
}

fn header(bytes: u64, at: Instant) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(at.as_micros() / 1_000_000).unwrap_or(0));
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_channels_and_of_mail_are_named_as_the_pipelines_name_them() {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        let daily = dir.path().join("pipelines/daily.toml");
        let text = std::fs::read_to_string(&daily).unwrap();
        let more = "[channels.house]\ndir = \"/srv/house/\"\n[channels.archive]\ndir = \"./notes/archive\"\n";
        let text = text.replace("maildir = \"replies\"", "maildir = \"inbox\"");
        std::fs::write(&daily, format!("{text}\n{more}")).unwrap();
        let (workspace, _) = Workspace::inspect(dir.path(), &Environment::empty());
        assert_eq!(folders(&workspace), ["/srv/house/", "inbox/", "site/"]);
    }
}
