//! How far the issue is, in one card.

use copydesk_domain::{Decision, Instant, IssueState, RunState, StageName, StageState, Verdict, WaitingFor};
use copydesk_engine::gates::Waiting;
use copydesk_journal::InWriting;
use copydesk_store::{DecisionRecord, OutboxRecord, OutboxState, Subject};
use maud::{Markup, html};

use super::bar::hidden;
use super::choices;
use super::load::{RunPage, Writing};
use crate::login::Session;
use crate::page::words;
use crate::serve::run_path;

/// While a hold of at most this many seconds runs, the page looks often.
const SHORT_HOLD_S: i64 = 60;

/// The newest decision on the issue.
fn newest(page: &RunPage) -> Option<&DecisionRecord> {
    page.decisions
        .iter()
        .rev()
        .find(|record| record.subject == Subject::Issue)
}

/// When the hold ends, while it runs.
fn hold_end(page: &RunPage) -> Option<Instant> {
    let approved = newest(page).filter(|record| record.decision == Decision::Approved)?;
    let end = approved.effective_at?;
    (page.view.issue == IssueState::Approved && end > page.now).then_some(end)
}

/// Seconds after which the page loads itself again: only while something moves and the author types nothing.
pub(super) fn refresh_s(page: &RunPage) -> Option<i64> {
    if page.view.issue == IssueState::Reviewed || !page.waiting.is_empty() || page.has_open_answers() {
        return None;
    }
    if let Some(end) = hold_end(page) {
        let left = end.since(page.now).as_secs();
        return Some(if left <= SHORT_HOLD_S { 2 } else { 15 });
    }
    let is_stage_running = page
        .view
        .stages
        .iter()
        .any(|stage| stage.state == StageState::Running);
    let is_moving = matches!(page.view.state, RunState::Queued | RunState::Running);
    let is_going_out = page.view.issue == IssueState::Approved && !page.view.state.is_final();
    (is_stage_running || is_moving || is_going_out).then_some(2)
}

pub(super) fn status(page: &RunPage, session: &Session) -> Markup {
    let view = &page.view;
    html! {
        section.card.status {
            p.eyebrow {
                (view.pipeline) " · " (view.run) " "
                @if page.makes_issue() { span.mark.(words::issue_tone(view.issue)) { (words::issue(view.issue)) } }
            }
            @match page.stage_gate() {
                Some((waiting, stage)) => (stage_waits(page, waiting, stage)),
                None => (headline(page, session)),
            }
            // That the issue waits is said above already.
            @for reason in view.waiting_for.iter().filter(|reason| **reason != WaitingFor::Approval) {
                p {
                    "Waits for "
                    @if *reason == WaitingFor::Answers { a href="#replies" { (words::waiting(*reason)) } }
                    @else { (words::waiting(*reason)) }
                    "."
                }
            }
            @if let Some(reason) = &view.reason { p.soft { (words::sentence(reason)) } }
            (choices::choices(page, session))
            @if let Some(writing) = &page.writing { (counts(page, writing)) }
        }
    }
}

/// What models write just now; nothing where none does.
pub(super) fn in_writing(now: &[InWriting]) -> Markup {
    html! {
        @for writing in now {
            p.soft.writing {
                (writing.model) " writes " (writing.stage) " " (writing.key) ": about " (writing.tokens) " tokens so far."
            }
        }
    }
}

impl RunPage {
    /// Whether the run's pipeline makes an issue; one of custom stages alone does not.
    fn makes_issue(&self) -> bool {
        self.view
            .stages
            .iter()
            .any(|stage| stage.stage.as_str() == StageName::REVIEW)
    }
}

fn stage_waits(page: &RunPage, waiting: &Waiting, stage: &StageName) -> Markup {
    html! {
        p.lead { a href={ "#made-" (stage) } { (stage) } " is ready for you." }
        @if let Some(end) = waiting.expires_at {
            p.soft { "It can be approved until " (words::minute(end, &page.zone)) ". Silence approves nothing." }
        }
    }
}

fn headline(page: &RunPage, session: &Session) -> Markup {
    html! {
        @match page.view.issue {
            IssueState::None if page.view.state.is_final() && !page.makes_issue() => {
                p.lead { (words::sentence(words::run(page.view.state))) }
            },
            IssueState::None | IssueState::Drafted => p.lead { "In the works." },
            IssueState::Reviewed => {
                p.lead { "Ready for you." }
                @if let Some(end) = page.view.approval.expires_at {
                    p.soft { "It can be approved until " (words::minute(end, &page.zone)) ". Silence publishes nothing." }
                }
            },
            IssueState::Approved => (approved(page, session)),
            IssueState::Published => { p.lead { "Published." } (receipts(page)) },
            IssueState::Rejected => { p.lead { "You rejected it." } (said(page)) },
            IssueState::Expired => p.lead { "Nobody decided in time. It stays unpublished." },
            IssueState::Unknown => {
                p.lead { "A channel cannot tell whether it took the issue." }
                (receipts(page))
                @for row in page.outbox.iter().filter(|row| row.state == OutboxState::Unknown) {
                    (doubt(page, session, row))
                }
            },
        }
    }
}

