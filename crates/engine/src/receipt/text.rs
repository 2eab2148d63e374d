//! A receipt as plain text. Pure.

use std::fmt::Write as _;

use copydesk_domain::{Instant, IssueState, SlotState, StageState, WaitingFor};
use jiff::tz::TimeZone;

use super::{DayReceipt, RunReceipt, StageReceipt};
use crate::calendar;

impl DayReceipt {
    /// What matters in one line, without text of others: the subject of a mail.
    pub fn line(&self) -> String {
        let Self { pipeline, date, .. } = self;
        let what = match &self.run {
            Some(run) if run.waiting_for.contains(&WaitingFor::Approval) => {
                if run.issue == IssueState::Reviewed {
                    "an issue waits for you"
                } else {
                    "a result waits for you"
                }
            }
            Some(run) if run.waiting_for.iter().any(|what| *what != WaitingFor::Answers) => {
                "it waits for an operator"
            }
            Some(run) => match run.issue {
                IssueState::Approved => "its issue is approved",
                IssueState::Published => "its issue is published",
                IssueState::Rejected => "its issue was rejected",
                IssueState::Expired => "its issue expired",
                IssueState::None | IssueState::Drafted | IssueState::Reviewed | IssueState::Unknown => {
                    if matches!(self.outcome, SlotState::Ran | SlotState::RanLate) {
                        "it has run"
                    } else {
                        "there is no issue"
                    }
                }
            },
            None => "it did not run",
        };
        format!("{pipeline}, {date}: {what}")
    }

    /// The whole of it.
    pub fn text(&self) -> String {
        let zone = calendar::zone(&self.slot.zone);
        let mut text = format!("{}\n", self.line());
        if let Some(run) = &self.run {
            ask(&mut text, run, &zone);
        }
        let reason = self
            .reason
            .as_deref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "\nDue at {}, {}{reason}",
            minute(self.slot.nominal, &zone),
            outcome(self.outcome)
        );
        if let Some(run) = &self.run {
            found(&mut text, run, &zone);
        }
        if let Some(unread) = &self.replies_unread {
            let at = minute(unread.at, &zone);
            let _ = writeln!(
                text,
                "\nReplies: they could not be read ({at})\n  - {}",
                unread.reason
            );
        }
        let spend = &self.spend;
        let _ = writeln!(
            text,
            "\nSpend: {}today {} of {}, this month {} of {}",
            self.run
                .as_ref()
                .map(|run| format!("this run {}, ", run.spend_microusd))
                .unwrap_or_default(),
            spend.day_microusd,
            spend.day_limit_microusd,
            spend.month_microusd,
            spend.month_limit_microusd
        );
        text
    }
}

/// What the author is asked for.
fn ask(text: &mut String, run: &RunReceipt, zone: &TimeZone) {
    if let Some(title) = &run.title {
        let _ = writeln!(text, "\n  {title}");
    }
    let until = run
        .expires_at
        .map(|at| format!("; you can decide until {}", minute(at, zone)))
        .unwrap_or_default();
    let _ = writeln!(text, "\nThe page{until}:\n  {}", run.page);
    text.push_str("Opening it decides nothing; what you press there does.\n");
}

/// What ran, and what it found.
fn found(text: &mut String, run: &RunReceipt, zone: &TimeZone) {
    text.push_str("\nStages\n");
    for stage in &run.stages {
        text.push_str(&stage_line(stage, zone));
    }
    let _ = writeln!(text, "\nStories: {}", run.stories_found);
    for story in &run.stories {
        let _ = writeln!(text, "  - {story}");
    }
    more(text, run.stories_found, run.stories.len());
    let _ = writeln!(
        text,
        "\nSources: {} read, {} could not be read",
        run.sources_read, run.sources_missing
    );
    for missing in &run.missing {
        let _ = writeln!(text, "  - {}: {}", missing.feed, missing.reason);
    }
    more(text, run.sources_missing, run.missing.len());
    let claims = run.claims;
    let _ = writeln!(
        text,
        "\nClaims: {} supported, {} unsettled, {} blocked",
        claims.supported, claims.unsettled, claims.blocked
    );
}

fn more(text: &mut String, all: usize, named: usize) {
    if all > named {
        let _ = writeln!(text, "  and {} more", all - named);
    }
}

fn stage_line(stage: &StageReceipt, zone: &TimeZone) -> String {
    let times = match (stage.started_at, stage.finished_at) {
        (Some(from), Some(to)) if stage.state == StageState::Completed => {
            format!(", {} to {}", clock(from, zone), clock(to, zone))
        }
        _ => String::new(),
    };
    let reason = stage
        .reason
        .as_deref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    format!("  {} {}{times}{reason}\n", stage.stage, stage.state)
}

const fn outcome(state: SlotState) -> &'static str {
    match state {
        SlotState::Ran => "ran in time",
        SlotState::RanLate => "ran late",
        SlotState::Skipped => "without an issue",
        SlotState::Pending => "not decided yet",
        SlotState::Folded => "folded into the next",
        SlotState::Superseded => "superseded by the next",
    }
}

