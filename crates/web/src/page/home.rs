//! The first page.

use copydesk_domain::{IssueState, RunState, Untrusted};
use copydesk_store::RunRecord;
use maud::{Markup, html};

use super::layout::{Frame, frame, zone};
use super::run::inert;
use super::spend;
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
        let title = desk.engine().title(&run.id).await?;
        lines.push((run, title, words::minute(run.created_at, &zone)));
    }
    let mut wanted = Vec::new();
    for run in waiting.into_iter().rev() {
        wanted.push((run, desk.engine().title(&run.id).await?));
    }
    let spent = spend::line(desk.engine()).await?;
    Ok(frame(
        &Frame::of("Desk", session),
        &html! {
            h1 { "Your desk" }
            @if wanted.is_empty() { p.lead.soft { "Nothing waits for you." } }
            @for (run, title) in &wanted { (wanting(run, title.as_ref())) }
            (spent)
            h2 { "Runs" }
            @if lines.is_empty() { p.soft { "None yet. " code { "copydesk run daily" } " starts one." } }
            ul.runs {
                @for (run, title, at) in &lines {
                    li {
                        a.of href=(run_path(&run.id)) { (name(run, title.as_ref())) }
                        @if run.issue != IssueState::None {
                            span.mark.(words::issue_tone_of(run.state, run.issue)) { (words::issue_of(run.state, run.issue)) }
                        }
                        @if let Some(parent) = &run.parent { span.mark.calm { "replay of " (parent) } }
                        span.soft { (at) " · " (standing(run)) }
                        @if title.is_some() { span.soft { (run.id) } }
                        @if let Some(reason) = &run.reason { span.soft.wide { (reason) } }
                    }
                }
            }
        },
    ))
}

/// The issue's title, or the run's id before there is one.
fn name(run: &RunRecord, title: Option<&Untrusted<String>>) -> Markup {
    html! {
        @match title {
            Some(title) => bdi { (inert(title)) },
            None => (run.id),
        }
    }
}

/// How far a run is, or what it waits for.
fn standing(run: &RunRecord) -> String {
    if !run.waiting_for.is_empty() {
        return format!("waits for {}", waits_for(run));
    }
    let words = match (run.state, run.issue) {
        (RunState::Waiting, IssueState::Approved) if run.reason.is_some() => {
            "goes on later; something failed"
        }
        (RunState::Waiting, IssueState::Approved) => "waits for the end of the hold",
        (RunState::Waiting, IssueState::Published) => "waits for letters of readers",
        (state, _) => words::run(state),
    };
    words.to_owned()
}

fn waits_for(run: &RunRecord) -> String {
    let reasons: Vec<&str> = run
        .waiting_for
        .iter()
        .map(|reason| words::waiting(*reason))
        .collect();
    reasons.join(", ")
}

fn wanting(run: &RunRecord, title: Option<&Untrusted<String>>) -> Markup {
    html! {
        a.card.wanting href=(run_path(&run.id)) {
            strong.wide { (name(run, title)) }
            span { "Waits for " (waits_for(run)) "." }
            span.soft { (run.pipeline) " · " (run.id) }
        }
    }
}
