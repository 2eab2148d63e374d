//! The folder where approved answers wait for a person or a mail channel.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use copydesk_config::durable::{keep_name, make_folder};
use copydesk_journal::{AnswerOutbox, AnswerOutboxError};

/// A folder of messages, each `NAME.eml`. One that is prepared is `.NAME.eml.prepared`, which no mail program takes.
#[derive(Debug, Clone)]
pub struct OutboxFolder {
    dir: PathBuf,
}

const PREPARED: &str = ".eml.prepared";

impl OutboxFolder {
    /// The folder; made with the first message.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.eml"))
    }

    /// Where a mail is prepared. `name`: ASCII letters, digits, `-`, `_` and dots, no dot in front.
    fn prepared_place(&self, name: &str) -> Result<PathBuf, AnswerOutboxError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 200 || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(AnswerOutboxError {
                reason: format!("`{name}` is no plain file name"),
            });
        }
        Ok(self.dir.join(format!(".{name}{PREPARED}")))
    }
}

impl AnswerOutbox for OutboxFolder {
    fn prepare(&self, name: &str, mail: &[u8]) -> Result<(), AnswerOutboxError> {
        let path = self.prepared_place(name)?;
        let place = self.place(name);
        if fs::read(&place).is_ok_and(|known| known != mail) {
            return Err(AnswerOutboxError {
                reason: format!("{} is there already, with other bytes", place.display()),
            });
        }
        let write = || {
            make_folder(&self.dir)?;
            let mut file = File::create(&path)?;
            file.write_all(mail)?;
            file.sync_all()?;
            keep_name(&path)
        };
        write().map_err(|error| failed(&path, &error))
    }

    fn release(&self, name: &str) -> Result<Option<String>, AnswerOutboxError> {
        let place = self.place(name);
        match fs::rename(self.prepared_place(name)?, &place) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&place, &error)),
        }
        keep_name(&place).map_err(|error| failed(&place, &error))?;
        Ok(Some(place.display().to_string()))
    }

    fn discard(&self, name: &str) -> Result<(), AnswerOutboxError> {
        let path = self.prepared_place(name)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&path, &error)),
            _ => Ok(()),
        }
    }

    fn prepared(&self) -> Result<Vec<String>, AnswerOutboxError> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(failed(&self.dir, &error)),
        };
        let name = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            Some(name.strip_prefix('.')?.strip_suffix(PREPARED)?.to_owned())
        };
        let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
        names.sort_unstable();
        Ok(names)
    }
}

fn failed(path: &Path, error: &std::io::Error) -> AnswerOutboxError {
    AnswerOutboxError {
        reason: format!("{} cannot be written: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_mail_is_prepared_and_put_out_once() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = OutboxFolder::new(dir.path().join("outbox"));
        assert_eq!(outbox.prepared().unwrap(), Vec::<String>::new());
        outbox.prepare("run-a2", b"one").unwrap();
        outbox.prepare("run-a2", b"one").unwrap();
        assert_eq!(outbox.prepared().unwrap(), ["run-a2"]);
        let place = outbox.release("run-a2").unwrap().unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"one");
        assert_eq!(names(&outbox.dir), ["run-a2.eml"]);
        fs::remove_file(place).unwrap();
        assert_eq!(
            outbox.release("run-a2").unwrap(),
            None,
            "a mail that was sent does not come back"
        );
    }

    #[test]
    fn a_mail_is_never_overwritten_and_can_be_thrown_away() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = OutboxFolder::new(dir.path());
        outbox.prepare("a1", b"one").unwrap();
        outbox.release("a1").unwrap();
        let error = outbox.prepare("a1", b"two").unwrap_err();
        assert!(error.reason.contains("other bytes"), "{error}");
        outbox.prepare("a2", b"two").unwrap();
        outbox.discard("a2").unwrap();
        outbox.discard("a2").unwrap();
        assert_eq!(names(dir.path()), ["a1.eml"]);
    }

    #[test]
    fn names_cannot_lead_out_of_the_folder() {
        let outbox = OutboxFolder::new("unused");
        for name in ["", "../a", ".hidden", "a/b", "a b"] {
            assert!(outbox.prepare(name, b"x").is_err(), "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_a_file_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outbox");
        fs::write(&path, "in the way").unwrap();
        let error = OutboxFolder::new(&path).prepare("a1", b"x").unwrap_err();
        assert!(error.reason.contains("cannot be written"), "{error}");
    }
}
