//! `backup` and `restore`.

use std::path::Path;

use copydesk_config::Environment;
use serde_json::json;
use tokio::sync::watch;

use crate::app::load;
use crate::backup::{Stopping, pack, unpack};
use crate::exit::Failure;
use crate::outcome::Outcome;
use crate::secret_places::WrittenOut;
use crate::words::{self, bytes};

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
    let database = match packed.manifest.schema {
        Some(_) => "the database and",
        None => "no database yet, and",
    };
    let text = format!(
        "{}: {}, {database} {} of yours\n",
        file.display(),
        bytes(packed.bytes),
        words::count(authored, "file", "files")
    );
    let mut outcome = Outcome::new(data, text);
    for left_out in &packed.left_out {
        outcome = outcome.with_talk(format!("left out: {} ({})", left_out.path, left_out.reason));
    }
    outcome.talk.extend(written_out(&packed.written_out));
    if packed.unread {
        let warning = "config.toml or a pipeline has errors: a key file that only it names may be in the backup; \
                       mend what `copydesk check` lists, and write it again before you hand it on";
        outcome = outcome.with_talk(warning);
    }
    let mut left_out = vec!["secrets/".to_owned(), "key files".to_owned()];
    left_out.extend(packed.folders);
    Ok(outcome.with_talk(format!(
        "not in it: {} and outbox/; keep those yourself",
        left_out.join(", ")
    )))
}

/// What whoever reads the backup learns beside what the author wrote.
fn written_out(found: &WrittenOut) -> Vec<String> {
    let mut lines = Vec::new();
    if !found.values.is_empty() {
        let settings = found.values.join(", ");
        lines.push(format!(
            "config.toml has values written out that may be secret ({settings}), and so has the backup; \"${{NAME}}\" keeps them out"
        ));
    }
    if !found.addresses.is_empty() {
        let keys = found.addresses.join(", ");
        lines.push(format!(
            "the backup has the addresses of [alarms] ({keys}): whoever reads it can call them"
        ));
    }
    lines
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
        crate::words::quoted(&dir.display().to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &Path, old: &str, new: &str) {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(old), "{text}");
        std::fs::write(path, text.replacen(old, new, 1)).unwrap();
    }

    #[tokio::test]
    async fn a_backup_says_what_is_in_it_and_what_is_not() {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        let config = dir.path().join("config.toml");
        change(
            &config,
            "[alarms]\n",
            "[alarms]\nwebhook = \"https://hooks.example/planted\"\n",
        );
        let telemetry = "[telemetry]\nheaders = { Authorization = \"planted\" }\n";
        change(&config, "[telemetry]\n", telemetry);
        change(
            &dir.path().join("pipelines/daily.toml"),
            "dir = \"site\"",
            "dir = \"public\"",
        );
        let made = backup(dir.path(), &dir.path().join("desk.tar")).await.unwrap();
        assert!(made.text.contains(", no database yet, and "), "{}", made.text);
        assert!(made.text.ends_with(" files of yours\n"), "{}", made.text);
        let talk = made.talk.join("\n");
        for said in [
            "([telemetry] headers)",
            "addresses of [alarms] (webhook)",
            "not in it: secrets/, key files, public/, replies/, site/ and outbox/;",
        ] {
            assert!(talk.contains(said), "{said}: {talk}");
        }
        assert!(!talk.contains("planted"), "{talk}");
    }
}
