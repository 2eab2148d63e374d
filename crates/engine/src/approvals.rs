//! The author's decisions on an issue, and on what a custom stage made.

use copydesk_domain::{AnswerId, ChannelName, ContentHash, Decision, Instant, IssueState, RunId};
use copydesk_store::{Command, DecisionRecord, Sighting, StageRecord, StoreError, Subject};

use crate::advance::Look;
use crate::deadline::deadline;
use crate::error::EngineError;
use crate::gates::{self, Waiting};
use crate::outbox::issue_bytes;
use crate::services::Engine;

/// What a decision did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What it is about.
    pub subject: Subject,
    /// The hash it binds.
    pub hash: ContentHash,
    /// For an approval: from when on it is acted upon.
    pub effective_at: Option<Instant>,
}

impl Engine {
    /// Approves what waits: a custom stage's artifact, or the issue. `hash` is what the author looked at; none takes
    /// what waits first. The hash of another draft of the round chooses that one. `hold` counts for the issue; what a stage made is acted upon at once.
    ///
    /// # Errors
    /// [`EngineError::ClockDoubted`] while the clock cannot be right, and what keeps the decision from being made.
    pub async fn approve(
        &self,
        run: &RunId,
        hash: Option<ContentHash>,
        reason: Option<String>,
        hold: Option<jiff::SignedDuration>,
    ) -> Result<Decided, EngineError> {
        let look = self.look_to_decide(run).await?;
        self.decide(look, Decision::Approved, hash, hold, reason).await
    }

    /// Approves what somebody has read on the page, with this hash: there, each open claim is in plain sight.
    ///
    /// # Errors
    /// [`EngineError::ReasonWanted`] without a reason for an issue whose draft has blocked or unsettled claims.
    pub async fn approve_as_read(
        &self,
        run: &RunId,
        hash: ContentHash,
        reason: Option<String>,
    ) -> Result<Decided, EngineError> {
        let look = self.look_to_decide(run).await?;
        self.require_reason(&look, hash, reason.as_deref()).await?;
        self.decide(look, Decision::Approved, Some(hash), None, reason)
            .await
    }

    /// Decides in another way than by approval. A recall is taken under a doubted clock too, at the instant that was
    /// believed last: it can only keep something back, and once the doubt is over so may the hold be.
    pub async fn decide_issue(
        &self,
        run: &RunId,
        decision: Decision,
        hash: Option<ContentHash>,
        reason: Option<String>,
    ) -> Result<Decided, EngineError> {
        let look = match decision {
            Decision::Recalled => self.look(run).await?,
            _ => self.look_to_decide(run).await?,
        };
        self.decide(look, decision, hash, None, reason).await
    }

    /// Whether the newest decision on these bytes is this one already, so that saying it again changes nothing.
    /// `answer`: the drafted answer that they are of; none for an issue or what a stage made.
    pub async fn is_decided_so(
        &self,
        run: &RunId,
        answer: Option<&AnswerId>,
        hash: ContentHash,
        decision: Decision,
    ) -> Result<bool, EngineError> {
        let decisions = self.services.store.decisions(run).await?;
        let is_of = |record: &&DecisionRecord| {
            let of = match &record.subject {
                Subject::Answer(of) => Some(of),
                Subject::Issue | Subject::Stage(_) => None,
            };
            of == answer && record.hash == hash
        };
        Ok(decisions
            .iter()
            .rfind(is_of)
            .is_some_and(|newest| newest.decision == decision))
    }

    /// Settles a payload whose channel cannot tell by what the author saw there. `reason`: how the author knows.
    ///
    /// # Errors
    /// [`StoreError::DecisionRefused`] where the channel has no payload of unknown outcome,
    /// [`EngineError::ClockDoubted`] while the clock cannot be right.
    pub async fn settle_unknown(
        &self,
        run: &RunId,
        channel: &ChannelName,
        sighting: Sighting,
        reason: String,
    ) -> Result<(), EngineError> {
        self.require_clock()?;
        let command = Command::SettleUnknown {
            run: run.clone(),
            channel: channel.clone(),
            sighting,
            reason,
            at: self.services.clock.now(),
        };
        self.services.store.apply(command).await?;
        Ok(())
    }

