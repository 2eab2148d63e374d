//! The files that suites read.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::suite::EvalPart;
use crate::environment::Environment;

/// 64 MiB: ten times the longest file of cases known.
const BYTES_MAX: u64 = 64 << 20;

/// Where cases lie, and the one way to their bytes.
#[derive(Debug, Clone)]
pub struct EvalData {
    evals: PathBuf,
    shared: PathBuf,
}

/// Why a file of cases is not read.
#[derive(Debug, thiserror::Error)]
pub enum EvalDataError {
    /// It is not there.
    #[error("{} is not there", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is longer than any file of cases should be.
    #[error("{} has more than {bytes_max} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        bytes_max: u64,
    },
    /// The machine does not give it.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl EvalData {
    /// `dir`: the folder of config.toml. Shared data lies in `COPYDESK_SHARED`, else in `shared` beside the folder.
    pub fn of(dir: &Path, environment: &Environment) -> Self {
        let shared = environment
            .get("COPYDESK_SHARED")
            .map_or_else(|| dir.join("../shared"), PathBuf::from);
        Self {
            evals: dir.join("evals"),
            shared,
        }
    }

    /// The file or folder that a part names.
    pub fn place(&self, part: &EvalPart) -> PathBuf {
        match (&part.data, &part.shared) {
            (_, Some(below)) => self.shared.join(below),
            (Some(below), None) => self.evals.join(below),
            (None, None) => self.evals.clone(),
        }
    }

    /// Whether there is anything in that place.
    pub fn is_there(&self, part: &EvalPart) -> bool {
        self.place(part).exists()
    }

    /// The bytes of a file, at most 64 MiB.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, EvalDataError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => EvalDataError::Missing {
                path: path.to_owned(),
            },
            _ => EvalDataError::Unreadable {
                path: path.to_owned(),
                source,
            },
        };
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(failed)?;
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > BYTES_MAX {
            return Err(EvalDataError::TooLong {
                path: path.to_owned(),
                bytes_max: BYTES_MAX,
            });
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_folder_is_beside_the_desk_unless_it_is_named() {
        let part = EvalPart {
            shared: Some("a/b".to_owned()),
            ..EvalPart::default()
        };
        let beside = EvalData::of(Path::new("desk"), &Environment::empty());
        assert_eq!(beside.place(&part), Path::new("desk/../shared/a/b"));
        let named = EvalData::of(Path::new("desk"), &Environment::of([("COPYDESK_SHARED", "else")]));
        assert_eq!(named.place(&part), Path::new("else/a/b"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let data = EvalData::of(Path::new("desk"), &Environment::empty());
        let error = data.read(Path::new("desk/none.jsonl")).unwrap_err();
        assert_eq!(error.to_string(), "desk/none.jsonl is not there");
    }
}
