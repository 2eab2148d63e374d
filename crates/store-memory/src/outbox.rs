//! Payloads on their way out.

use copydesk_domain::{ChannelName, ContentHash, Instant, Round, RunId, RunState, StageName};
use copydesk_store::contract::rules::{self, IntentFacts};
use copydesk_store::{
    Applied, Command, Lease, LogLine, OutboxRecord, OutboxState, Sighting, StoreError, Subject,
};

use crate::state::{Result, State};

impl State {
    fn intent_mut(&mut self, run: &RunId, key: &str) -> Option<&mut OutboxRecord> {
        let is_it = |(of, record): &&mut (RunId, OutboxRecord)| of == run && record.key == key;
        self.outbox.iter_mut().find(is_it).map(|(_, record)| record)
    }

    pub(crate) fn put_intent(
        &mut self,
        lease: &Lease,
        channel: ChannelName,
        hash: ContentHash,
        key: String,
        at: Instant,
    ) -> Result<Applied> {
        if let Some(known) = self.intent_mut(&lease.run, &key) {
            if known.hash != hash || known.channel != channel {
                return Err(StoreError::InputChanged { key });
            }
            let found = known.state;
            if rules::is_intended_anew(found) {
                self.require_approved(&lease.run, &channel, &hash, at)?;
                let known = self.intent_mut(&lease.run, &key).expect("it was found above");
                (known.state, known.error) = (OutboxState::Intended, None);
            }
            return Ok(Applied::Intent(found));
        }
        self.require_approved(&lease.run, &channel, &hash, at)?;
        let record = OutboxRecord {
            channel,
            hash,
            key,
            state: OutboxState::Intended,
            intended_at: at,
            delivered_at: None,
            location: None,
            error: None,
            author_reason: None,
        };
        self.outbox.push((lease.run.clone(), record));
        Ok(Applied::Intent(OutboxState::Intended))
    }

    /// That the author's approval is in force and covers this payload.
    fn require_approved(
        &self,
        run: &RunId,
        channel: &ChannelName,
        hash: &ContentHash,
        at: Instant,
    ) -> Result<()> {
        let last = self.last_decision(run, &Subject::Issue);
        let facts = IntentFacts {
            issue: self.run(run)?.record.issue,
            current: self.newest_issue(run).map(|(_, hash)| hash),
            last: last.map(|last| (last.decision, last.hash, last.effective_at)),
        };
        let issue = rules::approved_issue(&facts, at)?;
        rules::require_payload(self.known_body(&issue)?, &issue, channel, hash)
    }

    pub(crate) fn settle_intent(&mut self, command: Command) -> Result<Applied> {
        let Command::SettleIntent {
            lease,
            key,
            state,
            location,
            error,
            at,
        } = command
        else {
            unreachable!("called for SettleIntent alone");
        };
        let Some(known) = self.intent_mut(&lease.run, &key) else {
            return Err(StoreError::Inconsistent {
                table: "outbox",
                column: "key",
                id: key,
            });
        };
        if known.state != OutboxState::Delivered {
            known.state = state;
            known.delivered_at = (state == OutboxState::Delivered).then_some(at);
            known.location = location;
            known.error = error;
            known.author_reason = None;
        }
        Ok(Applied::Done)
    }

    pub(crate) fn settle_unknown(&mut self, command: Command) -> Result<Applied> {
        let Command::SettleUnknown {
            run,
            channel,
            sighting,
            reason,
            at,
        } = command
        else {
            unreachable!("called for SettleUnknown alone");
        };
        self.run(&run)?;
        let key = rules::unknown_at(&self.outbox_of(&run), &channel)?.to_owned();
        let message = rules::word_of_author(&channel, sighting, &reason);
        let row = self.intent_mut(&run, &key).expect("its key was just read");
        (row.state, row.delivered_at) = match sighting {
            Sighting::There => (OutboxState::Delivered, Some(at)),
            Sighting::Absent => (OutboxState::Absent, None),
        };
        (row.error, row.author_reason) = (None, Some(reason));
        let line = LogLine {
            at,
            stage: StageName::new(StageName::PUBLISH),
            round: Round::FIRST,
            level: "warn".to_owned(),
            message,
        };
        self.logs.push((run.clone(), line));
        let run = self.run_mut(&run)?;
        run.record.updated_at = at;
        if run.held_by(at).is_none() && rules::is_requeued_by_word(run.record.state, &run.record.waiting_for)
        {
            run.record.state = RunState::Queued;
            run.record.waiting_for.clear();
            run.record.wake_at = None;
            run.record.reason = None;
        }
        Ok(Applied::Done)
    }

    pub(crate) fn outbox_of(&self, run: &RunId) -> Vec<OutboxRecord> {
        self.outbox
            .iter()
            .filter(|(of, _)| of == run)
            .map(|(_, record)| record.clone())
            .collect()
    }
}
