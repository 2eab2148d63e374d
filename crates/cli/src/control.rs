//! `data/control.sock`: other commands reach the process that owns the folder.
//!
//! One JSON line asks, one JSON line answers; for `mcp` the connection then carries the session. An empty line comes
//! before the answer as soon as the command is taken, so that the asker knows whether it was; lines of talk may come
//! between the two. An asker that closes its end has gone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::app::Folder;
use crate::args::Command;
use crate::asker::Asker;
use crate::commands;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// A request is a command line; 1 MiB is room for the longest note.
const REQUEST_BYTES_MAX: u64 = 1 << 20;
/// Commands under way have so long to end when the process is to end.
const STOP_MAX: Duration = Duration::from_secs(10);
/// Whoever connects asks at once.
const REQUEST_MAX: Duration = Duration::from_secs(5);
/// An owner that works takes a command at once; one that does not is stopped or broken.
const TAKE_MAX: Duration = Duration::from_secs(30);
/// Connections at a time; further ones wait.
const CONNECTIONS_MAX: usize = 64;
/// After an error of the system's own.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug, Serialize, Deserialize)]
enum Request {
    /// Asks for nothing; whoever works answers.
    Hello,
    Command(Box<Command>),
    Mcp(String),
}

#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// A line for stderr; the answer is still to come.
    Talk(String),
    Outcome(Outcome),
    Failure(Failure),
}

/// Where the socket of a folder lies.
pub fn path(dir: &Path) -> PathBuf {
    dir.join("data").join("control.sock")
}

/// Has the owner of a folder execute a command; none where nobody took it.
pub async fn forward(dir: &Path, command: &Command) -> Option<Result<Outcome, Failure>> {
    let mut stream = copydesk_net::unix_connect(&path(dir)).await.ok()?;
    let mut line = serde_json::to_vec(&Request::Command(Box::new(command.clone()))).ok()?;
    line.push(b'\n');
    stream.write_all(&line).await.ok()?;
    let mut taken = [0];
    match tokio::time::timeout(TAKE_MAX, stream.read_exact(&mut taken)).await {
        Ok(Ok(_)) => {}
        Ok(Err(_)) => return None,
        Err(_) => return Some(Err(silent())),
    }
    Some(answer_of(stream).await)
}

/// What the owner answers; lines of talk are shown as they come.
async fn answer_of(stream: UnixStream) -> Result<Outcome, Failure> {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Answer::Talk(talk)) => eprintln!("{talk}"),
            Ok(Answer::Outcome(outcome)) => return Ok(outcome),
            Ok(Answer::Failure(failure)) => return Err(failure),
            Err(_) => break,
        }
    }
    Err(Failure::new(
        "CD003",
        crate::exit::ENVIRONMENT,
        "the process that owns the folder ended before it answered",
        "run the command again",
    ))
}

fn silent() -> Failure {
    Failure::new(
        "CD003",
        crate::exit::ENVIRONMENT,
        format!("the process that owns the folder did not take the command within {TAKE_MAX:?}"),
        "see whether it is stopped; its process id stands in data/lock",
    )
}

/// Whether somebody listens on the socket, at work or not.
pub async fn is_served(dir: &Path) -> bool {
    copydesk_net::unix_connect(&path(dir)).await.is_ok()
}

/// Whether somebody answers on the socket. The system takes connections for a process that is stopped, too.
///
/// # Errors
/// Why it cannot be asked.
pub async fn hello(dir: &Path) -> std::io::Result<()> {
    let mut stream = copydesk_net::unix_connect(&path(dir)).await?;
    let mut line = serde_json::to_vec(&Request::Hello)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.read_exact(&mut [0]).await.map(|_| ())
}

/// Connects a bundled tool server of the owner to this process's stdin and stdout; false where nobody answers.
///
/// # Errors
/// The owner ended before stdin did: the session is lost, and its host has to start the server anew.
pub async fn forward_mcp(dir: &Path, name: &str) -> Result<bool, Failure> {
    let Ok(stream) = copydesk_net::unix_connect(&path(dir)).await else {
        return Ok(false);
    };
    let (mut from_server, mut to_server) = stream.into_split();
    let mut line = serde_json::to_vec(&Request::Mcp(name.to_owned()))
        .map_err(|error| Failure::bug(error.to_string()))?;
    line.push(b'\n');
    let io = |error: std::io::Error| Failure::io("control socket", &error);
    to_server.write_all(&line).await.map_err(io)?;
    let is_asked_out = Arc::new(AtomicBool::new(false));
    let asked_out = Arc::clone(&is_asked_out);
    let up = async move {
        // A server that is gone ends the copy too, with an error.
        if tokio::io::copy(&mut tokio::io::stdin(), &mut to_server)
            .await
            .is_ok()
        {
            asked_out.store(true, Ordering::SeqCst);
        }
        let _ = to_server.shutdown().await;
    };
    // A task of its own: reading stdin cannot be stopped, and the end of the server is the end of the session.
    tokio::spawn(up);
    let _ = tokio::io::copy(&mut from_server, &mut tokio::io::stdout()).await;
    if is_asked_out.load(Ordering::SeqCst) {
        return Ok(true);
    }
    Err(Failure::new(
        "CD003",
        crate::exit::ENVIRONMENT,
        "the process that owns the folder ended, and the session with it",
        "start the server again; beside `copydesk daemon` it lasts",
    ))
}

/// The control socket of an open folder, being served.
pub struct Control {
    accepting: JoinHandle<()>,
    finish: watch::Sender<Finish>,
}