    /// A look at what is decided on, by a clock that can be right: a wrong one would hold an approval for years, or expire
    /// what waits for good.
    async fn look_to_decide(&self, run: &RunId) -> Result<Look, EngineError> {
        self.require_clock()?;
        self.look(run).await
    }

    async fn decide(
        &self,
        look: Look,
        decision: Decision,
        hash: Option<ContentHash>,
        hold: Option<jiff::SignedDuration>,
        reason: Option<String>,
    ) -> Result<Decided, EngineError> {
        let run = &look.run.id.clone();
        let at = self.believed_now();
        let mut commands = match hash {
            Some(hash) => self.choice_before(&look, decision, hash, at).await?,
            None => Vec::new(),
        };
        let Waiting {
            subject,
            hash,
            expires_at,
        } = match hash.filter(|_| !commands.is_empty()) {
            // Once it is chosen, it is what waits.
            Some(chosen) => about(Subject::Issue, chosen),
            None => self.subject(&look, decision, hash).await?,
        };
        let effective_at = match (decision, &subject) {
            (Decision::Approved, Subject::Issue) => Some(at.plus(match hold {
                Some(hold) => hold,
                None => self.release(&look.run).await?.config.approval.hold,
            })),
            (Decision::Approved, Subject::Stage(_) | Subject::Answer(_)) => Some(at),
            _ => None,
        };
        match (&subject, expires_at.filter(|until| *until <= at)) {
            (Subject::Stage(_), Some(late)) => {
                self.close_late(run, &subject, &look.stages, decision, late)
                    .await?;
            }
            (Subject::Stage(_), None) => {}
            (Subject::Issue | Subject::Answer(_), _) => self.refuse_late(&look, decision, at).await?,
        }
        commands.push(Command::Decide {
            run: run.clone(),
            subject: subject.clone(),
            hash,
            decision,
            effective_at,
            reason,
            at,
        });
        // One commit: whoever asked may go away at any moment, and what was approved before is not void for nothing.
        for answer in self.services.store.apply_all(commands).await {
            answer?;
        }
        self.nudge(run);
        Ok(Decided {
            subject,
            hash,
            effective_at,
        })
    }

