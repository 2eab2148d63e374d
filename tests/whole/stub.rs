//! A model server for tests: OpenAI's chat API on loopback. It writes every call down, waits a little, and then either
//! follows the test's script or answers by extraction.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::{Value, json};

use crate::served::Served;

/// What a script says to a task; none lets extraction answer.
pub type Script = Box<dyn Fn(&str) -> Option<(u16, Value)> + Send + Sync>;

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The task that it asked.
    pub task: String,
    /// The last message of the user: task and input.
    pub asked: String,
    /// When its answer was given to the socket; none while it is under way.
    pub answered_at: Option<Instant>,
}

struct Shared {
    calls: Mutex<Vec<Call>>,
    delay: Mutex<Duration>,
    script: Script,
}

/// A running stub; it ends with the test.
pub struct Stub {
    shared: Arc<Shared>,
    server: Served,
}

impl Stub {
    /// Answers every task by extraction, after `delay`.
    pub fn extracting(delay: Duration) -> Self {
        Self::scripted(delay, Box::new(|_| None))
    }

    /// Answers by a script.
    pub fn scripted(delay: Duration, script: Script) -> Self {
        let shared = Arc::new(Shared {
            calls: Mutex::new(Vec::new()),
            delay: Mutex::new(delay),
            script,
        });
        let router = copydesk_llm::embedded::router().layer(from_fn_with_state(Arc::clone(&shared), note));
        let server = Served::start(router);
        Self { shared, server }
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        self.server.address.to_string()
    }

    /// Its section of config.toml.
    pub fn config(&self) -> String {
        format!(
            "[models.stub]\nbase_url = \"http://{}/v1\"\nmodel = \"stub-1\"\nfree = true\n",
            self.server.address
        )
    }

    /// Has every task of a folder asked here.
    pub fn answers_for(&self, desk: &crate::rig::Desk) {
        desk.replace("config.toml", "[models]\n", &format!("{}\n", self.config()));
        desk.replace("config.toml", "default = [\"embedded\"]", "default = [\"stub\"]");
    }

    /// Takes so long for each answer to what is asked from now on.
    pub fn answers_after(&self, delay: Duration) {
        *self.shared.delay.lock().unwrap() = delay;
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// How often each question was asked so far.
    pub fn by_question(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.calls() {
            *counts.entry(call.asked).or_insert(0) += 1;
        }
        counts
    }

    /// Forgets the calls so far.
    pub fn clear(&self) {
        self.shared.calls.lock().unwrap().clear();
    }
}

async fn note(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if request.method() != axum::http::Method::POST {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let (task, asked) = question(&bytes);
    let place = {
        let mut calls = shared.calls.lock().unwrap();
        calls.push(Call {
            task: task.clone(),
            asked,
            answered_at: None,
        });
        calls.len() - 1
    };
    let delay = *shared.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    let response = match (shared.script)(&task) {
        Some((status, value)) => {
            let head = Response::builder()
                .status(status)
                .header("content-type", "application/json");
            head.body(Body::from(value.to_string())).unwrap()
        }
        None => next.run(Request::from_parts(head, Body::from(bytes))).await,
    };
    if let Some(call) = shared.calls.lock().unwrap().get_mut(place) {
        call.answered_at = Some(Instant::now());
    }
    response
}

/// The task of a request, and all its messages: turns of a loop differ in them.
fn question(bytes: &Bytes) -> (String, String) {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let last = body["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .rfind(|message| message["role"] == "user");
    let content = last
        .and_then(|message| message["content"].as_str())
        .unwrap_or_default();
    let task = serde_json::from_str::<Value>(content)
        .ok()
        .and_then(|asked| asked["task"].as_str().map(str::to_owned));
    (task.unwrap_or_default(), body["messages"].to_string())
}

/// A reply of the chat API with these words.
pub fn says(words: &str) -> (u16, Value) {
    let choice =
        json!({ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": words } });
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20 });
    let reply = json!({ "id": "stub", "object": "chat.completion", "created": 0, "model": "stub-1", "choices": [choice], "usage": usage });
    (200, reply)
}
