//! Carrying out what [`crate::next`] decides. Re-entrant: a second caller loses the lease and changes nothing.

use std::sync::Arc;

use copydesk_config::Release;
use copydesk_domain::{
    Decision, Instant, IssueState, Round, RunId, RunState, StageName, StageState, WaitingFor,
};
use copydesk_journal::StageOutput;
use copydesk_store::{
    Command, DecisionRecord, Lease, OutboxRecord, RunRecord, StageRecord, StoreError, Subject,
};

use crate::error::EngineError;
use crate::lease::LeaseKeeper;
use crate::next::{Next, View, next};
use crate::services::Engine;

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
pub(crate) struct Look {
    pub(crate) run: RunRecord,
    pub(crate) stages: Vec<StageRecord>,
    pub(crate) decisions: Vec<DecisionRecord>,
    outbox: Vec<OutboxRecord>,
    answers_open: usize,
}

impl Engine {
    /// Moves a run as far as it can go now.
    pub async fn advance(&self, run: &RunId, scope: &Scope) -> Result<Advanced, EngineError> {
        let turn = self.turn_of(run);
        let _turn = turn.lock().await;
        let record = self.known_run(run).await?;
        if record.state.is_final() {
            return Ok(Advanced::Done);
        }
        let release = Arc::new(self.release(&record).await?);
        let lease = self.lease(run).await?;
        let keeper = LeaseKeeper::start(self, lease.clone());
        let result = self.drive(&lease, &release, scope, &keeper).await;
        drop(keeper);
        match self.services.store.apply(Command::ReleaseLease { lease }).await {
            Ok(_) | Err(StoreError::LeaseLost { .. }) => result,
            Err(error) => result.and(Err(error.into())),
        }
    }

    pub(crate) async fn look(&self, run: &RunId) -> Result<Look, EngineError> {
        let store = &self.services.store;
        Ok(Look {
            run: self.known_run(run).await?,
            stages: store.stages(run).await?,
            decisions: store.decisions(run).await?,
            outbox: store.outbox(run).await?,
            answers_open: self.pending_answers(run).await?.len(),
        })
    }

