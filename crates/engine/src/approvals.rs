//! The author's decisions.

use copydesk_domain::artifact::{Answer, ArtifactKind, EngagementReport, Reply};
use copydesk_domain::{AnswerId, ContentHash, Decision, Instant, RunId, StageState};
use copydesk_store::{Command, DecisionRecord, StageRecord, Subject};

use crate::error::EngineError;
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

/// A drafted answer that waits for the author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAnswer {
    /// The reply.
    pub reply: Reply,
    /// Its answer.
    pub answer: Answer,
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
        let subject = Subject::Issue;
        let run = run.clone();
        self.services
            .store
            .apply(Command::Decide {
                run,
                subject,
                hash,
                decision,
                effective_at,
                reason,
                at,
            })
            .await?;
        Ok(Decided { hash, effective_at })
    }

    /// The hash of the run's newest issue.
    pub async fn waiting_issue(&self, run: &RunId) -> Result<Option<ContentHash>, EngineError> {
        let stages = self.services.store.stages(run).await?;
        Ok(issue_bytes(self, &stages)
            .await?
            .map(|bytes| ContentHash::of(&bytes)))
    }

    /// Decides on a drafted answer.
    pub async fn decide_answer(
        &self,
        run: &RunId,
        answer: &AnswerId,
        decision: Decision,
        reason: Option<String>,
    ) -> Result<PendingAnswer, EngineError> {
        let pending = self.pending_answers(run).await?;
        let found = pending.into_iter().find(|pending| pending.answer.id == *answer);
        let found = found.ok_or_else(|| EngineError::NothingWaits {
            run: run.clone(),
            reason: format!("there is no open answer `{answer}`"),
        })?;
        let command = Command::Decide {
            run: run.clone(),
            subject: Subject::Answer(answer.clone()),
            hash: found.answer.hash,
            decision,
            effective_at: None,
            reason,
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(found)
    }

    /// Drafted answers of a run that nobody decided on, in order.
    pub async fn pending_answers(&self, run: &RunId) -> Result<Vec<PendingAnswer>, EngineError> {
        let stages = self.services.store.stages(run).await?;
        let decisions = self.services.store.decisions(run).await?;
        let Some(report) = self.engagement_report(&stages).await? else {
            return Ok(Vec::new());
        };
        let pending = report.replies.into_iter().filter_map(|reply| {
            let answer = reply.answer.clone()?;
            (!is_decided(&decisions, &answer)).then_some(PendingAnswer { reply, answer })
        });
        Ok(pending.collect())
    }

    /// The run's newest engagement report.
    pub async fn engagement_report(
        &self,
        stages: &[StageRecord],
    ) -> Result<Option<EngagementReport>, EngineError> {
        let hash = stages
            .iter()
            .filter(|record| record.state == StageState::Completed)
            .flat_map(|record| &record.artifacts)
            .rfind(|artifact| artifact.kind == ArtifactKind::EngagementReport)
            .map(|artifact| artifact.hash);
        let Some(hash) = hash else { return Ok(None) };
        let bytes = self
            .services
            .store
            .artifact(&hash)
            .await?
            .map(|artifact| artifact.bytes)
            .unwrap_or_default();
        Ok(serde_json::from_slice(&bytes).ok())
    }
}

fn is_decided(decisions: &[DecisionRecord], answer: &Answer) -> bool {
    decisions
        .iter()
        .any(|record| record.subject == Subject::Answer(answer.id.clone()) && record.hash == answer.hash)
}
