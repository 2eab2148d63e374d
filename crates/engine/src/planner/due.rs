//! The planner's one decision.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_config::{CatchUp, Overlap};
use copydesk_domain::{Instant, PipelineName, SlotState};
use copydesk_store::{Slot, SlotRecord};

use crate::planner::facts::{Action, Ledger, RunFacts, ScheduleView};
use crate::planner::verdict::{LATE_AFTER, is_unsettled, verdict, words};

/// Slots of one pipeline planned at once; what is left is planned right after. A day of a schedule that fires each
/// minute has 1440.
const SLOTS_MAX: usize = 1_500;

/// What a queued slot waits for while its pipeline is paused.
const HELD: &str = "waits until the pipeline is resumed";

/// Decides what is to be done now: verdicts on slots whose runs are decided, then new slots in order of time.
///
/// Called again with the actions carried out, it gives what is left to do, at last nothing.
pub fn due(schedules: &[ScheduleView], ledger: &Ledger, now: Instant) -> Vec<Action> {
    let mut actions = verdicts(ledger);
    for schedule in schedules {
        let plan = Plan::new(schedule, ledger, now);
        plan.queued(&mut actions);
        plan.fresh(&mut actions);
    }
    actions
}

/// Pipelines with skipped slots after `now` that led to no run. Only a clock that was ahead makes them, and they would
/// keep their days from being run when those come. A folded slot stays: the run that it was folded into has run.
pub fn ahead(ledger: &Ledger, now: Instant) -> BTreeSet<PipelineName> {
    let rows = ledger
        .slots
        .iter()
        .filter(|row| row.slot.nominal > now && row.state == SlotState::Skipped && row.run.is_none());
    rows.map(|row| row.pipeline.clone()).collect()
}

/// Pending slots whose run is decided.
fn verdicts(ledger: &Ledger) -> Vec<Action> {
    let pending = ledger.slots.iter().filter(|row| row.state == SlotState::Pending);
    let settled = pending.filter_map(|row| {
        let run = ledger
            .runs
            .iter()
            .find(|run| row.run.as_ref() == Some(&run.run))?;
        let (state, reason) = verdict(run)?;
        let (pipeline, slot) = (row.pipeline.clone(), row.slot.clone());
        Some(Action::Settle {
            pipeline,
            slot,
            state,
            reason,
            run: Some(run.run.clone()),
        })
    });
    settled.collect()
}

/// One pipeline's part.
struct Plan<'a> {
    schedule: &'a ScheduleView,
    rows: Vec<&'a SlotRecord>,
    /// Unfinished runs by slot.
    unsettled: BTreeMap<Instant, &'a RunFacts>,
    /// Slots that have a run, whether their row knows it or not.
    runs: BTreeSet<Instant>,
    now: Instant,
}

impl<'a> Plan<'a> {
    fn new(schedule: &'a ScheduleView, ledger: &'a Ledger, now: Instant) -> Self {
        let mut rows: Vec<_> = ledger
            .slots
            .iter()
            .filter(|row| row.pipeline == schedule.pipeline)
            .collect();
        rows.sort_by_key(|row| row.slot.nominal);
        let runs = || ledger.runs.iter().filter(|run| run.pipeline == schedule.pipeline);
        let unsettled = runs()
            .filter(|run| is_unsettled(run))
            .map(|run| (run.nominal, run))
            .collect();
        Self {
            schedule,
            rows,
            unsettled,
            runs: runs().map(|run| run.nominal).collect(),
            now,
        }
    }

    fn late(&self, nominal: Instant) -> jiff::SignedDuration {
        self.now.since(nominal)
    }

    fn too_late(&self, nominal: Instant) -> Option<String> {
        let (late, max_late) = (self.late(nominal), self.schedule.max_late);
        let reason = || {
            let late = format!("{} late; max_late is {}", words(late), words(max_late));
            let past = self.schedule.past_worth(nominal, self.now);
            past.map_or(late.clone(), |past| format!("{past}; {late}"))
        };
        (late > max_late).then(reason)
    }

