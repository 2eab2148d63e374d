//! The JSON API, for scripts that a person gave a token.

mod caller;
mod labels;
mod runs;
mod tokens;
mod wait;

use axum::http::StatusCode;

use crate::fault::{ApiFault, Fault};

use caller::Caller;

pub(crate) use labels::{label, undo_label};
pub(crate) use runs::{approve, list, show, start};
pub(crate) use tokens::KnownTokens;
pub(crate) use wait::WAIT_SECONDS_MAX;

/// Whatever else is asked for below `/api`; a stranger does not learn what is there.
pub(crate) async fn nowhere(_caller: Caller) -> ApiFault {
    let hint =
        "the calls are /api/runs, /api/runs/RUN, and below it /approve, /labels and /labels/LABEL/undo";
    Fault::new(StatusCode::NOT_FOUND, "CD012", "there is no such call", hint).into()
}