/// Whom the owner waits for before it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// It does not end yet.
    NotYet,
    /// For commands under way; sessions with tool servers end with it.
    AfterCommands,
    /// For sessions with tool servers too.
    AfterSessions,
}

impl Control {
    /// Serves the socket of a folder until [`Self::finish`] or the end of the process.
    pub async fn serve(folder: Arc<Folder>) -> Result<Self, Failure> {
        let place = path(&folder.dir);
        let listener = copydesk_net::unix_listen(&place).await.map_err(|error| {
            Failure::new(
                "CD006",
                crate::exit::ENVIRONMENT,
                error.to_string(),
                "stop the other process",
            )
        })?;
        let (finish, finishing) = watch::channel(Finish::NotYet);
        let accepting = tokio::spawn(accept(listener, folder, finishing));
        Ok(Self { accepting, finish })
    }

    /// Stops serving once nobody is served any more, so that a command of another process is never cut off.
    pub async fn finish(self, after: Finish) {
        // The receiver is gone where the process is ending already.
        let _ = self.finish.send(after);
        let _ = self.accepting.await;
    }
}

/// Who is served: commands and sessions under way.
#[derive(Debug, Clone, Default)]
struct Served {
    commands: Arc<AtomicUsize>,
    sessions: Arc<AtomicUsize>,
}

impl Served {
    fn is_done(&self, finish: Finish) -> bool {
        let is_free = |count: &AtomicUsize| count.load(Ordering::SeqCst) == 0;
        match finish {
            Finish::NotYet => false,
            Finish::AfterCommands => is_free(&self.commands),
            Finish::AfterSessions => is_free(&self.commands) && is_free(&self.sessions),
        }
    }
}

/// Counts somebody who is served, until dropped.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn accept(listener: UnixListener, folder: Arc<Folder>, mut finishing: watch::Receiver<Finish>) {
    let mut stopping = folder.shutdown.subscribe();
    let served = Served::default();
    let mut tasks = JoinSet::new();
    loop {
        if served.is_done(*finishing.borrow_and_update()) {
            // What is left has asked for nothing yet, or is a session that ends with its owner.
            return;
        }
        let mut is_out_of_handles = false;
        tokio::select! {
            accepted = listener.accept(), if tasks.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    tasks.spawn(answer(stream, Arc::clone(&folder), served.clone()));
                }
                Err(_) => is_out_of_handles = true,
            },
            Some(_) = tasks.join_next() => {}
            Ok(()) = finishing.changed() => {}
            _ = stopping.wait_for(|is_set| *is_set) => break,
        }
        if is_out_of_handles {
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
    }
    drop(listener);
    // A command that is cut off here goes on at the next start; its asker is told so.
    let all = async { while !served.is_done(Finish::AfterCommands) && tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(STOP_MAX, all).await;
}

async fn answer(stream: UnixStream, folder: Arc<Folder>, served: Served) {
    let (read, mut write) = stream.into_split();
    let mut reader = BufReader::new(read);
    let mut line = String::new();
    let mut limited = (&mut reader).take(REQUEST_BYTES_MAX);
    let read = tokio::time::timeout(REQUEST_MAX, limited.read_line(&mut line)).await;
    if !matches!(read, Ok(Ok(length)) if length > 0) {
        return;
    }
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(Request::Hello) => {
            // Who asked may have gone; nothing was asked for.
            let _ = write.write_all(b"\n").await;
            return;
        }
        Ok(Request::Command(command)) => {
            let _command = Counted::one(&served.commands);
            if write.write_all(b"\n").await.is_err() {
                return;
            }
            carry_out(&folder, *command, &mut reader, &mut write).await
        }
        Ok(Request::Mcp(name)) => {
            let _session = Counted::one(&served.sessions);
            let mut stopping = folder.shutdown.subscribe();
            let session = copydesk_tools::serve_over(&name, &folder.deps, reader, write);
            tokio::select! {
                served = session => {
                    if let Err(error) = served {
                        tracing::warn!(%error, "tool server session ended");
                    }
                }
                _ = stopping.wait_for(|is_set| *is_set) => {}
            }
            return;
        }
        Err(error) => Answer::Failure(Failure::usage(
            error.to_string(),
            "use the same version of copydesk on both sides",
        )),
    };
    // The asker may have gone; its command was carried out all the same.
    let _ = say(&mut write, &answer).await;
}

/// Carries a command out, tells its asker what it says meanwhile, and notices when the asker has gone.
async fn carry_out(
    folder: &Folder,
    command: Command,
    reader: &mut BufReader<OwnedReadHalf>,
    write: &mut OwnedWriteHalf,
) -> Answer {
    let (asker, mut line) = Asker::elsewhere();
    let work = commands::within(folder, command, &asker);
    tokio::pin!(work);
    let mut more = [0];
    let result = loop {
        tokio::select! {
            biased;
            Some(talk) = line.lines.recv() => {
                let _ = say(write, &Answer::Talk(talk)).await;
            }
            result = &mut work => break result,
            // An asker says nothing more: what ends its silence is its end.
            _ = reader.read(&mut more), if !*line.gone.borrow() => {
                line.gone.send_replace(true);
            }
        }
    };
    while let Ok(talk) = line.lines.try_recv() {
        let _ = say(write, &Answer::Talk(talk)).await;
    }
    match result {
        Ok(outcome) => Answer::Outcome(outcome),
        Err(failure) => Answer::Failure(failure),
    }
}

async fn say(write: &mut OwnedWriteHalf, answer: &Answer) -> std::io::Result<()> {
    let mut bytes = serde_json::to_vec(answer)?;
    bytes.push(b'\n');
    write.write_all(&bytes).await
}
