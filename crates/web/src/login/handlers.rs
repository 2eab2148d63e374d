//! Logging in and out.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use copydesk_domain::ContentHash;
use copydesk_store::{StoreError, TokenKind};
use serde::Deserialize;

use super::link::{LoginLinkError, local, secret, token_of};
use super::session::Session;
use crate::fault::{Fault, PageFault};
use crate::gate::{Act, Form, Query, require_same_origin};
use crate::options::Desk;
use crate::page;

/// What stands in the link and in the form behind it.
#[derive(Deserialize)]
pub(crate) struct LoginDto {
    /// The link's token; in a form also the whole link, as a person pastes it.
    #[serde(default)]
    token: String,
    #[serde(default)]
    to: String,
    /// Stands in the form of a link, new each time it is shown. See [`Session::secret`].
    #[serde(default)]
    sheet: String,
}

/// `GET /login`: a page with a button. It takes nothing, so whatever fetches links ahead of a person spoils none.
pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(link): Query<LoginDto>,
) -> Result<Response, PageFault> {
    let to = local(&link.to);
    if Session::of(&desk, &headers).await.is_ok() {
        return Ok(Redirect::to(to).into_response());
    }
    if !is_valid(&desk, &link.token).await? {
        return Err(spent(to).into());
    }
    let sheet = secret().map_err(Fault::from)?;
    Ok(page::login(&link.token, to, &sheet).into_response())
}

/// `POST /login`: trades the link for a session, once. Whoever has a session already needs no other, and keeps the link.
pub(crate) async fn enter(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Form(link): Form<LoginDto>,
) -> Result<Response, PageFault> {
    require_same_origin(&headers)?;
    let to = local(&link.to);
    if Session::of(&desk, &headers).await.is_ok() {
        return Ok(Redirect::to(to).into_response());
    }
    let token = token_of(&link.token);
    let opened = Session::open(&desk, token, &link.sheet).await;
    let Some(cookie) = opened.map_err(Fault::from)? else {
        let hash = ContentHash::of(token.as_bytes());
        tracing::info!(token_hash = hash.short(8), "a login was refused");
        return Err(spent(to).into());
    };
    tracing::info!("a person logged in");
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(to)).into_response())
}

/// `POST /logout`
pub(crate) async fn leave(State(desk): State<Desk>, act: Act) -> Result<Response, PageFault> {
    let cookie = act.session.close(&desk).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), page::left()).into_response())
}

async fn is_valid(desk: &Desk, token: &str) -> Result<bool, StoreError> {
    let now = desk.engine().clock().now();
    let hash = ContentHash::of(token.as_bytes());
    let record = desk.engine().store().token(&hash).await?;
    Ok(record.is_some_and(|record| record.opens(TokenKind::Login, now)))
}

fn spent(to: &str) -> Fault {
    let fault = Fault::stranger(
        "this link is not valid: it was used already, is older than 15 minutes, or belongs to another desk",
        "this command prints a new one, in the folder of the desk or with -C FOLDER",
    );
    fault.login(to)
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
