//! States, times and spans of time in the author's words. Pure.

use copydesk_domain::artifact::ReplyKind;
use copydesk_domain::{Instant, IssueState, RunState, StageState, WaitingFor};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

/// A fragment as a sentence: capital and full stop.
pub(super) fn sentence(fragment: &str) -> String {
    let mut characters = fragment.trim().chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    // A word in backticks is a command and keeps its letters.
    let mut text: String = first.to_uppercase().collect();
    text.push_str(characters.as_str());
    if !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    text
}

/// `Thu 20 Aug, 14:05 CEST`
pub(super) fn minute(at: Instant, zone: &TimeZone) -> String {
    at.timestamp()
        .to_zoned(zone.clone())
        .strftime("%a %-d %b, %H:%M %Z")
        .to_string()
}

/// `14:05:09 CEST`
pub(super) fn clock(at: Instant, zone: &TimeZone) -> String {
    at.timestamp()
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S %Z")
        .to_string()
}

/// `9 s`, `3 min 12 s`, `5 h 20 min`, `2 days`. Never negative.
pub(super) fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// `1 claim`, `3 claims`
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    copydesk_domain::counted(number, one, many)
}

/// `1 wants you`, `3 want you`
pub(super) fn wanting(number: usize) -> String {
    count(number, "wants you", "want you")
}

pub(super) const fn waiting(waiting: WaitingFor) -> &'static str {
    match waiting {
        WaitingFor::Approval => "your decision",
        WaitingFor::Budget => "more budget",
        WaitingFor::Model => "a model that answers",
        WaitingFor::PublishUnknown => "your look at a channel that cannot tell whether it took the issue",
        WaitingFor::ToolTrust => "your trust in a tool that changed",
        WaitingFor::Answers => "your decision on drafted answers",
    }
}

const fn issue(issue: IssueState) -> &'static str {
    match issue {
        IssueState::None => "no draft yet",
        IssueState::Drafted => "being written",
        IssueState::Reviewed => "waits for you",
        IssueState::Approved => "approved",
        IssueState::Published => "published",
        IssueState::Rejected => "rejected",
        IssueState::Expired => "expired",
        IssueState::Unknown => "outcome unknown",
    }
}

/// How far the issue of a run is: one that nobody decided on, or that did not go out, waits no more once its run has
/// ended.
pub(super) const fn issue_of(run: RunState, issue: IssueState) -> &'static str {
    match (run.is_final(), issue) {
        (true, IssueState::None) => "no draft",
        (true, IssueState::Drafted) => "left unfinished",
        (true, IssueState::Reviewed) => "left undecided",
        (true, IssueState::Approved) => "approved, not published",
        (_, issue) => self::issue(issue),
    }
}

/// Class of such a state in the style sheet.
pub(super) const fn issue_tone_of(run: RunState, issue: IssueState) -> &'static str {
    match (run.is_final(), issue) {
        (true, IssueState::None | IssueState::Drafted | IssueState::Reviewed) => "calm",
        (true, IssueState::Approved) => "bad",
        (_, issue) => issue_tone(issue),
    }
}

const fn issue_tone(issue: IssueState) -> &'static str {
    match issue {
        IssueState::Approved | IssueState::Published => "good",
        IssueState::Reviewed => "ask",
        IssueState::Rejected | IssueState::Expired | IssueState::Unknown => "bad",
        IssueState::None | IssueState::Drafted => "calm",
    }
}

pub(super) const fn run(state: RunState) -> &'static str {
    match state {
        RunState::Queued => "about to start",
        RunState::Running => "under way",
        RunState::Waiting => "waiting",
        RunState::Completed => "done",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
        RunState::Superseded => "replaced by a newer one",
    }
}

/// Class of a state in the style sheet.
pub(super) const fn run_tone(state: RunState) -> &'static str {
    match state {
        RunState::Completed => "good",
        RunState::Queued | RunState::Running | RunState::Waiting => "ask",
        RunState::Failed | RunState::Cancelled => "bad",
        RunState::Superseded => "calm",
    }
}

/// Class of a state in the style sheet.
pub(super) const fn stage_tone(state: StageState) -> &'static str {
    match state {
        StageState::Completed => "good",
        StageState::Running | StageState::Waiting => "ask",
        StageState::Failed | StageState::Cancelled => "bad",
        StageState::Pending | StageState::Skipped => "calm",
    }
}

pub(super) const fn reply(kind: ReplyKind) -> &'static str {
    match kind {
        ReplyKind::Question => "question",
        ReplyKind::Correction => "correction",
        ReplyKind::Answer => "answer to your question",
        ReplyKind::Praise => "praise",
        ReplyKind::Pitch => "pitch or spam",
        ReplyKind::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        let seconds = SignedDuration::from_secs;
        assert_eq!(span(seconds(9)), "9 s");
        assert_eq!(span(seconds(192)), "3 min 12 s");
        assert_eq!(span(seconds(19_200)), "5 h 20 min");
        assert_eq!(span(seconds(200_000)), "2 days");
        assert_eq!(span(seconds(-5)), "0 s");
    }

    #[test]
    fn fragments_become_sentences() {
        assert_eq!(sentence("there is no run x"), "There is no run x.");
        assert_eq!(sentence(""), "");
    }
}
