//! The loop by the crates that the product is bound to, and nothing of the product: async-openai, rmcp and sqlx.
//!
//! What it takes more than the bare loop no harness on these crates can save. All that has come in since the last commit
//! is one statement, as in the product.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail};
use async_openai::config::OpenAIConfig;
use rmcp::ServiceExt as _;
use rmcp::model::CallToolRequestParams;
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::sync::mpsc;

use crate::loops::{Answer, BATCH_MAX, Means, Place, Write};

const INSERT: &str = "
    WITH part AS MATERIALIZED (SELECT key, value FROM json_each($1))
    INSERT INTO bundle (run, key, bytes, recording)
    SELECT value ->> 0, value ->> 1, COALESCE(substr($2, value ->> 2, value ->> 3), zeroblob(0)),
           substr($2, value ->> 4, value ->> 5)
    FROM part
    ORDER BY key";

/// A call, ready to be made.
enum Call {
    Model(Value),
    Tool(CallToolRequestParams),
}

/// The crates.
#[derive(Clone)]
pub struct Crates {
    models: async_openai::Client<OpenAIConfig>,
    tools: Arc<RunningService<RoleClient, ()>>,
    calls: Arc<[Call]>,
    rows: mpsc::Sender<Write>,
}

/// Connects to the stub and opens the database.
pub async fn open(place: Place) -> anyhow::Result<Crates> {
    let config = OpenAIConfig::new()
        .with_api_base(format!("http://{}/v1", place.host))
        .with_api_key("none");
    let settings = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", place.host));
    let transport = StreamableHttpClientTransport::with_client(reqwest::Client::new(), settings);
    let calls = place.calls.iter().map(|call| ready(&call.kind, &call.body));
    let calls = calls.collect::<anyhow::Result<Vec<Call>>>()?;
    let mut db = SqliteConnectOptions::new()
        .filename(&place.database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .disable_statement_logging()
        .connect()
        .await?;
    sqlx::raw_sql(
        "CREATE TABLE body (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
         CREATE TABLE step (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, key TEXT NOT NULL,
                            body INTEGER NOT NULL REFERENCES body (id), UNIQUE (run, key));
         CREATE TABLE recording (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, bytes BLOB NOT NULL);
         CREATE TEMP VIEW bundle (run, key, bytes, recording) AS SELECT NULL, NULL, NULL, NULL;
         CREATE TEMP TRIGGER store INSTEAD OF INSERT ON bundle BEGIN
             INSERT INTO body (bytes) VALUES (NEW.bytes);
             INSERT INTO step (run, key, body) VALUES (NEW.run, NEW.key, last_insert_rowid());
             INSERT INTO recording (run, bytes) SELECT NEW.run, NEW.recording WHERE NEW.recording IS NOT NULL;
         END;",
    )
    .execute(&mut db)
    .await?;
    let (rows, queue) = mpsc::channel(4 * BATCH_MAX);
    tokio::spawn(write(db, queue, place.commits));
    Ok(Crates {
        models: async_openai::Client::with_config(config),
        tools: Arc::new(().serve(transport).await?),
        calls: calls.into(),
        rows,
    })
}

fn ready(kind: &str, body: &str) -> anyhow::Result<Call> {
    let mut body: Value = serde_json::from_str(body)?;
    if kind == "model" {
        return Ok(Call::Model(body));
    }
    let params = &mut body["params"];
    let name = params["name"]
        .as_str()
        .context("a call names its tool")?
        .to_owned();
    let Value::Object(arguments) = params["arguments"].take() else {
        bail!("a call has arguments");
    };
    Ok(Call::Tool(
        CallToolRequestParams::new(name).with_arguments(arguments),
    ))
}

async fn write(
    mut db: SqliteConnection,
    mut queue: mpsc::Receiver<Write>,
    commits: Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let mut bytes = Vec::new();
        let mut rows = Vec::with_capacity(batch.len());
        for Write { row, .. } in &batch {
            let body = (bytes.len() + 1, row.body.len());
            bytes.extend_from_slice(&row.body);
            let recording = row
                .recording
                .as_ref()
                .map(|recording| (bytes.len() + 1, recording.len()));
            bytes.extend(row.recording.iter().flatten());
            let (from, length) = recording.unzip();
            rows.push(json!([row.run, row.key, body.0, body.1, from, length]));
        }
        let rows = Value::Array(rows).to_string();
        sqlx::query(INSERT)
            .bind(rows)
            .bind(bytes)
            .execute(&mut db)
            .await?;
        commits.fetch_add(1, Ordering::Relaxed);
        for write in batch.drain(..) {
            let _ = write.stored.send(());
        }
    }
    Ok(())
}

impl Means for Crates {
    async fn call(&self, place: usize) -> anyhow::Result<Answer> {
        Ok(match &self.calls[place] {
            Call::Model(body) => {
                let answer: Value = self.models.chat().create_byot(body).await?;
                Answer {
                    outcome: serde_json::to_vec(&answer["choices"][0]["message"])?,
                    reply: Some(serde_json::to_vec(&answer)?),
                }
            }
            Call::Tool(params) => Answer {
                outcome: serde_json::to_vec(&self.tools.call_tool(params.clone()).await?)?,
                reply: None,
            },
        })
    }

    fn rows(&self) -> &mpsc::Sender<Write> {
        &self.rows
    }
}
