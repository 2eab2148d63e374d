//! A day on a model endpoint that fails, once for each line of the list of faults: the issue is ready, or the run waits
//! with a reason; nothing is asked too often, nothing is lost, and the bill is kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use crate::fault_plays::{Line, lines, reply, stream, wire};
use crate::feed_house::FeedHouse;
use crate::rig::{EVENING, list, word};
use crate::wire::{Play, Raw, plain, response, tls};

/// Days that run at once.
const AT_ONCE: usize = 4;
/// A day in which every call runs into its limit of time, on a loaded machine.
const DAY_MAX: Duration = Duration::from_mins(4);
/// Only a resolver can be slow; `crates/llm` plays it.
const ELSEWHERE: &str = "lookup takes 60 s";

#[test]
fn a_day_on_each_fault_is_ready_or_waits_with_a_reason() {
    let Some(lines) = lines("a_day_on_each_fault_is_ready_or_waits_with_a_reason") else {
        return;
    };
    let house = FeedHouse::serve(EVENING.parse::<Timestamp>().unwrap());
    let played: Vec<&Line> = lines.iter().filter(|line| line.wire != ELSEWHERE).collect();
    let (next, delivered) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(line) = played.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let connections = day(&house, line);
                    delivered.lock().unwrap().insert(line.id.clone(), connections);
                }
            });
        }
    });
    let delivered = delivered.into_inner().unwrap();
    assert_eq!(
        delivered.len() + 1,
        lines.len(),
        "each line once, but the slow lookup"
    );
    assert!(
        delivered.values().all(|connections| *connections > 0),
        "{delivered:?}"
    );
    println!("{} faults delivered", delivered.len());
}

/// One day on one fault; how many connections the endpoint saw.
fn day(house: &FeedHouse, line: &Line) -> usize {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let endpoint = runtime.block_on(Endpoint::playing(line));
    let desk = house.desk();
    let model = format!(
        "[models.bad]\nbase_url = \"{}\"\nmodel = \"m\"\nprice_in = \"$0.05/Mtok\"\nprice_out = \"$0.05/Mtok\"\n\
         timeout = \"2s\"\nstall_timeout = \"1s\"\n",
        endpoint.base_url
    );
    desk.replace("config.toml", "[models]\n", &format!("{model}\n"));
    desk.replace(
        "config.toml",
        "default = [\"embedded\"]",
        "default = [\"bad\", \"embedded\"]",
    );
    let started = Instant::now();
    let run = desk.evening();
    let (elapsed, connections) = (started.elapsed(), endpoint.raw.count.load(Ordering::SeqCst));
    println!(
        "{}: {} in {:.1} s, {connections} connections",
        line.id,
        run["waiting_for"],
        elapsed.as_secs_f64()
    );
    assert!(elapsed < DAY_MAX, "{}: {elapsed:?}", line.id);
    assert_ends_well(line, &run);
    assert_eq!(
        endpoint.elsewhere.map_or(0, |other| other.load(Ordering::SeqCst)),
        0,
        "{}",
        line.id
    );
    let steps = desk.json(0, &["logs", word(&run, "run")]);
    assert_tries(line, &steps);
    if matches!(line.kind.as_str(), "body" | "stream") {
        assert!(
            run["spend_microusd"].as_i64().unwrap() > 0,
            "{}: nothing is booked",
            line.id
        );
    }
    connections
}

/// Ready for the author, or waiting for its model, which a person mends.
fn assert_ends_well(line: &Line, run: &Value) {
    assert_eq!(run["state"], "waiting", "{}: {run}", line.id);
    // A conflict is retried at the same model only, so it may outlast its four tries.
    let needs_person =
        matches!(line.status, Some(400 | 401 | 403 | 404 | 409)) || line.wire == "307 to another host";
    if needs_person {
        assert_eq!(
            run["waiting_for"],
            serde_json::json!(["model"]),
            "{}: {run}",
            line.id
        );
        let stages = list(run, "stages");
        let waiting = stages.iter().find(|stage| stage["state"] == "waiting");
        assert!(waiting.is_some(), "{}: {run}", line.id);
    } else {
        assert_eq!(
            run["waiting_for"],
            serde_json::json!(["approval"]),
            "{}: {run}",
            line.id
        );
        assert_eq!(run["issue"], "reviewed", "{}: {run}", line.id);
    }
}

/// At most four tries a step; one where only a person can help.
fn assert_tries(line: &Line, steps: &Value) {
    let mut exchanges = 0;
    for step in steps.as_array().unwrap() {
        let of_step = list(step, "exchanges");
        let tries_max = if matches!(line.status, Some(400 | 401 | 403 | 404)) {
            1
        } else {
            4
        };
        assert!(of_step.len() <= tries_max, "{}: {step}", line.id);
        for exchange in of_step {
            assert_ne!(exchange["outcome"], "answered", "{}: {exchange}", line.id);
            assert!(!word(exchange, "reason").is_empty());
            exchanges += 1;
        }
    }
    assert!(exchanges > 0, "{}: no exchange is kept", line.id);
}

/// An endpoint that fails in one way.
struct Endpoint {
    base_url: String,
    raw: Raw,
    /// Connections to another host that must see none.
    elsewhere: Option<Arc<AtomicUsize>>,
}

impl Endpoint {
    async fn playing(line: &Line) -> Self {
        let (raw, scheme, elsewhere) = match (line.kind.as_str(), line.wire.as_str()) {
            ("wire", "certificate for another name") => {
                let (raw, _) = tls("models.example", Play::Bytes(response("", &reply()))).await;
                (raw, "https", None)
            }
            ("wire", "307 to another host") => {
                let other = plain(Play::Bytes(response("", &reply()))).await;
                let to = format!("http://localhost:{}/v1/chat/completions", other.port);
                let head = format!(
                    "HTTP/1.1 307 x\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                (
                    plain(Play::Bytes(head.into_bytes())).await,
                    "http",
                    Some(other.count),
                )
            }
            ("wire", what) => (plain(wire(what)).await, "http", None),
            ("stream", _) => (plain(stream(&line.stream)).await, "http", None),
            _ => (plain(Play::Bytes(answer(line))).await, "http", None),
        };
        Self {
            base_url: format!("{scheme}://127.0.0.1:{}/v1", raw.port),
            raw,
            elsewhere,
        }
    }
}

/// A response with the line's status, headers and body.
fn answer(line: &Line) -> Vec<u8> {
    let mut headers = String::new();
    for (name, value) in &line.headers {
        write!(headers, "{name}: {}\r\n", value.as_str().unwrap()).unwrap();
    }
    let head = format!(
        "HTTP/1.1 {} x\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        line.status.unwrap(),
        line.body.len()
    );
    [head.as_bytes(), line.body.as_bytes()].concat()
}
