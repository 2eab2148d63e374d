//! The built-in model behind an endpoint that counts what it is sent.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use copydesk_domain::tokens::estimated;
use serde_json::Value;

/// What was sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// Calls.
    pub calls: u64,
    /// Tokens of messages and schemas.
    pub tokens: u64,
    /// Tokens at the beginning that an earlier call of the same task had too: what a provider may read from its cache.
    pub cached: u64,
}

#[derive(Default)]
struct Seen {
    count: Count,
    /// The messages of each task so far.
    earlier: BTreeMap<String, Vec<String>>,
}

/// The endpoint.
pub struct Counting {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    _runtime: tokio::runtime::Runtime,
}

impl Counting {
    /// Serves until dropped.
    pub fn serve() -> anyhow::Result<Self> {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let layer = from_fn_with_state(Arc::clone(&seen), note);
        let router = copydesk_llm::embedded::router().layer(layer);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr().context("a listener has an address")?;
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            seen,
            _runtime: runtime,
        })
    }

    /// Forgets what was sent.
    pub fn clear(&self) {
        *self.seen.lock().expect("no holder panics") = Seen::default();
    }

    /// What was sent since.
    pub fn count(&self) -> Count {
        self.seen.lock().expect("no holder panics").count
    }
}

async fn note(State(seen): State<Arc<Mutex<Seen>>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap_or_default();
    if let Ok(asked) = serde_json::from_slice::<Value>(&bytes) {
        seen.lock().expect("no holder panics").add(&asked);
    }
    next.run(Request::from_parts(head, Body::from(bytes))).await
}

impl Seen {
    fn add(&mut self, asked: &Value) {
        let Some(messages) = asked["messages"].as_array() else {
            return;
        };
        let contents: Vec<&str> = messages
            .iter()
            .filter_map(|message| message["content"].as_str())
            .collect();
        let text = contents.join("\n");
        let schema = asked["response_format"].to_string() + &asked["tools"].to_string();
        let task = asked["response_format"]["json_schema"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.count.calls += 1;
        self.count.tokens += estimated(&schema) + estimated(&text);
        let earlier = self.earlier.entry(task).or_default();
        let shared = earlier.iter().map(|known| common(known, &text)).max();
        if let Some(shared) = shared {
            self.count.cached += estimated(&schema) + estimated(&text[..text.floor_char_boundary(shared)]);
        }
        earlier.push(text);
    }
}

/// Bytes that two texts begin with in common.
fn common(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}
