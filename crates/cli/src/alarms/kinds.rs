//! What is done with each kind of notice. Pure.

use copydesk_domain::{ContentHash, NoticeKind, RunId};

/// What a Healthchecks-style address takes behind it for a ping of this kind. `/log` changes the state of no check.
pub(super) const fn ending(kind: NoticeKind) -> Option<&'static str> {
    match kind {
        NoticeKind::Started => Some("/start"),
        NoticeKind::Succeeded => Some(""),
        NoticeKind::Failed | NoticeKind::DidNotStart | NoticeKind::DidNotFinish => Some("/fail"),
        NoticeKind::Test => Some("/log"),
        NoticeKind::SuspiciouslyFast
        | NoticeKind::FeedSilent
        | NoticeKind::BudgetNear
        | NoticeKind::Waits
        | NoticeKind::NotApproved
        | NoticeKind::Expired
        | NoticeKind::Superseded
        | NoticeKind::Preflight
        | NoticeKind::Receipt => None,
    }
}

/// Whether somebody has to look at it.
pub(super) const fn is_alarm(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::Started | NoticeKind::Succeeded | NoticeKind::Receipt => false,
        NoticeKind::Failed
        | NoticeKind::DidNotStart
        | NoticeKind::DidNotFinish
        | NoticeKind::SuspiciouslyFast
        | NoticeKind::FeedSilent
        | NoticeKind::BudgetNear
        | NoticeKind::Waits
        | NoticeKind::NotApproved
        | NoticeKind::Expired
        | NoticeKind::Superseded
        | NoticeKind::Preflight
        | NoticeKind::Test => true,
    }
}

/// The kind in the words of a subject line.
pub(super) const fn words(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Started => "has started",
        NoticeKind::Succeeded => "has its artifact",
        NoticeKind::Failed => "failed",
        NoticeKind::DidNotStart => "did not start",
        NoticeKind::DidNotFinish => "does not come to its end",
        NoticeKind::SuspiciouslyFast => "ended suspiciously fast",
        NoticeKind::FeedSilent => "a feed fell silent",
        NoticeKind::BudgetNear => "its budget is nearly used up",
        NoticeKind::Waits => "waits for you",
        NoticeKind::NotApproved => "its issue waits for your decision",
        NoticeKind::Expired => "its issue expired",
        NoticeKind::Superseded => "its issue was superseded",
        NoticeKind::Preflight => "is not ready for its next run",
        NoticeKind::Receipt => "today's receipt",
        NoticeKind::Test => "a trial of this way",
    }
}

/// An address with an ending behind its path, before its query, and the id of the run as `rid`, by which such services
/// tell the pings of one run.
pub(super) fn ping_address(address: &str, ending: &str, run: Option<&RunId>) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = path.trim_end_matches('/');
    let rid = run.map(|run| format!("rid={}", uuid_of(run)));
    let query: Vec<&str> = [query, rid.as_deref().unwrap_or_default()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    if query.is_empty() {
        format!("{path}{ending}")
    } else {
        format!("{path}{ending}?{}", query.join("&"))
    }
}

/// The run's id as a UUID: version 8 of RFC 9562, made of the SHA-256 of the id, so that each ping of a run has the same.
fn uuid_of(run: &RunId) -> String {
    let hex = ContentHash::of(run.as_str().as_bytes()).to_string();
    format!(
        "{}-{}-8{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_goes_behind_the_path_and_before_the_query() {
        assert_eq!(
            ping_address("https://a.example/x/", "/fail", None),
            "https://a.example/x/fail"
        );
        assert_eq!(
            ping_address("https://a.example/x?a=1", "", None),
            "https://a.example/x?a=1"
        );
    }

    #[test]
    fn the_pings_of_one_run_bear_one_uuid() {
        let of = |ending, run: &str| ping_address("https://a.example/x?a=1", ending, Some(&run.into()));
        let start = of("/start", "daily-20261127-0500-k4d6");
        let (_, rid) = start.split_once("rid=").unwrap();
        assert!(start.starts_with("https://a.example/x/start?a=1&rid="), "{start}");
        assert!(of("", "daily-20261127-0500-k4d6").ends_with(rid));
        assert!(!of("", "daily-20261128-0500-aaaa").ends_with(rid));
        let groups: Vec<usize> = rid.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert!(rid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()));
    }
}
