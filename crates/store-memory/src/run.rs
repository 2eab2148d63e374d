//! Runs and their leases.

use copydesk_domain::{
    Fence, Instant, IssueState, MicroUsd, ModelName, PipelineName, RunId, RunState, StageState,
};
use copydesk_store::contract::{impasse_rules, rules};
use copydesk_store::{
    Applied, Breach, Command, Lease, OutboxState, PROBES, RunParams, RunRecord, StageRecord, StepRecord,
    StoreError, WholeRun, retention,
};

use crate::state::{Result, Run, State};

impl State {
    pub(crate) fn whole_run(&self, run: &RunId) -> Option<WholeRun> {
        let record = self.run(run).ok()?.record.clone();
        let steps = self.steps_after(run, 0);
        let count = |is_it: fn(&StepRecord) -> bool| steps.iter().filter(|step| is_it(step)).count() as u64;
        Some(WholeRun {
            run: record,
            stages: self.stages_of(run).cloned().collect(),
            decisions: self.decisions_of(run).cloned().collect(),
            outbox: self.outbox_of(run),
            model_calls: count(|step| step.task.is_some() && step.attempts > 0),
            tool_calls: count(|step| step.tool.is_some() && step.attempts > 0),
            spend: self.spends_of(run).iter().map(|spend| spend.amount).sum(),
        })
    }

    pub(crate) fn create_run(&mut self, params: RunParams) -> Applied {
        let of_slot = |run: &&Run| {
            let nominal = run.record.slot.as_ref().map(|slot| slot.nominal);
            run.record.pipeline == params.pipeline
                && nominal.is_some()
                && nominal == params.slot.as_ref().map(|slot| slot.nominal)
        };
        let same_id = self.runs.iter().find(|run| run.record.id == params.id);
        if let Some(known) = same_id.or_else(|| self.runs.iter().find(of_slot)) {
            return Applied::Run {
                id: known.record.id.clone(),
                is_new: false,
            };
        }
        let id = params.id.clone();
        self.runs.push(Run {
            record: queued(params),
            holder: None,
        });
        Applied::Run { id, is_new: true }
    }

    pub(crate) fn lease_run(
        &mut self,
        id: &RunId,
        owner: String,
        now: Instant,
        until: Instant,
    ) -> Result<Applied> {
        let run = self.run_mut(id)?;
        if let Some((holder, until)) = run.held_by(now).filter(|(holder, _)| *holder != owner) {
            return Err(StoreError::Leased {
                run: id.clone(),
                owner: holder.clone(),
                until: *until,
            });
        }
        run.record.fence = Fence(run.record.fence.0 + 1);
        run.holder = Some((owner, until));
        Ok(Applied::Leased(Lease {
            run: id.clone(),
            fence: run.record.fence,
        }))
    }

    pub(crate) fn renew_lease(&mut self, lease: &Lease, until: Instant) -> Result<Applied> {
        if let Some(holder) = &mut self.run_mut(&lease.run)?.holder {
            holder.1 = until;
        }
        Ok(Applied::Done)
    }

    pub(crate) fn release_lease(&mut self, lease: &Lease) -> Result<Applied> {
        self.run_mut(&lease.run)?.holder = None;
        Ok(Applied::Done)
    }

    pub(crate) fn update_run(&mut self, command: Command) -> Result<Applied> {
        let Command::UpdateRun {
            lease,
            state,
            waiting_for,
            issue,
            wake_at,
            reason,
            at,
        } = command
        else {
            unreachable!("called for UpdateRun alone");
        };
        if let Some(given) = issue {
            self.report_issue(&lease.run, given)?;
        }
        let record = &mut self.run_mut(&lease.run)?.record;
        record.state = state;
        record.waiting_for = waiting_for;
        record.wake_at = wake_at;
        record.reason = reason;
        record.updated_at = at;
        Ok(Applied::Done)
    }

