//! Keys and tokens, and why there may be none.

use std::fmt;
use std::path::PathBuf;

/// A key or token. It prints as `***` and is never serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// From its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, for the one header or variable that it belongs in.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a key or a `"${NAME}"` has no value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment lacks the variable.
    #[error("the environment variable `{name}` is not set")]
    NotSet {
        /// Its name.
        name: String,
    },
    /// `${` without `}`, or nothing between.
    #[error("`{text}` has a `${{` without a name and a closing brace")]
    Unclosed {
        /// The text as written in the file; it holds names, not values.
        text: String,
    },
    /// The file with the key cannot be read.
    #[error("the key file `{}` cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds nothing.
    #[error("the key file `{}` is empty", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
}
