//! What commands are called, and what they are fenced by.

use crate::command::Command;
use crate::held::Lease;

/// Names each command once. The match has no wildcard arm: a variant without a name does not compile, and so the list of
/// names has them all.
macro_rules! named {
    ($($variant:ident => $name:literal,)+) => {
        /// The names of all commands, in the order of their variants.
        pub const COMMAND_NAMES: &[&str] = &[$($name),+];

        impl Command {
            /// Its name, such as `finish_step`; see [`COMMAND_NAMES`].
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)+
                }
            }
        }

        #[cfg(test)]
        const VARIANTS: &[&str] = &[$(stringify!($variant)),+];
    };
}

named! {
    PutRelease => "put_release",
    CreateRun => "create_run",
    LeaseRun => "lease_run",
    RenewLease => "renew_lease",
    ReleaseLease => "release_lease",
    UpdateRun => "update_run",
    Supersede => "supersede",
    StartStage => "start_stage",
    FinishStage => "finish_stage",
    FinishStep => "finish_step",
    ReserveSpend => "reserve_spend",
    SettleSpend => "settle_spend",
    PutSnapshot => "put_snapshot",
    KeepSnapshot => "keep_snapshot",
    WriteLog => "write_log",
    Decide => "decide",
    ChooseDraft => "choose_draft",
    PutIntent => "put_intent",
    SettleIntent => "settle_intent",
    SettleUnknown => "settle_unknown",
    RequestCancel => "request_cancel",
    Retry => "retry",
    GoOn => "go_on",
    ChooseRoute => "choose_route",
    NoteBreach => "note_breach",
    SetPaused => "set_paused",
    SkipDate => "skip_date",
    KeepDate => "keep_date",
    SetSchedule => "set_schedule",
    PutSlot => "put_slot",
    ForgetSlots => "forget_slots",
    AddNote => "add_note",
    ForgetNotes => "forget_notes",
    PutLabel => "put_label",
    UndoLabel => "undo_label",
    PutToken => "put_token",
    TakeToken => "take_token",
    OpenSession => "open_session",
    ProlongToken => "prolong_token",
    ForgetTokens => "forget_tokens",
    RaiseNotice => "raise_notice",
    SettleNotice => "settle_notice",
    PutPreflight => "put_preflight",
    TrustTool => "trust_tool",
    PutExchange => "put_exchange",
    PutEndpoint => "put_endpoint",
    PutFeedState => "put_feed_state",
    NoteFeedAnswer => "note_feed_answer",
    PutArchive => "put_archive",
    ImportIssue => "import_issue",
    Prune => "prune",
}

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
            | Self::ForgetNotes { .. }
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
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `FinishStep` as `finish_step`.
    fn in_words(variant: &str) -> String {
        let mut words = String::new();
        for letter in variant.chars() {
            if letter.is_uppercase() && !words.is_empty() {
                words.push('_');
            }
            words.extend(letter.to_lowercase());
        }
        words
    }

    #[test]
    fn every_command_has_a_name_of_its_own_and_it_is_that_of_its_variant() {
        let words: Vec<String> = VARIANTS.iter().map(|variant| in_words(variant)).collect();
        assert_eq!(words, COMMAND_NAMES);
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
    }
}
