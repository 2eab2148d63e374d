//! Carrying out what [`crate::next`] decides. Re-entrant: a second caller loses the lease and changes nothing.

use std::sync::Arc;
use std::time::Duration;

use copydesk_config::Release;
use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{
    ContentHash, Decision, Instant, IssueState, Round, RunId, RunState, StageName, StageState, WaitingFor,
};
use copydesk_journal::{Batch, ProgressEvent, StageOutput};
use copydesk_store::contract::rules;
use copydesk_store::{
    Command, DecisionRecord, Lease, OutboxRecord, RunRecord, StageRecord, StoreError, Subject, WholeRun,
};
use tokio::sync::watch;
use tokio::time::Instant as Tick;

use crate::daemon::Mark;
use crate::error::EngineError;
use crate::gates;
use crate::lease::LeaseKeeper;
use crate::next::{Next, View, failed, next, operator_waits};
use crate::noted::Noted;
use crate::services::Engine;
use crate::starting::why_it_waits;

/// How far an advance may go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Stop after this stage.
    pub until: Option<StageName>,
    /// Run this stage alone, once more, whatever the rest of the run says.
    pub only: Option<StageName>,
}

/// What an advance came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advanced {
    /// The run is final, or the asked-for part of it is done.
    Done,
    /// Look again then.
    WakeAt(Instant),
    /// A person has to act; look again at the instant, if one is given.
    WaitFor(Vec<WaitingFor>, Option<Instant>),
    /// The process is ending; the run goes on at its next start.
    Interrupted,
}

/// One consistent look at a run.
#[derive(Clone)]
pub(crate) struct Look {
    pub(crate) run: RunRecord,
    pub(crate) stages: Vec<StageRecord>,
    pub(crate) decisions: Vec<DecisionRecord>,
    outbox: Vec<OutboxRecord>,
    answers_open: usize,
    is_blank: bool,
    /// Rises when the run is changed from outside after this look.
    changes: watch::Receiver<u64>,
    looked_at: Tick,
}

/// A look holds for so long where no change was told; another process that shares the store tells nothing.
const LOOK_HOLDS: Duration = Duration::from_secs(1);

impl Look {
    /// Whether the run may be another one by now than it was seen and than this advance has made it.
    fn is_old(&self) -> bool {
        self.looked_at.elapsed() > LOOK_HOLDS || self.changes.has_changed().unwrap_or(true)
    }
}

/// The right to move a run, and what belongs to it.
pub(crate) struct Drive {
    pub(crate) lease: Lease,
    pub(crate) release: Arc<Release>,
    pub(crate) batch: Arc<Batch>,
    pub(crate) keeper: LeaseKeeper,
    pub(crate) noted: Noted,
}

/// What carrying one decision out came to.
pub(crate) enum Carried {
    /// The advance is over.
    Ended(Advanced),
    /// Look again.
    Again,
    /// A stage has its artifacts; the record is on its way to the store.
    Completed(StageRecord),
}

impl Engine {
    /// Moves a run as far as it can go now.
    ///
    /// # Errors
    /// [`EngineError::ClockDoubted`] where the clock of a daemon cannot be right: the run stays as it is, and goes on once
    /// that has been set. What else keeps it from being moved.
    pub async fn advance(&self, run: &RunId, scope: &Scope) -> Result<Advanced, EngineError> {
        self.advance_marked(run, scope, &mut None).await
    }

    /// The same, with the mark of the run as it was seen.
    pub(crate) async fn advance_marked(
        &self,
        run: &RunId,
        scope: &Scope,
        mark: &mut Option<Mark>,
    ) -> Result<Advanced, EngineError> {
        let turn = self.turn_of(run);
        let _turn = turn.lock().await;
        loop {
            let look = self.look(run).await?;
            let seen = Mark::of(&look.run);
            *mark = Some(seen.clone());
            // A replay is moved by `crate::replay`, which was handed no channel; here it could go out.
            if look.run.state.is_final() || look.run.parent.is_some() {
                return Ok(Advanced::Done);
            }
            let drive = self.take(&look.run).await?;
            let result = self.drive(&drive, scope, look).await;
            let advanced = self.let_go(drive, result).await?;
            let Advanced::WaitFor(who, _) = &advanced else {
                return Ok(advanced);
            };
            if !self.is_set_meanwhile(run, &seen, who).await? {
                return Ok(advanced);
            }
        }
    }

