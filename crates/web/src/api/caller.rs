//! Who calls the API, and with what.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use copydesk_domain::ContentHash;
use copydesk_store::TokenKind;
use serde::de::DeserializeOwned;

use crate::fault::{ApiFault, Fault};
use crate::options::Desk;

/// Lets a script with a token of a person through, and nobody else.
pub(crate) async fn require(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    match check(&desk, request.method(), request.headers()).await {
        Ok(()) => next.run(request).await,
        Err(fault) => ApiFault::from(fault).into_response(),
    }
}

async fn check(desk: &Desk, method: &Method, headers: &HeaderMap) -> Result<(), Fault> {
    // Before anything else: a form of another page can send text, never JSON.
    if *method == Method::POST && !is_json(headers) {
        let error = "the body is not JSON";
        let hint = "send it with Content-Type: application/json";
        return Err(Fault::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "CD012",
            error,
            hint,
        ));
    }
    let refused = || {
        Fault::stranger(
            "this needs the bearer token of a person, and one that has not ended",
            "make one with `copydesk token new` and send it as Authorization: Bearer TOKEN; docs/api.md says more",
        )
    };
    let token = bearer(headers).ok_or_else(refused)?;
    // Looked up by hash: time tells nothing about how much of a token is right.
    let hash = ContentHash::of(token.as_bytes());
    let record = desk.tokens.find(desk.engine().store().as_ref(), &hash).await?;
    let now = desk.engine().clock().now();
    if record.is_some_and(|record| record.opens(TokenKind::Api, now)) {
        Ok(())
    } else {
        Err(refused())
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Desk> for Body<T> {
    type Rejection = ApiFault;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, ApiFault> {
        let bytes = Bytes::from_request(request, desk).await;
        let bytes =
            bytes.map_err(|error| Fault::new(error.status(), "CD012", error.body_text(), "send less"))?;
        let value = serde_json::from_slice(&bytes);
        Ok(Self(value.map_err(|error| {
            let hint = "docs/api.md shows the body of each call";
            Fault::bad(format!("the body cannot be read: {error}"), hint)
        })?))
    }
}
