//! What holds of rows, whatever the schedule, the clock and a person do.

use std::collections::BTreeMap;

use copydesk_domain::{Instant, SlotState};
use copydesk_engine::planner::due;
use copydesk_store::SlotRecord;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::drawn::{CRONS, Word, cases, instant, schedule, word, zone};
use super::world::{Planner, World, assert_rows};

proptest! {
    #![proptest_config(cases(255))]

    #[test]
    fn every_due_time_has_one_row_whenever_the_planner_looks(
        mut schedule in schedule(proptest::sample::select(CRONS), zone(), instant()),
        looks in proptest::collection::vec((1_i64..200_000, any::<u8>(), proptest::option::weighted(0.3, word())), 1..12),
    ) {
        let since = schedule.since;
        let mut world = World::default();
        let mut now = since;
        for (seconds, luck, word) in looks {
            if let Some(word) = word {
                word.say(&mut schedule, now);
            }
            now = now.plus(SignedDuration::from_secs(seconds));
            let mut is_quiet = false;
            for _ in 0..8 {
                let actions = due(std::slice::from_ref(&schedule), &world.ledger(Instant::from_micros(0)), now);
                is_quiet = actions.is_empty();
                for action in actions {
                    world.carry_out(action, now)?;
                }
            }
            prop_assert!(is_quiet, "the planner does not come to rest");
            assert_rows(&schedule, &world, now)?;
            world.live(luck);
        }
    }
}

/// A step of a machine's life.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// The clock shows so many seconds more, or less, than before; what then happens to runs is luck.
    Clock(i64, u8),
    /// The process ends and another one begins: what it remembered of old rows is gone.
    Restart,
    /// The process dies between the row of a slot and its run.
    DeathAtARow,
    /// A person says something.
    Said(Word),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        6 => (1_i64..200_000, any::<u8>()).prop_map(|(seconds, luck)| Turn::Clock(seconds, luck)),
        2 => (-200_000_i64..-1, any::<u8>()).prop_map(|(seconds, luck)| Turn::Clock(seconds, luck)),
        1 => (prop_oneof![Just(1_i64), Just(-1), Just(60), Just(-60), Just(3_600), Just(-3_600)], any::<u8>())
            .prop_map(|(seconds, luck)| Turn::Clock(seconds, luck)),
        1 => Just(Turn::Restart),
        1 => Just(Turn::DeathAtARow),
        2 => word().prop_map(Turn::Said),
    ]
}

proptest! {
    #![proptest_config(cases(255))]

    #[test]
    fn whatever_the_clock_shows_every_due_time_has_one_row_and_at_last_a_verdict(
        mut schedule in schedule(proptest::sample::select(CRONS), zone(), instant()),
        turns in proptest::collection::vec(turn(), 1..24),
    ) {
        let since = schedule.since;
        let mut world = World::default();
        let mut planner = Planner::default();
        let (mut now, mut newest, mut dies) = (since, since, false);
        let mut settled: BTreeMap<Instant, SlotState> = BTreeMap::new();
        for turn in turns {
            match turn {
                Turn::Clock(seconds, luck) => {
                    now = now.plus(SignedDuration::from_secs(seconds));
                    newest = newest.max(now);
                    world.live(luck);
                }
                Turn::Restart => planner = Planner::default(),
                Turn::DeathAtARow => {
                    dies = true;
                    planner = Planner::default();
                }
                Turn::Said(word) => word.say(&mut schedule, now),
            }
            planner.plan(&schedule, &mut world, now, dies)?;
            if std::mem::take(&mut dies) {
                planner = Planner::default();
                planner.plan(&schedule, &mut world, now, false)?;
            }
            assert_rows(&schedule, &world, newest)?;
            // What was decided stays so.
            for (nominal, state) in &settled {
                prop_assert_eq!(world.rows[nominal].state, *state);
            }
            let decided = world.rows.values().filter(|row| row.state != SlotState::Pending);
            settled.extend(decided.map(|row| (row.slot.nominal, row.state)));
        }
        // The clock is right again, a pause that holds what is queued ends, and time goes on: every run ends, and with it
        // every slot has its verdict.
        now = newest;
        schedule.paused_at = None;
        // One queued slot after the other, and some more for what follows.
        for _ in 0..world.rows.len() + 8 {
            world.live(2);
            world.live(3);
            planner.plan(&schedule, &mut world, now, false)?;
            if world.rows.values().all(|row| row.state != SlotState::Pending) {
                break;
            }
        }
        assert_rows(&schedule, &world, newest)?;
        let open: Vec<&SlotRecord> =
            world.rows.values().filter(|row| row.state == SlotState::Pending).collect();
        prop_assert!(open.is_empty(), "no verdict: {:?}", open);
    }
}
