//! What the author decided, or time did.

use copydesk_domain::{AnswerId, ContentHash, Decision, Instant, IssueState, Round, RunId, StageName};
use copydesk_store::contract::gate_rules::{self, StageFacts};
use copydesk_store::contract::rules::{self, IssueFacts};
use copydesk_store::{Applied, Command, DecisionRecord, OutboxState, Subject};

use crate::state::{Decided, Result, State};

impl State {
    pub(crate) fn decide(&mut self, command: Command) -> Result<Applied> {
        let Command::Decide {
            run,
            subject,
            hash,
            decision,
            effective_at,
            reason,
            at,
        } = command
        else {
            unreachable!("called for Decide alone");
        };
        let parent = self.run(&run)?.record.parent.as_ref();
        rules::require_own(parent, decision.participle())?;
        let round = match &subject {
            Subject::Issue => Some(self.decide_issue(&run, &hash, decision, at)?),
            Subject::Answer(answer) => {
                self.require_answer(&run, answer, &hash, decision)?;
                None
            }
            Subject::Stage(stage) => Some(self.decide_stage(&run, stage, &hash, decision, at)?),
        };
        let record = DecisionRecord {
            sequence: self.next_decision(),
            subject,
            round,
            hash,
            decision,
            at,
            effective_at,
            reason,
        };
        self.keep(run, record)?;
        Ok(Applied::Done)
    }

    fn next_decision(&self) -> i64 {
        i64::try_from(self.decisions.len()).expect("a list in memory is shorter") + 1
    }

    fn keep(&mut self, run: RunId, record: DecisionRecord) -> Result<()> {
        self.run_mut(&run)?.record.last_decision = Some(record.sequence);
        self.decisions.push(Decided { run, record });
        Ok(())
    }

    /// Recalls the approval of a run that is cancelled, where nothing of its issue is on its way.
    pub(crate) fn take_back(&mut self, run: &RunId, at: Instant) -> Result<()> {
        let (facts, round) = self.issue_facts(run)?;
        let Some(hash) = rules::taken_back_by_cancel(&facts) else {
            return Ok(());
        };
        self.run_mut(run)?.record.issue = IssueState::Reviewed;
        let record = DecisionRecord {
            sequence: self.next_decision(),
            subject: Subject::Issue,
            round: Some(round),
            hash,
            decision: Decision::Recalled,
            at,
            effective_at: None,
            reason: Some(rules::TAKEN_BACK.to_owned()),
        };
        self.keep(run.clone(), record)
    }

    /// Moves the issue to where the decision puts it, and answers the round that was decided on.
    fn decide_issue(
        &mut self,
        run: &RunId,
        hash: &ContentHash,
        decision: Decision,
        at: Instant,
    ) -> Result<Round> {
        let (facts, round) = self.issue_facts(run)?;
        let issue = rules::decide_issue(&facts, hash, decision)?;
        let record = &mut self.run_mut(run)?.record;
        record.issue = issue;
        record.updated_at = at;
        Ok(round)
    }

    /// What is known of a run's issue, and the round that made it.
    fn issue_facts(&self, run: &RunId) -> Result<(IssueFacts, Round)> {
        let record = &self.run(run)?.record;
        let current = self.newest_issue(run);
        let last = self.last_decision(run, &Subject::Issue);
        let facts = IssueFacts {
            run: record.state,
            issue: record.issue,
            current: current.map(|(_, hash)| hash),
            approved: last
                .filter(|last| last.decision == Decision::Approved)
                .map(|last| last.hash),
            is_intended: self
                .outbox
                .iter()
                .any(|(of, row)| of == run && row.state != OutboxState::Refused),
        };
        Ok((facts, current.map_or(Round::FIRST, |(round, _)| round)))
    }

    /// The round of the stage that is decided on.
    fn decide_stage(
        &mut self,
        run: &RunId,
        stage: &StageName,
        hash: &ContentHash,
        decision: Decision,
        at: Instant,
    ) -> Result<Round> {
        let last = self.last_decision(run, &Subject::Stage(stage.clone()));
        let facts = StageFacts {
            run: self.run(run)?.record.state,
            current: self.newest_custom(run, stage),
            last: last.and_then(|last| Some((last.round?, last.decision))),
        };
        let round = gate_rules::decide_stage(&facts, hash, decision)?;
        self.run_mut(run)?.record.updated_at = at;
        Ok(round)
    }

    /// That the newest report has this answer, undecided.
    fn require_answer(
        &self,
        run: &RunId,
        answer: &AnswerId,
        hash: &ContentHash,
        decision: Decision,
    ) -> Result<()> {
        self.run(run)?;
        let current = match self.newest_report(run) {
            Some(report) => rules::answer_hash(self.known_body(&report)?, &report, answer)?,
            None => None,
        };
        let last = self.last_decision(run, &Subject::Answer(answer.clone()));
        rules::decide_answer(
            current,
            last.map(|last| (last.hash, last.decision)),
            hash,
            decision,
        )
    }

    /// The newest decision of a run on a subject.
    pub(crate) fn last_decision(&self, run: &RunId, subject: &Subject) -> Option<&DecisionRecord> {
        self.decisions_of(run).rfind(|record| record.subject == *subject)
    }

    /// Decisions of a run, in order.
    pub(crate) fn decisions_of(&self, run: &RunId) -> impl DoubleEndedIterator<Item = &DecisionRecord> {
        self.decisions
            .iter()
            .filter(move |decided| decided.run == *run)
            .map(|decided| &decided.record)
    }

    /// The newest round whose issue was sent back.
    pub(crate) fn sent_back_round(&self, run: &RunId) -> Option<Round> {
        let is_it = |record: &&DecisionRecord| {
            record.subject == Subject::Issue && record.decision == Decision::SentBack
        };
        self.decisions_of(run)
            .filter(is_it)
            .filter_map(|record| record.round)
            .max()
    }
}
