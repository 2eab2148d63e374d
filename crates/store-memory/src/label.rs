//! Labels that the author put on stories.

use copydesk_domain::{ContentHash, Instant, PipelineName};
use copydesk_store::contract::label_rules::{require_label, require_own_run};
use copydesk_store::{Applied, LabelRecord, StoreError};

use crate::state::{Result, State};

impl State {
    pub(crate) fn put_label(&mut self, record: LabelRecord) -> Result<Applied> {
        let run = self.run(&record.run)?;
        require_own_run(&record.run, run.record.parent.as_ref())?;
        let named = record.label.snapshots.iter().chain(&record.label.others);
        let missing = named.copied().find(|hash| self.snapshot(hash).is_none());
        require_label(&record, &run.record.pipeline, missing)?;
        let known = self.labels.iter().position(|(known, _)| known.id == record.id);
        let Some(at) = known else {
            self.labels.push((record, None));
            return Ok(Applied::Taken(true));
        };
        let (there, undone_at) = &self.labels[at];
        if undone_at.is_none() && there.label.at >= record.label.at {
            return Ok(Applied::Taken(false));
        }
        self.labels.remove(at);
        self.labels.push((record, None));
        Ok(Applied::Taken(true))
    }

    pub(crate) fn undo_label(&mut self, id: &ContentHash, at: Instant) -> Result<Applied> {
        let found = self.labels.iter_mut().find(|(known, _)| known.id == *id);
        let (_, undone_at) = found.ok_or_else(|| StoreError::LabelRefused {
            reason: format!("there is no label {id}"),
        })?;
        let was_there = undone_at.is_none();
        undone_at.get_or_insert(at);
        Ok(Applied::Taken(was_there))
    }

    pub(crate) fn labels_since(&self, pipeline: &PipelineName, since: Instant) -> Vec<LabelRecord> {
        let is_wanted = |record: &LabelRecord| record.pipeline == *pipeline && record.label.at > since;
        let mut found: Vec<LabelRecord> = self
            .labels
            .iter()
            .filter(|(record, undone_at)| undone_at.is_none() && is_wanted(record))
            .map(|(record, _)| record.clone())
            .collect();
        found.sort_by_key(|record| record.label.at);
        let more = found.len().saturating_sub(LabelRecord::LIST_MAX as usize);
        found.split_off(more)
    }
}
