//! A day on which nothing at all could be read. Nobody who looks from outside is to take it for a day's work. Pure.

use copydesk_domain::IssueState;
use copydesk_store::RunRecord;

/// What is told of it, with what a person can do.
pub(super) fn message(run: &RunRecord) -> String {
    let id = &run.id;
    let next = if run.issue == IssueState::Reviewed && !run.state.is_final() {
        format!("once the network is back, `copydesk retry {id}` asks them again")
    } else {
        "look at the network, and at `copydesk feeds list`".to_owned()
    };
    format!("{id} could read no source, all feeds were asked in vain; {next}")
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{Instant, NoticeKind, RunState};

    use super::*;
    use crate::any_run::any_run;
    use crate::notices::{Seen, SeenRun, find};

    fn told(state: RunState, issue: IssueState) -> Vec<(NoticeKind, String)> {
        let run = SeenRun {
            run: any_run(state, issue),
            time: None,
            worked_at: None,
            too_fast: None,
            is_blank: true,
            stages: Vec::new(),
        };
        let seen = Seen {
            slots: &[],
            runs: &[run],
            preflights: &[],
            page: "http://127.0.0.1:7420",
            now: Instant::from_micros(1),
        };
        let found = find(&seen).into_iter().skip(1);
        found.map(|notice| (notice.kind, notice.message)).collect()
    }

    #[test]
    fn a_day_on_which_nothing_could_be_read_is_a_failure_and_no_success() {
        let open = told(RunState::Waiting, IssueState::Reviewed);
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0].0, NoticeKind::Failed);
        assert!(
            open[0].1.contains("`copydesk retry r` asks them again"),
            "{open:?}"
        );
        let over = told(RunState::Completed, IssueState::Expired);
        assert_eq!(over[0].0, NoticeKind::Failed);
        assert!(!over[0].1.contains("retry"), "{over:?}");
    }

    #[test]
    fn nothing_is_told_of_it_before_it_is_made() {
        assert_eq!(told(RunState::Running, IssueState::Drafted), []);
    }
}
