use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use copydesk_net::SystemClock;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use super::*;
use crate::otlp::sample;

/// A collector that keeps what it takes.
#[derive(Default)]
struct Collector {
    spans: Mutex<Vec<String>>,
    keys: Mutex<Vec<String>>,
    metrics: Mutex<usize>,
    is_down: AtomicBool,
}

async fn take(
    State(collector): State<Arc<Collector>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if collector.is_down.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if uri.path() == "/v1/metrics" {
        *collector.metrics.lock().unwrap() += 1;
        return StatusCode::OK;
    }
    assert_eq!(uri.path(), "/v1/traces");
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let key = headers["x-key"].to_str().unwrap().to_owned();
    collector.keys.lock().unwrap().push(key);
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let spans = &request.resource_spans[0].scope_spans[0].spans;
    let names = spans.iter().map(|span| span.name.clone());
    collector.spans.lock().unwrap().extend(names);
    StatusCode::OK
}

async fn serve(collector: &Arc<Collector>) -> String {
    copydesk_net::install_crypto();
    let listener = copydesk_net::listen_loopback().await.unwrap();
    let at = listener.local_addr().unwrap();
    let app = Router::new().fallback(take).with_state(Arc::clone(collector));
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{at}")
}

fn exporter(endpoint: &str) -> Exporter {
    let options = Options {
        endpoint: endpoint.to_owned(),
        headers: vec![("x-key".to_owned(), "k".to_owned())],
        version: "1".to_owned(),
        instance: "i".to_owned(),
        clock: Arc::new(SystemClock),
    };
    Exporter::start(options).unwrap()
}

#[tokio::test]
async fn what_waits_goes_out_at_the_end_with_its_headers() {
    let collector = Arc::new(Collector::default());
    let exporter = exporter(&format!("{}/v1/traces", serve(&collector).await));
    for n in 0..1_100 {
        exporter.sink().take(sample(&format!("chat {n}")));
    }
    exporter.finish().await;
    let spans = collector.spans.lock().unwrap().clone();
    assert_eq!((spans.len(), exporter.dropped()), (1_100, 0));
    assert_eq!(
        (spans[0].as_str(), spans[1_099].as_str()),
        ("chat 0", "chat 1099")
    );
    assert!(collector.keys.lock().unwrap().iter().all(|key| key == "k"));
    assert_eq!(*collector.metrics.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_collector_that_is_away_for_a_while_misses_nothing() {
    let collector = Arc::new(Collector::default());
    collector.is_down.store(true, Ordering::SeqCst);
    let exporter = exporter(&serve(&collector).await);
    for n in 0..600 {
        exporter.sink().take(sample(&format!("chat {n}")));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(collector.spans.lock().unwrap().is_empty());
    collector.is_down.store(false, Ordering::SeqCst);
    exporter.finish().await;
    assert_eq!(collector.spans.lock().unwrap().len(), 600);
    assert_eq!(exporter.dropped(), 0);
}

#[tokio::test]
async fn a_collector_that_never_answers_neither_blocks_a_run_nor_holds_up_the_end() {
    let listener = copydesk_net::listen_loopback().await.unwrap();
    copydesk_net::install_crypto();
    let exporter = exporter(&format!("http://{}", listener.local_addr().unwrap()));
    let start = std::time::Instant::now();
    for _ in 0..10_000 {
        exporter.sink().take(sample("chat m"));
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(exporter.dropped() > 5_000, "{}", exporter.dropped());
    exporter.finish().await;
    assert!(
        start.elapsed() < FLUSH_MAX + Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    drop(listener);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_the_start() {
    let options = Options {
        endpoint: "nowhere".to_owned(),
        headers: Vec::new(),
        version: "1".to_owned(),
        instance: "i".to_owned(),
        clock: Arc::new(SystemClock),
    };
    assert!(Exporter::start(options).is_err());
}
