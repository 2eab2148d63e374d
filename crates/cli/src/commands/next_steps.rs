//! What a person can do next about a run, beside what it waits for in general: as lines with whole commands.

use std::fmt::Write as _;

use copydesk_domain::{Decision, Instant, IssueState, RunId, WaitingFor};
use copydesk_engine::next;
use copydesk_engine::view::RunView;
use copydesk_store::{DecisionRecord, OutboxState};

use crate::app::Folder;
use crate::exit::Failure;
use crate::words::{self, quoted};

/// The commands by which the author says what became of payloads whose channels cannot tell.
pub async fn of_unknown(folder: &Folder, view: &RunView) -> Result<Vec<String>, Failure> {
    if !view.waiting_for.contains(&WaitingFor::PublishUnknown) {
        return Ok(Vec::new());
    }
    let rows = folder.engine.payloads_out(&view.run).await?;
    let unknown = rows.iter().filter(|row| row.state == OutboxState::Unknown);
    Ok(settling(&view.run, unknown.map(|row| row.channel.as_str())))
}

/// The same for the channels that cannot tell. Pure.
fn settling<'a>(run: &RunId, channels: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut commands = Vec::new();
    for channel in channels {
        let name = quoted(channel);
        commands.push(format!(
            "copydesk retry {run} --delivered {name} --reason \"…\"   you looked, and it is there"
        ));
        commands.push(format!(
            "copydesk retry {run} --not-delivered {name} --reason \"…\"   you looked, and it is not: it is handed over \
             again"
        ));
    }
    commands.push(format!(
        "copydesk retry {run}   has the channel asked again whether it took the issue"
    ));
    commands
}

/// When an approved issue goes out, how it is kept here, and who hands it over; empty where none is on its way.
pub async fn of_approved(folder: &Folder, view: &RunView) -> Result<String, Failure> {
    if view.issue != IssueState::Approved || view.state.is_final() {
        return Ok(String::new());
    }
    let decisions = folder.engine.store().decisions(&view.run).await?;
    let now = folder.engine.clock().now();
    Ok(going_out(
        &view.run,
        next::newest_decision(&decisions),
        now,
        folder.is_daemon,
    ))
}

/// The same, of the newest decision. Pure.
fn going_out(run: &RunId, newest: Option<&DecisionRecord>, now: Instant, has_daemon: bool) -> String {
    let approval = newest.filter(|record| record.decision == Decision::Approved);
    let Some(from) = approval.and_then(|record| record.effective_at) else {
        return String::new();
    };
    let mut text = if from > now {
        let at = words::coming(from, now);
        format!("  goes out   after {at}; copydesk recall {run} takes it back until then\n")
    } else {
        format!("  goes out   its hold ended at {}\n", words::minute(from))
    };
    if !has_daemon {
        let _ = writeln!(
            text,
            "  no daemon runs here: copydesk daemon publishes it, or copydesk approve {run} --wait"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use copydesk_domain::ContentHash;
    use copydesk_store::Subject;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn decision(decision: Decision, effective_at: Option<&str>) -> DecisionRecord {
        DecisionRecord {
            sequence: 1,
            subject: Subject::Issue,
            round: None,
            hash: ContentHash::of(b"issue"),
            decision,
            reason: None,
            effective_at: effective_at.map(at),
            at: at("2026-11-28T07:42:00Z"),
        }
    }

    #[test]
    fn a_channel_that_cannot_tell_is_named_in_each_command() {
        let commands = settling(&"r1".into(), ["site", "my list"].into_iter());
        let starts = [
            "copydesk retry r1 --delivered site --reason \"…\"   ",
            "copydesk retry r1 --not-delivered site --reason \"…\"   ",
            "copydesk retry r1 --delivered 'my list' --reason \"…\"   ",
            "copydesk retry r1 --not-delivered 'my list' --reason \"…\"   ",
            "copydesk retry r1   ",
        ];
        assert_eq!(commands.len(), starts.len());
        for (command, start) in commands.iter().zip(starts) {
            assert!(command.starts_with(start), "{command}");
        }
    }

    #[test]
    fn an_approved_issue_says_when_it_goes_out_and_who_hands_it_over() {
        let (run, now) = (RunId::new("r1"), at("2026-11-28T07:42:01Z"));
        let held = decision(Decision::Approved, Some("2026-11-28T07:52:00Z"));
        assert_eq!(
            going_out(&run, Some(&held), now, true),
            "  goes out   after 2026-11-28 07:52 UTC, in 10 min; copydesk recall r1 takes it back until then\n"
        );
        let alone = going_out(&run, Some(&held), now, false);
        assert!(
            alone.contains("no daemon runs here") && alone.contains("approve r1 --wait"),
            "{alone}"
        );
        let over = going_out(&run, Some(&held), at("2026-11-28T08:00:00Z"), true);
        assert!(
            over.contains("ended at 2026-11-28 07:52 UTC") && !over.contains("recall"),
            "{over}"
        );
        let recalled = decision(Decision::Recalled, None);
        assert_eq!(going_out(&run, Some(&recalled), now, false), "");
    }
}
