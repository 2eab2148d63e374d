//! Logging in and out.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use copydesk_domain::ContentHash;
use copydesk_store::{Applied, Command, StoreError, TokenKind};
use serde::Deserialize;

use super::link::{LoginLinkError, local};
use super::session::Session;
use crate::fault::{Fault, PageFault};
use crate::gate::{Act, Form, Query, require_same_origin};
use crate::options::Desk;
use crate::page;

/// What stands in the link and in the form behind it.
#[derive(Deserialize)]
pub(crate) struct LoginDto {
    #[serde(default)]
    token: String,
    #[serde(default)]
    to: String,
}

/// `GET /login`: a page with a button. It takes nothing, so whatever fetches links ahead of a person spoils none.
pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(link): Query<LoginDto>,
) -> Result<Response, PageFault> {
    if Session::of(&desk, &headers).await.is_ok() {
        return Ok(Redirect::to(local(&link.to)).into_response());
    }
    if !is_valid(&desk, &link.token).await? {
        return Err(spent().into());
    }
    Ok(page::login(&link.token, local(&link.to)).into_response())
}

/// `POST /login`: takes the token, once, and opens a session.
pub(crate) async fn enter(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Form(link): Form<LoginDto>,
) -> Result<Response, PageFault> {
    require_same_origin(&headers)?;
    // The kind is looked at first: a session's or a script's token must not be used up here.
    if !is_valid(&desk, &link.token).await? || !take(&desk, &link.token).await? {
        let hash = ContentHash::of(link.token.as_bytes());
        tracing::info!(token_hash = hash.short(8), "a login was refused");
        return Err(spent().into());
    }
    let cookie = Session::open(&desk).await.map_err(Fault::from)?;
    tracing::info!("a person logged in");
    Ok((
        AppendHeaders([(header::SET_COOKIE, cookie)]),
        Redirect::to(local(&link.to)),
    )
        .into_response())
}

/// `POST /logout`
pub(crate) async fn leave(State(desk): State<Desk>, act: Act) -> Result<Response, PageFault> {
    let cookie = act.session.close(&desk).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), page::left()).into_response())
}

async fn is_valid(desk: &Desk, token: &str) -> Result<bool, StoreError> {
    let now = desk.engine().clock().now();
    let record = desk
        .engine()
        .store()
        .token(&ContentHash::of(token.as_bytes()))
        .await?;
    Ok(record.is_some_and(|record| {
        record.kind == TokenKind::Login
            && record.created_at <= now
            && record.expires_at.is_some_and(|end| end > now)
    }))
}

async fn take(desk: &Desk, token: &str) -> Result<bool, StoreError> {
    let now = desk.engine().clock().now();
    let hash = ContentHash::of(token.as_bytes());
    let applied = desk
        .engine()
        .store()
        .apply(Command::TakeToken { hash, now })
        .await?;
    Ok(applied == Applied::Taken(true))
}

fn spent() -> Fault {
    Fault::stranger(
        "this link is not valid: it was used already, is older than 15 minutes, or belongs to another desk",
        "start Copydesk again: each start prints a new link",
    )
}

impl From<LoginLinkError> for Fault {
    fn from(error: LoginLinkError) -> Self {
        match error {
            LoginLinkError::Store(error) => error.into(),
            LoginLinkError::Random { .. } => Self::new(
                axum::http::StatusCode::SERVICE_UNAVAILABLE,
                "CD010",
                error.to_string(),
                "try again",
            ),
        }
    }
}
