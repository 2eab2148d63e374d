//! The author's decisions on drafted answers, and the way of their mails into the outbox.

use copydesk_domain::artifact::{Answer, ArtifactKind, EngagementReport, Reply};
use copydesk_domain::{AnswerId, ContentHash, Decision, RunId};
use copydesk_journal::AnswerOutboxError;
use copydesk_store::{Command, DecisionRecord, StageRecord, StoreError, Subject};

use crate::error::EngineError;
use crate::read_replies::{asks_nobody, newer_run_with};
use crate::services::Engine;

/// A drafted answer that waits for the author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAnswer {
    /// The reply.
    pub reply: Reply,
    /// Its answer.
    pub answer: Answer,
}

/// An approved answer on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAnswer {
    /// The hash that was approved.
    pub hash: ContentHash,
    /// Where its mail lies.
    pub place: String,
}

impl Engine {
    /// Approves a drafted answer and puts its mail into the outbox. `hash` is what the author looked at; none takes
    /// what waits now.
    ///
    /// # Errors
    /// [`EngineError::Outbox`] where the mail cannot be prepared, and nothing is decided then; or where it cannot be
    /// put out after the decision, and [`Self::settle_outbox`] does that later.
    pub async fn approve_answer(
        &self,
        run: &RunId,
        answer: &AnswerId,
        hash: Option<ContentHash>,
        reason: Option<String>,
    ) -> Result<SentAnswer, EngineError> {
        let (engine, run, answer) = (self.clone(), run.clone(), answer.clone());
        // A task of its own: whoever asked may go away between the decision and the outbox.
        let sending = tokio::spawn(async move { engine.send_answer(&run, &answer, hash, reason).await });
        sending
            .await
            .unwrap_or(Err(EngineError::Store(StoreError::Closed)))
    }

    async fn send_answer(
        &self,
        run: &RunId,
        answer: &AnswerId,
        hash: Option<ContentHash>,
        reason: Option<String>,
    ) -> Result<SentAnswer, EngineError> {
        self.require_clock()?;
        let _turn = self.mailing.lock().await;
        let found = self.pending_answer(run, answer, hash).await?;
        let mail = self.services.store.body(&found.answer.hash).await?;
        let mail = mail.ok_or_else(|| StoreError::Inconsistent {
            table: "body",
            column: "hash",
            id: found.answer.hash.to_string(),
        })?;
        let outbox = &self.services.answers;
        let name = mail_name(run, answer);
        let refused = |source: AnswerOutboxError| EngineError::Outbox {
            answer: answer.clone(),
            source,
        };
        outbox.prepare(&name, &mail).map_err(refused)?;
        if let Err(error) = self.decide_on(run, &found, Decision::Approved, reason).await {
            // An error of the commit does not prove that it was undone, so the store is asked. What cannot be told now
            // is told by the next settling.
            match self.is_approved(run, answer).await {
                Ok(true) => {}
                Ok(false) => {
                    outbox.discard(&name).map_err(refused)?;
                    return Err(error);
                }
                Err(_) => return Err(error),
            }
        }
        let place = outbox.release(&name).map_err(refused)?.unwrap_or(name);
        Ok(SentAnswer {
            hash: found.answer.hash,
            place,
        })
    }

    /// Says no to a drafted answer; its hash.
    pub async fn reject_answer(
        &self,
        run: &RunId,
        answer: &AnswerId,
        hash: Option<ContentHash>,
        reason: Option<String>,
    ) -> Result<ContentHash, EngineError> {
        self.require_clock()?;
        let found = self.pending_answer(run, answer, hash).await?;
        self.decide_on(run, &found, Decision::Rejected, reason).await?;
        Ok(found.answer.hash)
    }