    /// What a decision is about: what has the given hash, else what waits first, else what was decided on last, so that
    /// the refusal says how that ended.
    async fn subject(
        &self,
        look: &Look,
        decision: Decision,
        given: Option<ContentHash>,
    ) -> Result<Waiting, EngineError> {
        let about = |subject, hash: ContentHash| about(subject, given.unwrap_or(hash));
        let issue = self.issue_of(&look.stages).await?;
        let takes_back = matches!(decision, Decision::Recalled | Decision::Voided);
        if let Some(issue) = issue.filter(|_| takes_back) {
            return Ok(about(Subject::Issue, issue));
        }
        let waiting = match self.undecided_in(look, issue).await {
            Ok(waiting) => waiting,
            // Without its release nobody can say yes; a no to the issue is always possible.
            Err(EngineError::Release { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let named = waiting.iter().find(|waiting| Some(waiting.hash) == given);
        if let Some(found) = named.or(waiting.first()) {
            return Ok(Waiting {
                hash: given.unwrap_or(found.hash),
                ..found.clone()
            });
        }
        if let Some(issue) = issue {
            return Ok(about(Subject::Issue, issue));
        }
        let of_stage = look
            .decisions
            .iter()
            .rfind(|record| matches!(record.subject, Subject::Stage(_)));
        match (of_stage, given) {
            (Some(last), _) => Ok(about(last.subject.clone(), last.hash)),
            (None, Some(given)) => Ok(about(Subject::Issue, given)),
            (None, None) => Err(EngineError::NothingWaits {
                run: look.run.id.clone(),
                reason: "there is no reviewed issue".to_owned(),
            }),
        }
    }

    /// All that waits for the author's decision, in the order of the pipeline, each until it expires or the next slot
    /// takes the place of its run.
    pub async fn waiting(&self, run: &RunId) -> Result<Vec<Waiting>, EngineError> {
        let look = self.look(run).await?;
        let issue = self.issue_of(&look.stages).await?;
        let release = self.release(&look.run).await?;
        let waiting = gates::waiting(&self.view_of(&look, &release, None), issue);
        self.until_superseded(&look.run, &release.pipeline, waiting).await
    }

    pub(crate) async fn undecided_in(
        &self,
        look: &Look,
        issue: Option<ContentHash>,
    ) -> Result<Vec<Waiting>, EngineError> {
        let release = self.release(&look.run).await?;
        Ok(gates::undecided(&self.view_of(look, &release, None), issue))
    }

    /// An issue whose time is over is closed, whoever looks first; whatever else was decided is refused.
    pub(crate) async fn refuse_late(
        &self,
        look: &Look,
        decision: Decision,
        at: Instant,
    ) -> Result<(), EngineError> {
        let (record, stages) = (&look.run, &look.stages);
        if record.issue != IssueState::Reviewed {
            return Ok(());
        }
        match self.overdue_since(look, decision, at).await? {
            Some(late) => {
                self.close_late(&record.id, &Subject::Issue, stages, decision, late)
                    .await
            }
            None => Ok(()),
        }
    }

    /// When the time to decide on the issue was over, if it is.
    async fn overdue_since(
        &self,
        look: &Look,
        decision: Decision,
        at: Instant,
    ) -> Result<Option<Instant>, EngineError> {
        let expires = match self.release(&look.run).await {
            Ok(release) => release.config.approval.expires,
            // Without its release nobody can say yes; a no is always possible.
            Err(error) if decision == Decision::Approved => return Err(error),
            Err(_) => return Ok(None),
        };
        Ok(deadline(&look.stages, &look.decisions, expires).filter(|deadline| *deadline <= at))
    }

    /// That there is still time to decide once more on an issue that is approved; where there is none, that approval stays.
    pub(crate) async fn require_time(
        &self,
        look: &Look,
        decision: Decision,
        at: Instant,
    ) -> Result<(), EngineError> {
        let Some(late) = self.overdue_since(look, decision, at).await? else {
            return Ok(());
        };
        let refused = StoreError::DecisionRefused {
            decision: decision.participle(),
            state: format!(
                "the time to choose another draft was over at {late}, and what you approved stays"
            ),
        };
        Err(refused.into())
    }

    async fn close_late(
        &self,
        run: &RunId,
        subject: &Subject,
        stages: &[StageRecord],
        decision: Decision,
        late: Instant,
    ) -> Result<(), EngineError> {
        self.expire(run, subject, stages).await?;
        let refused = StoreError::DecisionRefused {
            decision: decision.participle(),
            state: format!("it expired at {late}"),
        };
        Err(refused.into())
    }

    /// The hash of the run's newest issue.
    pub async fn waiting_issue(&self, run: &RunId) -> Result<Option<ContentHash>, EngineError> {
        self.issue_of(&self.services.store.stages(run).await?).await
    }

    /// The hash of the newest issue among the artifacts of a run's stages.
    pub(crate) async fn issue_of(&self, stages: &[StageRecord]) -> Result<Option<ContentHash>, EngineError> {
        Ok(issue_bytes(self, stages)
            .await?
            .map(|bytes| ContentHash::of(&bytes)))
    }
}

/// What is decided on without a deadline of its own.
const fn about(subject: Subject, hash: ContentHash) -> Waiting {
    Waiting {
        subject,
        hash,
        expires_at: None,
    }
}
