//! Stands between the program and a stdio tool server, and ends the server when the program is gone, however it ended:
//! a server that does not read its closed stdin would else run on for ever.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use rustix::process::{
    Pid, Signal, getpgid, getpgrp, getpid, getppid, kill_process_group, setpgid, test_kill_process_group,
};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Between two looks at who the parent is: on any Unix it is another one once the program is gone.
const PACE: Duration = Duration::from_millis(250);
/// What a server has left is asked to end, and has so long for it.
const REST_MAX: Duration = Duration::from_secs(1);
/// Between two looks whether it has.
const REST_PACE: Duration = Duration::from_millis(10);
/// A program that cannot be started, as shells tell it.
const NOT_STARTED: u8 = 127;

/// Runs a command with this process's stdin, stdout and stderr, as long as it lives and `parent` does. Ends as the
/// command does.
pub fn run(parent: i32, command: &[String]) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(watch(parent, command))) {
        Ok(status) => code(status),
        Err(error) => {
            eprintln!("{}: {error}", command.first().map_or("", String::as_str));
            ExitCode::from(NOT_STARTED)
        }
    }
}

async fn watch(parent: i32, command: &[String]) -> io::Result<ExitStatus> {
    let [program, arguments @ ..] = command else {
        return Err(io::Error::other("there is no command to run"));
    };
    // A request to end goes to the whole group; this process ends after the server.
    let mut asked_to_end = signal(SignalKind::terminate())?;
    let mut child = Command::new(program).args(arguments).spawn()?;
    let_go_of_pipes()?;
    loop {
        tokio::select! {
            status = child.wait() => {
                end_rest(parent).await;
                return status;
            }
            _ = asked_to_end.recv() => {}
            () = tokio::time::sleep(PACE) => {
                if getppid().map(Pid::as_raw_nonzero).map(i32::from) != Some(parent) {
                    return end(&mut child).await;
                }
            }
        }
    }
}

/// The server alone holds them from here on, so that either side sees when the other closes.
fn let_go_of_pipes() -> io::Result<()> {
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    Ok(())
}

/// Ends what a server that has ended started and left. A program that dies closes its pipes before anybody can see that it is
/// gone, so a server that ends by that looks as if it had ended by itself.
async fn end_rest(parent: i32) {
    let group = getpgrp();
    if group != getpid() {
        return;
    }
    // This process leads the group: it steps out of it, so that its exit code still tells how the server ended.
    let of_parent = Pid::from_raw(parent).and_then(|parent| getpgid(Some(parent)).ok());
    if of_parent.is_none_or(|other| setpgid(None, Some(other)).is_err()) {
        // Nobody is left to be told.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = kill_process_group(group, Signal::TERM);
    let asked = tokio::time::Instant::now();
    while test_kill_process_group(group).is_ok() && asked.elapsed() < REST_MAX {
        tokio::time::sleep(REST_PACE).await;
    }
    let _ = kill_process_group(group, Signal::KILL);
}

/// Ends the server and whatever it started.
async fn end(child: &mut Child) -> io::Result<ExitStatus> {
    if getpgrp() == getpid() {
        kill_process_group(getpgrp(), Signal::KILL)?;
    }
    child.kill().await?;
    child.wait().await
}

fn code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}
