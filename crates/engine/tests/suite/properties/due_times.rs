//! When schedules fire, whatever they are.

use copydesk_domain::Instant;
use copydesk_engine::planner::{Rule, resolve};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::drawn::{CRONS, cases, instant, zone};

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn due_times_strictly_increase_and_do_not_depend_on_where_one_starts(
        zone in zone(), cron in proptest::sample::select(CRONS), start in instant(), cut in 1_usize..60,
    ) {
        let rule = Rule::parse(cron, &zone).unwrap();
        let found: Vec<Instant> = rule.after(start).take(120).map(|found| found.nominal).collect();
        prop_assert!(found.first().is_some_and(|first| *first > start));
        prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
        let again: Vec<Instant> = rule.after(found[cut]).take(119 - cut).map(|found| found.nominal).collect();
        prop_assert_eq!(&found[cut + 1..], &again[..]);
    }

    #[test]
    fn a_daily_time_fires_once_for_each_local_date(
        zone in zone(), hour in 0_i8..24, minute in 0_i8..60, start in instant(),
    ) {
        let rule = Rule::parse(&format!("{minute} {hour} * * *"), &zone).unwrap();
        let mut date = start.timestamp().to_zoned(rule.zone().clone()).date();
        let mut expected = Vec::new();
        // 200 days hold at least one change of clocks where there are any.
        for _ in 0..200 {
            let at = resolve(date.at(hour, minute, 0, 0), rule.zone()).unwrap();
            if at > start && expected.last() != Some(&at) {
                expected.push(at);
            }
            date = date.tomorrow().unwrap();
        }
        let found: Vec<Instant> = rule.after(start).take(expected.len()).map(|found| found.nominal).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_pace_fires_at_exactly_the_instants_whose_wall_time_matches(zone in zone(), start in instant()) {
        let rule = Rule::parse("*/15 * * * *", &zone).unwrap();
        let end = start.plus(SignedDuration::from_hours(72));
        let found: Vec<Instant> = rule.after(start).map(|found| found.nominal).take_while(|at| *at <= end).collect();
        let first_minute = start.as_micros().div_euclid(60_000_000) + 1;
        let minutes = (first_minute..).map(|minute| Instant::from_micros(minute * 60_000_000));
        let matches = |at: &Instant| at.timestamp().to_zoned(rule.zone().clone()).minute() % 15 == 0;
        let expected: Vec<Instant> = minutes.take_while(|at| *at <= end).filter(matches).collect();
        prop_assert_eq!(found, expected);
    }
}
