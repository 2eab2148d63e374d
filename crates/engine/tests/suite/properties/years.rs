//! Ten years of a schedule: one row for each due time, however seldom the planner looks.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};

use copydesk_domain::{Instant, SlotState};
use copydesk_engine::planner::ScheduleView;
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::drawn::{Word, ZONES, cases, schedule, word};
use super::world::{Planner, World};
use crate::zones::{is_long, zones};

/// Twice a day at most, so that ten years are some thousand rows: in gaps and repeats, at the ends of days and months,
/// and on a day that most years do not have.
const SELDOM: &[&str] = &[
    "@daily",
    "30 2 * * *",
    "30 2,14 * * 1-5",
    "15 0 1,15 * *",
    "59 23 * * *",
    "0 5 29 2 *",
];
/// Cases in each zone: of the odd zones in the short form, of every zone in the long one.
const CASES: (u32, u32) = (2, 4);
/// 2008-01-01 to 2025-01-01, so that the ten years end by 2035.
const BEGINNINGS: std::ops::Range<i64> = 1_199_145_600..1_735_689_600;
const TEN_YEARS_S: i64 = 3_653 * 86_400;

/// A look at the clock, what happens to runs, and what a person says before it.
type Look = (i64, u8, Option<Word>);

/// Looks that are ten years long together: minutes apart, days, or years.
fn looks() -> impl Strategy<Value = Vec<Look>> {
    let weight = prop_oneof![4 => 1_i64..100, 3 => 100_i64..10_000, 1 => 10_000_i64..1_000_000];
    let look = (weight, any::<u8>(), proptest::option::weighted(0.4, word()));
    proptest::collection::vec(look, 4..60).prop_map(|looks| {
        let all: i64 = looks.iter().map(|(weight, ..)| weight).sum();
        let seconds = |weight: i64| (TEN_YEARS_S * weight / all).max(1);
        looks
            .into_iter()
            .map(|(weight, luck, word)| (seconds(weight), luck, word))
            .collect()
    })
}

#[test]
fn ten_years_leave_one_row_for_each_due_time_in_every_zone() {
    let names: Vec<String> = if is_long() {
        zones().into_iter().map(|(name, _)| name).collect()
    } else {
        ZONES.iter().map(|name| (*name).to_owned()).collect()
    };
    let config = ProptestConfig {
        cases: if is_long() { CASES.1 } else { CASES.0 },
        ..cases(0)
    };
    // Each zone has draws of its own, all of them from one seed.
    let mut seeds = TestRunner::new(config.clone());
    let rows = Cell::new(0);
    for name in &names {
        let beginning = BEGINNINGS.prop_map(|seconds| Instant::from_micros(seconds * 1_000_000));
        let drawn = (
            schedule(proptest::sample::select(SELDOM), Just(name.clone()), beginning),
            looks(),
        );
        let mut runner = TestRunner::new_with_rng(config.clone(), seeds.new_rng());
        let lived = runner.run(&drawn, |(schedule, looks)| {
            rows.set(rows.get() + live(schedule, looks)?);
            Ok(())
        });
        if let Err(error) = lived {
            panic!("{name}: {error}");
        }
    }
    let rows = rows.get();
    println!("{} zones, {rows} rows", names.len());
    assert!(rows > names.len(), "{rows} rows in {} zones", names.len());
}

/// Lives ten years; how many rows they leave.
fn live(mut schedule: ScheduleView, looks: Vec<Look>) -> Result<usize, TestCaseError> {
    let mut world = World::default();
    let mut planner = Planner::default();
    let mut now = schedule.since;
    let mut settled: BTreeMap<Instant, SlotState> = BTreeMap::new();
    for (seconds, luck, word) in looks {
        if let Some(word) = word {
            word.say(&mut schedule, now);
        }
        let before = now;
        now = now.plus(SignedDuration::from_secs(seconds));
        planner.plan(&schedule, &mut world, now, false)?;
        one_row_for_each(&schedule, &world, before, now)?;
        for (nominal, state) in &settled {
            prop_assert_eq!(world.rows[nominal].state, *state, "what was decided stays so");
        }
        world.live(luck);
        let decided = world.rows.values().filter(|row| row.state != SlotState::Pending);
        settled.extend(decided.map(|row| (row.slot.nominal, row.state)));
    }
    prop_assert!(
        world.rows.range(..=schedule.since).next().is_none(),
        "a row of before"
    );
    Ok(world.rows.len())
}

/// The rows of a span are its due times, which strictly increase.
fn one_row_for_each(
    schedule: &ScheduleView,
    world: &World,
    after: Instant,
    until: Instant,
) -> Result<(), TestCaseError> {
    let due = schedule.rule.after(after).map(|found| found.nominal);
    let due: Vec<Instant> = due.take_while(|at| *at <= until).collect();
    prop_assert!(due.windows(2).all(|pair| pair[0] < pair[1]));
    let span = (Excluded(after), Included(until));
    let rows: Vec<Instant> = world.rows.range(span).map(|(nominal, _)| *nominal).collect();
    prop_assert_eq!(rows, due);
    Ok(())
}
