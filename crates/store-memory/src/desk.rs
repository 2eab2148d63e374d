//! What belongs to no run: slots, controls, notes, tokens, tools, feeds.

use copydesk_domain::{ContentHash, Instant, PipelineName, RunId, SlotState};
use copydesk_store::{
    Applied, AuthorNote, Command, PipelineControl, Slot, SlotRecord, TokenKind, TokenRecord,
};

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

    pub(crate) fn slots_of_interest(&self, pipeline: &PipelineName, now: Instant) -> Option<Instant> {
        let of_pipeline = || self.slots.values().filter(|record| record.pipeline == *pipeline);
        let pending = of_pipeline().filter(|record| record.state == SlotState::Pending);
        let due = of_pipeline()
            .map(|record| record.slot.nominal)
            .filter(|at| *at <= now);
        pending
            .map(|record| record.slot.nominal)
            .min()
            .into_iter()
            .chain(due.max())
            .min()
    }

    /// Leaves a date out, or takes it in again.
    pub(crate) fn set_date(&mut self, command: Command) {
        match command {
            Command::SkipDate { pipeline, date } => {
                let skipped = &mut self.control_mut(pipeline).skipped;
                if let Err(place) = skipped.binary_search(&date) {
                    skipped.insert(place, date);
                }
            }
            Command::KeepDate { pipeline, date } => {
                if let Some(control) = self.controls.get_mut(&pipeline) {
                    control.skipped.retain(|skipped| *skipped != date);
                }
            }
            other => unreachable!("called for dates alone: {other:?}"),
        }
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

    pub(crate) fn open_session(&mut self, link: &ContentHash, session: TokenRecord, now: Instant) -> Applied {
        let found = self.tokens.get(link);
        let is_good = found.is_some_and(|token| token.opens(TokenKind::Login, now));
        if is_good {
            self.tokens.remove(link);
            self.tokens.insert(session.hash, session);
        }
        Applied::Taken(is_good)
    }

    pub(crate) fn forget_tokens(&mut self, now: Instant) {
        let is_over = |token: &TokenRecord| token.expires_at.is_some_and(|end| end <= now);
        self.tokens
            .retain(|_, token| token.kind == TokenKind::Api || !is_over(token));
    }

    pub(crate) fn tokens_of(&self, kind: TokenKind) -> Vec<TokenRecord> {
        let of_kind = self.tokens.values().filter(|token| token.kind == kind);
        let mut tokens: Vec<TokenRecord> = of_kind.cloned().collect();
        // Stable: of those made at once, the smaller hash stays first.
        tokens.sort_by_key(|token| token.created_at);
        tokens
    }
}
