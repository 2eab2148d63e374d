//! The author's files that a backup holds.

use std::collections::HashSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use copydesk_config::{Environment, Workspace};
use serde::Serialize;

use super::manifest::{AUTHORED, ENTRIES_MAX, FILE_BYTES_MAX, FILES};
use super::{io, refused};
use crate::exit::Failure;
use crate::secret_places::key_files;

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
    let keys = keys(workspace, environment);
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
        } else if keys.contains(&identity(&found)) {
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

/// What tells one file from another whatever it is called: its device and its number there.
type Identity = (u64, u64);

/// The key files that are there.
fn keys(workspace: &Workspace, environment: &Environment) -> HashSet<Identity> {
    let named = key_files(workspace, environment).into_iter();
    named
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|file| identity(&file))
        .collect()
}

fn identity(file: &Metadata) -> Identity {
    (file.dev(), file.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_stays_out_under_every_name_that_it_has() {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        let read_text = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        std::fs::create_dir_all(dir.path().join("notes")).unwrap();
        write("notes/mail.key", "planted");
        write("prompts/channel.key", "planted");
        std::fs::hard_link(
            dir.path().join("notes/mail.key"),
            dir.path().join("notes/same.md"),
        )
        .unwrap();
        let mail = "[alarms.mail]\nserver = \"mail.example:465\"\nuser = \"u\"\npassword_file = \"prompts/../notes/mail.key\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n";
        write("config.toml", &format!("{}\n{mail}", read_text("config.toml")));
        let channel =
            "[channels.list]\nurl = \"https://list.example/\"\napi_key_file = \"prompts/channel.key\"\n";
        let daily = "pipelines/daily.toml";
        write(daily, &format!("{}\n{channel}", read_text(daily)));
        let environment = Environment::empty();
        let (workspace, _) = Workspace::inspect(dir.path(), &environment);
        let authored = read(&workspace, &environment).unwrap();
        let left_out: Vec<&str> = authored.left_out.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            left_out,
            ["prompts/channel.key", "notes/mail.key", "notes/same.md"]
        );
        let is_planted = |bytes: &[u8]| bytes == b"planted";
        assert!(!authored.files.iter().any(|(_, bytes)| is_planted(bytes)));
        assert!(authored.files.iter().any(|(path, _)| path == daily));
    }
}
