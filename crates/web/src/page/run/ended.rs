//! What became of an issue that nothing was decided on, or that did not go out, before its run ended.

use copydesk_domain::{IssueState, RunState, StageState};
use copydesk_store::OutboxState;
use maud::{Markup, html};

use super::load::RunPage;
use crate::page::words;

/// The headline of a run that has ended; none where its issue says enough: it is published, was turned down, expired,
/// or nobody can tell.
pub(super) fn headline(page: &RunPage) -> Option<&'static str> {
    let view = &page.view;
    if !view.state.is_final() {
        return None;
    }
    if !page.makes_issue() {
        return Some(match view.state {
            RunState::Completed => "Done.",
            RunState::Failed => "It failed.",
            RunState::Cancelled => "Cancelled.",
            _ => "Replaced by a newer one.",
        });
    }
    let is_on_its_way = page.outbox.iter().any(|row| match row.state {
        OutboxState::Intended | OutboxState::Delivered | OutboxState::Unknown => true,
        OutboxState::Refused | OutboxState::Absent => false,
    });
    words_of(view.state, view.issue, is_on_its_way)
}

/// The same in words. `is_on_its_way`: a channel took it, or was asked to. Pure.
fn words_of(run: RunState, issue: IssueState, is_on_its_way: bool) -> Option<&'static str> {
    let words = match (run, issue) {
        (_, IssueState::Published | IssueState::Rejected | IssueState::Expired | IssueState::Unknown) => {
            return None;
        }
        (RunState::Cancelled, IssueState::None) => "Cancelled before there was a draft.",
        (RunState::Cancelled, IssueState::Drafted) => "Cancelled while it was being written.",
        (RunState::Cancelled, IssueState::Reviewed) => "Cancelled before you decided. It stays unpublished.",
        (RunState::Cancelled, IssueState::Approved) if is_on_its_way => {
            "Approved, then cancelled while it was going out."
        }
        (RunState::Cancelled, IssueState::Approved) => "Approved, then cancelled. It stays unpublished.",
        (RunState::Superseded, _) => "Replaced by a newer one. It stays unpublished.",
        (RunState::Failed, IssueState::Approved) => "Approved, but not every channel took it.",
        (RunState::Failed, _) => "It failed. Nothing is published.",
        (_, IssueState::None | IssueState::Drafted) => "Done without an issue.",
        (_, _) => "Done. It stays unpublished.",
    };
    Some(words)
}

/// Why there is no issue, and how the run can go on all the same.
pub(super) fn why(page: &RunPage) -> Markup {
    let view = &page.view;
    if headline(page).is_none() {
        return Markup::default();
    }
    // What a failed run failed by is said already; a stage that never started has no reason of its own.
    let left_out = view.stages.iter().filter(|stage| {
        view.state == RunState::Completed && stage.state == StageState::Skipped && stage.attempts > 0
    });
    let goes_on = match (view.state, view.issue) {
        _ if view.pruned_at.is_some() => None,
        (RunState::Failed, IssueState::Approved) => Some("hands it to the channels again"),
        (RunState::Cancelled, IssueState::Approved) => Some("lets it go out after all"),
        (RunState::Failed | RunState::Cancelled, _) => Some("lets it go on from where it stopped"),
        _ => None,
    };
    html! {
        @for stage in left_out {
            @if let Some(reason) = &stage.reason { p.soft { (stage.stage) " was skipped: " (reason) } }
        }
        @if let Some(goes_on) = goes_on { p.soft { code { "copydesk retry " (view.run) } " " (goes_on) "." } }
        @if view.state == RunState::Completed { p.soft { code { "copydesk run " (view.pipeline) " --new" } " starts another." } }
    }
}

/// The mark beside the run's name.
pub(super) fn mark(page: &RunPage) -> Markup {
    let (state, issue) = (page.view.state, page.view.issue);
    html! {
        @if page.makes_issue() { span.mark.(words::issue_tone_of(state, issue)) { (words::issue_of(state, issue)) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_run_never_says_that_something_is_still_to_come() {
        let ends = RunState::ALL.iter().copied().filter(|state| state.is_final());
        for run in ends {
            for issue in IssueState::ALL.iter().copied() {
                let told = words_of(run, issue, false);
                let is_told_by_issue = matches!(
                    issue,
                    IssueState::Published | IssueState::Rejected | IssueState::Expired | IssueState::Unknown
                );
                assert_eq!(told.is_none(), is_told_by_issue, "{run} {issue}");
                let mark = words::issue_of(run, issue);
                assert!(
                    !mark.contains("wait") && !mark.contains("being"),
                    "{run} {issue}: {mark}"
                );
            }
        }
    }
}