    async fn drive(
        &self,
        lease: &Lease,
        release: &Arc<Release>,
        scope: &Scope,
        keeper: &LeaseKeeper,
    ) -> Result<Advanced, EngineError> {
        if let Some(only) = &scope.only {
            return self.run_alone(lease, release, only, keeper).await;
        }
        loop {
            let look = self.look(&lease.run).await?;
            let decided = next(&self.view_of(&look, release, scope.until.as_ref()));
            tracing::debug!(run = %lease.run, ?decided, "next");
            if let Some(advanced) = self.carry_out(decided, &look, lease, release, keeper).await? {
                return Ok(advanced);
            }
        }
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
        }
    }

    /// Carries one decision out; none = look again.
    pub(crate) async fn carry_out(
        &self,
        decided: Next,
        look: &Look,
        lease: &Lease,
        release: &Arc<Release>,
        keeper: &LeaseKeeper,
    ) -> Result<Option<Advanced>, EngineError> {
        match decided {
            Next::Run(stage, round) => self.run_stage(lease, release, look, &stage, round, keeper).await,
            Next::Skip(stage, round, reason) => {
                self.skip(lease, stage, round, reason).await?;
                Ok(None)
            }
            Next::Publish => {
                self.hand_over(lease, look, release).await?;
                Ok(None)
            }
            Next::Expire => {
                self.expire(&lease.run, &look.stages).await?;
                Ok(None)
            }
            Next::WakeAt(at) => {
                self.update(lease, RunState::Waiting, Vec::new(), None, Some(at), None)
                    .await?;
                Ok(Some(Advanced::WakeAt(at)))
            }
            Next::WaitFor(who, at) => {
                let reason = look.run.reason.clone();
                self.update(lease, RunState::Waiting, who.clone(), None, at, reason)
                    .await?;
                let now = self.look(&lease.run).await?;
                let is_settled = now.decisions.len() == look.decisions.len();
                Ok(is_settled.then_some(Advanced::WaitFor(who, at)))
            }
            Next::Stopped => {
                // The reason tells a run that was stopped on purpose from one that waits for its worker.
                let reason = Some("stopped where it was asked to; `copydesk run` goes on".to_owned());
                self.update(lease, RunState::Queued, Vec::new(), None, None, reason)
                    .await?;
                Ok(Some(Advanced::Done))
            }
            Next::End(state) => {
                self.end(lease, look, state).await?;
                Ok(Some(Advanced::Done))
            }
        }
    }

    /// Hands the approved payloads over and records how far the issue is.
    pub(crate) async fn hand_over(
        &self,
        lease: &Lease,
        look: &Look,
        release: &Release,
    ) -> Result<(), EngineError> {
        let channels = self.services.channels.open(release);
        self.update(lease, RunState::Running, Vec::new(), None, None, None)
            .await?;
        let (issue, summary) = self
            .publish(lease, &look.stages, &look.decisions, &channels)
            .await?;
        let failed = issue == IssueState::Approved;
        let state = if failed {
            RunState::Failed
        } else {
            RunState::Running
        };
        let reason = failed.then_some(summary);
        self.update(lease, state, Vec::new(), Some(issue), None, reason)
            .await
    }

    async fn end(&self, lease: &Lease, look: &Look, state: RunState) -> Result<(), EngineError> {
        let failed = look
            .stages
            .iter()
            .find(|record| record.state == StageState::Failed);
        let reason = match state {
            RunState::Failed => failed.and_then(|record| record.reason.clone()),
            _ => None,
        };
        let open = look.stages.iter().filter(|record| !record.state.is_final());
        for record in open.filter(|_| state == RunState::Cancelled) {
            self.finish(
                lease,
                &record.stage,
                record.round,
                StageState::Cancelled,
                Some("cancelled".to_owned()),
                None,
            )
            .await?;
        }
        self.update(lease, state, Vec::new(), None, None, reason).await
    }

    pub(crate) async fn expire(&self, run: &RunId, stages: &[StageRecord]) -> Result<(), EngineError> {
        let hash = crate::outbox::issue_bytes(self, stages).await?;
        let hash = hash.map(|bytes| copydesk_domain::ContentHash::of(&bytes));
        let Some(hash) = hash else { return Ok(()) };
        let command = Command::Decide {
            run: run.clone(),
            subject: Subject::Issue,
            hash,
            decision: Decision::Expired,
            effective_at: None,
            reason: Some("nobody decided in time".to_owned()),
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(())
    }

    async fn skip(
        &self,
        lease: &Lease,
        stage: StageName,
        round: Round,
        reason: String,
    ) -> Result<(), EngineError> {
        let now = self.services.clock.now();
        let start = Command::StartStage {
            lease: lease.clone(),
            stage: stage.clone(),
            round,
            now,
            at: now,
        };
        self.services.store.apply(start).await?;
        self.finish(lease, &stage, round, StageState::Skipped, Some(reason), None)
            .await
    }

    /// Records how a stage ended, with what it made.
    pub(crate) async fn finish(
        &self,
        lease: &Lease,
        stage: &StageName,
        round: Round,
        ended: StageState,
        reason: Option<String>,
        output: Option<StageOutput>,
    ) -> Result<(), EngineError> {
        let output = output.unwrap_or_default();
        let command = Command::FinishStage {
            lease: lease.clone(),
            stage: stage.clone(),
            round,
            state: ended,
            reason,
            artifacts: output.artifacts,
            bodies: output.bodies,
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(())
    }

    /// Records where the run stands.
    pub(crate) async fn update(
        &self,
        lease: &Lease,
        state: RunState,
        waiting_for: Vec<WaitingFor>,
        issue: Option<IssueState>,
        wake_at: Option<Instant>,
        reason: Option<String>,
    ) -> Result<(), EngineError> {
        let at = self.services.clock.now();
        let lease = lease.clone();
        let command = Command::UpdateRun {
            lease,
            state,
            waiting_for,
            issue,
            wake_at,
            reason,
            at,
        };
        self.services.store.apply(command).await?;
        Ok(())
    }
}
