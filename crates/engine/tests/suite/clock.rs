//! Clocks that jump, sleep and change: what a daemon makes of each, in a table.
//!
//! A case is a pipeline and a list of readings. After each reading the slots are exactly those named, with their
//! verdicts and reasons, and so many runs have begun.

use std::fmt::Write as _;

use copydesk_config::Pipeline;
use copydesk_domain::{IssueState, WaitingFor};
use copydesk_store::SlotRecord;

use crate::house::{House, Process, daily, release};

/// One reading of the clock, and the slots after it, as `01-31T02:30 ran (reason)` in UTC.
type Reading = (&'static str, &'static [&'static str]);

struct Case {
    name: &'static str,
    cron: &'static str,
    zone: &'static str,
    readings: &'static [Reading],
}

/// A pipeline of research alone, at no wall time: its slot is decided as soon as research is through.
fn short(cron: &str, zone: &str) -> Pipeline {
    let text = format!(
        "[pipeline]\nname = \"daily\"\nschedule = \"{cron}\"\ntime_zone = \"{zone}\"\n\
         [[stage]]\nagent = \"research\"\n"
    );
    toml::from_str(&text).expect("a pipeline")
}

const BERLIN: &str = "Europe/Berlin";

const CASES: &[Case] = &[
    Case {
        name: "the spring gap: 02:30 does not exist and means the transition",
        cron: "30 2 * * *",
        zone: BERLIN,
        readings: &[
            ("2027-03-28T00:30:00Z", &[]),
            ("2027-03-28T00:59:59Z", &[]),
            ("2027-03-28T01:00:00Z", &["03-28T01:00 ran"]),
            ("2027-03-28T01:30:00Z", &["03-28T01:00 ran"]),
            ("2027-03-29T00:30:00Z", &["03-28T01:00 ran", "03-29T00:30 ran"]),
        ],
    },
    Case {
        name: "the autumn repeat: 02:30 comes twice and counts once, the first time",
        cron: "30 2 * * *",
        zone: BERLIN,
        readings: &[
            ("2027-10-31T00:29:59Z", &[]),
            ("2027-10-31T00:30:00Z", &["10-31T00:30 ran"]),
            ("2027-10-31T01:30:00Z", &["10-31T00:30 ran"]),
            ("2027-11-01T01:30:00Z", &["10-31T00:30 ran", "11-01T01:30 ran"]),
        ],
    },
    Case {
        name: "the autumn repeat, first seen in its second pass: late, and not again",
        cron: "30 2 * * *",
        zone: BERLIN,
        readings: &[
            ("2027-10-31T00:00:00Z", &[]),
            ("2027-10-31T01:30:00Z", &["10-31T00:30 ran_late (1 h late)"]),
            ("2027-10-31T01:31:00Z", &["10-31T00:30 ran_late (1 h late)"]),
        ],
    },
    Case {
        name: "Chile's gap at midnight: the day begins at 01:00, and its 00:00 there",
        cron: "0 0 * * *",
        zone: "America/Santiago",
        readings: &[
            ("2026-09-06T03:59:59Z", &[]),
            ("2026-09-06T04:00:00Z", &["09-06T04:00 ran"]),
            ("2026-09-07T02:59:59Z", &["09-06T04:00 ran"]),
            ("2026-09-07T03:00:00Z", &["09-06T04:00 ran", "09-07T03:00 ran"]),
        ],
    },
    Case {
        name: "Chile's repeat at midnight: 23:30 comes twice and counts once",
        cron: "30 23 * * *",
        zone: "America/Santiago",
        readings: &[
            ("2026-04-05T02:00:00Z", &[]),
            ("2026-04-05T02:30:00Z", &["04-05T02:30 ran"]),
            ("2026-04-05T03:30:00Z", &["04-05T02:30 ran"]),
        ],
    },
    Case {
        name: "Lord Howe's half hour, forward: 02:15 means the transition",
        cron: "15 2 * * *",
        zone: "Australia/Lord_Howe",
        readings: &[
            ("2026-10-03T15:29:59Z", &[]),
            ("2026-10-03T15:30:00Z", &["10-03T15:30 ran"]),
            ("2026-10-03T16:00:00Z", &["10-03T15:30 ran"]),
        ],
    },
    Case {
        name: "Lord Howe's half hour, back: 01:45 comes twice and counts once",
        cron: "45 1 * * *",
        zone: "Australia/Lord_Howe",
        readings: &[
            ("2026-04-04T14:30:00Z", &[]),
            ("2026-04-04T14:45:00Z", &["04-04T14:45 ran"]),
            ("2026-04-04T15:15:00Z", &["04-04T14:45 ran"]),
        ],
    },
    Case {
        name: "ahead by a second",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:59Z", &[]),
            ("2026-11-22T04:00:00Z", &["11-22T04:00 ran"]),
            ("2026-11-22T04:00:01Z", &["11-22T04:00 ran"]),
        ],
    },
    Case {
        name: "back by a second, over the due time",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:58Z", &[]),
            ("2026-11-22T04:00:00Z", &["11-22T04:00 ran"]),
            ("2026-11-22T03:59:59Z", &["11-22T04:00 ran"]),
            ("2026-11-22T04:00:00Z", &["11-22T04:00 ran"]),
        ],
    },
    Case {
        name: "ahead by a minute: still on time",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:30Z", &[]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
        ],
    },
    Case {
        name: "back by a minute",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:00Z", &[]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
            ("2026-11-22T03:59:30Z", &["11-22T04:00 ran"]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
        ],
    },
    Case {
        name: "ahead by an hour, over the due time: late",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:30:00Z", &[]),
            ("2026-11-22T04:30:00Z", &["11-22T04:00 ran_late (30 min late)"]),
        ],
    },
    Case {
        name: "back by an hour",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:00Z", &[]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
            ("2026-11-22T03:00:30Z", &["11-22T04:00 ran"]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
            ("2026-11-23T04:00:30Z", &["11-22T04:00 ran", "11-23T04:00 ran"]),
        ],
    },
    Case {
        name: "ahead by 25 hours: the day in between runs late",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:00Z", &[]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
            (
                "2026-11-23T05:00:30Z",
                &["11-22T04:00 ran", "11-23T04:00 ran_late (1 h late)"],
            ),
            // Set right: the 23rd has had its run, and the 24th comes in its time.
            (
                "2026-11-22T05:00:30Z",
                &["11-22T04:00 ran", "11-23T04:00 ran_late (1 h late)"],
            ),
            (
                "2026-11-24T04:00:00Z",
                &[
                    "11-22T04:00 ran",
                    "11-23T04:00 ran_late (1 h late)",
                    "11-24T04:00 ran",
                ],
            ),
        ],
    },
    Case {
        name: "back by 25 hours: no day runs twice, none is left out",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-21T03:59:00Z", &[]),
            ("2026-11-21T04:00:30Z", &["11-21T04:00 ran"]),
            ("2026-11-22T04:00:30Z", &["11-21T04:00 ran", "11-22T04:00 ran"]),
            ("2026-11-21T03:00:30Z", &["11-21T04:00 ran", "11-22T04:00 ran"]),
            ("2026-11-22T04:00:30Z", &["11-21T04:00 ran", "11-22T04:00 ran"]),
            (
                "2026-11-23T04:00:30Z",
                &["11-21T04:00 ran", "11-22T04:00 ran", "11-23T04:00 ran"],
            ),
        ],
    },
    Case {
        name: "back by two days over a folded one: it stays folded",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:00:00Z", &[]),
            (
                "2026-11-23T04:00:00Z",
                &[
                    "11-22T04:00 folded (folded into 2026-11-23T04:00:00Z)",
                    "11-23T04:00 ran",
                ],
            ),
            (
                "2026-11-22T03:00:00Z",
                &[
                    "11-22T04:00 folded (folded into 2026-11-23T04:00:00Z)",
                    "11-23T04:00 ran",
                ],
            ),
            (
                "2026-11-22T04:00:00Z",
                &[
                    "11-22T04:00 folded (folded into 2026-11-23T04:00:00Z)",
                    "11-23T04:00 ran",
                ],
            ),
        ],
    },
    Case {
        name: "to 1970 and back: nothing is planned by it",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:00Z", &[]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
            ("1970-01-01T00:00:05Z", &["11-22T04:00 ran"]),
            ("2026-11-22T04:01:00Z", &["11-22T04:00 ran"]),
            ("2026-11-23T04:00:30Z", &["11-22T04:00 ran", "11-23T04:00 ran"]),
        ],
    },
    Case {
        name: "to 2038 and back: the years between are not given away",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:00Z", &[]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
            ("2038-01-19T03:14:08Z", &["11-22T04:00 ran"]),
            ("2026-11-22T04:01:00Z", &["11-22T04:00 ran"]),
            ("2026-11-23T04:00:30Z", &["11-22T04:00 ran", "11-23T04:00 ran"]),
        ],
    },
    Case {
        name: "first seen in 2038: the schedule does not rest until then",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2038-01-19T03:14:08Z", &[]),
            ("2026-11-22T03:59:00Z", &[]),
            ("2026-11-22T04:00:30Z", &["11-22T04:00 ran"]),
            ("2026-11-23T04:00:30Z", &["11-22T04:00 ran", "11-23T04:00 ran"]),
        ],
    },
    Case {
        name: "first seen by a clock an hour ahead: the time that comes is not lost",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T04:30:00Z", &[]),
            ("2026-11-22T03:30:00Z", &[]),
            ("2026-11-22T04:00:00Z", &["11-22T04:00 ran"]),
        ],
    },
    Case {
        name: "asleep for 6 hours: at the very end of max_late it still runs",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:59:00Z", &[]),
            ("2026-11-22T10:00:00Z", &["11-22T04:00 ran_late (6 h late)"]),
        ],
    },
    Case {
        name: "asleep for 3 days: two are folded into the last one, which runs late",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:00:00Z", &[]),
            (
                "2026-11-24T06:00:00Z",
                &[
                    "11-22T04:00 folded (folded into 2026-11-24T04:00:00Z)",
                    "11-23T04:00 folded (folded into 2026-11-24T04:00:00Z)",
                    "11-24T04:00 ran_late (2 h late)",
                ],
            ),
        ],
    },
    Case {
        name: "asleep for 3 days, and too late for all of them",
        cron: "0 5 * * *",
        zone: BERLIN,
        readings: &[
            ("2026-11-22T03:00:00Z", &[]),
            (
                "2026-11-25T03:00:00Z",
                &[
                    "11-22T04:00 skipped (2 d 23 h late; max_late is 6 h)",
                    "11-23T04:00 skipped (1 d 23 h late; max_late is 6 h)",
                    "11-24T04:00 skipped (23 h late; max_late is 6 h)",
                ],
            ),
            (
                "2026-11-25T04:00:00Z",
                &[
                    "11-22T04:00 skipped (2 d 23 h late; max_late is 6 h)",
                    "11-23T04:00 skipped (1 d 23 h late; max_late is 6 h)",
                    "11-24T04:00 skipped (23 h late; max_late is 6 h)",
                    "11-25T04:00 ran",
                ],
            ),
        ],
    },
    Case {
        name: "23:59 and 23:59:59: one minute, one slot",
        cron: "59 23 * * *",
        zone: "UTC",
        readings: &[
            ("2026-12-31T23:58:59Z", &[]),
            ("2026-12-31T23:59:00Z", &["12-31T23:59 ran"]),
            ("2026-12-31T23:59:59Z", &["12-31T23:59 ran"]),
            ("2027-01-01T00:00:00Z", &["12-31T23:59 ran"]),
        ],
    },
    Case {
        name: "29 February has its slot in a leap year",
        cron: "0 6 29 2 *",
        zone: "UTC",
        readings: &[
            ("2028-02-28T06:00:00Z", &[]),
            ("2028-02-29T05:59:59Z", &[]),
            ("2028-02-29T06:00:00Z", &["02-29T06:00 ran"]),
            ("2028-03-01T06:00:00Z", &["02-29T06:00 ran"]),
        ],
    },
];

