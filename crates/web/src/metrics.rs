//! Health and counts, for machines. No token is needed, and nothing of an issue's text is in them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use copydesk_domain::{IssueState, RunState};
use copydesk_store::RunRecord;

use crate::fault::ApiFault;
use crate::options::Desk;

/// Newest runs that are counted: three years of two runs a day.
const RUNS_MAX: u32 = 2_000;
/// A store that answers does so at once.
const STORE_MAX: Duration = Duration::from_secs(5);

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

/// `GET /readyz`: the store answers, the planner looked lately, and the process is not ending.
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
    let mut runs = desk.engine().store().runs(None, RUNS_MAX).await?;
    runs.retain(|run| run.parent.is_none());
    let commits = *desk.engine().store().changes().borrow();
    let mut text = expose(&runs, &desk.counters);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "# HELP copydesk_store_commits_total Commits of the store since the start.\n# TYPE copydesk_store_commits_total counter\ncopydesk_store_commits_total {commits}\n"
    );
    text.push_str(&(desk.options.metrics)());
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response())
}

fn expose(runs: &[RunRecord], counters: &Counters) -> String {
    let mut text = String::new();
    let states: BTreeMap<&str, usize> = RunState::ALL
        .iter()
        .map(|state| {
            (
                state.as_str(),
                runs.iter().filter(|run| run.state == *state).count(),
            )
        })
        .collect();
    let issues: BTreeMap<&str, usize> = IssueState::ALL
        .iter()
        .map(|state| {
            (
                state.as_str(),
                runs.iter().filter(|run| run.issue == *state).count(),
            )
        })
        .collect();
    family(
        &mut text,
        "copydesk_runs",
        "gauge",
        "Runs by state.",
        "state",
        states,
    );
    family(
        &mut text,
        "copydesk_issues",
        "gauge",
        "Issues of runs by state.",
        "issue",
        issues,
    );
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in runs
        .iter()
        .filter(|run| !run.state.is_final())
        .flat_map(|run| &run.waiting_for)
    {
        *waiting.entry(reason.as_str()).or_default() += 1;
    }
    family(
        &mut text,
        "copydesk_waiting",
        "gauge",
        "Open runs by what they wait for.",
        "for",
        waiting,
    );
    let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]
        .into_iter()
        .zip(&counters.by_class);
    let answers = classes.map(|(class, count)| (class, count.load(Ordering::Relaxed)));
    family(
        &mut text,
        "copydesk_http_answers_total",
        "counter",
        "Answers by class of status.",
        "class",
        answers,
    );
    text
}

fn family<N: std::fmt::Display>(
    text: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    label: &str,
    samples: impl IntoIterator<Item = (&'static str, N)>,
) {
    // Writing to a String cannot fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    for (value, number) in samples {
        let _ = writeln!(text, "{name}{{{label}=\"{value}\"}} {number}");
    }
}
