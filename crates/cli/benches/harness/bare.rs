//! The bare loop: the same calls and commits by the least means.
//!
//! One thread owns SQLite (WAL, `synchronous = FULL`, prepared statements) and commits what has come in since its last
//! commit. A run waits for the commit of each outcome before its next call.

use std::future::{Ready, ready};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, params};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::loops::{Answer, BATCH_MAX, Means, Place, Recorded, Write};

/// reqwest, and SQLite on a thread.
#[derive(Clone)]
pub struct Bare {
    client: reqwest::Client,
    host: String,
    calls: Arc<[Recorded]>,
    rows: mpsc::Sender<Write>,
}

/// Opens the database; its thread ends with the process.
pub fn open(place: Place) -> Ready<anyhow::Result<Bare>> {
    let (rows, queue) = mpsc::channel(4 * BATCH_MAX);
    std::thread::spawn(move || write(&place.database, queue, &place.commits));
    ready(Ok(Bare {
        client: reqwest::Client::new(),
        host: place.host,
        calls: place.calls,
        rows,
    }))
}

fn write(path: &Path, mut queue: mpsc::Receiver<Write>, commits: &AtomicU64) -> anyhow::Result<()> {
    let db = Connection::open(path)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         CREATE TABLE body (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
         CREATE TABLE recording (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, bytes BLOB NOT NULL);
         CREATE TABLE step (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, key TEXT NOT NULL,
                            body INTEGER NOT NULL REFERENCES body (id), UNIQUE (run, key));",
    )?;
    let mut body = db.prepare("INSERT INTO body (bytes) VALUES (?1)")?;
    let mut recording = db.prepare("INSERT INTO recording (run, bytes) VALUES (?1, ?2)")?;
    let mut step = db.prepare("INSERT INTO step (run, key, body) VALUES (?1, ?2, ?3)")?;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        db.execute_batch("BEGIN IMMEDIATE")?;
        for Write { row, .. } in &batch {
            body.execute(params![row.body])?;
            step.execute(params![row.run, row.key, db.last_insert_rowid()])?;
            if let Some(bytes) = &row.recording {
                recording.execute(params![row.run, bytes])?;
            }
        }
        db.execute_batch("COMMIT")?;
        commits.fetch_add(1, Ordering::Relaxed);
        for write in batch.drain(..) {
            let _ = write.stored.send(());
        }
    }
    Ok(())
}

impl Means for Bare {
    /// Posts what the product posted, and takes out of the answer what a loop needs.
    async fn call(&self, place: usize) -> anyhow::Result<Answer> {
        let call = &self.calls[place];
        let path = if call.kind == "model" {
            "/v1/chat/completions"
        } else {
            "/mcp"
        };
        let mut request = self
            .client
            .post(format!("http://{}{path}", self.host))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(call.body.clone());
        if let Some(session) = &call.session {
            request = request.header("mcp-session-id", session);
        }
        if let Some(version) = &call.version {
            request = request.header("mcp-protocol-version", version);
        }
        let bytes = request.send().await?.error_for_status()?.bytes().await?;
        let answer: Value = serde_json::from_slice(&bytes)?;
        let (outcome, reply) = if call.kind == "model" {
            (&answer["choices"][0]["message"], Some(bytes.to_vec()))
        } else {
            (&answer["result"], None)
        };
        let outcome = serde_json::to_vec(outcome)?;
        Ok(Answer { outcome, reply })
    }

    fn rows(&self) -> &mpsc::Sender<Write> {
        &self.rows
    }
}
