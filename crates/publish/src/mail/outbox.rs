//! The folder where approved answers wait for a person or a mail channel.

use std::fs;
use std::path::PathBuf;

use crate::atomic::{self, Target, WriteError};

/// Why a message could not be put into the outbox.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The name is no plain file name.
    #[error("`{name}` is no plain file name")]
    Name {
        /// The name as given.
        name: String,
    },
    /// Another message has that name: nothing is overwritten.
    #[error("{} is there already, with other bytes", path.display())]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// The disk said no.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A folder of messages.
#[derive(Debug, Clone)]
pub struct OutboxFolder {
    dir: PathBuf,
}

impl OutboxFolder {
    /// The folder; made with the first message.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Puts a message there, whole or not at all. The same message twice is one file. `name`: a file name of ASCII
    /// letters, digits, `-`, `_` and dots; `.eml` is put after it unless it is there.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, OutboxError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 200 || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(OutboxError::Name {
                name: name.to_owned(),
            });
        }
        let ending = if name.strip_suffix(".eml").is_some() {
            ""
        } else {
            ".eml"
        };
        let path = self.dir.join(format!("{name}{ending}"));
        if fs::read(&path).is_ok_and(|known| known != bytes) {
            return Err(OutboxError::Taken { path });
        }
        atomic::write_all(&[Target {
            path: path.clone(),
            bytes: bytes.to_vec(),
        }])?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_written_once_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = OutboxFolder::new(dir.path().join("outbox"));
        let path = outbox.write("a2.eml", b"one").unwrap();
        assert_eq!(outbox.write("a2", b"one").unwrap(), path);
        assert!(matches!(
            outbox.write("a2.eml", b"two"),
            Err(OutboxError::Taken { .. })
        ));
        assert_eq!(fs::read(path).unwrap(), b"one");
        for name in ["", "../a.eml", ".hidden", "a/b.eml", "a b.eml"] {
            assert!(
                matches!(outbox.write(name, b"x"), Err(OutboxError::Name { .. })),
                "{name}"
            );
        }
    }
}
