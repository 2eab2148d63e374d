//! Which address leads where.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::fault::{Fault, PageFault};
use crate::options::Desk;
use crate::{actions, api, gate, login, metrics, page};

/// Forms and JSON bodies: a note of the author, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// The longest wait that the API grants, and some time to answer.
const ANSWER_MAX: Duration = Duration::from_secs(api::WAIT_SECONDS_MAX + 30);

pub(crate) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/", get(page::home))
        .route("/style.css", get(page::style))
        .route("/icon.svg", get(page::icon))
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/spend", get(page::spend))
        .route("/runs/{run}", get(page::run))
        .route("/runs/{run}/issue", get(page::issue))
        .route("/runs/{run}/approve", post(actions::approve))
        .route("/runs/{run}/send-back", post(actions::send_back))
        .route("/runs/{run}/reject", post(actions::reject))
        .route("/runs/{run}/recall", post(actions::recall))
        .route("/runs/{run}/stories", post(actions::label))
        .route("/runs/{run}/channel", post(actions::settle_unknown))
        .route("/runs/{run}/go-on", post(actions::go_on))
        .route(
            "/runs/{run}/answers/{answer}/approve",
            post(actions::approve_answer),
        )
        .route(
            "/runs/{run}/answers/{answer}/reject",
            post(actions::reject_answer),
        )
        .route("/healthz", get(metrics::healthz))
        .route("/readyz", get(metrics::readyz))
        .route("/metrics", get(metrics::metrics))
        .method_not_allowed_fallback(not_so)
        .merge(api::router(&desk))
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(hurry))
        .layer(from_fn_with_state(desk.clone(), gate::hosts))
        .layer(from_fn_with_state(desk.clone(), metrics::count))
        .layer(from_fn(gate::headers))
        .with_state(desk)
}

async fn nowhere() -> PageFault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "CD012",
        "there is no such page",
        "the list of runs is on the first page",
    )
    .into()
}

/// A page that is there, asked for in a way that only its forms use, or the other way round.
async fn not_so() -> PageFault {
    let fault = Fault::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "CD012",
        "this address is no page to open",
        "a button of the desk leads here; the first page leads to everything that there is",
    );
    fault.back("/").into()
}

/// Every answer comes in time, whatever the store or the client does.
async fn hurry(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match tokio::time::timeout(ANSWER_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => late().answer(&path),
    }
}

fn late() -> Fault {
    Fault::new(
        StatusCode::REQUEST_TIMEOUT,
        "CD010",
        format!("there was no answer within {ANSWER_MAX:?}"),
        "try again; if it stays, `copydesk doctor` says more",
    )
}
