//! What commands are called.

use crate::command::Command;

/// The names of all commands, in the order of their variants.
pub const COMMAND_NAMES: &[&str] = &[
    "put_release",
    "create_run",
    "lease_run",
    "renew_lease",
    "release_lease",
    "update_run",
    "start_stage",
    "finish_stage",
    "finish_step",
    "reserve_spend",
    "settle_spend",
    "put_snapshot",
    "write_log",
    "decide",
    "put_intent",
    "settle_intent",
    "settle_unknown",
    "request_cancel",
    "retry",
    "set_paused",
    "skip_date",
    "set_schedule",
    "put_slot",
    "add_note",
    "put_token",
    "take_token",
    "raise_notice",
    "settle_notice",
    "trust_tool",
    "put_feed_state",
    "put_archive",
    "prune",
];

impl Command {
    /// Its name, such as `finish_step`; see [`COMMAND_NAMES`].
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PutRelease { .. } => "put_release",
            Self::CreateRun(_) => "create_run",
            Self::LeaseRun { .. } => "lease_run",
            Self::RenewLease { .. } => "renew_lease",
            Self::ReleaseLease { .. } => "release_lease",
            Self::UpdateRun { .. } => "update_run",
            Self::StartStage { .. } => "start_stage",
            Self::FinishStage { .. } => "finish_stage",
            Self::FinishStep { .. } => "finish_step",
            Self::ReserveSpend { .. } => "reserve_spend",
            Self::SettleSpend { .. } => "settle_spend",
            Self::PutSnapshot { .. } => "put_snapshot",
            Self::WriteLog { .. } => "write_log",
            Self::Decide { .. } => "decide",
            Self::PutIntent { .. } => "put_intent",
            Self::SettleIntent { .. } => "settle_intent",
            Self::SettleUnknown { .. } => "settle_unknown",
            Self::RequestCancel { .. } => "request_cancel",
            Self::Retry { .. } => "retry",
            Self::SetPaused { .. } => "set_paused",
            Self::SkipDate { .. } => "skip_date",
            Self::SetSchedule { .. } => "set_schedule",
            Self::PutSlot { .. } => "put_slot",
            Self::AddNote(_) => "add_note",
            Self::PutToken(_) => "put_token",
            Self::TakeToken { .. } => "take_token",
            Self::RaiseNotice(_) => "raise_notice",
            Self::SettleNotice { .. } => "settle_notice",
            Self::TrustTool(_) => "trust_tool",
            Self::PutFeedState(_) => "put_feed_state",
            Self::PutArchive(_) => "put_archive",
            Self::Prune { .. } => "prune",
        }
    }
}
