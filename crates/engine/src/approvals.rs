//! The author's decisions on an issue.

use copydesk_domain::{ContentHash, Decision, Instant, IssueState, RunId};
use copydesk_store::{Command, RunRecord, StoreError, Subject};

use crate::error::EngineError;
use crate::next::deadline;
use crate::outbox::issue_bytes;
use crate::services::Engine;

/// What a decision did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The hash it binds.
    pub hash: ContentHash,
    /// For an approval: from when on it is acted upon.
    pub effective_at: Option<Instant>,
}

impl Engine {
    /// Approves the issue. `hash` is what the author looked at; none takes what waits now.
    pub async fn approve(
        &self,
        run: &RunId,
        hash: Option<ContentHash>,
        reason: Option<String>,
        hold: Option<jiff::SignedDuration>,
    ) -> Result<Decided, EngineError> {
        let record = self.known_run(run).await?;
        let hold = match hold {
            Some(hold) => hold,
            None => self.release(&record).await?.config.approval.hold,
        };
        let effective_at = self.services.clock.now().plus(hold);
        self.decide(run, Decision::Approved, hash, Some(effective_at), reason)
            .await
    }

    /// Decides on the issue in another way than by approval.
    pub async fn decide_issue(
        &self,
        run: &RunId,
        decision: Decision,
        hash: Option<ContentHash>,
        reason: Option<String>,
    ) -> Result<Decided, EngineError> {
        self.decide(run, decision, hash, None, reason).await
    }

    async fn decide(
        &self,
        run: &RunId,
        decision: Decision,
        hash: Option<ContentHash>,
        effective_at: Option<Instant>,
        reason: Option<String>,
    ) -> Result<Decided, EngineError> {
        self.known_run(run).await?;
        let waiting = self.waiting_issue(run).await?;
        let nothing = || EngineError::NothingWaits {
            run: run.clone(),
            reason: "there is no reviewed issue".to_owned(),
        };
        let hash = hash.or(waiting).ok_or_else(nothing)?;
        let at = self.services.clock.now();
        self.refuse_late(run, decision, at).await?;
        let subject = Subject::Issue;
        self.services
            .store
            .apply(Command::Decide {
                run: run.clone(),
                subject,
                hash,
                decision,
                effective_at,
                reason,
                at,
            })
            .await?;
        self.nudge(run);
        Ok(Decided { hash, effective_at })
    }

    /// An issue whose time is over is closed, whoever looks first; whatever else was decided is refused.
    async fn refuse_late(&self, run: &RunId, decision: Decision, at: Instant) -> Result<(), EngineError> {
        let record = self.known_run(run).await?;
        if record.issue != IssueState::Reviewed {
            return Ok(());
        }
        let expires = match self.release(&record).await {
            Ok(release) => release.config.approval.expires,
            // Without its release nobody can say yes; a no is always possible.
            Err(error) if decision == Decision::Approved => return Err(error),
            Err(_) => return Ok(()),
        };
        let stages = self.services.store.stages(run).await?;
        let Some(late) = deadline(&stages, expires).filter(|deadline| *deadline <= at) else {
            return Ok(());
        };
        self.expire(run, &stages).await?;
        let refused = StoreError::DecisionRefused {
            decision: decision.participle(),
            state: format!("it expired at {late}"),
        };
        Err(refused.into())
    }

    /// From when to when the issue of a run waits for the author.
    pub(crate) async fn author_time(
        &self,
        run: &RunRecord,
    ) -> Result<Option<(Instant, Instant)>, EngineError> {
        let expires = self.release(run).await?.config.approval.expires;
        let stages = self.services.store.stages(&run.id).await?;
        Ok(deadline(&stages, expires).map(|until| (until.minus(expires), until)))
    }

    /// The hash of the run's newest issue.
    pub async fn waiting_issue(&self, run: &RunId) -> Result<Option<ContentHash>, EngineError> {
        let stages = self.services.store.stages(run).await?;
        Ok(issue_bytes(self, &stages)
            .await?
            .map(|bytes| ContentHash::of(&bytes)))
    }
}
