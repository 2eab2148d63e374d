//! Where the program is crashed. A command of the store that stands nowhere here fails a test, and so does one that a
//! golden pass commits and that nothing crashes at.

use std::collections::BTreeSet;

use copydesk_store::COMMAND_NAMES;

/// What a run's day commits, in its order.
pub const DAY: &[&str] = &[
    "put_release",
    "create_run",
    "lease_run",
    "update_run",
    "start_stage",
    "finish_step",
    "put_exchange",
    "reserve_spend",
    "settle_spend",
    "put_feed_state",
    "put_snapshot",
    "write_log",
    "finish_stage",
    "release_lease",
    "request_cancel",
    "retry",
    "decide",
    "put_intent",
    "settle_intent",
    "put_archive",
];

/// What the planner and the teller commit, in the order of a morning, with how often each is crashed at.
pub const MORNING: &[(&str, u32)] = &[
    ("set_schedule", 1),
    ("put_slot", 2),
    ("create_run", 1),
    ("raise_notice", 1),
    ("settle_notice", 1),
];

/// What a person's word commits, most of them by itself.
pub const WORDS: &[&str] = &[
    "set_paused",
    "skip_date",
    "keep_date",
    "put_token",
    "add_note",
    "import_issue",
    "trust_tool",
];

/// What nothing crashes at, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[
    (
        "renew_lease",
        "comes after 20 s of one stage, and moves nothing but the lease's end",
    ),
    (
        "supersede",
        "one command of the planner, made again while the run is open: contract `superseded`",
    ),
    (
        "keep_snapshot",
        "of replays, which are ended when the folder is opened: `settle_replays`",
    ),
    (
        "choose_draft",
        "stands in the commit of the decision that it belongs to",
    ),
    (
        "go_on",
        "one press of the page, refused where it was carried out: contract `impasses`",
    ),
    (
        "choose_route",
        "stands in the commit of the retry that it belongs to",
    ),
    (
        "forget_notes",
        "stands in the commit of the start that reads the folder, and the next start says it again",
    ),
    (
        "settle_unknown",
        "the author's word after a channel that cannot tell: see `outbox`",
    ),
    (
        "note_breach",
        "stands in the commit of the waiting that it explains",
    ),
    (
        "put_label",
        "one press or command, undone by another: contract `labels`",
    ),
    ("undo_label", "as `put_label`"),
    (
        "forget_slots",
        "repeated by the next look while there are any: `clock`",
    ),
    ("forget_tokens", "deletes only what is over"),
    (
        "take_token",
        "a link that is taken twice is refused: contract `tokens`",
    ),
    (
        "open_session",
        "the same form gives the same session: contract `tokens`",
    ),
    ("prolong_token", "moves nothing but a session's end"),
    (
        "put_endpoint",
        "one row of what a call taught; lost, the next call learns it",
    ),
    (
        "note_feed_answer",
        "one row of when a feed last had nothing new; lost, it is polled anew",
    ),
    ("put_preflight", "one row of a look ahead, which is made anew"),
    (
        "prune",
        "small parts, each whole, taken up by the next day: contract `retention`",
    ),
];

/// Every command that something crashes at.
pub fn crashed_at() -> impl Iterator<Item = &'static str> {
    let morning = MORNING.iter().map(|(name, _)| *name);
    DAY.iter().chain(WORDS).copied().chain(morning)
}

/// Nothing that a golden pass commits is passed over: something crashes at it, or it is left out for a reason. And the
/// pass commits all that is crashed at in it: `wanted`.
pub fn assert_covered(pass: &str, committed: &BTreeSet<String>, wanted: &[&str]) {
    let known: BTreeSet<&str> = crashed_at()
        .chain(LEFT_OUT.iter().map(|(name, _)| *name))
        .collect();
    let missed: Vec<&String> = committed
        .iter()
        .filter(|name| !known.contains(name.as_str()))
        .collect();
    assert!(
        missed.is_empty(),
        "{pass} commits {missed:?}, and nothing crashes there"
    );
    let never: Vec<&&str> = wanted.iter().filter(|name| !committed.contains(**name)).collect();
    assert!(never.is_empty(), "{pass} never commits {never:?}");
}

#[test]
fn every_command_of_the_store_is_crashed_at_or_says_why_not() {
    for name in COMMAND_NAMES {
        let crashed = crashed_at().any(|known| known == *name);
        let reasons: Vec<&str> = LEFT_OUT
            .iter()
            .filter(|(left_out, _)| left_out == name)
            .map(|(_, reason)| *reason)
            .collect();
        assert_eq!(usize::from(crashed) + reasons.len(), 1, "{name}: {reasons:?}");
        assert!(
            reasons.iter().all(|reason| reason.len() > 10),
            "{name}: {reasons:?}"
        );
    }
    let named = crashed_at().chain(LEFT_OUT.iter().map(|(name, _)| *name));
    for name in named {
        assert!(COMMAND_NAMES.contains(&name), "the store has no command {name}");
    }
}
