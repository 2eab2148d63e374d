//! The JSON API, for scripts that a person gave a token.
//!
//! Every answer below `/api` is JSON, a fault `{"error","code","hint"}`; and a token is asked for before anything else, so
//! that a stranger does not learn what is there.

mod asked;
mod caller;
mod labels;
mod runs;
mod tokens;
mod wait;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

use crate::fault::{ApiFault, Fault};
use crate::options::Desk;

pub(crate) use tokens::KnownTokens;
pub(crate) use wait::WAIT_SECONDS_MAX;

/// All of `/api`, behind the check of its callers.
pub(crate) fn router(desk: &Desk) -> Router<Desk> {
    Router::new()
        .route("/api/runs", get(runs::list).post(runs::start))
        .route("/api/runs/{run}", get(runs::show))
        .route("/api/runs/{run}/approve", post(runs::approve))
        .route("/api/runs/{run}/labels", post(labels::label))
        .route("/api/runs/{run}/labels/{label}/undo", post(labels::undo_label))
        .route("/api", any(nowhere))
        .route("/api/", any(nowhere))
        .route("/api/{*rest}", any(nowhere))
        .method_not_allowed_fallback(not_so)
        .layer(from_fn_with_state(desk.clone(), caller::require))
}

/// Whether an address lies below `/api`.
pub(crate) fn is_below(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// Whatever else is asked for below `/api`.
async fn nowhere() -> ApiFault {
    let hint = "the calls are /api/runs, /api/runs/RUN, and below it /approve, /labels and /labels/LABEL/undo; docs/api.md has them all";
    Fault::new(StatusCode::NOT_FOUND, "CD012", "there is no such call", hint).into()
}

/// A call that is there, by another method.
async fn not_so() -> ApiFault {
    let error = "this call is not made by that method";
    let hint = "the header `Allow` names those that it is made by; docs/api.md has all calls";
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "CD012", error, hint).into()
}
