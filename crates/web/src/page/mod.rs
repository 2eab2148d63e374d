//! The pages.

mod home;
mod layout;
mod run;
mod spend;
mod words;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use copydesk_domain::{ContentHash, RunId};
use maud::{Markup, html};
use serde::Deserialize;

use crate::fault::{Fault, PageFault};
use crate::gate::{Path, Query};
use crate::login::Session;
use crate::options::Desk;
use layout::{Frame, frame};
pub(crate) use run::Asked;
use run::Pick;

/// Which of several drafts is shown, by its label; the one that stands first where none is named.
#[derive(Deserialize)]
pub(crate) struct ShownDto {
    #[serde(default)]
    draft: Option<String>,
}

/// `GET /`: what waits, and the newest runs.
pub(crate) async fn home(State(desk): State<Desk>, session: Session) -> Result<Markup, PageFault> {
    Ok(home::home(&desk, &session).await?)
}

/// `GET /runs/RUN`: the page.
pub(crate) async fn run(
    State(desk): State<Desk>,
    session: Session,
    Path(run): Path<String>,
    Query(shown): Query<ShownDto>,
) -> Result<Markup, PageFault> {
    let draft = Pick::Label(shown.draft.as_deref());
    Ok(run::run(&desk, &session, &RunId::new(run), draft, None).await?)
}

/// The page of a run once more, with what a form still wants.
pub(crate) async fn asked(
    desk: &Desk,
    session: &Session,
    run: &RunId,
    hash: ContentHash,
    asked: Asked,
) -> Result<Response, Fault> {
    let shown = run::run(desk, session, run, Pick::Issue(hash), Some(asked)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
}

/// `GET /runs/RUN/issue`: the issue as readers get it, alone.
pub(crate) async fn issue(
    State(desk): State<Desk>,
    session: Session,
    Path(run): Path<String>,
    Query(shown): Query<ShownDto>,
) -> Result<Markup, PageFault> {
    Ok(run::issue(&desk, &session, &RunId::new(run), shown.draft.as_deref()).await?)
}

/// `GET /spend`: what was spent, and what is left.
pub(crate) async fn spend(State(desk): State<Desk>, session: Session) -> Result<Markup, PageFault> {
    Ok(spend::spend(&desk, &session).await?)
}

/// `GET /style.css`
pub(crate) async fn style() -> Response {
    let styles = [include_str!("style.css"), copydesk_publish::PREVIEW_CSS].concat();
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "max-age=60"),
        ],
        styles,
    )
        .into_response()
}

/// `GET /icon.svg`
pub(crate) async fn icon() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "max-age=86400"),
    ];
    (headers, include_str!("icon.svg")).into_response()
}

/// The page behind a one-time link: a button, so that only a person takes the link.
pub(crate) fn login(token: &str, to: &str, sheet: &str) -> Markup {
    frame(
        &Frame::bare("Log in"),
        &html! {
            div.card.narrow {
                h1 { "Welcome to your desk" }
                p { "This link works once. It opens the desk in this browser for a week." }
                form method="post" action="/login" {
                    input type="hidden" name="token" value=(token);
                    input type="hidden" name="to" value=(to);
                    input type="hidden" name="sheet" value=(sheet);
                    button.primary type="submit" { "Open the desk" }
                }
            }
        },
    )
}

/// After logging out.
pub(crate) fn left() -> Markup {
    frame(
        &Frame::bare("Logged out"),
        &html! {
            div.card.narrow {
                h1 { "Logged out" }
                p { code { "copydesk login" } " prints a new link." }
            }
        },
    )
}

/// How a person gets in, and on to where they wanted to go.
fn way_in(to: &str) -> Markup {
    let command = match to {
        "/" => "copydesk login".to_owned(),
        to => format!("copydesk login --to '{to}'"),
    };
    html! {
        p { code { (command) } }
        form method="post" action="/login" {
            input type="hidden" name="to" value=(to);
            label for="token" { "Or paste the link that it prints:" }
            input id="token" name="token" required autocomplete="off" spellcheck="false";
            button type="submit" { "Log in" }
        }
    }
}

/// What went wrong, and what to do.
pub(crate) fn fault(fault: &Fault) -> Markup {
    let title = match fault.status.as_u16() {
        401 => "Not logged in",
        403 => "Refused",
        404 => "Not found",
        405 => "Nothing to see here",
        408 => "Not in time",
        409 => "Not as you saw it",
        413 => "Too long",
        _ => "That did not work",
    };
    frame(
        &Frame::bare(title),
        &html! {
            div.card.narrow {
                h1 { (title) }
                p { (words::sentence(&fault.error)) }
                p.soft { (words::sentence(&fault.hint)) }
                @if let Some(to) = &fault.login { (way_in(to)) }
                p.soft.small { (fault.code) }
                @if let Some(back) = &fault.back { p { a.button href=(back) { "Look at it again" } } }
            }
        },
    )
}