    fn skip(&self, nominal: Instant, state: SlotState, reason: String) -> Action {
        let (pipeline, slot) = (self.schedule.pipeline.clone(), self.schedule.slot(nominal));
        Action::Settle {
            pipeline,
            slot,
            state,
            reason: Some(reason),
            run: None,
        }
    }

    fn open(&self, slot: Slot) -> Action {
        let is_late = self.late(slot.nominal) > LATE_AFTER;
        Action::OpenSlot {
            pipeline: self.schedule.pipeline.clone(),
            slot,
            is_late,
        }
    }

    /// An older run that the slot at `nominal` would have to wait for.
    fn in_the_way(&self, nominal: Instant) -> Option<&RunFacts> {
        self.unsettled.range(..nominal).next_back().map(|(_, run)| *run)
    }

    /// What a slot waits for that is queued: the run in its way, or else what is queued before it.
    fn waits_for(&self, nominal: Instant, is_first: bool) -> String {
        let run = self.in_the_way(nominal).filter(|_| is_first);
        run.map_or("waits for an older slot".to_owned(), |run| {
            format!("waits for {}", run.run)
        })
    }

    fn queue(&self, slot: Slot, reason: String) -> Action {
        Action::Queue {
            pipeline: self.schedule.pipeline.clone(),
            slot,
            reason,
        }
    }

    /// The row of a queued slot once more, where it waits for something else by now.
    fn renewed(&self, row: &SlotRecord, reason: String) -> Option<Action> {
        let is_said = row.reason.as_ref() == Some(&reason);
        (!is_said).then(|| self.queue(row.slot.clone(), reason))
    }

