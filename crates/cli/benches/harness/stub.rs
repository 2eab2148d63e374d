//! The model and the tool server: one process that answers at once, and remembers what it was asked.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

/// Turns of a stage, each a call to the model; and calls to the tool in each.
pub const TOOL_CALLS: [usize; 3] = [1, 2, 0];
/// Size of an artifact's text.
const ARTIFACT: usize = 8 * 1024;
/// Size of what the tool answers.
const TOOL_ANSWER: usize = 1024;

/// Stages of a run.
pub const STAGES: usize = 4;
/// Calls of a stage, to the model and to the tool.
pub const CALLS: usize = TOOL_CALLS.len() + TOOL_CALLS[0] + TOOL_CALLS[1] + TOOL_CALLS[2];

/// The bodies of one run, in order of their calls.
type Recorded = Arc<Mutex<Vec<Value>>>;

/// Answers so far: no two of them are alike, so that none is stored for another.
static ANSWERS: AtomicU64 = AtomicU64::new(0);

/// Serves until killed; says its port first.
pub async fn serve() -> anyhow::Result<()> {
    let recorded = Recorded::default();
    let router = Router::new()
        .route("/v1/chat/completions", post(chat))
        .route("/v1/models", get(|| async { axum::Json(json!({ "data": [] })) }))
        .route(
            "/mcp",
            post(mcp).get(no_stream).delete(|| async { StatusCode::OK }),
        )
        .route("/recorded", get(tell))
        .with_state(recorded);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn no_stream() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

async fn tell(State(recorded): State<Recorded>) -> axum::Json<Value> {
    axum::Json(json!(*recorded.lock().expect("no holder panics")))
}

/// Keeps the bodies of the first run: those of later stages hold the artifact of the stage before.
fn record(recorded: &Recorded, kind: &str, headers: &HeaderMap, body: &Bytes) {
    let mut list = recorded.lock().expect("no holder panics");
    if list.len() < STAGES * CALLS {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let session = header("mcp-session-id");
        let version = header("mcp-protocol-version");
        list.push(json!({
            "kind": kind, "body": String::from_utf8_lossy(body), "session": session, "version": version,
        }));
    }
}

async fn chat(State(recorded): State<Recorded>, headers: HeaderMap, body: Bytes) -> Response {
    record(&recorded, "model", &headers, &body);
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let messages = asked["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let turns = messages
        .iter()
        .filter(|message| message["role"] == "assistant")
        .count();
    let calls = TOOL_CALLS.get(turns).copied().unwrap_or(0);
    let number = ANSWERS.fetch_add(1, Ordering::Relaxed);
    let message = if calls == 0 {
        let line =
            format!("One line of text {number} that a model wrote, as long as its artifact asks for.\n");
        let text: String = line.chars().cycle().take(ARTIFACT).collect();
        json!({ "role": "assistant", "content": json!({ "text": text }).to_string() })
    } else {
        let tool = &asked["tools"][0]["function"]["name"];
        let call = |number: usize| {
            let arguments = json!({ "query": format!("turn {turns}, call {number}") }).to_string();
            json!({
                "id": format!("call-{turns}-{number}"), "type": "function",
                "function": { "name": tool, "arguments": arguments },
            })
        };
        json!({ "role": "assistant", "content": null, "tool_calls": (0..calls).map(call).collect::<Vec<_>>() })
    };
    let reason = if calls == 0 { "stop" } else { "tool_calls" };
    axum::Json(json!({
        "id": format!("chat-{number}"), "object": "chat.completion", "created": 0, "model": "stub",
        "choices": [{ "index": 0, "finish_reason": reason, "message": message }],
        "usage": { "prompt_tokens": 900, "completion_tokens": 200, "total_tokens": 1100 },
    }))
    .into_response()
}

async fn mcp(State(recorded): State<Recorded>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let result = match asked["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": asked["params"]["protocolVersion"],
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "stub", "version": "1" },
        }),
        Some("tools/list") => json!({ "tools": [{
            "name": "look_up", "description": "Looks a word up.",
            "inputSchema": { "type": "object", "properties": { "query": { "type": "string" } } },
            "annotations": { "readOnlyHint": true },
        }] }),
        Some("tools/call") => {
            record(&recorded, "tool", &headers, &body);
            let number = ANSWERS.fetch_add(1, Ordering::Relaxed);
            let text = format!("{number:0>TOOL_ANSWER$}");
            json!({ "content": [{ "type": "text", "text": text }], "isError": false })
        }
        Some("ping") => json!({}),
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    let answer = json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result });
    ([("mcp-session-id", "stub")], axum::Json(answer)).into_response()
}

/// The stub in a process of its own, killed when dropped.
pub struct StubProcess {
    child: Child,
    /// `127.0.0.1:PORT`
    pub host: String,
}

impl StubProcess {
    /// Starts this program as the stub.
    pub fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("stub")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        let host = line.trim().to_owned();
        Ok(Self { child, host })
    }
}

impl Drop for StubProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
