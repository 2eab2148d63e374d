//! A resolver and a connector for tests that play a script and open nothing.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::dial::{Connection, Dial, DialError};
use crate::address::Target;
use crate::resolve::Resolve;

/// One scripted request: the answers to its lookups, in order (the last one stays), and the reply's bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Scene {
    pub(super) lookups: VecDeque<Vec<IpAddr>>,
    pub(super) reply: Vec<u8>,
}

/// What was asked of the outside.
#[derive(Debug, Default)]
pub(super) struct Record {
    scenes: VecDeque<Scene>,
    /// Names looked up.
    pub(super) lookups: Vec<String>,
    /// Addresses that would have been dialled.
    pub(super) dialled: Vec<SocketAddr>,
    /// Heads of the requests sent.
    pub(super) heads: Vec<String>,
}

/// Resolver and connector in one; clones share the script and the record.
#[derive(Debug, Clone, Default)]
pub(super) struct Stub(Arc<Mutex<Record>>);

impl Stub {
    pub(super) fn new(scenes: impl IntoIterator<Item = Scene>) -> Self {
        Self(Arc::new(Mutex::new(Record {
            scenes: scenes.into_iter().collect(),
            ..Record::default()
        })))
    }

    pub(super) fn record(&self) -> std::sync::MutexGuard<'_, Record> {
        self.0.lock().unwrap()
    }
}

impl Resolve for Stub {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let mut record = self.record();
        record.lookups.push(host.to_owned());
        let answers = record.scenes.front_mut().and_then(|scene| {
            if scene.lookups.len() > 1 {
                scene.lookups.pop_front()
            } else {
                scene.lookups.front().cloned()
            }
        });
        Box::pin(async { answers.ok_or_else(|| io::Error::other("no such scene")) })
    }
}

impl Dial for Stub {
    fn dial<'a>(
        &'a self,
        _target: &'a Target,
        address: SocketAddr,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, DialError>> {
        let mut record = self.record();
        record.dialled.push(address);
        // The last scene stays, so that its later lookups can be played by a second request.
        let scene = if record.scenes.len() > 1 {
            record.scenes.pop_front()
        } else {
            record.scenes.front().cloned()
        };
        let reply = scene.map(|scene| scene.reply).unwrap_or_default();
        let (here, there) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(there, reply, self.clone()));
        Box::pin(async { Ok(Box::new(here) as Box<dyn Connection>) })
    }
}

async fn serve(mut stream: DuplexStream, reply: Vec<u8>, stub: Stub) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read_exact(&mut byte).await.is_err() {
            return;
        }
        head.push(byte[0]);
    }
    stub.record()
        .heads
        .push(String::from_utf8_lossy(&head).into_owned());
    // The client may hang up first, for example at a limit.
    let _ = stream.write_all(&reply).await;
}