/// `Fri 27 Nov 2026, 05:00 CET`
fn minute(at: Instant, zone: &TimeZone) -> String {
    let zoned = at.timestamp().to_zoned(zone.clone());
    zoned.strftime("%a %-d %b %Y, %H:%M %Z").to_string()
}

fn clock(at: Instant, zone: &TimeZone) -> String {
    at.timestamp()
        .to_zoned(zone.clone())
        .strftime("%H:%M")
        .to_string()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{MicroUsd, RunState};
    use copydesk_store::Slot;

    use super::*;
    use crate::receipt::{ClaimsReceipt, MissingReceipt, SpendReceipt, UnreadReplies};

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn receipt(run: Option<RunReceipt>) -> DayReceipt {
        DayReceipt {
            pipeline: "daily".into(),
            date: jiff::civil::date(2026, 11, 27),
            slot: Slot {
                nominal: at("2026-11-27T04:00:00Z"),
                zone: "Europe/Berlin".to_owned(),
            },
            outcome: if run.is_some() {
                SlotState::Ran
            } else {
                SlotState::Skipped
            },
            reason: run.is_none().then(|| "no daemon ran until 11:00".to_owned()),
            run,
            replies_unread: None,
            spend: SpendReceipt {
                day_microusd: MicroUsd(20_000),
                day_limit_microusd: MicroUsd(5_000_000),
                month_microusd: MicroUsd(400_000),
                month_limit_microusd: MicroUsd(50_000_000),
            },
        }
    }

    fn run() -> RunReceipt {
        let research = StageReceipt {
            stage: "research".into(),
            state: StageState::Completed,
            started_at: Some(at("2026-11-27T04:00:00Z")),
            finished_at: Some(at("2026-11-27T04:02:10Z")),
            reason: Some("2 asked, 1 answered".to_owned()),
        };
        RunReceipt {
            run: "r1".into(),
            state: RunState::Waiting,
            issue: IssueState::Reviewed,
            waiting_for: vec![WaitingFor::Approval],
            expires_at: Some(at("2026-11-28T04:03:00Z")),
            page: "http://127.0.0.1:7420/runs/r1".to_owned(),
            title: Some("A quiet day".to_owned()),
            stages: vec![research],
            stories: vec!["One".to_owned()],
            stories_found: 2,
            sources_read: 7,
            missing: vec![MissingReceipt {
                feed: "https://a.example/feed".to_owned(),
                reason: "404".to_owned(),
            }],
            sources_missing: 1,
            claims: ClaimsReceipt {
                supported: 12,
                unsettled: 1,
                blocked: 0,
            },
            spend_microusd: MicroUsd(20_000),
        }
    }

    #[test]
    fn a_day_whose_issue_waits_says_all_of_it() {
        let expected = "\
daily, 2026-11-27: an issue waits for you

  A quiet day

The page; you can decide until Sat 28 Nov 2026, 05:03 CET:
  http://127.0.0.1:7420/runs/r1
Opening it decides nothing; what you press there does.

Due at Fri 27 Nov 2026, 05:00 CET, ran in time

Stages
  research completed, 05:00 to 05:02: 2 asked, 1 answered

Stories: 2
  - One
  and 1 more

Sources: 7 read, 1 could not be read
  - https://a.example/feed: 404

Claims: 12 supported, 1 unsettled, 0 blocked

Spend: this run $0.02, today $0.02 of $5.00, this month $0.40 of $50.00
";
        assert_eq!(receipt(Some(run())).text(), expected);
    }

    #[test]
    fn a_day_without_a_run_says_why() {
        let text = receipt(None).text();
        assert!(text.starts_with("daily, 2026-11-27: it did not run\n"), "{text}");
        assert!(
            text.contains("05:00 CET, without an issue: no daemon ran until 11:00\n"),
            "{text}"
        );
    }

    #[test]
    fn replies_that_could_not_be_read_are_told_with_the_reason() {
        let unread = UnreadReplies {
            at: at("2026-11-26T18:00:00Z"),
            reason: "replies: it is no Maildir".to_owned(),
        };
        for run in [None, Some(run())] {
            let text = DayReceipt {
                replies_unread: Some(unread.clone()),
                ..receipt(run)
            };
            let text = text.text();
            let told = "\nReplies: they could not be read (Thu 26 Nov 2026, 19:00 CET)\n  - replies: it is no Maildir\n\nSpend";
            assert!(text.contains(told), "{text}");
        }
    }

    #[test]
    fn the_line_holds_no_text_of_others() {
        let mut hostile = run();
        hostile.title = Some("X-Evil: 1".to_owned());
        hostile.stories = vec!["evil".to_owned()];
        let line = receipt(Some(hostile)).line();
        assert!(!line.contains("vil") && !line.contains('\n'), "{line}");
    }
}
