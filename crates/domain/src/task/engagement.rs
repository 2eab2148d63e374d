use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::task;
use crate::artifact::ReplyKind;
use crate::untrusted::PromptData;

task!(
    /// Says what one reply is. The reader sees this one reply and has no tools.
    TriageReply, "triage_reply", 1, "engagement/triage_reply.md", TriageReplyInput, TriageReplyOutput
);

/// One reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TriageReplyInput {
    /// Its subject.
    pub subject: PromptData,
    /// Its text without quoted lines.
    pub text: PromptData,
    /// Title of the issue that it answers.
    pub issue_title: Option<PromptData>,
    /// The question at the end of that issue.
    pub closing_question: Option<PromptData>,
}

/// What it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TriageReplyOutput {
    /// Its kind.
    pub kind: ReplyKind,
    /// The question or the correction in the reader's own words, copied exactly; nothing where there is none.
    pub question: Option<String>,
}

task!(
    /// Drafts an answer from the issue and its snapshots.
    DraftAnswer, "draft_answer", 1, "engagement/draft_answer.md", DraftAnswerInput, DraftAnswerOutput
);

/// A question and what may be cited.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DraftAnswerInput {
    /// `question` or `correction`.
    pub kind: ReplyKind,
    /// What the reader asks or corrects.
    pub question: PromptData,
    /// Title of the issue.
    pub issue_title: PromptData,
    /// Sentences of the issue.
    pub sentences: Vec<IssueSentence>,
    /// Passages of its snapshots.
    pub passages: Vec<AnswerPassage>,
}

/// A sentence of the issue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IssueSentence {
    /// Its id.
    pub id: String,
    /// Its text.
    pub text: PromptData,
}

/// A passage of a snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnswerPassage {
    /// Its id.
    pub id: String,
    /// Who publishes it.
    pub publisher: PromptData,
    /// Its words.
    pub text: PromptData,
}

/// The answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DraftAnswerOutput {
    /// Whether the passages answer the reader; if not, the sentences say that the sources do not tell.
    pub is_answered: bool,
    /// Its sentences.
    pub sentences: Vec<AnswerSentence>,
}

/// A sentence of an answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AnswerSentence {
    /// Its text.
    pub text: String,
    /// Passages that bear it.
    pub passages: Vec<CitedPassage>,
    /// Ids of sentences of the issue that bear it.
    pub issue_sentences: Vec<String>,
}

/// A cited passage.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CitedPassage {
    /// Its id.
    pub id: String,
    /// Exact words of it.
    pub quote: String,
}

task!(
    /// Collects what readers asked and the sources leave open.
    OpenQuestions, "open_questions", 1, "engagement/open_questions.md", OpenQuestionsInput, OpenQuestionsOutput
);

/// Questions of readers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenQuestionsInput {
    /// The replies with questions.
    pub replies: Vec<QuestionReply>,
}

/// A reply with a question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuestionReply {
    /// Number of the reply.
    pub id: String,
    /// The question.
    pub question: PromptData,
    /// Whether the drafted answer answers it.
    pub is_answered: bool,
}

/// Open questions.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OpenQuestionsOutput {
    /// The questions; like ones are merged.
    pub questions: Vec<OpenQuestion>,
}

/// One open question.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OpenQuestion {
    /// Number of the reply that asked it first.
    pub reply: String,
    /// The question in one line, in the reader's words.
    pub text: String,
}