    /// Ends what a crash between a decision and the outbox left: mails whose approval is stored are put out, others
    /// are thrown away.
    pub async fn settle_outbox(&self) -> Result<(), EngineError> {
        let _turn = self.mailing.lock().await;
        let outbox = &self.services.answers;
        let refused = |name: &str| {
            let answer = AnswerId::new(name);
            move |source: AnswerOutboxError| EngineError::Outbox { answer, source }
        };
        for name in outbox.prepared().map_err(refused("all"))? {
            let is_approved = match name.rsplit_once('-') {
                Some((run, answer)) => self.is_approved(&RunId::new(run), &AnswerId::new(answer)).await?,
                None => false,
            };
            if is_approved {
                outbox.release(&name).map_err(refused(&name))?;
            } else {
                outbox.discard(&name).map_err(refused(&name))?;
            }
        }
        Ok(())
    }

    async fn is_approved(&self, run: &RunId, answer: &AnswerId) -> Result<bool, EngineError> {
        let decisions = self.services.store.decisions(run).await?;
        let newest = decisions
            .iter()
            .rfind(|record| record.subject == Subject::Answer(answer.clone()));
        Ok(newest.is_some_and(|record| record.decision == Decision::Approved))
    }

    async fn decide_on(
        &self,
        run: &RunId,
        found: &PendingAnswer,
        decision: Decision,
        reason: Option<String>,
    ) -> Result<(), EngineError> {
        let command = Command::Decide {
            run: run.clone(),
            subject: Subject::Answer(found.answer.id.clone()),
            hash: found.answer.hash,
            decision,
            effective_at: None,
            reason,
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(())
    }

    /// An answer that waits, if it has the hash that the author looked at.
    async fn pending_answer(
        &self,
        run: &RunId,
        answer: &AnswerId,
        seen: Option<ContentHash>,
    ) -> Result<PendingAnswer, EngineError> {
        let record = self.known_run(run).await?;
        let pending = self.pending_answers(run).await?;
        let found = pending.into_iter().find(|pending| pending.answer.id == *answer);
        let found = found.ok_or_else(|| EngineError::NothingWaits {
            run: run.clone(),
            reason: format!("there is no open answer `{answer}`"),
        })?;
        // Nobody is asked in a run that was cancelled or gave way, so its open replies are read again: one mail each.
        if asks_nobody(record.state) {
            let id = &found.reply.id;
            if let Some(newer) = newer_run_with(self.store().as_ref(), &record, id).await? {
                return Err(EngineError::NothingWaits {
                    run: run.clone(),
                    reason: format!("the reply of `{answer}` was read again in the run {}", newer.id),
                });
            }
        }
        match seen {
            Some(given) if given != found.answer.hash => Err(StoreError::HashChanged {
                given,
                current: Some(found.answer.hash),
            }
            .into()),
            _ => Ok(found),
        }
    }

    /// Drafted answers of a run that nobody decided on, in order.
    pub async fn pending_answers(&self, run: &RunId) -> Result<Vec<PendingAnswer>, EngineError> {
        let stages = self.services.store.stages(run).await?;
        let decisions = self.services.store.decisions(run).await?;
        self.pending_answers_of(&stages, &decisions).await
    }

    /// The same, of what was read.
    pub(crate) async fn pending_answers_of(
        &self,
        stages: &[StageRecord],
        decisions: &[DecisionRecord],
    ) -> Result<Vec<PendingAnswer>, EngineError> {
        let Some(report) = self.engagement_report(stages).await? else {
            return Ok(Vec::new());
        };
        let pending = report.replies.into_iter().filter_map(|reply| {
            let answer = reply.answer.clone()?;
            (!is_decided(decisions, &answer)).then_some(PendingAnswer { reply, answer })
        });
        Ok(pending.collect())
    }

    /// The run's newest engagement report.
    pub async fn engagement_report(
        &self,
        stages: &[StageRecord],
    ) -> Result<Option<EngagementReport>, EngineError> {
        self.newest_of(stages, ArtifactKind::EngagementReport).await
    }
}

/// The mail's name in the outbox; ids of answers have no `-`.
fn mail_name(run: &RunId, answer: &AnswerId) -> String {
    format!("{run}-{answer}")
}

/// Whether somebody decided on an answer.
pub(crate) fn is_decided(decisions: &[DecisionRecord], answer: &Answer) -> bool {
    decisions
        .iter()
        .any(|record| record.subject == Subject::Answer(answer.id.clone()) && record.hash == answer.hash)
}
