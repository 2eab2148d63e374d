//! States, each from one enum, with the words that scripts see.

use serde::{Deserialize, Serialize};

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every state, in the order of life.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it in JSON, in the store and on the screen.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The state that `word` names.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|state| state.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    )*};
}

states! {
    /// State of a run.
    RunState {
        /// Made, not yet started.
        Queued = "queued",
        /// A worker advances it.
        Running = "running",
        /// Waits for a person or a time; see [`WaitingFor`].
        Waiting = "waiting",
        /// Every stage is done or skipped.
        Completed = "completed",
        /// A stage failed for good.
        Failed = "failed",
        /// A person stopped it.
        Cancelled = "cancelled",
        /// A newer slot took its place.
        Superseded = "superseded",
    }

    /// What somebody outside is told: pings, alarms, the receipt of a day, and a trial of the ways.
    NoticeKind {
        /// A run was started for its slot.
        Started = "started",
        /// A run has its artifact.
        Succeeded = "succeeded",
        /// A run failed.
        Failed = "failed",
        /// A slot has no run.
        DidNotStart = "did_not_start",
        /// A run is at work for longer than any run should be.
        DidNotFinish = "did_not_finish",
        /// A run ended far sooner than its like and read nothing.
        SuspiciouslyFast = "suspiciously_fast",
        /// A feed gives nothing new for far longer than it used to, or does not answer.
        FeedSilent = "feed_silent",
        /// Four fifths of a budget are used up.
        BudgetNear = "budget_near",
        /// A run waits for an operator.
        Waits = "waits",
        /// An issue waits for the author, and its time runs out.
        NotApproved = "not_approved",
        /// An issue expired undecided.
        Expired = "expired",
        /// A newer slot took the place of a run before anybody decided on its issue.
        Superseded = "superseded",
        /// Something that the next run needs is not there.
        Preflight = "preflight",
        /// What became of a day, and what waits for the author.
        Receipt = "receipt",
        /// A trial of the ways, asked for by a person.
        Test = "test",
    }

    /// What a waiting run waits for.
    WaitingFor {
        /// The author's decision on the issue.
        Approval = "approval",
        /// A call that does not fit the budget.
        Budget = "budget",
        /// A model endpoint that needs a person.
        Model = "model",
        /// A channel that cannot tell whether it took the payload.
        PublishUnknown = "publish_unknown",
        /// A tool that changed or is new.
        ToolTrust = "tool_trust",
        /// The author's decision on drafted answers.
        Answers = "answers",
    }

    /// How far the issue of a run is.
    IssueState {
        /// There is no draft.
        None = "none",
        /// A draft exists.
        Drafted = "drafted",
        /// Review is done; the issue can be approved.
        Reviewed = "reviewed",
        /// The author said yes; the hold may still run.
        Approved = "approved",
        /// Every channel took it.
        Published = "published",
        /// The author said no.
        Rejected = "rejected",
        /// Nobody decided in time.
        Expired = "expired",
        /// A channel cannot tell.
        Unknown = "unknown",
    }

    /// State of one stage of a run.
    StageState {
        /// Not started.
        Pending = "pending",
        /// At work.
        Running = "running",
        /// Waits for a person.
        Waiting = "waiting",
        /// Its artifacts exist.
        Completed = "completed",
        /// Not run, with a reason.
        Skipped = "skipped",
        /// Ended without its artifacts.
        Failed = "failed",
        /// Stopped by a person.
        Cancelled = "cancelled",
    }

    /// State of a step.
    StepState {
        /// Known, its time has not come.
        Scheduled = "scheduled",
        /// Can start.
        Ready = "ready",
        /// An attempt is under way.
        Running = "running",
        /// The last attempt failed; another may follow.
        Retryable = "retryable",
        /// Waits for a person.
        Suspended = "suspended",
        /// Its outcome is stored.
        Completed = "completed",
        /// Given up; the error is its outcome.
        Discarded = "discarded",
        /// Stopped by a person.
        Cancelled = "cancelled",
    }

    /// Outcome of a slot.
    SlotState {
        /// Due, its run is not decided yet.
        Pending = "pending",
        /// Ran in time.
        Ran = "ran",
        /// Ran after its time, within `max_late`.
        RanLate = "ran_late",
        /// Taken over by a later slot of the same catch-up.
        Folded = "folded",
        /// Not run, with a reason.
        Skipped = "skipped",
        /// A newer slot took its place.
        Superseded = "superseded",
    }

    /// The author's decision on a hash.
    Decision {
        /// Yes, these bytes.
        Approved = "approved",
        /// No.
        Rejected = "rejected",
        /// Draft again, with a note.
        SentBack = "sent_back",
        /// An approval taken back within its hold.
        Recalled = "recalled",
        /// Nobody decided in time.
        Expired = "expired",
        /// Voided because the bytes changed after it.
        Voided = "voided",
    }

    /// What the guard says of a claim.
    Verdict {
        /// The evidence bears it.
        Supported = "supported",
        /// Code cannot tell; the author decides.
        Unsettled = "unsettled",
        /// The evidence lacks or contradicts something in it.
        Blocked = "blocked",
    }
}

impl RunState {
    /// Whether nothing more will happen in the run.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Superseded
        )
    }
}

impl StageState {
    /// Whether the stage needs no further work in its round.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Skipped | Self::Failed | Self::Cancelled
        )
    }
}

impl StepState {
    /// Whether the step has its last outcome.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Discarded | Self::Cancelled)
    }
}

impl Decision {
    /// The decision in a sentence such as `it cannot be sent back`.
    pub const fn participle(self) -> &'static str {
        match self {
            Self::SentBack => "sent back",
            other => other.as_str(),
        }
    }
}
