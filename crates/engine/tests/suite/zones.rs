//! Every time zone of the bundled database over ten years, against a second opinion on what a wall time means.
//!
//! The short form looks at the days around every change of clocks; with `COPYDESK_LONG=1` at every day.

use std::collections::BTreeSet;

use copydesk_domain::Instant;
use copydesk_engine::planner::Rule;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};

const FIRST: Date = date(2020, 1, 1);
const LAST: Date = date(2029, 12, 31);

/// Fixed times: midnight, within the usual gaps and repeats, five in the morning, the last minute.
const TIMES: &[(i8, i8)] = &[
    (0, 0),
    (0, 30),
    (1, 30),
    (2, 15),
    (2, 30),
    (5, 0),
    (23, 30),
    (23, 59),
];

/// Whether the long forms of tests are wanted.
pub fn is_long() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "the long form is asked for by the environment"
    )]
    let asked = std::env::var_os("COPYDESK_LONG");
    asked.is_some_and(|value| value == "1")
}

/// Every zone that can be read, by name.
pub fn zones() -> Vec<(String, TimeZone)> {
    let names = TimeZoneDatabase::bundled();
    let mut zones: Vec<(String, TimeZone)> = names
        .available()
        .filter_map(|name| Some((name.to_string(), TimeZone::get(name.as_str()).ok()?)))
        .collect();
    zones.sort_by(|(a, _), (b, _)| a.cmp(b));
    zones
}

/// Offsets of a zone with the instants from which they hold, over the ten years and a little more.
fn offsets(zone: &TimeZone) -> Vec<(Timestamp, jiff::tz::Offset)> {
    let start = FIRST
        .checked_sub(10.days())
        .unwrap()
        .to_zoned(TimeZone::UTC)
        .unwrap()
        .timestamp();
    let end = LAST.checked_add(10.days()).unwrap();
    let end = end.to_zoned(TimeZone::UTC).unwrap().timestamp();
    let changes = zone
        .following(start)
        .take_while(|change| change.timestamp() <= end)
        .map(|change| (change.timestamp(), change.offset()));
    std::iter::once((start, zone.to_offset(start)))
        .chain(changes)
        .collect()
}

/// The first instant at which a clock of the zone shows `wall` or something later.
fn first_shown(wall: DateTime, offsets: &[(Timestamp, jiff::tz::Offset)]) -> Instant {
    let candidates = offsets.iter().enumerate().filter_map(|(index, (from, offset))| {
        let at = offset.to_timestamp(wall).ok()?.max(*from);
        let is_before_the_next = offsets.get(index + 1).is_none_or(|(next, _)| at < *next);
        is_before_the_next.then_some(at)
    });
    Instant::from_timestamp(candidates.min().expect("the ten years hold the wall time"))
}

/// The days to look at: three before and after each change of clocks, or all.
fn days(zone: &TimeZone, offsets: &[(Timestamp, jiff::tz::Offset)]) -> BTreeSet<Date> {
    let mut days = BTreeSet::new();
    if is_long() {
        let mut day = FIRST;
        while day <= LAST {
            days.insert(day);
            day = day.tomorrow().unwrap();
        }
        return days;
    }
    for (at, _) in offsets.iter().skip(1) {
        let day = at.to_zoned(zone.clone()).date();
        days.extend((-2..=2).map(|by: i64| day.checked_add(by.days()).unwrap()));
    }
    days.retain(|day| (FIRST..=LAST).contains(day));
    days
}

#[test]
fn a_fixed_time_is_the_first_moment_that_clocks_show_it_in_every_zone() {
    let zones = zones();
    assert!(zones.len() > 400, "{} zones", zones.len());
    let (mut compared, mut changing) = (0_u64, 0_u64);
    for (name, zone) in &zones {
        let offsets = offsets(zone);
        let days = days(zone, &offsets);
        changing += u64::from(offsets.len() > 1);
        for (hour, minute) in TIMES {
            let rule = Rule::parse(&format!("{minute} {hour} * * *"), name).unwrap();
            for day in &days {
                let due = first_shown(day.at(*hour, *minute, 0, 0), &offsets);
                // From just before, the due time is the next one; from the due time on, it is not.
                let before = due.minus(SignedDuration::from_micros(1));
                let mut after = rule.after(before).map(|found| found.nominal);
                assert_eq!(after.next(), Some(due), "{name} {day} {hour}:{minute:02}");
                let next = after.next().unwrap();
                assert!(next > due, "{name} {day} {hour}:{minute:02}: {next} after {due}");
                assert_eq!(rule.after(due).next().map(|found| found.nominal), Some(next));
                compared += 1;
            }
        }
    }
    println!(
        "{} zones, {changing} of them change their clocks; {compared} due times",
        zones.len()
    );
    assert!(changing > 100 && compared > 10_000);
}

#[test]
fn due_times_of_ten_years_strictly_increase_in_every_zone() {
    // Dense where clocks change, sparse elsewhere: a weekly and a monthly time over all of the ten years, in each zone.
    let crons: &[&str] = if is_long() {
        &["30 2 * * *", "0 0 1,15 * *", "*/30 1-3 * * 0", "@hourly"]
    } else {
        &["30 2 * * 0", "0 0 1 * *"]
    };
    let start: Instant = "2020-01-01T00:00:00Z".parse().unwrap();
    let end: Instant = "2030-01-01T00:00:00Z".parse().unwrap();
    for (name, _) in zones() {
        for cron in crons {
            let rule = Rule::parse(cron, &name).unwrap();
            let mut last = start;
            let mut count = 0;
            for found in rule
                .after(start)
                .map(|found| found.nominal)
                .take_while(|at| *at <= end)
            {
                assert!(found > last, "{name} {cron}: {found} after {last}");
                (last, count) = (found, count + 1);
            }
            assert!(count >= 118, "{name} {cron}: {count} in ten years");
        }
    }
}
