//! What a person at a terminal reads when engagement is done. Pure.

use copydesk_domain::artifact::EngagementReport;
use copydesk_domain::counted;

/// What a person at a terminal reads when engagement is done.
pub(super) fn summary(report: &EngagementReport) -> String {
    let answers = report
        .replies
        .iter()
        .filter(|reply| reply.answer.is_some())
        .count();
    if report.replies.is_empty() {
        return match (&report.unread, report.missing.len()) {
            (Some(reason), _) => format!("replies could not be read: {reason}"),
            (None, 0) => "no reply has come".to_owned(),
            (None, lines) => format!(
                "no reply was read; the report names why, in {}",
                counted(lines, "line", "lines")
            ),
        };
    }
    let read = format!(
        "{} read, {} drafted, {} for tomorrow",
        counted(report.replies.len(), "reply", "replies"),
        counted(answers, "answer", "answers"),
        counted(report.questions.len(), "question", "questions")
    );
    match (&report.unread, report.missing.is_empty()) {
        (Some(reason), _) => format!("{read}; others could not be read: {reason}"),
        (None, false) => format!("{read}; not all could be read, see the report"),
        (None, true) => read,
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Instant;
    use copydesk_domain::artifact::FORMAT;

    use super::*;

    fn report(unread: Option<&str>, missing: &[&str]) -> EngagementReport {
        EngagementReport {
            format: FORMAT.to_owned(),
            at: Instant::from_micros(0),
            replies: Vec::new(),
            questions: Vec::new(),
            missing: missing.iter().copied().map(str::to_owned).collect(),
            unread: unread.map(str::to_owned),
            models: Vec::new(),
        }
    }

    #[test]
    fn a_folder_that_could_not_be_listed_does_not_read_as_no_replies() {
        assert_eq!(summary(&report(None, &[])), "no reply has come");
        let reason = "replies: it is no Maildir";
        assert_eq!(
            summary(&report(Some(reason), &[reason])),
            "replies could not be read: replies: it is no Maildir"
        );
        let unread = summary(&report(None, &["replies/new/1: it cannot be read as a mail"]));
        assert_eq!(unread, "no reply was read; the report names why, in 1 line");
    }
}
