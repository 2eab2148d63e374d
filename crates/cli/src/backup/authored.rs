//! The author's files that a backup holds.

use std::path::{Path, PathBuf};

use copydesk_config::{Environment, Workspace};
use serde::Serialize;

use super::manifest::{AUTHORED, ENTRIES_MAX, FILE_BYTES_MAX, FILES};
use super::{io, refused};
use crate::exit::Failure;

/// Folders below each other.
const DEPTH_MAX: usize = 8;
/// What the header of a ustar entry has room for.
const NAME_BYTES_MAX: usize = 250;

/// What the author wrote.
#[derive(Debug, Default)]
pub struct Authored {
    /// Paths below the folder, with `/`, and their bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// What is not in the backup, and why.
    pub left_out: Vec<LeftOut>,
}

/// A file that is not in the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its path below the folder.
    pub path: String,
    /// Why.
    pub reason: &'static str,
}

/// Reads them. Key files stay out wherever they lie.
pub fn read(workspace: &Workspace, environment: &Environment) -> Result<Authored, Failure> {
    let keys = key_files(workspace, environment);
    let mut authored = Authored::default();
    let mut open: Vec<(PathBuf, String, usize)> = AUTHORED
        .iter()
        .rev()
        .map(|name| (workspace.dir.join(name), (*name).to_owned(), DEPTH_MAX))
        .collect();
    while let Some((path, below, depth_left)) = open.pop() {
        let Ok(found) = std::fs::symlink_metadata(&path) else {
            continue;
        };
        if found.is_dir() {
            if depth_left > 0 {
                open.extend(entries(&path, &below, depth_left - 1)?);
            } else {
                authored.leave_out(below, "too deep");
            }
        } else if !found.is_file() {
            authored.leave_out(below, "neither a file nor a folder; links are not followed");
        } else if keys.contains(&path) {
            authored.leave_out(below, "a key file");
        } else if found.len() > FILE_BYTES_MAX {
            authored.leave_out(below, "larger than 16 MiB");
        } else if FILES.len() + below.len() > NAME_BYTES_MAX {
            authored.leave_out(below, "its name is too long");
        } else {
            let bytes = std::fs::read(&path).map_err(io(&path))?;
            authored.files.push((below, bytes));
        }
    }
    if authored.files.len() >= ENTRIES_MAX {
        let hint = "move what is not yours out of `notes`, `prompts` and `evals`";
        return Err(refused(
            format!("the folder has more than {ENTRIES_MAX} files"),
            hint,
        ));
    }
    Ok(authored)
}

impl Authored {
    fn leave_out(&mut self, path: String, reason: &'static str) {
        self.left_out.push(LeftOut { path, reason });
    }
}

/// What lies in a folder, in reverse order, without hidden names.
fn entries(folder: &Path, below: &str, depth_left: usize) -> Result<Vec<(PathBuf, String, usize)>, Failure> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if !name.starts_with('.') {
            found.push((entry.path(), format!("{below}/{name}"), depth_left));
        }
    }
    found.sort();
    found.reverse();
    Ok(found)
}

/// Where the keys of the models lie.
fn key_files(workspace: &Workspace, environment: &Environment) -> Vec<PathBuf> {
    let models = workspace.config.models.values();
    models
        .filter_map(|model| environment.expand(model.api_key_file.as_deref()?).ok())
        .map(|file| workspace.dir.join(file.reveal()))
        .collect()
}

/// Tool servers whose values stand in config.toml itself; the backup holds them with it.
pub fn written_out(workspace: &Workspace) -> Vec<String> {
    let servers = workspace.config.mcp_servers.iter();
    servers
        .filter(|(_, server)| {
            let mut values = server.env.values().chain(server.headers.values());
            values.any(|value| !value.contains("${"))
        })
        .map(|(name, _)| name.clone())
        .collect()
}