/// `01-31T02:30 ran (reason)`
fn line(row: &SlotRecord) -> String {
    let mut line = format!(
        "{} {}",
        row.slot.nominal.timestamp().strftime("%m-%dT%H:%M"),
        row.state
    );
    if let Some(reason) = &row.reason {
        let _ = write!(line, " ({reason})");
    }
    line
}

async fn lines(house: &House) -> Vec<String> {
    house.rows().await.iter().map(line).collect()
}

/// Moves the clock, waits until the slots are as expected, and sees that they stay so.
async fn read(house: &House, process: &Process, case: &str, (now, expected): &Reading) {
    process.at(house, now);
    let comes = tokio::time::timeout(std::time::Duration::from_secs(15), async {
        let mut changes = copydesk_store::Store::changes(&house.store);
        while lines(house).await != *expected {
            let _ = tokio::time::timeout(std::time::Duration::from_millis(50), changes.changed()).await;
        }
    });
    let is_there = comes.await.is_ok();
    assert!(
        is_there,
        "{case}: at {now}: {:#?}, not {expected:#?}",
        lines(house).await
    );
    process.idle().await;
    assert_eq!(lines(house).await, *expected, "{case}: a while after {now}");
    // One run for each slot that ran, and none else.
    let runs = house.runs().await;
    let with_run = house.rows().await.into_iter().filter_map(|row| row.run).count();
    assert_eq!(runs.len(), with_run, "{case}: at {now}");
    let ran = expected.iter().filter(|line| line.contains(" ran")).count();
    assert_eq!(house.script.diary.count("research/1"), ran, "{case}: at {now}");
}

