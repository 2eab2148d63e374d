//! Why a part has no numbers.

use std::path::PathBuf;

use copydesk_config::evals::EvalDataError;

/// Why a part has no numbers.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A file of cases is missing, too long or not given.
    #[error(transparent)]
    Data(#[from] EvalDataError),
    /// What a part of the author's names below `evals/` is not there.
    #[error("{at}: {} is not there", path.display())]
    OwnMissing {
        /// The suite's file and the line that names it.
        at: String,
        /// The file or folder.
        path: PathBuf,
    },
    /// A case is not what its scorer reads.
    #[error("{}:{line}: {message}", path.display())]
    Case {
        /// The file of cases.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong, without the case's words.
        message: String,
    },
    /// A whole file is not what its scorer reads.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl EvalError {
    /// The file that is missing, where that is all that is wrong.
    pub fn missing(&self) -> Option<&PathBuf> {
        match self {
            Self::Data(EvalDataError::Missing { path }) => Some(path),
            _ => None,
        }
    }
}
