//! How far the issue is, in one card.

use copydesk_domain::{Decision, Instant, IssueState, RunState, StageName, StageState, Verdict, WaitingFor};
use copydesk_engine::gates::Waiting;
use copydesk_journal::InWriting;
use copydesk_store::{DecisionRecord, OutboxRecord, OutboxState, Subject};
use maud::{Markup, html};

use super::bar::hidden;
use super::load::{RunPage, Writing};
use super::{choices, ended};
use crate::login::Session;
use crate::page::words;
use crate::serve::run_path;

/// A page that loads itself again gives its reader at least this many seconds.
const REFRESH_S: i64 = 10;
/// While a longer hold runs, there is time to read and to recall.
const HOLD_REFRESH_S: i64 = 30;

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
    let is_held = page.view.issue == IssueState::Approved && !page.view.state.is_final();
    (is_held && end > page.now).then_some(end)
}

/// Seconds after which the page loads itself again: only while something moves and the author is asked nothing.
pub(super) fn refresh_s(page: &RunPage) -> Option<i64> {
    if !is_moving(page) || asks_the_author(page) {
        return None;
    }
    let Some(end) = hold_end(page) else {
        return Some(REFRESH_S);
    };
    let left = end.since(page.now).as_secs() + 1;
    Some(if left <= HOLD_REFRESH_S {
        left.max(REFRESH_S)
    } else {
        HOLD_REFRESH_S
    })
}

/// Whether the run does something, or is about to.
fn is_moving(page: &RunPage) -> bool {
    let view = &page.view;
    let is_stage_running = view.stages.iter().any(|stage| stage.state == StageState::Running);
    let is_run_moving = matches!(view.state, RunState::Queued | RunState::Running);
    let is_going_out = view.issue == IssueState::Approved && !page.is_refused;
    !view.state.is_final() && (is_stage_running || is_run_moving || is_going_out)
}

/// Whether there is something on the page that somebody may be about to fill in or to press.
fn asks_the_author(page: &RunPage) -> bool {
    matches!(page.view.issue, IssueState::Reviewed | IssueState::Unknown)
        || !page.waiting.is_empty()
        || page.has_open_answers()
        || page.choices.is_some()
        || page.asked.is_some()
}

pub(super) fn status(page: &RunPage, session: &Session) -> Markup {
    let view = &page.view;
    html! {
        section.card.status {
            p.eyebrow {
                (view.pipeline) " · " (view.run) " "
                (ended::mark(page))
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
            (ended::why(page))
            (choices::choices(page, session))
            @if is_moving(page) && refresh_s(page).is_none() {
                p.soft { a href=(run_path(&view.run)) { "Look again" } " to see how far it is." }
            }
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
    pub(super) fn makes_issue(&self) -> bool {
        self.view
            .stages
            .iter()
            .any(|stage| stage.stage.as_str() == StageName::REVIEW)
    }
}

fn stage_waits(page: &RunPage, waiting: &Waiting, stage: &StageName) -> Markup {
    html! {
        h1.lead { a href={ "#made-" (stage) } { (stage) } " is ready for you." }
        @if let Some(end) = waiting.expires_at {
            p.soft { "It can be approved until " (words::minute(end, &page.zone)) ". Silence approves nothing." }
        }
    }
}

fn headline(page: &RunPage, session: &Session) -> Markup {
    if let Some(words) = ended::headline(page) {
        return html! { h1.lead { (words) } (receipts(page)) };
    }
    html! {
        @match page.view.issue {
            IssueState::None | IssueState::Drafted => h1.lead { "In the works." },
            IssueState::Reviewed => {
                h1.lead { "Ready for you." }
                @if let Some(end) = page.view.approval.expires_at {
                    p.soft { "It can be approved until " (words::minute(end, &page.zone)) ". Silence publishes nothing." }
                }
            },
            IssueState::Approved => (approved(page, session)),
            IssueState::Published => { h1.lead { "Published." } (receipts(page)) },
            IssueState::Rejected => { h1.lead { "You rejected it." } (said(page)) },
            IssueState::Expired => h1.lead { "Nobody decided in time. It stays unpublished." },
            IssueState::Unknown => (unknown(page, session)),
        }
    }
}

fn unknown(page: &RunPage, session: &Session) -> Markup {
    let doubts = page.outbox.iter().filter(|row| row.state == OutboxState::Unknown);
    html! {
        h1.lead { "A channel cannot tell whether it took the issue." }
        (receipts(page))
        // Nothing is handed over any more once the run has ended, so the answer would change nothing.
        @if !page.view.state.is_final() { @for row in doubts { (doubt(page, session, row)) } }
    }
}

fn approved(page: &RunPage, session: &Session) -> Markup {
    let hash = page.writing.as_ref().map(|writing| writing.current);
    html! {
        @match (hold_end(page), hash) {
            (Some(end), Some(hash)) => {
                h1.lead {
                    "Approved. It goes out in " strong { (words::span(end.since(page.now))) }
                    ", at " (words::clock(end, &page.zone)) "."
                }
                form method="post" action={ (run_path(&page.view.run)) "/recall" } {
                    (hidden(session, Some(&hash)))
                    button type="submit" { "Recall" }
                }
            },
            (None, Some(hash)) if page.is_refused => {
                h1.lead { "Approved, and a channel refused it." }
                p.soft {
                    "Mend what it says, then " code { "copydesk retry " (page.view.run) } " hands it over again."
                }
                form method="post" action={ (run_path(&page.view.run)) "/recall" } {
                    (hidden(session, Some(&hash)))
                    button type="submit" { "Recall" }
                }
            },
            _ => h1.lead { "Approved. It is going out." },
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
            li.ask[of(Verdict::Unsettled) > 0] {
                @if page.view.state.is_final() { (of(Verdict::Unsettled)) " unsettled" }
                @else { (words::wanting(of(Verdict::Unsettled))) }
            }
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
