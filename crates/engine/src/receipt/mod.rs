//! The morning receipt: once a day and pipeline, what became of its slot and what waits for the author.
//!
//! Text of others in it is escaped and cut, and stands neither in the one line nor in anything that a header is made of.

mod gather;
mod text;

use copydesk_domain::{
    Instant, IssueState, MicroUsd, PipelineName, RunId, RunState, SlotState, StageName, StageState,
    WaitingFor,
};
use copydesk_store::Slot;
use serde::Serialize;

pub(crate) use gather::key;

/// What became of one slot. Its JSON goes to webhooks and commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayReceipt {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The local date of the slot.
    pub date: jiff::civil::Date,
    /// The slot.
    pub slot: Slot,
    /// What became of it.
    pub outcome: SlotState,
    /// Why.
    pub reason: Option<String>,
    /// Its run; null where the slot was skipped without one.
    pub run: Option<RunReceipt>,
    /// Why readers' replies could not be read when somebody last looked for them; null where they could.
    pub replies_unread: Option<UnreadReplies>,
    /// Spend since the local day and month began, over all pipelines, and the limits on it.
    pub spend: SpendReceipt,
}

/// What the run of a slot did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunReceipt {
    /// Its id.
    pub run: RunId,
    /// Its state.
    pub state: RunState,
    /// How far its issue is.
    pub issue: IssueState,
    /// What it waits for.
    pub waiting_for: Vec<WaitingFor>,
    /// Until when the author can decide.
    pub expires_at: Option<Instant>,
    /// The page on which the author decides. Opening it decides nothing.
    pub page: String,
    /// The title of the issue, escaped.
    pub title: Option<String>,
    /// What ran and what was skipped, in the order of the day.
    pub stages: Vec<StageReceipt>,
    /// Titles of the stories in rank order, escaped; at most [`STORIES_MAX`].
    pub stories: Vec<String>,
    /// Stories in all.
    pub stories_found: usize,
    /// Sources that were read.
    pub sources_read: usize,
    /// What could not be read; at most [`MISSING_MAX`].
    pub missing: Vec<MissingReceipt>,
    /// Sources that could not be read in all.
    pub sources_missing: usize,
    /// Claims by verdict.
    pub claims: ClaimsReceipt,
    /// Money that this run cost.
    pub spend_microusd: MicroUsd,
}

/// A receipt names so many stories.
pub const STORIES_MAX: usize = 10;
/// A receipt names so many sources that could not be read.
pub const MISSING_MAX: usize = 20;

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageReceipt {
    /// Its name.
    pub stage: StageName,
    /// Its state.
    pub state: StageState,
    /// First start.
    pub started_at: Option<Instant>,
    /// End.
    pub finished_at: Option<Instant>,
    /// What it did, or why it was skipped or failed.
    pub reason: Option<String>,
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingReceipt {
    /// The feed.
    pub feed: String,
    /// Why, in one line.
    pub reason: String,
}

/// A mail folder that could not be listed, so that nobody knows what readers wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadReplies {
    /// When it was looked into.
    pub at: Instant,
    /// Why it could not be read, in one line.
    pub reason: String,
}

/// Claims by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ClaimsReceipt {
    /// The evidence bears them.
    pub supported: usize,
    /// Code cannot tell; the author decides.
    pub unsettled: usize,
    /// They stay out of the issue.
    pub blocked: usize,
}

/// Money against its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SpendReceipt {
    /// Since the local day began.
    pub day_microusd: MicroUsd,
    /// Its limit.
    pub day_limit_microusd: MicroUsd,
    /// Since the local month began.
    pub month_microusd: MicroUsd,
    /// Its limit.
    pub month_limit_microusd: MicroUsd,
}

/// Reasons of slots that a person left out: nobody is told what he did himself.
const BY_A_PERSON: &[&str] = &["paused", "skipped by the author"];

/// Whether a slot in this state has a receipt: its writing is at an end, and no other slot took its place.
pub(crate) fn has_receipt(state: SlotState, reason: Option<&str>) -> bool {
    match state {
        SlotState::Ran | SlotState::RanLate => true,
        SlotState::Skipped => !reason.is_some_and(|reason| BY_A_PERSON.contains(&reason)),
        SlotState::Pending | SlotState::Folded | SlotState::Superseded => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_has_a_receipt_when_its_day_is_decided() {
        assert!(has_receipt(SlotState::Ran, None));
        assert!(has_receipt(
            SlotState::Skipped,
            Some("the run failed: research: no feed answered")
        ));
        assert!(!has_receipt(SlotState::Skipped, Some("paused")));
        assert!(!has_receipt(SlotState::Pending, None));
        assert!(!has_receipt(SlotState::Folded, None));
    }
}
