//! The alarm about what was found before a slot. Pure: no clock, no store.

use std::fmt::Write as _;

use copydesk_domain::{Instant, NoticeKind};
use copydesk_store::{NoticeRecord, PreflightArea, PreflightProblem, PreflightRecord};

/// Problems that the one line names; the body names all.
const NAMED_MAX: usize = 3;

/// One alarm for all that is wrong. Silent feeds alone are none here: they have an alarm of their own, and would be
/// told again each morning.
pub(crate) fn of_preflight(look: &PreflightRecord, now: Instant) -> Option<NoticeRecord> {
    if look
        .problems
        .iter()
        .all(|problem| problem.area == PreflightArea::Feeds)
    {
        return None;
    }
    let count = look.problems.len();
    let named: Vec<String> = look.problems.iter().take(NAMED_MAX).map(line).collect();
    let more = match count.saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!("; and {more} more: `copydesk check --preflight`"),
    };
    let message = format!(
        "{} is due at {} and is not ready: {}{more}",
        look.pipeline,
        look.nominal,
        named.join("; ")
    );
    let mut body = format!(
        "{} is due at {}. What a look ahead found:\n",
        look.pipeline, look.nominal
    );
    for problem in &look.problems {
        let _ = write!(
            body,
            "\n- {}: {}\n  Next: {}\n",
            problem.about, problem.problem, problem.next
        );
    }
    Some(NoticeRecord {
        key: format!("{}/{}/{}", NoticeKind::Preflight, look.pipeline, look.nominal),
        way: String::new(),
        kind: NoticeKind::Preflight,
        pipeline: look.pipeline.clone(),
        run: None,
        message,
        body: Some(body),
        details: serde_json::to_string(&look.problems).ok(),
        raised_at: now,
    })
}

fn line(problem: &PreflightProblem) -> String {
    format!("{}: {} ({})", problem.about, problem.problem, problem.next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(areas: &[PreflightArea]) -> PreflightRecord {
        let problem = |area: &PreflightArea| PreflightProblem {
            area: *area,
            about: format!("{area:?}"),
            problem: "is not there".to_owned(),
            next: "put it there".to_owned(),
        };
        PreflightRecord {
            pipeline: "daily".into(),
            nominal: "2026-11-22T04:00:00Z".parse().unwrap(),
            looked_at: "2026-11-22T03:30:00Z".parse().unwrap(),
            problems: areas.iter().map(problem).collect(),
        }
    }

    fn told(areas: &[PreflightArea]) -> Option<NoticeRecord> {
        of_preflight(&look(areas), Instant::from_micros(0))
    }

    #[test]
    fn one_alarm_names_each_problem_with_its_next_step() {
        let notice = told(&[PreflightArea::Tools, PreflightArea::Feeds]).unwrap();
        assert_eq!(notice.key, "preflight/daily/2026-11-22T04:00:00Z");
        assert_eq!(
            notice.message,
            "daily is due at 2026-11-22T04:00:00Z and is not ready: Tools: is not there (put it there); \
             Feeds: is not there (put it there)"
        );
        assert_eq!(notice.body.unwrap().matches("Next: put it there").count(), 2);
    }

    #[test]
    fn the_line_is_short_and_the_body_is_whole() {
        let notice = told(&[PreflightArea::Disk; 5]).unwrap();
        assert!(
            notice
                .message
                .ends_with("; and 2 more: `copydesk check --preflight`"),
            "{}",
            notice.message
        );
        assert_eq!(notice.body.unwrap().matches("Disk").count(), 5);
    }

    #[test]
    fn all_ready_and_silent_feeds_alone_are_no_alarm() {
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[PreflightArea::Feeds]), None);
    }
}
