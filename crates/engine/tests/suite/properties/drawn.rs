//! What the properties are drawn from.

use copydesk_config::{CatchUp, Overlap};
use copydesk_domain::Instant;
use copydesk_engine::planner::{Rule, ScheduleView};
use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use proptest::prelude::*;

use crate::zones::zones;

/// Zones that do something odd.
pub const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Africa/Casablanca",
    "Antarctica/Troll",
];

pub const CRONS: &[&str] = &[
    "@daily",
    "@hourly",
    "*/15 * * * *",
    "*/20 1-3 * * *",
    "30 2,14 * * 1-5",
    "0 */2 * * *",
    "15 0 1,15 * *",
    "59 23 * * *",
];

/// One of the odd zones, or any.
pub fn zone() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(ZONES).prop_map(str::to_owned),
        proptest::sample::select(all_zones()),
    ]
}

fn all_zones() -> Vec<String> {
    zones().into_iter().map(|(name, _)| name).collect()
}

/// Some instant of the years 2008 to 2035: Samoa's skipped day is among them.
pub fn instant() -> impl Strategy<Value = Instant> {
    (1_199_145_600_i64..2_051_222_400).prop_map(|seconds| Instant::from_micros(seconds * 1_000_000))
}

/// So many cases, unless `PROPTEST_CASES` says otherwise.
pub fn cases(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: if default.cases == DEFAULT_CASES {
            cases
        } else {
            default.cases
        },
        failure_persistence: None,
        ..default
    }
}

/// What proptest takes where the environment says nothing.
const DEFAULT_CASES: u32 = 256;

fn policies() -> impl Strategy<Value = (CatchUp, Overlap, i64)> {
    let catch_up = proptest::sample::select(&[CatchUp::Latest, CatchUp::All, CatchUp::None][..]);
    let overlap = proptest::sample::select(&[Overlap::Supersede, Overlap::Skip, Overlap::Queue][..]);
    (catch_up, overlap, 1_i64..72)
}

/// Nothing, or a wall time until which a slot is worth running.
fn worth_until() -> impl Strategy<Value = Option<Time>> {
    proptest::option::of((0_i8..24, 0_i8..60).prop_map(|(hour, minute)| Time::constant(hour, minute, 0, 0)))
}

/// Local dates that are skipped: so many days after the beginning.
fn skips() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::vec(0_i64..30, 0..4)
}

/// A schedule of a cron in a zone, from an instant on, with any settings.
pub fn schedule(
    cron: impl Strategy<Value = &'static str>,
    zone: impl Strategy<Value = String>,
    since: impl Strategy<Value = Instant>,
) -> impl Strategy<Value = ScheduleView> {
    (cron, zone, since, policies(), worth_until(), skips()).prop_map(
        |(cron, zone, since, (catch_up, overlap, max_late), worth_until, skips)| {
            let rule = Rule::parse(cron, &zone).unwrap();
            let first = since.timestamp().to_zoned(rule.zone().clone()).date();
            ScheduleView {
                pipeline: "p".into(),
                catch_up,
                max_late: SignedDuration::from_hours(max_late),
                worth_until,
                overlap,
                paused_at: None,
                skipped: skips.into_iter().map(|days| later(first, days)).collect(),
                since,
                rule,
            }
        },
    )
}

/// What a person says to a schedule.
#[derive(Debug, Clone, Copy)]
pub enum Word {
    Pause,
    Resume,
    /// The local date so many days from now is left out.
    Skip(i64),
    /// Every date is kept.
    Keep,
}

impl Word {
    pub fn say(self, schedule: &mut ScheduleView, now: Instant) {
        match self {
            Self::Pause => schedule.paused_at = Some(now),
            Self::Resume => schedule.paused_at = None,
            Self::Skip(days) => {
                let today = now.timestamp().to_zoned(schedule.rule.zone().clone()).date();
                schedule.skipped.push(later(today, days));
            }
            Self::Keep => schedule.skipped.clear(),
        }
    }
}

pub fn word() -> impl Strategy<Value = Word> {
    prop_oneof![
        2 => Just(Word::Pause),
        3 => Just(Word::Resume),
        3 => (0_i64..4).prop_map(Word::Skip),
        1 => Just(Word::Keep),
    ]
}

/// So many days later.
fn later(date: Date, days: i64) -> Date {
    date.checked_add(jiff::Span::new().days(days)).unwrap()
}
