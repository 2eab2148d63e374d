//! Names and ids as types of their own.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// From its text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

text_id! {
    /// One pass of a pipeline, such as `daily-20260820-0500-k3f9`.
    RunId;
    /// A pipeline by the name in its file, such as `daily`.
    PipelineName;
    /// A stage of a pipeline: `research`, `draft`, `review`, `publish`, `engagement` or a custom name.
    StageName;
    /// A step within one round of a stage, such as `take_notes/5f3c…`.
    StepKey;
    /// A note of a research brief, such as `n12`.
    NoteId;
    /// A story of a research brief, such as `s3`.
    StoryId;
    /// A sentence of a draft, such as `p7`.
    SentenceId;
    /// A drafted answer to a reader, such as `a2`.
    AnswerId;
    /// A model as config.toml names it; `embedded` is the built-in one.
    ModelName;
    /// A channel as a pipeline names it, such as `site`.
    ChannelName;
}

impl StageName {
    /// The stage that reads sources.
    pub const RESEARCH: &'static str = "research";
    /// The stage that publishes approved payloads; code, never a model.
    pub const PUBLISH: &'static str = "publish";
    /// The stage that makes the `issue` artifact.
    pub const REVIEW: &'static str = "review";
    /// The stage that reads replies.
    pub const ENGAGEMENT: &'static str = "engagement";
    /// The names that a custom stage cannot have: other stages, and the files of an export.
    pub const RESERVED: &'static [&'static str] = &[
        Self::RESEARCH,
        "draft",
        Self::REVIEW,
        Self::PUBLISH,
        Self::ENGAGEMENT,
        "run",
        "issue",
        "approval",
        "receipts",
        "snapshots",
        "research_brief",
        "engagement_report",
        "ratings",
        "default",
    ];
}

/// The number of a stage's go at its work; a send-back opens the next. Starts at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Round(pub u32);

impl Round {
    /// The first round.
    pub const FIRST: Self = Self(1);

    /// The round after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Proof of a lease on a run: rises with each new lease. A write under an older fence changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub i64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::ArtifactKind;

    #[test]
    fn no_custom_stage_is_called_as_an_artifact_that_has_a_file_of_its_own() {
        for kind in [
            ArtifactKind::ResearchBrief,
            ArtifactKind::Draft,
            ArtifactKind::Review,
            ArtifactKind::Issue,
            ArtifactKind::EngagementReport,
            ArtifactKind::Ratings,
        ] {
            assert!(StageName::RESERVED.contains(&kind.as_str()), "{kind:?}");
        }
    }
}