async fn run_case(case: &Case) {
    let (first, _) = case.readings[0];
    let house = House::new(first, short(case.cron, case.zone));
    let process = house.start();
    for reading in case.readings {
        read(&house, &process, case.name, reading).await;
    }
    process.stop().await;
}

#[tokio::test]
async fn every_clock_of_the_table_gives_exactly_its_slots() {
    // At once: each has a house of its own, and most of their time is waiting.
    let cases = CASES.iter().map(run_case);
    futures::future::join_all(cases).await;
}

#[tokio::test]
async fn a_zone_that_changes_in_the_pipeline_counts_from_then_on() {
    let case = "the zone changes";
    let house = House::new("2026-11-22T03:59:00Z", short("0 5 * * *", BERLIN));
    let process = house.start();
    read(&house, &process, case, &("2026-11-22T03:59:30Z", &[])).await;
    read(
        &house,
        &process,
        case,
        &("2026-11-22T04:00:00Z", &["11-22T04:00 ran"]),
    )
    .await;
    let moved = release(short("0 5 * * *", "America/New_York"));
    *house.workspace.lock().unwrap() = Ok(vec![moved]);
    for reading in [
        ("2026-11-22T06:00:00Z", &["11-22T04:00 ran"][..]),
        ("2026-11-22T10:00:00Z", &["11-22T04:00 ran", "11-22T10:00 ran"]),
        ("2026-11-23T04:00:00Z", &["11-22T04:00 ran", "11-22T10:00 ran"]),
        (
            "2026-11-23T10:00:00Z",
            &["11-22T04:00 ran", "11-22T10:00 ran", "11-23T10:00 ran"],
        ),
    ] {
        read(&house, &process, case, &reading).await;
    }
    let zones: Vec<String> = house.rows().await.into_iter().map(|row| row.slot.zone).collect();
    assert_eq!(zones, [BERLIN, "America/New_York", "America/New_York"]);
    process.stop().await;
}

