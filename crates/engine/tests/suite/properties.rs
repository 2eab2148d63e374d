//! What holds over years and zones, whatever the schedule.

use std::collections::BTreeMap;

use copydesk_config::{CatchUp, Overlap};
use copydesk_domain::{Instant, IssueState, PipelineName, RunId, RunState, SlotState};
use copydesk_engine::planner::{
    Action, Ledger, Rule, RunFacts, ScheduleView, Writing, due, of_interest, read_from, resolve,
};
use copydesk_store::{Slot, SlotRecord};
use jiff::SignedDuration;
use proptest::prelude::*;

const ZONES: &[&str] = &[
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

const CRONS: &[&str] = &[
    "@daily",
    "@hourly",
    "*/15 * * * *",
    "*/20 1-3 * * *",
    "30 2,14 * * 1-5",
    "0 */2 * * *",
    "15 0 1,15 * *",
    "59 23 * * *",
];

fn zone() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(ZONES)
}

/// Some instant of the years 2008 to 2035: Samoa's skipped day is among them.
fn instant() -> impl Strategy<Value = Instant> {
    (1_199_145_600_i64..2_051_222_400).prop_map(|seconds| Instant::from_micros(seconds * 1_000_000))
}

/// So many cases, unless `PROPTEST_CASES` says otherwise.
fn cases(cases: u32) -> ProptestConfig {
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

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn due_times_strictly_increase_and_do_not_depend_on_where_one_starts(
        zone in zone(), cron in proptest::sample::select(CRONS), start in instant(), cut in 1_usize..60,
    ) {
        let rule = Rule::parse(cron, zone).unwrap();
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
        let rule = Rule::parse(&format!("{minute} {hour} * * *"), zone).unwrap();
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
        let rule = Rule::parse("*/15 * * * *", zone).unwrap();
        let end = start.plus(SignedDuration::from_hours(72));
        let found: Vec<Instant> = rule.after(start).map(|found| found.nominal).take_while(|at| *at <= end).collect();
        let first_minute = start.as_micros().div_euclid(60_000_000) + 1;
        let minutes = (first_minute..).map(|minute| Instant::from_micros(minute * 60_000_000));
        let matches = |at: &Instant| at.timestamp().to_zoned(rule.zone().clone()).minute() % 15 == 0;
        let expected: Vec<Instant> = minutes.take_while(|at| *at <= end).filter(matches).collect();
        prop_assert_eq!(found, expected);
    }
}

/// A store and its runs, as far as the planner sees them.
#[derive(Default)]
struct World {
    rows: BTreeMap<Instant, SlotRecord>,
    runs: Vec<RunFacts>,
}

impl World {
    fn ledger(&self) -> Ledger {
        Ledger {
            slots: self.rows.values().cloned().collect(),
            runs: self.runs.clone(),
        }
    }

    /// A settled row is never reopened, as in the store.
    fn put(&mut self, row: SlotRecord) {
        let stored = self.rows.entry(row.slot.nominal).or_insert_with(|| row.clone());
        if stored.state == SlotState::Pending {
            let run = row.run.clone().or(stored.run.take());
            *stored = SlotRecord { run, ..row };
        }
    }

    fn carry_out(&mut self, action: Action, now: Instant) -> Result<(), TestCaseError> {
        match action {
            Action::OpenSlot { pipeline, slot, .. } => self.open(pipeline, slot, now),
            Action::Queue {
                pipeline,
                slot,
                reason,
            } => {
                prop_assert!(!self.rows.contains_key(&slot.nominal), "queued twice");
                self.put(SlotRecord {
                    pipeline,
                    slot,
                    state: SlotState::Pending,
                    reason: Some(reason),
                    run: None,
                });
                Ok(())
            }
            Action::Settle {
                pipeline,
                slot,
                state,
                reason,
                run,
            } => self.settle(SlotRecord {
                pipeline,
                slot,
                state,
                reason,
                run,
            }),
            Action::Supersede { run, by, .. } => self.supersede(&run, &by),
        }
    }

