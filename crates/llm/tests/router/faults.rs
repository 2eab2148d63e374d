//! Each line of the list of ways in which endpoints fail, played over loopback.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use copydesk_config::ModelConfig;
use copydesk_journal::{ModelError, ModelReply, Models};
use copydesk_llm::{HttpFactory, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{Book, PATIENCE, call, config, router, router_with, spec};
use super::stub::{Answer, Stub};
use super::wire::{Play, Raw, gzip, plain, response, tls};

/// A fault of the list.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    kind: String,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    headers: serde_json::Map<String, Value>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    wire: String,
    #[serde(default)]
    stream: String,
}

/// What came of one line.
struct Outcome {
    result: Result<ModelReply, ModelError>,
    /// Requests or connections that the endpoint saw.
    seen: usize,
    elapsed: Duration,
    book: Book,
}

fn lines(test: &str) -> Option<Vec<Line>> {
    let shared = std::env::var_os("COPYDESK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let Ok(list) = std::fs::read_to_string(shared.join("adversarial/model-faults.jsonl")) else {
        println!("skipped: {test}: no shared data");
        return None;
    };
    Some(
        list.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_ends_in_time_with_an_error_that_has_a_type() {
    let Some(lines) = lines("every_fault_ends_in_time_with_an_error_that_has_a_type") else {
        return;
    };
    let outcomes = futures::future::join_all(lines.iter().map(play)).await;
    let mut delivered = 0;
    for (line, outcome) in lines.iter().zip(&outcomes) {
        let told = outcome
            .result
            .as_ref()
            .map_or_else(ToString::to_string, |_| "answered".to_owned());
        println!(
            "{}: {} tries, {} ms: {told}",
            line.id,
            outcome.seen,
            outcome.elapsed.as_millis()
        );
        assert_bounded(line, outcome);
        match line.kind.as_str() {
            "status" => assert_status(line, outcome),
            "body" | "stream" => {
                assert!(outcome.book.settled() > 0, "{}: nothing is booked", line.id);
                assert!(outcome.seen > 0, "{}: never asked", line.id);
            }
            "wire" => {}
            other => panic!("{}: a kind that is not played: {other}", line.id),
        }
        delivered += 1;
    }
    assert_eq!(delivered, lines.len());
    println!("{delivered} faults delivered");
}

/// At most four tries, in time, every reserve settled, and no endless wait.
fn assert_bounded(line: &Line, outcome: &Outcome) {
    let id = &line.id;
    assert!(outcome.seen <= 4, "{id}: {} tries", outcome.seen);
    // Four tries with their pauses; the rest is for a loaded machine.
    let deadline = 4 * (Duration::from_millis(1_500) + PATIENCE.pause_max) + Duration::from_secs(4);
    assert!(outcome.elapsed < deadline, "{id}: {:?}", outcome.elapsed);
    outcome.book.settled();
    match &outcome.result {
        Ok(reply) => assert!(reply.tries <= 4),
        Err(ModelError::Exhausted { tries, reason }) => {
            assert!((1..=4).contains(tries), "{id}: {tries}");
            assert!(
                reason.chars().count() < 300 && !reason.contains('\n'),
                "{id}: {reason}"
            );
        }
        Err(ModelError::NeedsPerson { reason, .. }) => assert!(!reason.is_empty(), "{id}"),
        Err(other) => panic!("{id}: {other}"),
    }
}

fn assert_status(line: &Line, outcome: &Outcome) {
    let (id, error) = (
        &line.id,
        outcome
            .result
            .as_ref()
            .expect_err("no status of the list is a success"),
    );
    if matches!(line.status, Some(400 | 401 | 403 | 404)) {
        assert_eq!(outcome.seen, 1, "{id}");
        assert!(matches!(error, ModelError::NeedsPerson { .. }), "{id}: {error}");
    } else {
        assert_eq!(outcome.seen, 4, "{id}");
        assert!(
            matches!(error, ModelError::Exhausted { tries: 4, .. }),
            "{id}: {error}"
        );
    }
}

async fn play(line: &Line) -> Outcome {
    match line.kind.as_str() {
        "status" | "body" => play_answer(line).await,
        "stream" => play_wire(plain(stream(&line.stream)).await, router()).await,
        "wire" if line.wire == "307 to another host" => play_redirect().await,
        "wire" if line.wire == "lookup takes 60 s" => play_slow_lookup().await,
        "wire" if line.wire == "certificate for another name" => play_wrong_name().await,
        "wire" => play_wire(plain(wire(&line.wire)).await, router()).await,
        other => panic!("{}: a kind that is not played: {other}", line.id),
    }
}

async fn ask(router: &Router, config: ModelConfig) -> (Result<ModelReply, ModelError>, Duration, Book) {
    let book = Book::default();
    let start = Instant::now();
    let result = router.ask(call(vec![spec("m", config)]), &book).await;
    (result, start.elapsed(), book)
}

async fn play_answer(line: &Line) -> Outcome {
    let headers = line
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let answer = Answer {
        status: line.status.unwrap(),
        headers: headers.collect(),
        body: line.body.clone().into_bytes(),
    };
    let stub = Stub::with(vec![answer]).await;
    let (result, elapsed, book) = ask(&router(), config(&stub.base_url)).await;
    Outcome {
        result,
        seen: stub.count(),
        elapsed,
        book,
    }
}

async fn play_wire(raw: Raw, router: Router) -> Outcome {
    let (result, elapsed, book) = ask(&router, config(&format!("http://127.0.0.1:{}/v1", raw.port))).await;
    Outcome {
        result,
        seen: raw.count.load(Ordering::SeqCst),
        elapsed,
        book,
    }
}

fn reply() -> Vec<u8> {
    json!({"choices": [{"message": {"content": "{\"a\": 3}"}, "finish_reason": "stop"}]})
        .to_string()
        .into_bytes()
}

fn wire(what: &str) -> Play {
    let reply = reply();
    let length = format!("Content-Length: {}\r\n", reply.len());
    match what {
        "reset after half of the body" => Play::Reset(response(&length, &reply[..reply.len() / 2])),
        "Content-Length larger than the body" => Play::Bytes(response("Content-Length: 9999\r\n", &reply)),
        "bad chunk size" => Play::Bytes(response(
            "Transfer-Encoding: chunked\r\n",
            b"zz\r\n{}\r\n0\r\n\r\n",
        )),
        "chunked body without last chunk" => {
            let mut body = format!("{:x}\r\n", reply.len()).into_bytes();
            body.extend_from_slice(&reply);
            body.extend_from_slice(b"\r\n");
            Play::Bytes(response("Transfer-Encoding: chunked\r\n", &body))
        }
        "10,000 headers" => {
            let mut headers = String::new();
            for number in 0..10_000 {
                write!(headers, "X-{number}: x\r\n").unwrap();
            }
            Play::Bytes(response(&(headers + &length), &reply))
        }
        "never-ending body" => Play::Endless(response("", b"{\"choices\":["), b' '),
        "Content-Encoding gzip on plain text" => {
            Play::Bytes(response(&format!("Content-Encoding: gzip\r\n{length}"), &reply))
        }
        "gzip in gzip in gzip" => {
            let body = gzip(&gzip(&gzip(&reply)));
            let headers = format!(
                "Content-Encoding: gzip, gzip, gzip\r\nContent-Length: {}\r\n",
                body.len()
            );
            Play::Bytes(response(&headers, &body))
        }
        "image/png" => Play::Bytes(response(&format!("Content-Type: image/png\r\n{length}"), &reply)),
        other => panic!("a fault of the wire that is not played: {other}"),
    }
}

/// Nobody asked for a stream; an endpoint that sends one anyway must not be believed.
fn stream(what: &str) -> Play {
    let delta = |delta: Value| format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta}]}));
    let head = |body: &str| response("Content-Type: text/event-stream\r\n", body.as_bytes());
    let content = delta(json!({"content": "{\"a\": 3}"}));
    match what {
        "stream ends without the end mark" => Play::Bytes(head(&content)),
        "no event for 10 min after the first" => Play::Stall(head(&content)),
        "tool call parts interleaved" => {
            let part = |index: u8, text: &str| {
                delta(json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]}))
            };
            let parts = [
                part(1, "{\"q\":"),
                part(0, "{\"q\":"),
                part(1, "1}"),
                part(0, "2}"),
            ]
            .concat();
            Play::Bytes(head(&format!("{parts}data: [DONE]\n\n")))
        }
        "no usage at the end" => Play::Bytes(head(&format!("{content}data: [DONE]\n\n"))),
        "two end marks" => Play::Bytes(head(&format!("{content}data: [DONE]\n\ndata: [DONE]\n\n"))),
        "one event of 50 MB" => Play::Bytes(head(&delta(json!({"content": "x".repeat(50 << 20)})))),
        other => panic!("a fault of a stream that is not played: {other}"),
    }
}

