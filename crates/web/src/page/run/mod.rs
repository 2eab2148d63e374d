//! The page of a run: the draft, what bears it, and what the author can do.

mod asked;
mod bar;
mod choices;
mod custom;
mod drafts;
mod ended;
mod guard;
mod letter;
mod load;
mod reading;
mod replay;
mod replies;
mod stages;
mod status;
mod stories;

use copydesk_domain::{IssueState, RunId};
use copydesk_publish::{article_html, preview_html};
use copydesk_store::StoreError;
use maud::{Markup, PreEscaped, html};

use super::layout::{Frame, frame};
use crate::fault::Fault;
use crate::login::Session;
use crate::options::Desk;
use crate::serve::run_path;
pub(crate) use asked::Asked;
pub(super) use guard::inert;
pub(super) use load::Pick;
use load::RunPage;

/// `asked`: what a form that was just sent still wants.
pub(super) async fn run(
    desk: &Desk,
    session: &Session,
    id: &RunId,
    draft: Pick<'_>,
    asked: Option<Asked>,
) -> Result<Markup, Fault> {
    let record = desk.engine().store().run(id).await?;
    let record = record.ok_or_else(|| StoreError::RunUnknown { run: id.clone() })?;
    if record.parent.is_some() {
        return replay::replay(desk, session, &record).await;
    }
    let replays = desk.engine().replays_of(&record).await?;
    let page = RunPage {
        asked,
        ..RunPage::load(desk.engine(), id, draft).await?
    };
    let preview = page
        .writing
        .as_ref()
        .map(|writing| preview_html(&writing.rendering(), &writing.quotes));
    let title = format!("{} · {}", page.view.pipeline, page.view.run);
    let is_out = page.view.issue == IssueState::Published;
    let frame_of = Frame::of(&title, session)
        .refreshed(status::refresh_s(&page))
        .with_text_in("text");
    Ok(frame(
        &frame_of,
        &html! {
            (status::status(&page, session))
            (status::in_writing(&desk.engine().progress().look(id)))
            // Once the issue is out, what readers wrote is what the author comes for.
            @if is_out { (replies::replies(&page, session)) }
            (drafts::drafts(&page))
            div #text tabindex="-1" {
                @match &preview {
                    Some(Ok(fragment)) => (PreEscaped(fragment)),
                    Some(Err(error)) => p.card { "The draft cannot be shown: " (error) },
                    None if !page.custom.is_empty() => {},
                    None if page.view.state.is_final() => p.lead.soft { "There is nothing to read." },
                    None => p.lead.soft { "There is nothing to read yet." },
                }
                (custom::custom(&page))
            }
            @if let Some(writing) = &page.writing {
                (guard::wishes(writing))
                (guard::left_out(writing))
                (guard::suggestions(writing))
                (guard::voice(writing))
                (guard::ratings(writing))
                (stories::stories(&page, writing, session))
                (reading::reading(writing))
            }
            @if !is_out { (replies::replies(&page, session)) }
            (stages::stages(&page))
            (replay::list(&replays, id))
            (bar::bar(&page, session))
        },
    ))
}

pub(super) async fn issue(
    desk: &Desk,
    session: &Session,
    id: &RunId,
    draft: Option<&str>,
) -> Result<Markup, Fault> {
    let page = RunPage::load(desk.engine(), id, Pick::Label(draft)).await?;
    let nothing = || {
        let status = axum::http::StatusCode::NOT_FOUND;
        Fault::new(
            status,
            "CD009",
            "there is no issue yet",
            "its page shows how far it is",
        )
        .back(run_path(id))
    };
    let writing = page.writing.as_ref().ok_or_else(nothing)?;
    let article = article_html(&writing.rendering());
    Ok(frame(
        &Frame::of("As readers get it", session),
        &html! {
            div.preview.reader {
                p.hint { a href=(run_path(id)) { "Back to the desk" } }
                @match &article {
                    Ok(fragment) => (PreEscaped(fragment)),
                    Err(error) => p { "The issue cannot be shown: " (error) },
                }
            }
        },
    ))
}