    /// Takes the lease on a run as it was seen. It is stored with the first write; should another worker have been
    /// there since, its fence is higher, and nothing at all is written.
    async fn take(&self, run: &RunRecord) -> Result<Drive, EngineError> {
        let release = self.release(run).await?;
        let (store, progress) = (&self.services.store, &self.services.progress);
        let batch = Arc::new(Batch::new(Arc::clone(store), Arc::clone(progress)));
        let lease = self.lease(run, &batch);
        let (store, clock) = (Arc::clone(store), Arc::clone(&self.services.clock));
        let keeper = LeaseKeeper::start(store, clock, lease.clone(), Arc::clone(&batch));
        Ok(Drive {
            lease,
            release,
            batch,
            keeper,
            noted: Noted::default(),
        })
    }

    /// Lets a run go, with what is left to be written.
    async fn let_go(
        &self,
        drive: Drive,
        result: Result<Advanced, EngineError>,
    ) -> Result<Advanced, EngineError> {
        let Drive {
            lease, batch, keeper, ..
        } = drive;
        drop(keeper);
        let release = Command::ReleaseLease { lease };
        let mut released = batch.apply(release.clone()).await;
        if released.is_err() {
            // What failed before is in `result`; the lease is ours all the same.
            released = match self.services.store.apply(release).await {
                Err(StoreError::LeaseLost { .. }) | Ok(_) => released,
                Err(error) => Err(error),
            };
        }
        match released {
            Ok(_) => result,
            Err(error) => result.and(Err(error.into())),
        }
    }

    pub(crate) async fn look(&self, run: &RunId) -> Result<Look, EngineError> {
        let (changes, looked_at) = (self.services.store.run_changes(run), Tick::now());
        let WholeRun {
            run,
            stages,
            decisions,
            outbox,
            ..
        } = self.whole_run(run).await?;
        let answers_open = self.pending_answers_of(&stages, &decisions).await?.len();
        let is_blank = self.is_blank_sent_back(&stages, &decisions).await;
        Ok(Look {
            run,
            stages,
            decisions,
            outbox,
            answers_open,
            is_blank,
            changes,
            looked_at,
        })
    }

    async fn drive(&self, drive: &Drive, scope: &Scope, mut look: Look) -> Result<Advanced, EngineError> {
        if let Some(only) = &scope.only {
            self.require_clock()?;
            return self.run_alone(drive, only).await;
        }
        loop {
            let decided = next(&self.view_of(&look, &drive.release, scope.until.as_ref()));
            tracing::debug!(run = %drive.lease.run, ?decided, "next");
            if decided != Next::End(RunState::Cancelled) {
                // By a wrong clock a stage would be skipped, or an issue expire or go out too early, and stay so.
                self.require_clock()?;
            }
            look = match self.carry_out(decided, &look, drive).await? {
                Carried::Ended(advanced) => return Ok(advanced),
                Carried::Again => self.look_again(drive).await?,
                Carried::Completed(record) => self.look_ahead(drive, look, record, scope).await?,
            };
        }
    }

    /// A look at what is stored, all of this advance included.
    pub(crate) async fn look_again(&self, drive: &Drive) -> Result<Look, EngineError> {
        drive.batch.commit().await?;
        self.look(&drive.lease.run).await
    }

