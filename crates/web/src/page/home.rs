//! The first page.

use copydesk_store::RunRecord;
use maud::{Markup, html};

use super::layout::{Frame, frame, zone};
use super::words;
use crate::fault::Fault;
use crate::login::Session;
use crate::options::Desk;
use crate::serve::run_path;

/// Newest runs shown.
const RUNS_MAX: u32 = 30;

pub(super) async fn home(desk: &Desk, session: &Session) -> Result<Markup, Fault> {
    let store = desk.engine().store();
    let open = store.open_runs().await?;
    let waiting: Vec<&RunRecord> = open.iter().filter(|run| !run.waiting_for.is_empty()).collect();
    let runs = store.runs(None, RUNS_MAX).await?;
    let mut lines = Vec::new();
    for run in &runs {
        let zone = zone(desk.engine(), run).await;
        lines.push((run, words::minute(run.created_at, &zone)));
    }
    Ok(frame(
        &Frame::of("Desk", session),
        &html! {
            h1 { "Your desk" }
            @if waiting.is_empty() { p.lead.soft { "Nothing waits for you." } }
            @for run in waiting.iter().rev() { (wanting(run)) }
            h2 { "Runs" }
            @if lines.is_empty() { p.soft { "None yet. " code { "copydesk run daily" } " starts one." } }
            ul.runs {
                @for (run, at) in &lines {
                    li {
                        a href=(run_path(&run.id)) { (run.id) }
                        span.mark.(words::issue_tone(run.issue)) { (words::issue(run.issue)) }
                        span.soft { (at) " · " (words::run(run.state)) }
                        @if let Some(reason) = &run.reason { span.soft.wide { (reason) } }
                    }
                }
            }
        },
    ))
}

fn wanting(run: &RunRecord) -> Markup {
    html! {
        a.card.wanting href=(run_path(&run.id)) {
            strong { (run.pipeline) }
            span { "Waits for " (run.waiting_for.iter().map(|reason| words::waiting(*reason)).collect::<Vec<_>>().join(", ")) "." }
            span.soft { (run.id) }
        }
    }
}