#[tokio::test]
async fn asleep_from_0450_to_0930_research_runs_late_and_draft_and_review_follow() {
    let house = House::new("2026-11-22T03:50:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T08:30:00Z");
    house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    house
        .until(|| async { (lines(&house).await == ["11-22T04:00 ran_late (4 h 30 min late)"]).then_some(()) })
        .await;
    let steps = house.script.diary.steps();
    let of = |stage: &str| [1, 2, 3].map(|step| format!("{stage}/{step}"));
    assert_eq!(steps, [of("research"), of("draft"), of("review")].concat());
    assert_eq!(house.runs().await.len(), 1);
    process.stop().await;
}

#[tokio::test]
async fn asleep_to_1200_the_slot_is_skipped_past_worth_until_1100() {
    // By default a slot may be 6 hours late, so that no run begins; with more, its research is skipped.
    for (settings, reason) in [
        ("", "past worth_until 11:00; 7 h late; max_late is 6 h"),
        (
            "max_late = \"12h\"",
            "research: past worth_until 11:00 (2026-11-22T10:00:00Z)",
        ),
    ] {
        let house = House::new("2026-11-22T03:50:00Z", daily(settings));
        let process = house.start();
        process.idle().await;
        process.at(&house, "2026-11-22T11:00:00Z");
        let expected = format!("11-22T04:00 skipped ({reason})");
        house
            .until(|| async { (lines(&house).await == [expected.as_str()]).then_some(()) })
            .await;
        process.idle().await;
        assert_eq!(house.script.diary.steps(), [""; 0], "{settings}");
        assert_eq!(house.runs().await.len(), usize::from(!settings.is_empty()));
        process.stop().await;
    }
}

#[tokio::test]
async fn a_clock_in_2038_expires_nothing_that_waits() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T08:30:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.at(&house, "2038-01-19T03:14:08Z");
    process.idle().await;
    house.script.diary.clear();
    process.at(&house, "2026-11-22T08:31:00Z");
    process.idle().await;
    let record = house.runs().await.remove(0);
    assert_eq!((&record.id, record.issue), (&run, IssueState::Reviewed));
    assert_eq!(record.waiting_for, [WaitingFor::Approval]);
    assert_eq!(house.script.diary.steps(), [""; 0]);
    process.stop().await;
}