    /// How far the issue is after a worker's report.
    pub(crate) fn report_issue(&mut self, run: &RunId, given: IssueState) -> Result<()> {
        if self.run(run)?.record.parent.is_some() {
            // The issue of a replay goes nowhere.
            return Ok(());
        }
        let newest = self.newest_issue(run).map(|(round, _)| round);
        let is_new_issue = rules::is_new_issue(newest, self.sent_back_round(run));
        let record = &mut self.run_mut(run)?.record;
        record.issue = rules::report_issue(record.issue, given, is_new_issue);
        Ok(())
    }

    pub(crate) fn request_cancel(&mut self, id: &RunId, at: Instant) -> Result<Applied> {
        let run = self.run_mut(id)?;
        if run.record.state.is_final() {
            return Ok(Applied::Done);
        }
        run.record.cancel_requested = true;
        run.record.updated_at = at;
        self.take_back(id, at)?;
        let run = self.run_mut(id)?;
        if run.held_by(at).is_some() {
            return Ok(Applied::Done);
        }
        run.holder = None;
        run.record.fence = Fence(run.record.fence.0 + 1);
        run.record.state = RunState::Cancelled;
        run.record.waiting_for.clear();
        run.record.wake_at = None;
        run.record.reason = None;
        for stage in self.open_stages(id) {
            stage.state = StageState::Cancelled;
            stage.finished_at = Some(at);
        }
        Ok(Applied::Done)
    }

    pub(crate) fn supersede(&mut self, id: &RunId, reason: &str, at: Instant) -> Result<Applied> {
        let record = &mut self.run_mut(id)?.record;
        if !rules::gives_way(record.state, record.issue) {
            return Ok(Applied::Taken(false));
        }
        record.state = RunState::Superseded;
        record.waiting_for.clear();
        record.wake_at = None;
        record.reason = Some(reason.to_owned());
        record.updated_at = at;
        for stage in self.open_stages(id) {
            stage.state = StageState::Cancelled;
            stage.finished_at = Some(at);
            stage.reason = Some(reason.to_owned());
        }
        Ok(Applied::Taken(true))
    }

    /// The rounds of a run that are not at an end.
    fn open_stages<'a>(&'a mut self, id: &'a RunId) -> impl Iterator<Item = &'a mut StageRecord> {
        let is_open = move |(of, stage): &&mut (RunId, StageRecord)| of == id && !stage.state.is_final();
        self.stages.iter_mut().filter(is_open).map(|(_, stage)| stage)
    }

    pub(crate) fn retry(
        &mut self,
        id: &RunId,
        budget_extra: MicroUsd,
        embedded_only: bool,
        at: Instant,
    ) -> Result<Applied> {
        let own = self.stages.iter().filter(|(run, _)| run == id);
        let stages: Vec<_> = own.map(|(_, stage)| stage.clone()).collect();
        let run = self.run_mut(id)?;
        rules::require_own(run.record.parent.as_ref(), "retried")?;
        rules::require_retryable(run.record.state)?;
        retention::require_outcomes(run.record.pruned_at)?;
        run.record.cancel_requested = false;
        run.record.budget_extra += budget_extra;
        run.record.embedded_only |= embedded_only;
        run.record.breach = None;
        run.record.wake_at = None;
        run.record.updated_at = at;
        let is_requeued = rules::is_requeued_by_retry(run.record.state, &run.record.waiting_for, &stages);
        if run.held_by(at).is_none() && is_requeued {
            run.record.state = RunState::Queued;
            run.record.waiting_for.clear();
            run.record.reason = None;
            self.reopen_stages(id, at);
            for (of, row) in &mut self.outbox {
                if of == id && row.state == OutboxState::Unknown {
                    row.state = OutboxState::Intended;
                    row.error = None;
                }
            }
        }
        Ok(Applied::Done)
    }