    fn open(&mut self, pipeline: PipelineName, slot: Slot, now: Instant) -> Result<(), TestCaseError> {
        prop_assert!(slot.nominal <= now);
        prop_assert!(
            self.runs.iter().all(|run| run.nominal != slot.nominal),
            "two runs for one slot"
        );
        let facts = RunFacts {
            run: format!("r{}", slot.nominal).as_str().into(),
            pipeline: pipeline.clone(),
            nominal: slot.nominal,
            created_at: now,
            state: RunState::Running,
            issue: IssueState::None,
            writing: Writing::Open,
            is_undecided: false,
            is_blank: false,
        };
        let run = Some(facts.run.clone());
        self.runs.push(facts);
        self.put(SlotRecord {
            pipeline,
            slot,
            state: SlotState::Pending,
            reason: None,
            run,
        });
        Ok(())
    }

    fn settle(&mut self, row: SlotRecord) -> Result<(), TestCaseError> {
        let run = self
            .runs
            .iter()
            .find(|facts| Some(&facts.run) == row.run.as_ref());
        let state = &row.state;
        if matches!(state, SlotState::Ran | SlotState::RanLate) {
            let has_issue = run.is_some_and(|facts| facts.writing == Writing::Issue);
            prop_assert!(has_issue, "no artifact, but {state}");
        } else {
            prop_assert!(row.reason.is_some(), "{state} without a reason");
        }
        self.put(row);
        Ok(())
    }

    fn supersede(&mut self, run: &RunId, by: &Slot) -> Result<(), TestCaseError> {
        let found = self.runs.iter_mut().find(|facts| facts.run == *run);
        let facts = found.expect("a known run");
        prop_assert!(facts.nominal < by.nominal);
        prop_assert!(!matches!(
            facts.issue,
            IssueState::Approved | IssueState::Published
        ));
        facts.state = RunState::Superseded;
        Ok(())
    }

    /// Time passes for the open runs: `luck` says how.
    fn live(&mut self, luck: u8) {
        for run in self.runs.iter_mut().filter(|run| !run.state.is_final()) {
            match luck % 5 {
                0 => run.writing = Writing::Failed("research: no feed answered".to_owned()),
                1 => run.writing = Writing::Skipped("past worth_until".to_owned()),
                2 if run.writing == Writing::Open => {
                    (run.writing, run.issue) = (Writing::Issue, IssueState::Reviewed);
                }
                3 if run.writing == Writing::Issue => {
                    (run.issue, run.state) = (IssueState::Published, RunState::Completed);
                }
                _ => {}
            }
            if luck % 5 < 2 {
                run.state = RunState::Failed;
            }
        }
    }
}

fn policies() -> impl Strategy<Value = (CatchUp, Overlap, i64)> {
    let catch_up = proptest::sample::select(&[CatchUp::Latest, CatchUp::All, CatchUp::None][..]);
    let overlap = proptest::sample::select(&[Overlap::Supersede, Overlap::Skip, Overlap::Queue][..]);
    (catch_up, overlap, 1_i64..72)
}

