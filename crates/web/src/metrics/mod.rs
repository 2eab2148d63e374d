//! Health and counts, for machines. No token is needed, and nothing of an issue's text is in them.

mod endpoints;
mod exposition;
mod gather;
mod meter;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::fault::ApiFault;
use crate::options::Desk;
pub use endpoints::EndpointHealth;
use exposition::{Exposition, Kind};
pub use meter::Meter;

/// A store that answers does so at once.
const STORE_MAX: Duration = Duration::from_secs(5);

/// What only the process around the desk knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Bytes of the database.
    pub database_bytes: u64,
    /// Bytes of its write-ahead log.
    pub wal_bytes: u64,
    /// Spans for a collector that were dropped since the start; none where no collector is named.
    pub spans_dropped: Option<u64>,
    /// The endpoints of models that were asked since the start.
    pub endpoints: Vec<EndpointHealth>,
}

/// Answers since the start, by class of status.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    by_class: [AtomicU64; 5],
}

/// Counts each answer, and notes it without its query, which may hold a token.
pub(crate) async fn count(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let class = usize::from(status / 100).clamp(1, 5) - 1;
    desk.counters.by_class[class].fetch_add(1, Ordering::Relaxed);
    tracing::debug!(%method, path, status, "answered");
    response
}

/// `GET /healthz`: the process answers and its planner moves. A failure asks for a restart.
pub(crate) async fn healthz(State(desk): State<Desk>) -> Response {
    match (desk.options.alive)() {
        Ok(()) => "ok\n".into_response(),
        Err(reason) => unavailable(&reason),
    }
}

fn unavailable(reason: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response()
}

/// `GET /readyz`: the store answers, the last look of the planner went well, and the process is not ending.
pub(crate) async fn readyz(State(desk): State<Desk>) -> Response {
    if let Err(reason) = (desk.options.ready)() {
        return unavailable(&reason);
    }
    let read = desk.engine().store().open_runs();
    match tokio::time::timeout(STORE_MAX, read).await {
        Ok(Ok(_)) => "ready\n".into_response(),
        Ok(Err(error)) => unavailable(&error.to_string()),
        Err(_) => unavailable("the store does not answer"),
    }
}

/// `GET /metrics`, as Prometheus reads it.
pub(crate) async fn metrics(State(desk): State<Desk>) -> Result<Response, ApiFault> {
    let mut text = Exposition::default();
    let build = [("version", env!("CARGO_PKG_VERSION").to_owned())];
    text.family("copydesk_build_info", Kind::Gauge, "The program that answers.");
    text.sample("copydesk_build_info", &build, 1);
    text.family(
        "process_start_time_seconds",
        Kind::Gauge,
        "Start of the process since the Unix epoch in seconds.",
    );
    let started = desk.started_at.as_micros() as f64 / 1e6;
    text.sample("process_start_time_seconds", &[], started);
    gather::store(&desk, &mut text).await?;
    process(&desk, &mut text);
    if let Some(meter) = &desk.options.meter {
        meter.expose(&mut text);
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text.finish()).into_response())
}

fn process(desk: &Desk, text: &mut Exposition) {
    let name = "copydesk_http_answers_total";
    text.family(name, Kind::Counter, "Answers by class of status.");
    for (class, count) in ["1xx", "2xx", "3xx", "4xx", "5xx"]
        .into_iter()
        .zip(&desk.counters.by_class)
    {
        let count = count.load(Ordering::Relaxed);
        text.sample(name, &[("class", class.to_owned())], count);
    }
    let commits = *desk.engine().store().changes().borrow();
    let name = "copydesk_store_commits_total";
    text.family(name, Kind::Counter, "Commits of the store since the start.");
    text.sample(name, &[], commits);
    let around = (desk.options.around)();
    let name = "copydesk_database_size_bytes";
    text.family(name, Kind::Gauge, "Size of the database's files.");
    text.sample(name, &[("file", "main".to_owned())], around.database_bytes);
    text.sample(name, &[("file", "wal".to_owned())], around.wal_bytes);
    if let Some(dropped) = around.spans_dropped {
        let name = "copydesk_telemetry_spans_dropped_total";
        text.family(name, Kind::Counter, "Spans that the collector did not get.");
        text.sample(name, &[], dropped);
    }
    endpoints::expose(&around.endpoints, text);
}
