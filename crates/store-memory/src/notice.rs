//! Alarms and pings, each raised once, and what was found before slots.

use std::collections::btree_map::Entry;

use copydesk_domain::{Instant, PipelineName};
use copydesk_store::{Applied, NoticeRecord, PreflightRecord, StoreError};

use crate::state::{Result, State};

impl State {
    pub(crate) fn raise_notice(&mut self, notice: NoticeRecord) -> Applied {
        let is_new = !self
            .notices
            .iter()
            .any(|(known, _)| known.key == notice.key && known.way == notice.way);
        if is_new {
            self.notices.push((notice, None));
        }
        Applied::Taken(is_new)
    }

    pub(crate) fn settle_notice(&mut self, key: &str, way: &str, at: Instant) -> Result<Applied> {
        let found = self
            .notices
            .iter_mut()
            .find(|(known, _)| known.key == key && known.way == way);
        let Some((_, told_at)) = found else {
            return Err(StoreError::Inconsistent {
                table: "notice",
                column: "key",
                id: key.to_owned(),
            });
        };
        told_at.get_or_insert(at);
        Ok(Applied::Done)
    }

    pub(crate) fn open_notices(&self, limit: u32) -> Vec<NoticeRecord> {
        let open = self.notices.iter().filter(|(_, told_at)| told_at.is_none());
        open.take(limit as usize)
            .map(|(notice, _)| notice.clone())
            .collect()
    }

    pub(crate) fn put_preflight(&mut self, look: PreflightRecord) -> Applied {
        match self.preflights.entry((look.pipeline.clone(), look.nominal)) {
            Entry::Occupied(_) => Applied::Taken(false),
            Entry::Vacant(place) => {
                place.insert(look);
                Applied::Taken(true)
            }
        }
    }

    pub(crate) fn preflights_from(&self, pipeline: &PipelineName, from: Instant) -> Vec<PreflightRecord> {
        let looks = self.preflights.values();
        looks
            .filter(|look| look.pipeline == *pipeline && look.nominal >= from)
            .cloned()
            .collect()
    }
}
