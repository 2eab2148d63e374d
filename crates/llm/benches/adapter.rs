//! What the adapter adds to a call: `cargo bench -p copydesk-llm`.
//!
//! The same request goes to the same server on loopback, once by bare reqwest and once by the router, which builds it, puts it
//! through async-openai, judges, parses and checks the reply, and keeps the exchange. Prints the median of both and their ratio.

#![expect(clippy::disallowed_methods, reason = "the bench plays the endpoint")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router as Server;
use copydesk_config::ModelConfig;
use copydesk_domain::{MicroUsd, ModelName};
use copydesk_journal::{Bill, Ledger, ModelCall, ModelSpec, Models, Reservation};
use copydesk_llm::{Router, RouterOptions};
use copydesk_net::{HostPort, SystemClock, trusted_client};
use copydesk_store::{ExchangeParams, StoreError};
use serde_json::{Value, json};

/// Calls of each kind; they take turns, so that a busy machine slows both.
const CALLS: usize = 400;
/// Calls before the measurement, which open connections and warm caches.
const WARM_UP: usize = 40;

/// Books nothing and keeps nothing.
struct Nobody;

#[async_trait]
impl Ledger for Nobody {
    async fn reserve(&self, _: &ModelName, _: MicroUsd) -> Result<Reservation, StoreError> {
        Ok(Reservation(0))
    }

    async fn settle(&self, _: Reservation, _: Bill) -> Result<(), StoreError> {
        Ok(())
    }

    fn keep(&self, exchange: ExchangeParams) {
        drop(exchange);
    }
}

/// An answer of twenty notes, as a reader gives it.
fn answer() -> Value {
    let notes: Vec<Value> = (0..20)
        .map(|number| json!({"kind": "event", "quote": format!("sentence {number} of the page, some twelve words long")}))
        .collect();
    json!({"notes": notes})
}

async fn served() -> String {
    let reply = json!({
        "id": "c1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer().to_string()}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 2000, "completion_tokens": 500, "total_tokens": 2500},
    })
    .to_string();
    let app = Server::new().fallback(move || {
        let reply = reply.clone();
        async move { ([("content-type", "application/json")], reply) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port of the system's choice");
    let address = listener.local_addr().expect("a bound listener has an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/v1")
}

fn call(base_url: &str) -> ModelCall {
    let config = ModelConfig {
        base_url: base_url.to_owned(),
        model: "m".to_owned(),
        api_key_env: None,
        api_key_file: None,
        price_in: Some(MicroUsd(1_000_000)),
        price_out: Some(MicroUsd(1_000_000)),
        free: false,
        local_only: false,
        context_tokens: None,
        tokens_out_max: 4096,
        timeout: jiff::SignedDuration::from_secs(30),
        stall_timeout: jiff::SignedDuration::from_secs(10),
        organization: None,
        project: None,
        api_key_header: None,
        headers: BTreeMap::new(),
        query: BTreeMap::new(),
        price_cached: None,
        price_as_of: None,
        concurrency_max: None,
        requests_per_minute: None,
        tokens_per_minute: None,
    };
    let note = json!({"type": "object", "required": ["kind", "quote"],
        "properties": {"kind": {"type": "string"}, "quote": {"type": "string"}}});
    ModelCall {
        task: "take_notes".to_owned(),
        version: 1,
        system: "Take notes of the page.".to_owned(),
        input: json!({"text": "A page of some eight thousand characters. ".repeat(200)}),
        schema: json!({"type": "object", "required": ["notes"], "properties": {"notes": {"type": "array", "items": note}}}),
        tools: Vec::new(),
        history: Vec::new(),
        route: vec![ModelSpec {
            name: "m".into(),
            endpoint: Some(config),
            is_pinned: false,
        }],
        seed: 1,
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    copydesk_net::install_crypto();
    let base_url = served().await;
    let nowhere = "127.0.0.1:1".parse().expect("an address");
    let router = Router::new(RouterOptions::new(
        nowhere,
        Arc::new(|_| Ok(None)),
        Arc::new(SystemClock),
    ));
    let host = HostPort::of_url(&base_url).expect("an address with a port");
    let bare = trusted_client(&[host]).expect("a client");
    let call = call(&base_url);
    let body = json!({"model": "m", "messages": [{"role": "system", "content": call.system},
        {"role": "user", "content": call.input.to_string()}], "max_tokens": 4096})
    .to_string();
    let (mut by_reqwest, mut by_router) = (Vec::new(), Vec::new());
    for turn in 0..WARM_UP + CALLS {
        let started = Instant::now();
        let request = bare
            .post(format!("{base_url}/chat/completions"))
            .body(body.clone());
        let reply: Value = request.send().await.expect("a reply").json().await.expect("JSON");
        assert!(reply["choices"][0]["message"]["content"].is_string());
        let bare_time = started.elapsed();
        let started = Instant::now();
        router
            .ask(call.clone(), &Nobody)
            .await
            .expect("an answer that fits");
        if turn >= WARM_UP {
            by_reqwest.push(bare_time);
            by_router.push(started.elapsed());
        }
    }
    let (bare, adapted) = (median(by_reqwest), median(by_router));
    println!(
        "call by reqwest {:.3} ms, by the adapter {:.3} ms: ratio {:.2}, {:.3} ms more",
        bare.as_secs_f64() * 1e3,
        adapted.as_secs_f64() * 1e3,
        adapted.as_secs_f64() / bare.as_secs_f64(),
        adapted.saturating_sub(bare).as_secs_f64() * 1e3
    );
}
