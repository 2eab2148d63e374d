//! Which address leads where.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::fault::{Fault, PageFault};
use crate::options::Desk;
use crate::serve::page_of;
use crate::{actions, api, gate, login, metrics, page};

/// Forms and JSON bodies: a note of the author, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
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
        .method_not_allowed_fallback(otherwise)
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

/// An address that takes forms was opened, as by a reload of what a refused form led to.
async fn otherwise(uri: Uri) -> PageFault {
    let fault = Fault::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "CD012",
        "this address takes a form and shows nothing",
        "go on with the page; it shows what was decided",
    );
    fault.back(page_of(&uri)).into()
}

/// Every answer comes in time, whatever the store or the client does.
async fn hurry(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    match tokio::time::timeout(ANSWER_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => late().back(page_of(&uri)).answer(uri.path()),
    }
}

fn late() -> Fault {
    Fault::new(
        StatusCode::REQUEST_TIMEOUT,
        "CD010",
        format!("there was no answer within {ANSWER_MAX:?}"),
        "look again, it shows what was done; if it stays, `copydesk doctor` says more",
    )
}