proptest! {
    #![proptest_config(cases(255))]

    #[test]
    fn every_due_time_has_one_row_whenever_the_planner_looks(
        zone in zone(),
        cron in proptest::sample::select(CRONS),
        (catch_up, overlap, max_late) in policies(),
        since in instant(),
        looks in proptest::collection::vec((1_i64..200_000, any::<u8>()), 1..12),
    ) {
        let schedule = ScheduleView {
            pipeline: "p".into(),
            rule: Rule::parse(cron, zone).unwrap(),
            catch_up,
            worth_until: None,
            max_late: SignedDuration::from_hours(max_late),
            overlap,
            paused_at: None,
            skipped: Vec::new(),
            since,
        };
        let mut world = World::default();
        let mut now = since;
        for (seconds, luck) in looks {
            now = now.plus(SignedDuration::from_secs(seconds));
            let mut is_quiet = false;
            for _ in 0..8 {
                let actions = due(std::slice::from_ref(&schedule), &world.ledger(), now);
                is_quiet = actions.is_empty();
                for action in actions {
                    world.carry_out(action, now)?;
                }
            }
            prop_assert!(is_quiet, "the planner does not come to rest");
            let expected: Vec<Instant> =
                schedule.rule.after(since).map(|found| found.nominal).take_while(|at| *at <= now).collect();
            let rows: Vec<Instant> = world.rows.keys().copied().collect();
            prop_assert_eq!(rows, expected);
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
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        6 => (1_i64..200_000, any::<u8>()).prop_map(|(seconds, luck)| Turn::Clock(seconds, luck)),
        2 => (-200_000_i64..-1, any::<u8>()).prop_map(|(seconds, luck)| Turn::Clock(seconds, luck)),
        1 => (prop_oneof![Just(1_i64), Just(-1), Just(60), Just(-60), Just(3_600), Just(-3_600)], any::<u8>())
            .prop_map(|(seconds, luck)| Turn::Clock(seconds, luck)),
        1 => Just(Turn::Restart),
        1 => Just(Turn::DeathAtARow),
    ]
}

/// A process of the planner: it remembers from where on rows are of interest, as the daemon does.
#[derive(Default)]
struct Planner {
    from: Option<Instant>,
}

impl Planner {
    fn ledger(&mut self, world: &World, now: Instant) -> Ledger {
        let mut ledger = world.ledger();
        let from = read_from(self.from, now);
        ledger.slots.retain(|row| row.slot.nominal >= from);
        self.from = of_interest(&ledger.slots, now).or(self.from);
        ledger
    }

    /// Plans until nothing is left to do; dies at the first slot that it opens where `dies`.
    fn plan(
        &mut self,
        schedule: &ScheduleView,
        world: &mut World,
        now: Instant,
        dies: bool,
    ) -> Result<(), TestCaseError> {
        for _ in 0..40 {
            let actions = due(std::slice::from_ref(schedule), &self.ledger(world, now), now);
            if actions.is_empty() {
                return Ok(());
            }
            for action in actions {
                if let (Action::OpenSlot { pipeline, slot, .. }, true) = (&action, dies) {
                    world.put(SlotRecord {
                        pipeline: pipeline.clone(),
                        slot: slot.clone(),
                        state: SlotState::Pending,
                        reason: None,
                        run: None,
                    });
                    return Ok(());
                }
                world.carry_out(action, now)?;
            }
        }
        prop_assert!(false, "the planner does not come to rest");
        Ok(())
    }
}

/// Each due time up to `newest` has one row, and no row is anything else.
fn assert_rows(schedule: &ScheduleView, world: &World, newest: Instant) -> Result<(), TestCaseError> {
    let due = schedule.rule.after(schedule.since).map(|found| found.nominal);
    let expected: Vec<Instant> = due.take_while(|at| *at <= newest).collect();
    let rows: Vec<Instant> = world.rows.keys().copied().collect();
    prop_assert_eq!(rows, expected);
    Ok(())
}

proptest! {
    #![proptest_config(cases(255))]

    #[test]
    fn whatever_the_clock_shows_every_due_time_has_one_row_and_at_last_a_verdict(
        zone in zone(),
        cron in proptest::sample::select(CRONS),
        (catch_up, overlap, max_late) in policies(),
        since in instant(),
        turns in proptest::collection::vec(turn(), 1..24),
    ) {
        let schedule = ScheduleView {
            pipeline: "p".into(),
            rule: Rule::parse(cron, zone).unwrap(),
            catch_up,
            max_late: SignedDuration::from_hours(max_late),
            overlap,
            worth_until: None,
            paused_at: None,
            skipped: Vec::new(),
            since,
        };
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
        // The clock is right again and time goes on: every run ends, and with it every slot has its verdict.
        now = newest;
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
