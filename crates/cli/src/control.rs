//! `data/control.sock`: other commands reach the process that owns the folder.
//!
//! One JSON line asks, one JSON line answers; for `mcp` the connection then carries the session. An empty line comes
//! before the answer as soon as the command is taken, so that the asker knows whether it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::app::Folder;
use crate::args::Command;
use crate::commands;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// A request is a command line; 1 MiB is room for the longest note.
const REQUEST_BYTES_MAX: u64 = 1 << 20;
/// Commands under way have so long to end when the process is to end.
const STOP_MAX: std::time::Duration = std::time::Duration::from_secs(10);

#[derive(Debug, Serialize, Deserialize)]
enum Request {
    Command(Box<Command>),
    Mcp(String),
}

#[derive(Debug, Serialize, Deserialize)]
enum Answer {
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
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).await;
    if answer.is_empty() {
        return None;
    }
    let answer = read.ok().and_then(|_| serde_json::from_slice(&answer).ok());
    Some(match answer {
        Some(Answer::Outcome(outcome)) => Ok(outcome),
        Some(Answer::Failure(failure)) => Err(failure),
        None => Err(Failure::new(
            "CD003",
            crate::exit::ENVIRONMENT,
            "the process that owns the folder ended before it answered",
            "run the command again",
        )),
    })
}

/// Whether somebody answers on the socket.
pub async fn is_served(dir: &Path) -> bool {
    copydesk_net::unix_connect(&path(dir)).await.is_ok()
}

/// Connects a bundled tool server of the owner to this process's stdin and stdout; false where nobody answers.
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
    let (mut stdin, mut stdout) = (tokio::io::stdin(), tokio::io::stdout());
    let up = async {
        let _ = tokio::io::copy(&mut stdin, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    let down = async {
        let _ = tokio::io::copy(&mut from_server, &mut stdout).await;
    };
    tokio::join!(up, down);
    Ok(true)
}

/// The control socket of an open folder, being served.
pub struct Control {
    accepting: JoinHandle<()>,
    finish: watch::Sender<bool>,
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
                "`copydesk runs` and the other commands reach that process by themselves",
            )
        })?;
        let (finish, finishing) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, folder, finishing));
        Ok(Self { accepting, finish })
    }

    /// Stops serving once nobody is served any more, so that a command of another process is never cut off.
    pub async fn finish(self) {
        // The receiver is gone where the process is ending already.
        let _ = self.finish.send(true);
        let _ = self.accepting.await;
    }
}

async fn accept(listener: UnixListener, folder: Arc<Folder>, mut finishing: watch::Receiver<bool>) {
    let mut stopping = folder.shutdown.subscribe();
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                sessions.spawn(answer(stream, Arc::clone(&folder)));
            }
            Some(_) = sessions.join_next() => {}
            _ = finishing.wait_for(|is_set| *is_set), if sessions.is_empty() => return,
            _ = stopping.wait_for(|is_set| *is_set) => break,
        }
    }
    drop(listener);
    // A command that is cut off here goes on at the next start; its asker is told so.
    let _ = tokio::time::timeout(STOP_MAX, async { while sessions.join_next().await.is_some() {} }).await;
}

async fn answer(stream: UnixStream, folder: Arc<Folder>) {
    let (read, mut write) = stream.into_split();
    let mut reader = BufReader::new(read);
    let mut line = String::new();
    let read = (&mut reader).take(REQUEST_BYTES_MAX).read_line(&mut line).await;
    if read.is_err() || line.is_empty() {
        return;
    }
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(Request::Command(command)) => {
            if write.write_all(b"\n").await.is_err() {
                return;
            }
            match commands::within(&folder, *command).await {
                Ok(outcome) => Answer::Outcome(outcome),
                Err(failure) => Answer::Failure(failure),
            }
        }
        Ok(Request::Mcp(name)) => {
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
    let bytes = serde_json::to_vec(&answer).unwrap_or_default();
    // The asker may have gone; its command is carried out all the same.
    let _ = write.write_all(&bytes).await;
}
