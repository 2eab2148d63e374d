//! What the author decided, or time did.

use copydesk_domain::{AnswerId, ContentHash, Decision, Instant, Round, RunId};
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
        let round = match &subject {
            Subject::Issue => Some(self.decide_issue(&run, &hash, decision, at)?),
            Subject::Answer(answer) => {
                self.require_answer(&run, answer, &hash, decision)?;
                None
            }
        };
        let sequence = i64::try_from(self.decisions.len()).expect("a list in memory is shorter") + 1;
        let record = DecisionRecord {
            sequence,
            subject,
            hash,
            decision,
            at,
            effective_at,
            reason,
        };
        self.decisions.push(Decided { run, round, record });
        Ok(Applied::Done)
    }

    /// Moves the issue to where the decision puts it, and answers the round that was decided on.
    fn decide_issue(
        &mut self,
        run: &RunId,
        hash: &ContentHash,
        decision: Decision,
        at: Instant,
    ) -> Result<Round> {
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
        let issue = rules::decide_issue(&facts, hash, decision)?;
        let record = &mut self.run_mut(run)?.record;
        record.issue = issue;
        record.updated_at = at;
        Ok(current.map_or(Round::FIRST, |(round, _)| round))
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
        let is_it = |decided: &&Decided| decided.run == *run && decided.record.decision == Decision::SentBack;
        self.decisions
            .iter()
            .filter(is_it)
            .filter_map(|decided| decided.round)
            .max()
    }
}
