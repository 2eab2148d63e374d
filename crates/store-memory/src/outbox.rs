//! Payloads on their way out.

use copydesk_domain::{ChannelName, ContentHash, Instant, RunId};
use copydesk_store::contract::rules::{self, IntentFacts};
use copydesk_store::{Applied, Command, Lease, OutboxRecord, OutboxState, StoreError, Subject};

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
            if known.hash == hash && known.channel == channel {
                return Ok(Applied::Intent(known.state));
            }
            return Err(StoreError::InputChanged { key });
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