    /// Queued slots behind the first one wait for it, whatever they waited for when they came.
    fn behind<'b>(&'b self, rows: impl Iterator<Item = &'b &'a SlotRecord>) -> impl Iterator<Item = Action> {
        let rows = rows.filter(|row| row.slot.nominal <= self.now && !self.runs.contains(&row.slot.nominal));
        rows.filter_map(|row| self.renewed(row, self.waits_for(row.slot.nominal, false)))
    }

    /// Rows without a run: they wait for an older run, or the process died between row and run.
    fn queued(&self, actions: &mut Vec<Action>) {
        let mut waiting = self
            .rows
            .iter()
            .filter(|row| row.state == SlotState::Pending && row.run.is_none());
        while let Some(row) = waiting.next() {
            let nominal = row.slot.nominal;
            let has_run = self.runs.contains(&nominal);
            if has_run {
                actions.push(self.open(row.slot.clone()));
            } else if nominal > self.now {
                // The clock was set back since: its time comes again.
            } else if let Some(reason) = self.schedule.refusal_of_waiting(nominal) {
                actions.push(self.skip(nominal, SlotState::Skipped, reason.to_owned()));
            } else if let Some(late) = self.too_late(nominal) {
                actions.push(self.skip(nominal, SlotState::Skipped, late));
            } else if self.schedule.is_held(nominal) {
                // What is behind it waits too, in its order.
                if self.schedule.overlap == Overlap::Queue {
                    actions.extend(self.renewed(row, HELD.to_owned()));
                    actions.extend(self.behind(waiting));
                }
                return;
            } else if self.schedule.overlap != Overlap::Queue {
                actions.push(self.open(row.slot.clone()));
            } else {
                if self.in_the_way(nominal).is_none() {
                    // The next one's turn is then to wait for it.
                    actions.push(self.open(row.slot.clone()));
                } else {
                    actions.extend(self.renewed(row, self.waits_for(nominal, true)));
                    actions.extend(self.behind(waiting));
                }
                return;
            }
        }
    }

    /// Due times that have no row yet. One more than is planned is looked for, so that the last of a cut-off batch
    /// is not taken for the newest.
    fn candidates(&self) -> Vec<Instant> {
        let known: BTreeSet<Instant> = self.rows.iter().map(|row| row.slot.nominal).collect();
        // Rows after now come from a clock that was ahead: they are kept, and nothing is planned from them.
        let newest = known.range(..=self.now).next_back();
        let from = newest.map_or(self.schedule.since, |newest| self.schedule.since.max(*newest));
        let found = self.schedule.rule.after(from).map(|found| found.nominal);
        found
            .take_while(|at| *at <= self.now)
            .filter(|at| !known.contains(at))
            .take(SLOTS_MAX + 1)
            .collect()
    }

    fn fresh(&self, actions: &mut Vec<Action>) {
        let found = self.candidates();
        let is_wanted = |at: &&Instant| self.schedule.refusal(**at).is_none();
        let newest = found.iter().rfind(is_wanted).copied();
        // Whether the newest runs: the others are folded into it, and otherwise skipped as it is.
        let takes_over = newest.filter(|at| self.too_late(*at).is_none());
        let mut is_queue_blocked = self
            .rows
            .iter()
            .any(|row| row.state == SlotState::Pending && row.run.is_none());
        for nominal in found.into_iter().take(SLOTS_MAX) {
            if let Some(reason) = self.schedule.refusal(nominal) {
                actions.push(self.skip(nominal, SlotState::Skipped, reason.to_owned()));
            } else if let Some((state, reason)) = self.missed(nominal, takes_over) {
                actions.push(self.skip(nominal, state, reason));
            } else {
                self.start(nominal, &mut is_queue_blocked, actions);
            }
        }
    }

    /// The verdict on a slot that catch-up does not run.
    fn missed(&self, nominal: Instant, takes_over: Option<Instant>) -> Option<(SlotState, String)> {
        let is_late = self.late(nominal) > LATE_AFTER;
        let too_late = self.too_late(nominal).map(|reason| (SlotState::Skipped, reason));
        match self.schedule.catch_up {
            CatchUp::None if is_late => {
                let reason = format!("{} late; catch_up is none", words(self.late(nominal)));
                Some((SlotState::Skipped, reason))
            }
            CatchUp::None | CatchUp::All => too_late,
            CatchUp::Latest => match takes_over {
                Some(newest) if newest == nominal => None,
                Some(newest) => Some((SlotState::Folded, format!("folded into {newest}"))),
                None => too_late,
            },
        }
    }

    /// Opens a slot, as far as unfinished runs let it. A slot that is caught up under `all` leaves them alone: each
    /// of a batch is to run, not to displace the one before it.
    fn start(&self, nominal: Instant, is_queue_blocked: &mut bool, actions: &mut Vec<Action>) {
        let slot = self.schedule.slot(nominal);
        let is_one_of_many = self.schedule.catch_up == CatchUp::All && self.late(nominal) > LATE_AFTER;
        let older = self.in_the_way(nominal);
        match (self.schedule.overlap, older) {
            (Overlap::Queue, _) => {
                if *is_queue_blocked || older.is_some() {
                    let reason = self.waits_for(nominal, !*is_queue_blocked);
                    actions.push(self.queue(slot, reason));
                } else {
                    actions.push(self.open(slot));
                }
                *is_queue_blocked = true;
            }
            (Overlap::Skip, Some(run)) if !is_one_of_many => {
                let reason = format!("run {} is unfinished", run.run);
                actions.push(self.skip(nominal, SlotState::Skipped, reason));
            }
            (Overlap::Supersede, Some(_)) if !is_one_of_many => {
                let older = self.unsettled.range(..nominal);
                actions.extend(older.map(|(_, run)| Action::Supersede {
                    pipeline: self.schedule.pipeline.clone(),
                    run: run.run.clone(),
                    by: slot.clone(),
                }));
                actions.push(self.open(slot));
            }
            (Overlap::Skip | Overlap::Supersede, _) => actions.push(self.open(slot)),
        }
    }
}