fn approved(page: &RunPage, session: &Session) -> Markup {
    let hash = page.writing.as_ref().map(|writing| writing.current);
    html! {
        @match (hold_end(page), hash) {
            (Some(end), Some(hash)) => {
                p.lead {
                    "Approved. It goes out in " strong { (words::span(end.since(page.now))) }
                    ", at " (words::clock(end, &page.zone)) "."
                }
                form method="post" action={ (run_path(&page.view.run)) "/recall" } {
                    (hidden(session, Some(&hash)))
                    button type="submit" { "Recall" }
                }
            },
            _ => p.lead { "Approved. It is going out." },
        }
        (receipts(page))
    }
}

/// The note or reason of the newest decision.
fn said(page: &RunPage) -> Markup {
    html! {
        @if let Some(reason) = newest(page).and_then(|record| record.reason.as_deref()) {
            p.soft { "You said: " (reason) }
        }
    }
}

fn receipts(page: &RunPage) -> Markup {
    html! {
        @if !page.outbox.is_empty() { ul.receipts { @for row in &page.outbox { li { (receipt(page, row)) } } } }
    }
}

fn receipt(page: &RunPage, row: &OutboxRecord) -> Markup {
    html! {
        strong { (row.channel) } ": "
        @match row.state {
            OutboxState::Intended => "on its way",
            OutboxState::Delivered => "taken",
            OutboxState::Unknown => "nobody can tell whether it was taken",
            OutboxState::Refused => "refused",
            OutboxState::Absent => "not there, and handed over again",
        }
        @if let Some(at) = row.delivered_at { " at " (words::clock(at, &page.zone)) }
        @if let Some(location) = &row.location {
            ", open "
            @if location.starts_with("http://") || location.starts_with("https://") {
                a href=(location) rel="noopener" { (location) }
            } @else { code { (location) } " in a browser" }
        }
        @if let Some(error) = &row.error { ". " (words::sentence(error)) }
        @if let Some(reason) = &row.author_reason { ", by your word: " (reason) }
        " " span.soft.small { "receipt " (row.hash.short(12)) }
    }
}

/// What the author saw there is asked with its reason; nothing is handed over again before that.
fn doubt(page: &RunPage, session: &Session, row: &OutboxRecord) -> Markup {
    html! {
        form method="post" action={ (run_path(&page.view.run)) "/channel" } {
            (hidden(session, None))
            input type="hidden" name="channel" value=(row.channel);
            label {
                "Look at " strong { (row.channel) } ". How do you know? "
                input name="reason" maxlength="1000" required;
            }
            button type="submit" name="saw" value="there" { "It is out" }
            button type="submit" name="saw" value="absent" { "It is not out: hand it over again" }
        }
    }
}

fn counts(page: &RunPage, writing: &Writing) -> Markup {
    let claims = writing.review.verdicts.len();
    let of = |verdict| writing.verdicts(verdict).len();
    html! {
        ul.counts {
            li { (words::count(claims, "claim", "claims")) }
            li.good { (of(Verdict::Supported)) " in source" }
            li.ask[of(Verdict::Unsettled) > 0] { (words::wanting(of(Verdict::Unsettled))) }
            li.bad[of(Verdict::Blocked) > 0] { a href="#left-out" { (of(Verdict::Blocked)) " left out" } }
            li { (words::count(writing.brief.sources.len(), "text read", "texts read")) }
            li { a href="#unread" { (writing.brief.missing.len()) " could not be read" } }
            li { (page.view.spend_microusd) }
            li {
                @let draft = writing.label.as_ref().map(|label| format!("?draft={label}")).unwrap_or_default();
                a href={ (run_path(&page.view.run)) "/issue" (draft) } { "as readers get it" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_sees_how_much_a_model_has_written() {
        let now = InWriting {
            stage: "draft".into(),
            key: "write_section/<lead>".to_owned(),
            model: "far".into(),
            tokens: 42,
        };
        let shown = in_writing(&[now]).into_string();
        let words = "far writes draft write_section/&lt;lead&gt;: about 42 tokens so far.";
        assert!(shown.contains(words), "{shown}");
        assert_eq!(in_writing(&[]).into_string(), "");
    }
}
