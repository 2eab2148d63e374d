//! A store and a process of the planner, as far as the planner sees them.

use std::collections::BTreeMap;

use copydesk_domain::{Instant, IssueState, PipelineName, RunId, RunState, SlotState};
use copydesk_engine::planner::{
    Action, Ledger, RunFacts, ScheduleView, Writing, due, of_interest, read_from,
};
use copydesk_store::{Slot, SlotRecord};
use proptest::prelude::*;

/// A store and its runs, as far as the planner sees them.
#[derive(Default)]
pub struct World {
    pub rows: BTreeMap<Instant, SlotRecord>,
    runs: Vec<RunFacts>,
}

impl World {
    /// The rows from an instant on, and the runs that are open or of a pending row.
    pub fn ledger(&self, from: Instant) -> Ledger {
        let is_asked_for = |run: &&RunFacts| {
            let row = self.rows.get(&run.nominal);
            !run.state.is_final() || row.is_some_and(|row| row.state == SlotState::Pending)
        };
        Ledger {
            slots: self.rows.range(from..).map(|(_, row)| row.clone()).collect(),
            runs: self.runs.iter().filter(is_asked_for).cloned().collect(),
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

    pub fn carry_out(&mut self, action: Action, now: Instant) -> Result<(), TestCaseError> {
        match action {
            Action::OpenSlot { pipeline, slot, .. } => self.open(pipeline, slot, now),
            Action::Queue {
                pipeline,
                slot,
                reason,
            } => {
                let stored = self.rows.get(&slot.nominal);
                let is_news = stored.is_none_or(|row| {
                    let waits = row.state == SlotState::Pending && row.run.is_none();
                    waits && row.reason.as_ref() != Some(&reason)
                });
                prop_assert!(is_news, "queued twice for one reason: {:?}", stored);
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
    pub fn live(&mut self, luck: u8) {
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

/// A process of the planner: it remembers from where on rows are of interest, as the daemon does.
#[derive(Default)]
pub struct Planner {
    from: Option<Instant>,
}

impl Planner {
    fn ledger(&mut self, world: &World, now: Instant) -> Ledger {
        let first = Instant::from_micros(0);
        // What the store answers, whose contract says the same.
        let asked = || of_interest(&world.ledger(first).slots, now);
        let ledger = world.ledger(read_from(self.from, now).or_else(asked).unwrap_or(first));
        self.from = of_interest(&ledger.slots, now).or(self.from);
        ledger
    }

    /// Plans until nothing is left to do; dies at the first slot that it opens where `dies`.
    pub fn plan(
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
pub fn assert_rows(schedule: &ScheduleView, world: &World, newest: Instant) -> Result<(), TestCaseError> {
    let due = schedule.rule.after(schedule.since).map(|found| found.nominal);
    let expected: Vec<Instant> = due.take_while(|at| *at <= newest).collect();
    let rows: Vec<Instant> = world.rows.keys().copied().collect();
    prop_assert_eq!(rows, expected);
    Ok(())
}
