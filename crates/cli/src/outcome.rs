//! What a command gives: data for stdout, talk for stderr, an exit code.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exit::FINE;

/// What a command gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Data, printed under `--json`.
    pub data: Value,
    /// The same for people, printed otherwise.
    pub text: String,
    /// Talk for stderr.
    pub talk: Vec<String>,
    /// The exit code.
    pub exit: u8,
}

impl Outcome {
    /// Data with its text, and all well.
    pub fn new(data: Value, text: impl Into<String>) -> Self {
        Self {
            data,
            text: text.into(),
            talk: Vec::new(),
            exit: FINE,
        }
    }

    /// The same with another exit code.
    #[must_use]
    pub fn with_exit(mut self, exit: u8) -> Self {
        self.exit = exit;
        self
    }

    /// The same with a line for stderr.
    #[must_use]
    pub fn with_talk(mut self, line: impl Into<String>) -> Self {
        self.talk.push(line.into());
        self
    }
}
