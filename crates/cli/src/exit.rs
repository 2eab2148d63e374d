//! Exit codes, and errors with their code, message and next step.

use copydesk_config::Problems;
use copydesk_engine::EngineError;
use copydesk_store::StoreError;
use copydesk_web::LoginLinkError;
use serde::{Deserialize, Serialize};

/// All went well.
pub const FINE: u8 = 0;
/// The work failed.
pub const FAILED: u8 = 1;
/// The command or a file is wrong.
pub const USAGE: u8 = 2;
/// The machine does not let us: port, lock, disk, permissions.
pub const ENVIRONMENT: u8 = 3;
/// Waits for the author.
pub const WAITS: u8 = 4;
/// A bug of ours.
pub const BUG: u8 = 70;

/// An error as a person or a script sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong, and where.
    pub error: String,
    /// A page below `docs/errors`.
    pub code: String,
    /// What to do next.
    pub hint: String,
    /// The exit code.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub exit: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_zero(exit: &u8) -> bool {
    *exit == 0
}

impl Failure {
    /// An error with its code, next step and exit code.
    pub fn new(code: &str, exit: u8, error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            code: code.to_owned(),
            hint: hint.into(),
            exit,
        }
    }

    /// A wrong word on the command line.
    pub fn usage(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new("CD012", USAGE, error, hint)
    }

    /// The same with the run that the command names, where its next step says `RUN`: it can be copied as it is.
    #[must_use]
    pub fn about(mut self, run: &str) -> Self {
        self.hint = self
            .hint
            .replace(" RUN", &format!(" {}", crate::words::quoted(run)));
        self
    }

    /// Something that only a bug can cause.
    pub fn bug(error: impl Into<String>) -> Self {
        Self::new(
            "CD070",
            BUG,
            error,
            "this is a bug; please report it with `copydesk logs RUN`",
        )
    }

    /// A file that a person named and that cannot be read: a name that nothing has is a wrong word, anything else is the
    /// machine's. `hint`: what to name.
    pub fn input(place: &str, error: &std::io::Error, hint: &str) -> Self {
        if error.kind() == std::io::ErrorKind::NotFound {
            return Self::usage(format!("there is no {place}"), hint);
        }
        Self::io(place, error)
    }

    /// A file or socket that the machine does not give.
    pub fn io(what: &str, error: &std::io::Error) -> Self {
        let is_full = error.kind() == std::io::ErrorKind::StorageFull;
        let code = if is_full { "CD005" } else { "CD010" };
        let hint = if is_full {
            "free some space; nothing stored is lost"
        } else {
            "check the path and its permissions"
        };
        Self::new(code, ENVIRONMENT, format!("{what}: {error}"), hint)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::RunUnknown { .. } => {
                Self::new("CD007", USAGE, text, "`copydesk runs` lists the runs")
            }
            StoreError::Leased { .. } | StoreError::LeaseLost { .. } => Self::new(
                "CD003",
                ENVIRONMENT,
                text,
                "another process works on this run; wait for it or stop it",
            ),
            StoreError::HashChanged { .. } | StoreError::DecisionRefused { .. } => Self::new(
                "CD009",
                FAILED,
                text,
                "look at it again with `copydesk show RUN`, then decide",
            ),
            StoreError::Newer { .. } => Self::new(
                "CD004",
                ENVIRONMENT,
                text,
                "use the newer copydesk that made it, or restore a backup",
            ),
            StoreError::DiskFull { .. } => Self::new(
                "CD005",
                ENVIRONMENT,
                text,
                "free some space and run the command again; nothing stored is lost",
            ),
            StoreError::Damaged { .. } => Self::new(
                "CD017",
                ENVIRONMENT,
                text,
                "keep a copy of `data` as it is, then put a backup back; nothing was changed",
            ),
            StoreError::BudgetSpent { .. } => Self::new(
                "CD014",
                WAITS,
                text,
                "`copydesk retry RUN --budget '+$1'`, or `--embedded`",
            ),
            StoreError::LabelRefused { .. } => Self::new(
                "CD009",
                FAILED,
                text,
                "`copydesk stories RUN` lists stories, posts and labels",
            ),
            StoreError::InputChanged { .. } | StoreError::NotDone { .. } => Self::bug(text),
            StoreError::Inconsistent { .. } | StoreError::Database { .. } | StoreError::Closed => Self::new(
                "CD010",
                ENVIRONMENT,
                text,
                "`copydesk doctor` looks at the disk, the folder and the database",
            ),
        }
    }
}

