//! The table of clocks.

/// One reading of the clock, and the slots after it, as `01-31T02:30 ran (reason)` in UTC.
pub type Reading = (&'static str, &'static [&'static str]);

pub struct Case {
    pub name: &'static str,
    pub cron: &'static str,
    pub zone: &'static str,
    pub readings: &'static [Reading],
}

pub const BERLIN: &str = "Europe/Berlin";

pub const CASES: &[Case] = &[
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
