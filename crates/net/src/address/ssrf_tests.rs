//! Each line of the list of hostile spellings, through [`decide`] alone: nothing here can open a socket.

use serde::Deserialize;

use super::{Allow, Decision, TargetHost, decide};
use crate::shared_data;

#[derive(Deserialize)]
struct Line {
    id: String,
    url: String,
    expect: String,
}

#[test]
fn every_hostile_spelling_is_refused() {
    let Some(text) = shared_data::read("every_hostile_spelling_is_refused", "adversarial/ssrf-urls.jsonl")
    else {
        return;
    };
    let mut delivered = 0;
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        let decision = decide(&line.url, &Allow::none());
        let holds = match (line.expect.as_str(), &decision) {
            ("refuse", Decision::Refused(_)) => true,
            ("refuse", Decision::Allowed(_)) => false,
            (expect, decision) => match (expect.strip_prefix("refuse-or-dial-"), decision) {
                (Some(_), Decision::Refused(_)) => true,
                (Some(only), Decision::Allowed(target)) => {
                    let host = only.trim_end_matches("-only");
                    *target.host() == TargetHost::Name(host.to_owned())
                }
                (None, _) => panic!("{}: unknown expectation {expect}", line.id),
            },
        };
        assert!(holds, "{}: {} gave {decision:?}", line.id, line.url);
        delivered += 1;
    }
    assert!(delivered > 0);
    assert_eq!(delivered, text.lines().count());
    println!("{delivered} hostile spellings refused");
}