    /// The look after a stage, before its end is stored: the end of the one stage shares a commit with the start of the
    /// next, or with the end of the advance. What is handed over, and what a stage that makes the issue or answers leads
    /// to, is decided on what is stored.
    async fn look_ahead(
        &self,
        drive: &Drive,
        look: Look,
        record: StageRecord,
        scope: &Scope,
    ) -> Result<Look, EngineError> {
        let mut ahead = look;
        let issue = ahead.run.issue;
        let is_old = ahead.is_old();
        if is_old {
            (ahead.changes, ahead.looked_at) = (self.services.store.run_changes(&ahead.run.id), Tick::now());
            ahead.run = self.known_run(&drive.lease.run).await?;
        } else {
            // As the stage's start has stored it.
            ahead.run.state = RunState::Running;
            ahead.run.waiting_for.clear();
            (ahead.run.wake_at, ahead.run.reason) = (None, None);
        }
        let kinds: Vec<_> = record.artifacts.iter().map(|artifact| artifact.kind).collect();
        ahead.run.issue = rules::issue_after(record.state, &kinds).unwrap_or(issue);
        // What it read now is not what was sent back.
        ahead.is_blank &= record.stage.as_str() != StageName::RESEARCH;
        let place = (record.stage.clone(), record.round);
        ahead
            .stages
            .retain(|known| (known.stage.clone(), known.round) != place);
        ahead.stages.push(record);
        let decided = next(&self.view_of(&ahead, &drive.release, scope.until.as_ref()));
        let is_seen = match decided {
            Next::Run(..) => true,
            Next::WaitFor(..) | Next::WakeAt(_) | Next::Stopped | Next::End(_) => {
                !is_old && kinds.iter().all(|kind| *kind == ArtifactKind::Custom)
            }
            Next::Skip(..) | Next::Publish | Next::Expire(_) => false,
        };
        if is_seen {
            return Ok(ahead);
        }
        self.look_again(drive).await
    }

