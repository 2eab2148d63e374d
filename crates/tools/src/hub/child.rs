//! A stdio server as a process of ours.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use copydesk_config::Blanks;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::process::{ChildStdin, ChildStdout, Command};

use super::options::StderrSink;
use super::stderr::{LastLines, drain};

/// SIGTERM; the same number on every Unix.
const SIGTERM: i32 = 15;
/// Time to end by itself after its stdin was closed, and again after SIGTERM.
const GRACE: Duration = Duration::from_millis(1_500);

/// A child that leads a process group of its own. Dropping it kills the whole group at once, so that a server started
/// through a wrapper (`npx`, a shell) leaves nothing behind.
#[derive(Debug)]
pub(super) struct Child {
    process: Box<dyn ChildWrapper>,
    last_lines: LastLines,
}

/// How a child is started.
pub(super) struct Start<'a> {
    /// The server's name.
    pub server: &'a str,
    /// Program, found on the `PATH` in `env` unless it is a path.
    pub command: &'a str,
    /// Its arguments.
    pub args: &'a [String],
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Runs it, if it is not to outlive us.
    pub guard: Option<&'a Path>,
    /// Takes its stderr.
    pub stderr: StderrSink,
    /// Blanked in it.
    pub secrets: Blanks,
}

impl Start<'_> {
    /// The command, or the guard that runs it.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`], which a guard would tell too late.
    fn command(&self) -> io::Result<Command> {
        let Some(guard) = self.guard else {
            let mut command = Command::new(self.command);
            command.args(self.args);
            return Ok(command);
        };
        if !is_there(self.command, self.env.get("PATH").map_or("", String::as_str)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut command = Command::new(guard);
        let parent = std::process::id().to_string();
        command
            .args(["guard", &parent, "--", self.command])
            .args(self.args);
        Ok(command)
    }
}

/// Whether a program of this name exists on a `PATH`, or as a path.
fn is_there(program: &str, path: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    std::env::split_paths(path).any(|folder| folder.join(program).is_file())
}

impl Child {
    /// Starts it; gives its stdout and stdin.
    pub(super) fn start(start: Start<'_>) -> io::Result<(Self, ChildStdout, ChildStdin)> {
        let mut command = start.command()?;
        command
            .env_clear()
            .envs(start.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut command = CommandWrap::from(command);
        command.wrap(ProcessGroup::leader());
        let mut process = command.spawn()?;
        let missing = || io::Error::other("a pipe to the process is missing");
        let stdout = process.stdout().take().ok_or_else(missing)?;
        let stdin = process.stdin().take().ok_or_else(missing)?;
        let last_lines = LastLines::default();
        if let Some(stderr) = process.stderr().take() {
            tokio::spawn(drain(
                start.server.to_owned(),
                stderr,
                (start.stderr, start.secrets),
                last_lines.clone(),
            ));
        }
        Ok((Self { process, last_lines }, stdout, stdin))
    }

    /// How it ended, as far as that is known yet, and its last words.
    pub(super) fn last_words(&mut self) -> String {
        let state = match self.process.inner_mut().try_wait() {
            Ok(Some(status)) => format!("the process ended with {status}"),
            Ok(None) => "the process still runs but closed its stdout".to_owned(),
            Err(error) => format!("the process cannot be asked: {error}"),
        };
        format!("{state}{}", self.last_lines.remark())
    }

    /// Waits for the process, whose stdin is closed by now; then SIGTERM, then SIGKILL to whatever is left of the group.
    pub(super) async fn end(mut self) {
        if !self.ends_within_grace().await {
            // The group may have ended in between, which is what is wanted.
            let _ = self.process.signal(SIGTERM);
            self.ends_within_grace().await;
        }
        let _ = self.process.start_kill();
        self.ends_within_grace().await;
    }

    async fn ends_within_grace(&mut self) -> bool {
        tokio::time::timeout(GRACE, self.process.inner_mut().wait())
            .await
            .is_ok()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // An error means that no process of the group is left.
        let _ = self.process.start_kill();
    }
}
