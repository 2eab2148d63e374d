//! Typed tasks: one question to a model each, with input type, output type and prompt file.
//!
//! Texts of others enter as [`PromptData`](crate::PromptData); quotes come back as plain strings that code has to
//! find in the source before anything else is done with them.

mod engagement;
mod research;
mod review;
mod shorten;
mod writing;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use engagement::{
    AnswerPassage, AnswerSentence, CitedPassage, DraftAnswer, DraftAnswerInput, DraftAnswerOutput,
    IssueSentence, OpenQuestion, OpenQuestions, OpenQuestionsInput, OpenQuestionsOutput, QuestionReply,
    TriageReply, TriageReplyInput, TriageReplyOutput,
};
pub use research::{
    FollowUp, FollowUpInput, FollowUpOutput, NoteDraft, RankStories, RankStoriesInput, RankStoriesOutput,
    RankStory, RankedStory, StoryLiking, TakeNotes, TakeNotesInput, TakeNotesOutput,
};
pub use review::{
    EditSentence, JudgeClaim, JudgeClaimInput, JudgeClaimOutput, JudgeEvidence, JudgeVerdict, ProposedEdit,
    RateDraft, RateDraftInput, RateDraftOutput, SuggestEdits, SuggestEditsInput, SuggestEditsOutput,
};
pub use shorten::{Shorten, upto_sentence};
pub use writing::{
    HeardWish, HouseStyle, PlanIssue, PlanIssueInput, PlanIssueOutput, PlanSection, PlanStory,
    PlannedSection, WriteNote, WriteSection, WriteSectionInput, WriteSectionOutput, WriteStory, WriteTitle,
    WriteTitleInput, WriteTitleOutput, WrittenCalc, WrittenSentence,
};

/// One typed question to a model.
pub trait Task: Send + Sync + 'static {
    /// Its name, as routes and prompts call it.
    const NAME: &'static str;
    /// Rises when the input or output type changes its meaning.
    const VERSION: u32;
    /// Its prompt file below `prompts/`.
    const PROMPT: &'static str;
    /// What the model is given.
    type Input: Serialize + DeserializeOwned + Shorten + Clone + Send + Sync;
    /// What the model answers.
    type Output: Serialize + DeserializeOwned + schemars::JsonSchema + Send + Sync;
}

macro_rules! task {
    ($(#[$doc:meta])* $task:ident, $name:literal, $version:literal, $prompt:literal, $input:ty, $output:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $task;

        impl $crate::task::Task for $task {
            const NAME: &'static str = $name;
            const VERSION: u32 = $version;
            const PROMPT: &'static str = $prompt;
            type Input = $input;
            type Output = $output;
        }
    };
}
pub(crate) use task;

/// Fields of a task's input that its calls within one stage share, in the order in which they lead its message: a
/// provider that keeps what it has read charges little for a beginning that stays the same. Fields that are not named
/// here follow.
pub fn leading(task: &str) -> &'static [&'static str] {
    match task {
        TakeNotes::NAME => &["beats", "notes_max", "now"],
        RankStories::NAME => &["newsletter", "beats", "topics", "now"],
        FollowUp::NAME => &["opens_max", "topics"],
        PlanIssue::NAME => &["format", "sections", "stories"],
        // What was said grows at its end with each section.
        WriteSection::NAME => &["format", "style", "author_note", "said"],
        RateDraft::NAME => &["title", "text"],
        TriageReply::NAME => &["issue_title", "closing_question"],
        DraftAnswer::NAME => &["issue_title", "sentences", "passages"],
        _ => &[],
    }
}

/// The names of all tasks with their prompt files, for `check` and for routes.
pub const ALL: &[(&str, &str)] = &[
    (TakeNotes::NAME, TakeNotes::PROMPT),
    (RankStories::NAME, RankStories::PROMPT),
    (FollowUp::NAME, FollowUp::PROMPT),
    (PlanIssue::NAME, PlanIssue::PROMPT),
    (WriteSection::NAME, WriteSection::PROMPT),
    (WriteTitle::NAME, WriteTitle::PROMPT),
    (JudgeClaim::NAME, JudgeClaim::PROMPT),
    (SuggestEdits::NAME, SuggestEdits::PROMPT),
    (RateDraft::NAME, RateDraft::PROMPT),
    (TriageReply::NAME, TriageReply::PROMPT),
    (DraftAnswer::NAME, DraftAnswer::PROMPT),
    (OpenQuestions::NAME, OpenQuestions::PROMPT),
];