async fn play_redirect() -> Outcome {
    let other = plain(Play::Bytes(response("", &reply()))).await;
    let answer = Answer {
        status: 307,
        headers: vec![(
            "location".to_owned(),
            format!("http://localhost:{}/v1/chat/completions", other.port),
        )],
        body: Vec::new(),
    };
    let stub = Stub::with(vec![answer]).await;
    let (result, elapsed, book) = ask(&router(), config(&stub.base_url)).await;
    assert!(
        matches!(result, Err(ModelError::NeedsPerson { .. })),
        "{result:?}"
    );
    assert_eq!(
        other.count.load(Ordering::SeqCst),
        0,
        "the question went to another host"
    );
    Outcome {
        result,
        seen: stub.count(),
        elapsed,
        book,
    }
}

/// A resolver that thinks for a minute.
struct SlowNames;

impl reqwest::dns::Resolve for SlowNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async {
            tokio::time::sleep(Duration::from_mins(1)).await;
            Err("too late".into())
        })
    }
}

async fn play_slow_lookup() -> Outcome {
    let http: HttpFactory = Arc::new(|hosts| {
        let builder = copydesk_net::trusted_client_builder(hosts).dns_resolver(SlowNames);
        builder.build().map_err(|error| error.to_string())
    });
    let config = ModelConfig {
        free: true,
        ..config("http://models.example:8080/v1")
    };
    let (result, elapsed, book) = ask(&router_with(http), config).await;
    assert!(matches!(result, Err(ModelError::Exhausted { .. })), "{result:?}");
    Outcome {
        result,
        seen: 0,
        elapsed,
        book,
    }
}

async fn play_wrong_name() -> Outcome {
    copydesk_net::install_crypto();
    let (raw, roots) = tls("models.example", Play::Bytes(response("", &reply()))).await;
    let http: HttpFactory = Arc::new(move |_| {
        let tls = rustls::ClientConfig::builder()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy();
        builder.build().map_err(|error| error.to_string())
    });
    let url = format!("https://127.0.0.1:{}/v1", raw.port);
    let (result, elapsed, book) = ask(&router_with(http), config(&url)).await;
    assert!(
        result
            .as_ref()
            .is_err_and(|error| error.to_string().contains("certificate")),
        "{result:?}"
    );
    assert_eq!(book.settled(), 0, "nothing was sent");
    Outcome {
        result,
        seen: raw.count.load(Ordering::SeqCst),
        elapsed,
        book,
    }
}
