//! `backup` and `restore`.

use std::path::Path;

use copydesk_config::Environment;
use serde_json::json;
use tokio::sync::watch;

use crate::app::load;
use crate::backup::{Stopping, pack, unpack};
use crate::exit::Failure;
use crate::outcome::Outcome;
use crate::words::bytes;

/// Writes a backup of the folder, beside whoever owns it: it reads the database as another process may.
pub async fn backup(dir: &Path, file: &Path) -> Result<Outcome, Failure> {
    let environment = Environment::system();
    require_desk(dir, &environment)?;
    let file = absolute(file)?;
    let packed = pack(dir, &environment, &file, &stopping()).await?;
    let authored = packed.manifest.entries.len() - usize::from(packed.manifest.schema.is_some());
    let data = json!({
        "file": file.display().to_string(),
        "bytes": packed.bytes,
        "made_at": packed.manifest.made_at,
        "schema": packed.manifest.schema,
        "files": authored,
        "left_out": packed.left_out,
    });
    let text = format!(
        "{}: {}, the database and {authored} files of yours\n",
        file.display(),
        bytes(packed.bytes)
    );
    let mut outcome = Outcome::new(data, text);
    for left_out in &packed.left_out {
        outcome = outcome.with_talk(format!("left out: {} ({})", left_out.path, left_out.reason));
    }
    if !packed.written_out.is_empty() {
        let servers = packed.written_out.join(", ");
        outcome = outcome.with_talk(format!(
            "config.toml has values of [mcpServers] written out ({servers}), and so has the backup; \"${{NAME}}\" keeps them out"
        ));
    }
    Ok(outcome.with_talk("not in it: secrets/, key files, site/ and outbox/; keep those yourself"))
}

/// Makes a new folder of a backup.
pub async fn restore(dir: &Path, file: &Path) -> Result<Outcome, Failure> {
    let file = absolute(file)?;
    let unpacked = unpack(&file, dir, &Environment::system(), &stopping()).await?;
    let data = json!({
        "dir": dir.display().to_string(),
        "made_at": unpacked.manifest.made_at,
        "made_by": unpacked.manifest.copydesk,
        "schema": unpacked.manifest.schema,
        "entries": unpacked.manifest.entries.len(),
    });
    let text = format!(
        "{} is as it was at {}\n",
        dir.display(),
        unpacked.manifest.made_at
    );
    let mut outcome = Outcome::new(data, text);
    if let Some(elsewhere) = unpacked.database_elsewhere {
        outcome = outcome.with_talk(format!(
            "config.toml puts the database at {elsewhere}; it lies at {}: move it there, or change [store] path",
            unpacked.manifest.database
        ));
    }
    let next = format!(
        "next: put key files back, then copydesk -C {} doctor; never run it beside the folder that it is a copy of",
        dir.display()
    );
    Ok(outcome.with_talk(next))
}

/// A folder without config.toml is no desk. One whose files are wrong can be backed up all the same.
fn require_desk(dir: &Path, environment: &Environment) -> Result<(), Failure> {
    match load(dir, environment) {
        Err(failure) if failure.code == "CD002" => Err(failure),
        _ => Ok(()),
    }
}

fn stopping() -> Stopping {
    let (shutdown, stopping) = watch::channel(false);
    crate::signals::watch(shutdown);
    Stopping(stopping)
}

fn absolute(path: &Path) -> Result<std::path::PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::io(&path.display().to_string(), &error))
}
