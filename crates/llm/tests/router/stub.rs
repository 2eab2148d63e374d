//! An endpoint that answers what a test tells it to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: body.into(),
    }
}

/// A whole chat completion with usage 100 in and 20 out.
pub fn says(content: &str) -> Answer {
    message(&json!({"role": "assistant", "content": content}), "stop")
}

pub fn message(message: &Value, finish: &str) -> Answer {
    let body = json!({
        "id": "c1", "object": "chat.completion", "created": 1, "model": "test-model",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    });
    status(200, body.to_string())
}

/// A stream of these events, each a line `data:`.
pub fn events(events: &[&str]) -> Answer {
    let body = events
        .iter()
        .fold(String::new(), |body, event| body + "data: " + event + "\n\n");
    Answer {
        headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
        ..status(200, body)
    }
}

/// The same content as [`says`] in two parts, with usage and the end mark.
pub fn streams(content: &str) -> Answer {
    let half = content
        .char_indices()
        .nth(content.chars().count() / 2)
        .map_or(0, |(at, _)| at);
    let part = |text: &str| {
        json!({"id": "c1", "model": "test-model", "choices": [{"index": 0, "delta": {"content": text}}]})
            .to_string()
    };
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}).to_string();
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 20}}).to_string();
    events(&[
        &part(&content[..half]),
        &part(&content[half..]),
        &end,
        &usage,
        "[DONE]",
    ])
}

/// What a stub was sent.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// A running stub. It answers with its script in turn; the last answer repeats.
#[derive(Clone)]
pub struct Stub {
    pub base_url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Arc<Vec<Answer>>,
    below: &'static str,
    delay: Duration,
}

impl Stub {
    pub async fn with(script: Vec<Answer>) -> Self {
        Self::at("", script).await
    }

    /// The same, with a tenth of a second before each answer.
    pub async fn slow(script: Vec<Answer>) -> Self {
        Self::made("", script, Duration::from_millis(100)).await
    }

    /// The same below one path; everything else is status 404.
    pub async fn at(path: &'static str, script: Vec<Answer>) -> Self {
        Self::made(path, script, Duration::ZERO).await
    }

    async fn made(path: &'static str, script: Vec<Answer>, delay: Duration) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let stub = Self {
            base_url,
            seen: Arc::default(),
            script: Arc::new(script),
            below: path,
            delay,
        };
        let app = Router::new().fallback(answer).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        stub
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn answer(State(stub): State<Stub>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let part = uri.path().strip_prefix(stub.below);
    if !part.is_some_and(|part| matches!(part, "/models" | "/chat/completions") || stub.below.is_empty()) {
        return (StatusCode::NOT_FOUND, "404 page not found").into_response();
    }
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let at = {
        let mut seen = stub.seen.lock().unwrap();
        seen.push(Seen {
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers,
            body,
        });
        seen.len() - 1
    };
    tokio::time::sleep(stub.delay).await;
    let answer = stub.script.get(at).or(stub.script.last()).unwrap().clone();
    let mut response = answer.body.into_response();
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    for (name, value) in answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        response
            .headers_mut()
            .insert(name, HeaderValue::from_str(&value).unwrap());
    }
    response
}
