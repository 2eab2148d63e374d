//! The built-in model as an HTTP server on loopback.

use std::future::Future;

use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::answer::answer;
use super::chat::{ChatRequest, MODEL, Refusal, reply};

/// Requests hold one document each; documents are capped at 20 MiB where they are fetched, and JSON escapes may
/// make a text longer: 20 MiB × 2.
const BODY_BYTES_MAX: usize = 40 << 20;

/// Answers on `listener` until `shutdown` is done; requests under way are finished.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router())
        .with_graceful_shutdown(shutdown)
        .await
}

/// The routes: `/v1/chat/completions` and `/v1/models`.
pub fn router() -> Router {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        .route("/v1/models", get(models))
        .fallback(unknown_path)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn models() -> Json<Value> {
    Json(json!({"object": "list", "data": [
        {"id": MODEL, "object": "model", "created": 0, "owned_by": "copydesk"}
    ]}))
}

async fn unknown_path() -> Response {
    let body = json!({"error": {
        "message": "only /v1/chat/completions and /v1/models are here",
        "type": "invalid_request_error", "param": null, "code": "unknown_path",
    }});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

async fn complete(body: Bytes) -> Response {
    // Reading a long document takes milliseconds of work: off the threads that wait on sockets.
    let done = tokio::task::spawn_blocking(move || respond(&body)).await;
    let (status, body) = done.unwrap_or_else(|error| {
        tracing::error!(%error, "the built-in model broke off");
        let body = json!({"error": {
            "message": "the built-in model broke off", "type": "server_error", "param": null, "code": "internal",
        }});
        (StatusCode::INTERNAL_SERVER_ERROR, body)
    });
    (status, Json(body)).into_response()
}

fn respond(body: &[u8]) -> (StatusCode, Value) {
    let request: ChatRequest = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => {
            let refusal = Refusal::NoTask {
                reason: error.to_string(),
            };
            return (StatusCode::BAD_REQUEST, refusal.body());
        }
    };
    match answer(&request) {
        Ok(found) => (StatusCode::OK, reply(&request, &found)),
        Err(refusal) => (StatusCode::UNPROCESSABLE_ENTITY, refusal.body()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server on a free port; it ends when the sender is dropped.
    async fn started() -> (String, tokio::sync::oneshot::Sender<()>) {
        let listener = copydesk_net::listen_loopback().await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(serve(listener, async move {
            let _ = stopped.await;
        }));
        (address, stop)
    }

    fn client(address: &str) -> reqwest::Client {
        let host = copydesk_net::HostPort::of_url(address).unwrap();
        copydesk_net::trusted_client(&[host]).unwrap()
    }

    async fn ask(address: &str, task: &Value) -> (u16, Value) {
        let request = json!({"model": MODEL, "messages": [
            {"role": "system", "content": "Take notes."},
            {"role": "user", "content": task.to_string()},
        ]});
        let url = format!("{address}/v1/chat/completions");
        let reply = client(address).post(url).json(&request).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    #[tokio::test]
    async fn a_task_is_answered_over_http() {
        let (address, _stop) = started().await;
        let text = "Norn 4.2 is out and adds a planner for joins over many tables.";
        let input = json!({"title": "Norn 4.2", "publisher": "Norn", "published_at": null, "text": text,
            "beats": [], "notes_max": 8});
        let (status, reply) = ask(
            &address,
            &json!({"task": "take_notes", "version": 1, "input": input}),
        )
        .await;
        assert_eq!(status, 200);
        assert_eq!(reply["choices"][0]["finish_reason"], "stop");
        let content: Value =
            serde_json::from_str(reply["choices"][0]["message"]["content"].as_str().unwrap()).unwrap();
        assert_eq!(content["notes"][0]["quote"], text);
        let used = &reply["usage"];
        assert!(
            used["prompt_tokens"].as_u64().unwrap() > 10 && used["completion_tokens"].as_u64().unwrap() > 5
        );
    }

    #[tokio::test]
    async fn what_is_not_known_gets_an_error_in_the_usual_form() {
        let (address, _stop) = started().await;
        let (status, reply) = ask(
            &address,
            &json!({"task": "write_poem", "version": 1, "input": {}}),
        )
        .await;
        assert_eq!(
            (status, reply["error"]["code"].as_str()),
            (422, Some("unknown_task"))
        );
        let (status, reply) = ask(
            &address,
            &json!({"task": "take_notes", "version": 7, "input": {}}),
        )
        .await;
        assert_eq!(
            (status, reply["error"]["code"].as_str()),
            (422, Some("unknown_task"))
        );
        let url = format!("{address}/v1/chat/completions");
        let reply = client(&address).post(url).body("no json").send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 400);
    }

    #[tokio::test]
    async fn it_names_its_one_model() {
        let (address, _stop) = started().await;
        let reply = client(&address)
            .get(format!("{address}/v1/models"))
            .send()
            .await
            .unwrap();
        let models: Value = reply.json().await.unwrap();
        assert_eq!(models["data"][0]["id"], MODEL);
        let reply = client(&address)
            .get(format!("{address}/v1/other"))
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status().as_u16(), 404);
    }

    #[tokio::test]
    async fn it_stops_when_told() {
        let listener = copydesk_net::listen_loopback().await.unwrap();
        serve(listener, std::future::ready(())).await.unwrap();
    }
}