    pub(crate) fn go_on(&mut self, command: Command) -> Result<Applied> {
        let Command::GoOn {
            run,
            seen,
            route,
            budget_extra,
            embedded_only,
            at,
        } = command
        else {
            unreachable!("called for GoOn alone");
        };
        impasse_rules::require_impasse(&self.run(&run)?.record, &seen)?;
        if let Some(route) = route {
            self.choose_route(&run, route, at)?;
        }
        self.retry(&run, budget_extra, embedded_only, at)
    }

    pub(crate) fn choose_route(&mut self, id: &RunId, route: Vec<ModelName>, at: Instant) -> Result<Applied> {
        let run = self.run_mut(id)?;
        rules::require_own(run.record.parent.as_ref(), "retried")?;
        rules::require_retryable(run.record.state)?;
        retention::require_outcomes(run.record.pruned_at)?;
        run.record.route = route;
        run.record.embedded_only = false;
        run.record.updated_at = at;
        Ok(Applied::Done)
    }

    pub(crate) fn note_breach(&mut self, lease: &Lease, breach: Breach) -> Result<Applied> {
        self.run_mut(&lease.run)?.record.breach = Some(breach);
        Ok(Applied::Done)
    }

    pub(crate) fn newest_runs(&self, pipeline: Option<&PipelineName>, limit: u32) -> Vec<RunRecord> {
        let is_asked = |run: &&Run| {
            run.record.id.as_str() != PROBES
                && pipeline.is_none_or(|pipeline| run.record.pipeline == *pipeline)
        };
        let mut runs: Vec<RunRecord> = self
            .runs
            .iter()
            .rev()
            .filter(is_asked)
            .map(|run| run.record.clone())
            .collect();
        // Stable: of those made in the same microsecond, the later one stays first.
        runs.sort_by_key(|run| std::cmp::Reverse(run.created_at));
        runs.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        runs
    }

    pub(crate) fn own_runs(&self, pipeline: &PipelineName, limit: u32) -> Vec<RunRecord> {
        let mut runs = self.newest_runs(Some(pipeline), u32::MAX);
        runs.retain(|run| run.parent.is_none());
        runs.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        runs
    }

    pub(crate) fn ended_runs(&self, since: Instant) -> Vec<RunRecord> {
        let is_asked = |run: &&RunRecord| run.is_scheduled && run.state.is_final() && run.updated_at >= since;
        let runs = self.runs.iter().map(|run| &run.record);
        let mut runs: Vec<RunRecord> = runs.filter(is_asked).cloned().collect();
        runs.sort_by_key(|run| run.updated_at);
        runs
    }

    pub(crate) fn newest_run_at(&self, until: Instant) -> Option<Instant> {
        let runs = self.runs.iter().map(|run| &run.record);
        let counted = runs.filter(|run| run.id.as_str() != PROBES && run.created_at <= until);
        counted.map(|run| run.created_at).max()
    }

    pub(crate) fn open_runs(&self) -> Vec<RunRecord> {
        let open = self.runs.iter().filter(|run| !run.record.state.is_final());
        let mut runs: Vec<RunRecord> = open.map(|run| run.record.clone()).collect();
        runs.sort_by_key(|run| run.created_at);
        runs
    }
}

/// A run as it is made.
fn queued(params: RunParams) -> RunRecord {
    RunRecord {
        id: params.id,
        pipeline: params.pipeline,
        slot: params.slot,
        parent: params.parent,
        release: params.release,
        state: RunState::Queued,
        waiting_for: Vec::new(),
        issue: IssueState::None,
        fixed_now: params.fixed_now,
        seed: params.seed,
        is_scheduled: params.is_scheduled,
        created_at: params.at,
        updated_at: params.at,
        wake_at: None,
        cancel_requested: false,
        reason: None,
        budget_extra: MicroUsd::ZERO,
        saved_calls: 0,
        saved_spend: MicroUsd::ZERO,
        last_decision: None,
        pruned_at: None,
        embedded_only: false,
        route: Vec::new(),
        breach: None,
        fence: Fence(0),
    }
}
