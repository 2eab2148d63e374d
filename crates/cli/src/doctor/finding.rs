//! One line of the list.

use serde_json::{Value, json};

use crate::exit::{ENVIRONMENT, FINE, USAGE};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All is well.
    Ok,
    /// Work goes on, and somebody should look.
    Warn,
    /// Work does not go on.
    Fail,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub check: &'static str,
    pub state: State,
    pub found: String,
    /// What to do, unless all is well.
    pub next: Option<String>,
    /// The exit code that it asks for.
    pub exit: u8,
}

impl Finding {
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Ok,
            found: found.into(),
            next: None,
            exit: FINE,
        }
    }

    pub fn warn(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            state: State::Warn,
            next: Some(next.into()),
            ..Self::ok(check, found)
        }
    }

    /// The machine does not let the work go on.
    pub fn fail(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            state: State::Fail,
            exit: ENVIRONMENT,
            ..Self::warn(check, found, next)
        }
    }

    /// What a person wrote does not let the work go on.
    pub fn wrong(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            exit: USAGE,
            ..Self::fail(check, found, next)
        }
    }

    pub fn line(&self, width: usize) -> String {
        let (state, check) = (self.state.word(), self.check);
        let line = format!("{state:<4}  {check:<width$}  {}\n", self.found);
        let Some(next) = &self.next else { return line };
        format!("{line}{:<4}  {:<width$}  next: {next}\n", "", "")
    }

    pub fn json(&self) -> Value {
        json!({ "check": self.check, "state": self.state.word(), "found": self.found, "next": self.next })
    }
}