/// What to do about a clock that is not believed.
const CLOCK_HINT: &str =
    "set the machine's clock and try again; one that is right is believed once it has stood for ten minutes";

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let text = error.to_string();
        match error {
            EngineError::Store(error) => error.into(),
            EngineError::Release { .. } => Self::new(
                "CD010",
                ENVIRONMENT,
                text,
                "the run was made by another version; start a new one with --new",
            ),
            EngineError::AgentUnknown { .. } => {
                Self::new("CD001", USAGE, text, "`copydesk check` names the file")
            }
            EngineError::NothingWaits { .. } => {
                Self::new("CD009", FAILED, text, "`copydesk waiting` lists what waits")
            }
            EngineError::ReasonWanted { .. } => Self::new(
                "CD009",
                FAILED,
                text,
                "`copydesk approve RUN --reason \"…\"` keeps why",
            ),
            EngineError::Outbox { .. } => Self::new(
                "CD010",
                ENVIRONMENT,
                text,
                "mend the folder `outbox` and decide again; an answer that is approved already goes out by itself",
            ),
            EngineError::ClockDoubted { .. } => Self::new("CD010", ENVIRONMENT, text, CLOCK_HINT),
            EngineError::StageUnready { .. } => {
                Self::new("CD012", USAGE, text, "`copydesk show RUN` shows its stages")
            }
        }
    }
}

impl From<LoginLinkError> for Failure {
    fn from(error: LoginLinkError) -> Self {
        match error {
            // A full disk is told as everywhere.
            LoginLinkError::Store(error) => error.into(),
            LoginLinkError::Random { .. } => Self::new(
                "CD010",
                ENVIRONMENT,
                error.to_string(),
                "`copydesk doctor` looks at the machine",
            ),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::new(
            "CD001",
            USAGE,
            errors_of(&problems),
            "mend the files, then `copydesk check`",
        )
    }
}

/// The errors, a line each; warnings keep nothing from starting and are left to `copydesk check`.
fn errors_of(problems: &Problems) -> String {
    let errors: Vec<String> = problems
        .0
        .iter()
        .filter(|problem| problem.is_error())
        .map(ToString::to_string)
        .collect();
    errors.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_finds_no_room_is_told_as_every_full_disk() {
        let full = StoreError::DiskFull {
            place: "data/copydesk.db".to_owned(),
        };
        let failure = Failure::from(LoginLinkError::Store(full));
        assert_eq!((failure.code.as_str(), failure.exit), ("CD005", ENVIRONMENT));
    }

    #[test]
    fn a_next_step_names_the_run_that_the_command_named() {
        let refused = StoreError::DecisionRefused {
            decision: "recalled",
            state: "it is out".to_owned(),
        };
        let failure = Failure::from(refused).about("daily-1");
        assert_eq!(
            failure.hint,
            "look at it again with `copydesk show daily-1`, then decide"
        );
    }

    #[test]
    fn a_named_file_that_is_not_there_is_a_wrong_word_and_one_that_cannot_be_read_is_the_machines() {
        let failure = |kind: std::io::ErrorKind| Failure::input("a.opml", &kind.into(), "name an OPML file");
        let missing = failure(std::io::ErrorKind::NotFound);
        assert_eq!((missing.code.as_str(), missing.exit), ("CD012", USAGE));
        assert_eq!(
            (missing.error.as_str(), missing.hint.as_str()),
            ("there is no a.opml", "name an OPML file")
        );
        let closed = failure(std::io::ErrorKind::PermissionDenied);
        assert_eq!((closed.code.as_str(), closed.exit), ("CD010", ENVIRONMENT));
    }
}
