//! What commands are called, and what they are fenced by.

use crate::command::Command;
use crate::held::Lease;

/// The names of all commands, in the order of their variants.
pub const COMMAND_NAMES: &[&str] = &[
    "put_release",
    "create_run",
    "lease_run",
    "renew_lease",
    "release_lease",
    "update_run",
    "supersede",
    "start_stage",
    "finish_stage",
    "finish_step",
    "reserve_spend",
    "settle_spend",
    "put_snapshot",
    "keep_snapshot",
    "write_log",
    "decide",
    "choose_draft",
    "put_intent",
    "settle_intent",
    "settle_unknown",
    "request_cancel",
    "retry",
    "go_on",
    "choose_route",
    "note_breach",
    "set_paused",
    "skip_date",
    "set_schedule",
    "put_slot",
    "forget_slots",
    "add_note",
    "put_label",
    "undo_label",
    "put_token",
    "take_token",
    "open_session",
    "prolong_token",
    "forget_tokens",
    "raise_notice",
    "settle_notice",
    "put_preflight",
    "trust_tool",
    "put_exchange",
    "put_endpoint",
    "put_feed_state",
    "put_archive",
    "import_issue",
    "prune",
];

impl Command {
    /// The lease that it is fenced by: it is carried out only while that is the newest one.
    pub const fn fence(&self) -> Option<&Lease> {
        match self {
            Self::RenewLease { lease, .. }
            | Self::ReleaseLease { lease }
            | Self::UpdateRun { lease, .. }
            | Self::Supersede { lease, .. }
            | Self::StartStage { lease, .. }
            | Self::FinishStage { lease, .. }
            | Self::FinishStep { lease, .. }
            | Self::ReserveSpend { lease, .. }
            | Self::SettleSpend { lease, .. }
            | Self::NoteBreach { lease, .. }
            | Self::WriteLog { lease, .. }
            | Self::PutExchange { lease, .. }
            | Self::KeepSnapshot { lease, .. }
            | Self::PutIntent { lease, .. }
            | Self::SettleIntent { lease, .. } => Some(lease),
            Self::PutSnapshot { lease, .. } => lease.as_ref(),
            Self::PutRelease { .. }
            | Self::CreateRun(_)
            | Self::LeaseRun { .. }
            | Self::Decide { .. }
            | Self::ChooseDraft { .. }
            | Self::SettleUnknown { .. }
            | Self::RequestCancel { .. }
            | Self::Retry { .. }
            | Self::GoOn { .. }
            | Self::ChooseRoute { .. }
            | Self::SetPaused { .. }
            | Self::SkipDate { .. }
            | Self::KeepDate { .. }
            | Self::SetSchedule { .. }
            | Self::PutSlot { .. }
            | Self::ForgetSlots { .. }
            | Self::AddNote(_)
            | Self::PutLabel(_)
            | Self::UndoLabel { .. }
            | Self::PutToken(_)
            | Self::TakeToken { .. }
            | Self::OpenSession { .. }
            | Self::ProlongToken { .. }
            | Self::ForgetTokens { .. }
            | Self::RaiseNotice(_)
            | Self::SettleNotice { .. }
            | Self::PutPreflight(_)
            | Self::TrustTool(_)
            | Self::PutEndpoint(_)
            | Self::PutFeedState(_)
            | Self::NoteFeedAnswer { .. }
            | Self::PutArchive(_)
            | Self::ImportIssue(_)
            | Self::Prune { .. } => None,
        }
    }

    /// Its name, such as `finish_step`; see [`COMMAND_NAMES`].
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PutRelease { .. } => "put_release",
            Self::CreateRun(_) => "create_run",
            Self::LeaseRun { .. } => "lease_run",
            Self::RenewLease { .. } => "renew_lease",
            Self::ReleaseLease { .. } => "release_lease",
            Self::UpdateRun { .. } => "update_run",
            Self::Supersede { .. } => "supersede",
            Self::StartStage { .. } => "start_stage",
            Self::FinishStage { .. } => "finish_stage",
            Self::FinishStep { .. } => "finish_step",
            Self::ReserveSpend { .. } => "reserve_spend",
            Self::SettleSpend { .. } => "settle_spend",
            Self::PutSnapshot { .. } => "put_snapshot",
            Self::KeepSnapshot { .. } => "keep_snapshot",
            Self::WriteLog { .. } => "write_log",
            Self::Decide { .. } => "decide",
            Self::ChooseDraft { .. } => "choose_draft",
            Self::PutIntent { .. } => "put_intent",
            Self::SettleIntent { .. } => "settle_intent",
            Self::SettleUnknown { .. } => "settle_unknown",
            Self::RequestCancel { .. } => "request_cancel",
            Self::Retry { .. } => "retry",
            Self::GoOn { .. } => "go_on",
            Self::ChooseRoute { .. } => "choose_route",
            Self::NoteBreach { .. } => "note_breach",
            Self::SetPaused { .. } => "set_paused",
            Self::SkipDate { .. } => "skip_date",
            Self::KeepDate { .. } => "keep_date",
            Self::SetSchedule { .. } => "set_schedule",
            Self::PutSlot { .. } => "put_slot",
            Self::ForgetSlots { .. } => "forget_slots",
            Self::AddNote(_) => "add_note",
            Self::PutLabel(_) => "put_label",
            Self::UndoLabel { .. } => "undo_label",
            Self::PutToken(_) => "put_token",
            Self::TakeToken { .. } => "take_token",
            Self::OpenSession { .. } => "open_session",
            Self::ProlongToken { .. } => "prolong_token",
            Self::ForgetTokens { .. } => "forget_tokens",
            Self::RaiseNotice(_) => "raise_notice",
            Self::SettleNotice { .. } => "settle_notice",
            Self::PutPreflight(_) => "put_preflight",
            Self::TrustTool(_) => "trust_tool",
            Self::PutExchange { .. } => "put_exchange",
            Self::PutEndpoint(_) => "put_endpoint",
            Self::PutFeedState(_) => "put_feed_state",
            Self::NoteFeedAnswer { .. } => "note_feed_answer",
            Self::PutArchive(_) => "put_archive",
            Self::ImportIssue(_) => "import_issue",
            Self::Prune { .. } => "prune",
        }
    }
}
