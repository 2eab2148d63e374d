//! Each line of the list of ways in which endpoints fail, played over loopback.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use copydesk_config::ModelConfig;
use copydesk_journal::{ModelError, ModelReply, Models};
use copydesk_llm::{HttpFactory, Router};

use super::calls::{Book, PATIENCE, call, config, router, router_with, spec};
use super::fault_plays::{Line, lines, reply, stream, wire};
use super::stub::{Answer, Stub};
use super::wire::{Play, Raw, plain, response, tls};

/// What came of one line.
struct Outcome {
    result: Result<ModelReply, ModelError>,
    /// Requests or connections that the endpoint saw.
    seen: usize,
    elapsed: Duration,
    book: Book,
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
        "stream" => play_stream(line).await,
        "wire" if line.wire == "307 to another host" => play_redirect().await,
        "wire" if line.wire == "lookup takes 60 s" => play_slow_lookup().await,
        "wire" if line.wire == "certificate for another name" => play_wrong_name().await,
        "wire" => play_wire(plain(wire(&line.wire)).await, router()).await,
        other => panic!("{}: a kind that is not played: {other}", line.id),
    }
}

async fn ask(router: &Router, config: ModelConfig) -> (Result<ModelReply, ModelError>, Duration, Book) {
    ask_in(Book::default(), router, config).await
}

async fn ask_in(
    book: Book,
    router: &Router,
    config: ModelConfig,
) -> (Result<ModelReply, ModelError>, Duration, Book) {
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

/// A stream that somebody asked for, and the same one unasked: neither is taken for more than it is.
async fn play_stream(line: &Line) -> Outcome {
    let unasked = play_wire(plain(stream(&line.stream)).await, router()).await;
    assert_bounded(line, &unasked);
    let raw = plain(stream(&line.stream)).await;
    let config = config(&format!("http://127.0.0.1:{}/v1", raw.port));
    let (result, elapsed, book) = ask_in(Book::watched(), &router(), config).await;
    assert!(
        result.is_err(),
        "{}: half a reply was taken for a whole one",
        line.id
    );
    Outcome {
        result,
        seen: raw.count.load(Ordering::SeqCst),
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
