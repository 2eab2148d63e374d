//! Who calls the API, and with what.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use copydesk_domain::ContentHash;
use copydesk_store::TokenKind;
use serde::de::DeserializeOwned;

use crate::fault::{ApiFault, Fault};
use crate::options::Desk;

/// A script with a token of a person.
#[derive(Debug)]
pub(crate) struct Caller;

impl FromRequestParts<Desk> for Caller {
    type Rejection = ApiFault;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiFault> {
        // Before anything else: a form of another page can send text, never JSON.
        if parts.method == Method::POST && !is_json(&parts.headers) {
            let error = "the body is not JSON";
            let hint = "send it with Content-Type: application/json";
            return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "CD012", error, hint).into());
        }
        let refused = || {
            Fault::stranger(
                "this needs the bearer token of a person",
                "make one with `copydesk token new` and send it as Authorization: Bearer TOKEN",
            )
        };
        let token = bearer(&parts.headers).ok_or_else(refused)?;
        // Looked up by hash: time tells nothing about how much of a token is right.
        let hash = ContentHash::of(token.as_bytes());
        let record = desk.tokens.find(desk.engine().store().as_ref(), &hash).await?;
        let now = desk.engine().clock().now();
        let is_good = record.is_some_and(|record| {
            record.kind == TokenKind::Api
                && record.created_at <= now
                && record.expires_at.is_none_or(|end| end > now)
        });
        if is_good { Ok(Self) } else { Err(refused().into()) }
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
            Fault::bad(format!("the body cannot be read: {error}"), "see the README")
        })?))
    }
}