    /// What the next decision depends on.
    pub(crate) fn view_of<'a>(
        &self,
        look: &'a Look,
        release: &'a Release,
        until: Option<&'a StageName>,
    ) -> View<'a> {
        View {
            run: &look.run,
            pipeline: &release.pipeline,
            stages: &look.stages,
            decisions: &look.decisions,
            outbox: &look.outbox,
            answers_open: look.answers_open,
            expires: release.config.approval.expires,
            now: self.services.clock.now(),
            until,
            is_blank: look.is_blank,
        }
    }

    /// Carries one decision out.
    pub(crate) async fn carry_out(
        &self,
        decided: Next,
        look: &Look,
        drive: &Drive,
    ) -> Result<Carried, EngineError> {
        match decided {
            Next::Run(stage, round) => self.run_stage(drive, look, &stage, round).await,
            Next::Skip(stage, round, reason) => {
                self.skip(drive, &stage, round, reason);
                Ok(Carried::Again)
            }
            Next::Publish => {
                if self.hand_over(drive, look).await? {
                    Ok(Carried::Again)
                } else {
                    Ok(Carried::Ended(Advanced::Interrupted))
                }
            }
            Next::Expire(subject) => {
                drive.batch.commit().await?;
                self.expire(&drive.lease.run, &subject, &look.stages).await?;
                Ok(Carried::Again)
            }
            Next::WakeAt(at) => {
                let reason = why_it_waits(&look.stages);
                self.update(drive, RunState::Waiting, Vec::new(), None, Some(at), reason);
                Ok(Carried::Ended(Advanced::WakeAt(at)))
            }
            Next::WaitFor(who, at) => {
                let reason = look.run.reason.clone();
                self.update(drive, RunState::Waiting, who.clone(), None, at, reason);
                Ok(Carried::Ended(Advanced::WaitFor(who, at)))
            }
            Next::Stopped => {
                // The reason tells a run that was stopped on purpose from one that waits for its worker.
                let pipeline = &look.run.pipeline;
                let reason = Some(format!(
                    "stopped where it was asked to; `copydesk run {pipeline}` goes on"
                ));
                self.update(drive, RunState::Queued, Vec::new(), None, None, reason);
                Ok(Carried::Ended(Advanced::Done))
            }
            Next::End(state) => {
                self.end(drive, look, state);
                Ok(Carried::Ended(Advanced::Done))
            }
        }
    }

    /// Hands the approved payloads over and records how far the issue is. False if the process is ending before that.
    /// A stage that waited for an operator before waits on after it.
    pub(crate) async fn hand_over(&self, drive: &Drive, look: &Look) -> Result<bool, EngineError> {
        if *self.services.shutdown.borrow() {
            // Who was told to end begins nothing that cannot be taken back.
            return Ok(false);
        }
        let channels = self.services.channels.open(&drive.release);
        let waits = match look.run.state {
            RunState::Waiting => operator_waits(&look.run.waiting_for),
            _ => Vec::new(),
        };
        self.update(drive, RunState::Running, Vec::new(), None, None, None);
        drive.batch.commit().await?;
        let Some((issue, summary)) = self
            .publish(&drive.lease, &look.stages, &look.decisions, &channels)
            .await?
        else {
            self.update(drive, RunState::Queued, Vec::new(), None, None, None);
            return Ok(false);
        };
        let (state, reason) = match issue {
            _ if !waits.is_empty() => (RunState::Waiting, look.run.reason.clone()),
            IssueState::Published => (RunState::Running, None),
            _ => (RunState::Running, Some(summary)),
        };
        let waits = if state == RunState::Waiting {
            waits
        } else {
            Vec::new()
        };
        self.update(drive, state, waits, Some(issue), None, reason);
        Ok(true)
    }

    fn end(&self, drive: &Drive, look: &Look, state: RunState) {
        let failed = failed(&look.stages).next();
        let reason = match state {
            RunState::Failed => failed.and_then(|record| record.reason.clone()),
            RunState::Completed => gates::refusals(&drive.release.pipeline, &look.stages, &look.decisions)
                .map(|(stage, decision)| format!("it ended at {stage}, {}", gates::refused(decision)))
                .next(),
            _ => None,
        };
        let open = look.stages.iter().filter(|record| !record.state.is_final());
        for record in open.filter(|_| state == RunState::Cancelled) {
            let place = (&record.stage, record.round);
            let reason = Some("cancelled".to_owned());
            self.finish(
                drive,
                place,
                StageState::Cancelled,
                reason,
                StageOutput::default(),
            );
        }
        self.update(drive, state, Vec::new(), None, None, reason);
    }

    /// Records that nobody decided in time.
    pub(crate) async fn expire(
        &self,
        run: &RunId,
        subject: &Subject,
        stages: &[StageRecord],
    ) -> Result<(), EngineError> {
        let hash = match subject {
            Subject::Stage(stage) => gates::newest(stages, stage),
            Subject::Issue | Subject::Answer(_) => crate::outbox::issue_bytes(self, stages)
                .await?
                .map(|bytes| ContentHash::of(&bytes)),
        };
        let Some(hash) = hash else { return Ok(()) };
        let command = Command::Decide {
            run: run.clone(),
            subject: subject.clone(),
            hash,
            decision: Decision::Expired,
            effective_at: None,
            reason: Some("nobody decided in time".to_owned()),
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(())
    }

    fn skip(&self, drive: &Drive, stage: &StageName, round: Round, reason: String) {
        let now = self.services.clock.now();
        drive.batch.hold(Command::StartStage {
            lease: drive.lease.clone(),
            stage: stage.clone(),
            round,
            now,
            at: now,
        });
        let output = StageOutput::default();
        self.finish(drive, (stage, round), StageState::Skipped, Some(reason), output);
    }

    /// Records how a stage ended, with what it made. Gives the instant.
    pub(crate) fn finish(
        &self,
        drive: &Drive,
        (stage, round): (&StageName, Round),
        ended: StageState,
        reason: Option<String>,
        output: StageOutput,
    ) -> Instant {
        let at = self.services.clock.now();
        let event = (ended == StageState::Completed).then(|| ProgressEvent::StageFinished {
            run: drive.lease.run.clone(),
            stage: stage.clone(),
            summary: output.summary.clone(),
        });
        let command = Command::FinishStage {
            lease: drive.lease.clone(),
            stage: stage.clone(),
            round,
            state: ended,
            reason,
            artifacts: output.artifacts,
            bodies: output.bodies,
            at,
        };
        match event {
            Some(event) => drive.batch.hold_and_show(command, event),
            None => drive.batch.hold(command),
        }
        at
    }

    /// Records where the run stands.
    pub(crate) fn update(
        &self,
        drive: &Drive,
        state: RunState,
        waiting_for: Vec<WaitingFor>,
        issue: Option<IssueState>,
        wake_at: Option<Instant>,
        reason: Option<String>,
    ) {
        drive.batch.hold(Command::UpdateRun {
            lease: drive.lease.clone(),
            state,
            waiting_for,
            issue,
            wake_at,
            reason,
            at: self.services.clock.now(),
        });
    }
}

#[cfg(test)]
#[path = "advance_tests.rs"]
mod tests;
