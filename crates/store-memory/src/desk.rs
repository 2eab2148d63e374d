//! What belongs to no run: slots, controls, notes, tokens, tools, feeds.

use copydesk_domain::{ContentHash, Instant, PipelineName, RunId, SlotState};
use copydesk_store::{Applied, AuthorNote, PipelineControl, Slot, SlotRecord};

use crate::state::{Result, State};

impl State {
    pub(crate) fn forget_slots(&mut self, pipeline: &PipelineName, after: Instant) -> Applied {
        let is_kept = |row: &SlotRecord| row.state != SlotState::Skipped || row.run.is_some();
        self.slots
            .retain(|(of, nominal), row| of != pipeline || *nominal <= after || is_kept(row));
        Applied::Done
    }

    pub(crate) fn put_slot(
        &mut self,
        pipeline: PipelineName,
        slot: Slot,
        state: SlotState,
        reason: Option<String>,
        run: Option<RunId>,
    ) -> Result<Applied> {
        if let Some(run) = &run {
            self.run(run)?;
        }
        let key = (pipeline.clone(), slot.nominal);
        let Some(stored) = self.slots.get_mut(&key) else {
            self.slots.insert(
                key,
                SlotRecord {
                    pipeline,
                    slot,
                    state,
                    reason,
                    run,
                },
            );
            return Ok(Applied::Done);
        };
        if stored.state == SlotState::Pending {
            stored.state = state;
            stored.reason = reason;
            stored.run = run.or_else(|| stored.run.take());
        }
        Ok(Applied::Done)
    }

    pub(crate) fn slots_from(&self, pipeline: &PipelineName, from: Instant) -> Vec<SlotRecord> {
        let of_pipeline = self.slots.range((pipeline.clone(), from)..);
        of_pipeline
            .take_while(|((of, _), _)| of == pipeline)
            .map(|(_, record)| record.clone())
            .collect()
    }

    pub(crate) fn control_mut(&mut self, pipeline: PipelineName) -> &mut PipelineControl {
        self.controls
            .entry(pipeline.clone())
            .or_insert_with(|| PipelineControl {
                pipeline,
                paused_at: None,
                skipped: Vec::new(),
                since: None,
                schedule: None,
            })
    }

    pub(crate) fn add_note(&mut self, note: AuthorNote) {
        if self.notes.iter().all(|known| known.hash != note.hash) {
            self.notes.push(note);
        }
    }

    pub(crate) fn notes_since(&self, since: Instant) -> Vec<AuthorNote> {
        let mut notes: Vec<AuthorNote> = self
            .notes
            .iter()
            .filter(|note| note.at > since)
            .cloned()
            .collect();
        notes.sort_by_key(|note| note.at);
        notes
    }

    pub(crate) fn take_token(&mut self, hash: &ContentHash, now: Instant) -> Applied {
        let token = self.tokens.remove(hash);
        Applied::Taken(token.is_some_and(|token| token.expires_at.is_none_or(|end| end > now)))
    }
}
