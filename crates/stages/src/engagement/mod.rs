//! Engagement: reads replies, sorts them, drafts answers from the issue and its snapshots, and keeps what readers
//! asked for the next morning. No reply is hidden; no answer goes out without its own approval.

mod answers;
mod cited;
mod earlier;
#[cfg(test)]
mod fixture;
mod heap;
mod matching;
mod replies;
mod summary;

use async_trait::async_trait;
use copydesk_domain::artifact::{
    Artifact, ArtifactKind, Draft, EngagementReport, FORMAT, Issue, Reply, ReplyKind, ReplyState,
    ResearchBrief, Topic,
};
use copydesk_domain::task::{OpenQuestions, OpenQuestionsInput, QuestionReply};
use copydesk_domain::task::{TriageReply, TriageReplyInput};
use copydesk_domain::{Untrusted, counted};
use copydesk_journal::{PastIssue, Stage, StageContext, StageError, StageInputs, StageOutput};
use copydesk_text::sentence;

use earlier::Earlier;
use replies::Mail;
use summary::summary;

use crate::{models_used, readers};

/// Readers at work at once.
const AT_ONCE: usize = 4;

/// The message id under which an issue is known to mail: replies name it in `In-Reply-To`.
///
/// Slugs are unique within a pipeline, so the id needs nothing else and is known before the issue goes out.
pub fn issue_message_id(slug: &str) -> String {
    format!("<{slug}@copydesk.local>")
}

/// The engagement agent.
#[derive(Debug, Clone, Copy, Default)]
pub struct EngagementStage;

/// An issue that replies may belong to, with what answers may cite.
pub(crate) struct Told {
    pub(crate) past: PastIssue,
    pub(crate) title: Untrusted<String>,
    /// As its readers got it.
    pub(crate) draft: Draft,
    pub(crate) brief: ResearchBrief,
}

#[async_trait]
impl Stage for EngagementStage {
    fn agent(&self) -> &'static str {
        "engagement"
    }

    fn reads_replies(&self) -> bool {
        true
    }

    async fn run(&self, ctx: &StageContext, inputs: &StageInputs) -> Result<StageOutput, StageError> {
        let issues = issues(ctx, inputs).await?;
        let earlier = Earlier::of(&inputs.read_replies);
        let listed = replies::list(ctx, &|mail| earlier.has_read(mail, &issues)).await?;
        if listed.unread.is_none() || !listed.mails.is_empty() {
            ctx.note(format!(
                "reading {}",
                counted(listed.mails.len(), "reply", "replies")
            ));
        }
        let mut models = Vec::new();
        let mut read: Vec<(Mail, Reply)> = triage(ctx, listed.mails, &issues, &mut models).await?;
        let bodies = answers::draft(ctx, &issues, &mut read, &mut models).await?;
        let questions = open_questions(ctx, &read, &mut models).await?;
        let report = EngagementReport {
            format: FORMAT.to_owned(),
            at: ctx.now(),
            replies: read.into_iter().map(|(_, reply)| reply).collect(),
            questions,
            missing: listed.missing,
            unread: listed.unread,
            models,
        };
        let artifact =
            Artifact::of(ArtifactKind::EngagementReport, &report).map_err(|error| StageError::Invalid {
                reason: error.to_string(),
            })?;
        Ok(StageOutput {
            summary: summary(&report),
            artifacts: vec![artifact],
            bodies,
        })
    }
}

/// Published issues of the last 14 days, newest first.
async fn issues(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<Told>, StageError> {
    let mut issues = Vec::new();
    for past in inputs.issues.iter().filter(|past| past.published_at.is_some()) {
        let issue: Issue = ctx.artifact(&past.issue).await?;
        issues.push(Told {
            past: past.clone(),
            title: issue.title,
            draft: readers::draft_of(ctx, past).await?,
            brief: ctx.artifact(&past.brief).await?,
        });
    }
    Ok(issues)
}

async fn triage(
    ctx: &StageContext,
    mails: Vec<Mail>,
    issues: &[Told],
    models: &mut Vec<String>,
) -> Result<Vec<(Mail, Reply)>, StageError> {
    let sorted = ctx
        .for_each(mails, AT_ONCE, |mail| triage_one(ctx, mail, issues))
        .await;
    let mut read = Vec::new();
    for result in sorted {
        let (mail, reply, model) = result?;
        models_used::note(models, &model);
        read.push((mail, reply));
    }
    Ok(read)
}

async fn triage_one(
    ctx: &StageContext,
    mut mail: Mail,
    issues: &[Told],
) -> Result<(Mail, Reply, copydesk_domain::ModelName), StageError> {
    let told = matching::find(&mail, issues);
    let input = TriageReplyInput {
        subject: mail.subject.prompt_data(),
        text: mail.text.prompt_data(),
        issue_title: told.map(|told| told.title.prompt_data()),
        closing_question: told.and_then(|told| closing_question(&told.draft)),
    };
    let key = format!("triage_reply/{}", mail.key());
    let asked = ctx.ask::<TriageReply>(&key, &input).await?;
    let output = asked.output.inspect();
    let kind = if mail.is_automatic {
        ReplyKind::Other
    } else {
        output.kind
    };
    mail.question = in_own_words(output.question.as_deref(), mail.text.inspect());
    let reply = Reply {
        id: mail.id.clone(),
        kind,
        issue: told.map(|told| told.past.slug.clone()),
        from: mail.from.clone(),
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        sent_at: mail.sent_at,
        answer: None,
        state: if told.is_some() {
            ReplyState::Read
        } else {
            ReplyState::Unmatched
        },
        gives_orders: mail.text.inspect().lines().any(sentence::addresses_model),
    };
    Ok((mail, reply, asked.model))
}

/// The words that a model found to be the question, where the reader wrote them; no words are no question.
fn in_own_words(found: Option<&str>, text: &str) -> Option<Untrusted<String>> {
    let question = found.map(str::trim).filter(|question| !question.is_empty())?;
    text.contains(question)
        .then(|| Untrusted::new(question.to_owned()))
}

fn closing_question(draft: &Draft) -> Option<copydesk_domain::PromptData> {
    let section = draft
        .sections
        .iter()
        .rfind(|section| section.kind == "question")?;
    let id = section.paragraphs.last()?.last()?;
    draft
        .sentences
        .iter()
        .find(|sentence| sentence.id == *id)
        .map(|sentence| sentence.text.prompt_data())
}

/// What readers asked and the sources leave open: topics of the next research.
async fn open_questions(
    ctx: &StageContext,
    read: &[(Mail, Reply)],
    models: &mut Vec<String>,
) -> Result<Vec<Topic>, StageError> {
    let asked_for: Vec<QuestionReply> = read
        .iter()
        .enumerate()
        .filter(|(_, (_, reply))| reply.kind == ReplyKind::Question)
        .map(|(index, (mail, reply))| QuestionReply {
            id: (index + 1).to_string(),
            question: mail.question().prompt_data(),
            is_answered: reply.answer.as_ref().is_some_and(|answer| answer.is_answered),
        })
        .collect();
    if asked_for.iter().all(|question| question.is_answered) {
        return Ok(Vec::new());
    }
    let asked = ctx
        .ask::<OpenQuestions>("open_questions", &OpenQuestionsInput { replies: asked_for })
        .await?;
    models_used::note(models, &asked.model);
    let topics = asked.output.inspect().questions.iter().filter_map(|question| {
        let index: usize = question.reply.parse().ok()?;
        let (mail, reply) = read.get(index.checked_sub(1)?)?;
        let text = question.text.trim();
        let is_readers = mail.text.inspect().contains(text) && !text.is_empty();
        let text = if is_readers {
            Untrusted::new(text.to_owned())
        } else {
            mail.question()
        };
        Some(Topic {
            text,
            from: reply.issue.clone().unwrap_or_default(),
        })
    });
    Ok(topics.collect())
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_some_of_the_readers_own_words() {
        let text = "Hello. What did Quill pay? Yours, Ada";
        let found = |question| in_own_words(question, text).map(|own| own.inspect().clone());
        assert_eq!(
            found(Some(" What did Quill pay?\n")).as_deref(),
            Some("What did Quill pay?")
        );
        for nothing in [None, Some(""), Some(" \n"), Some("What did Lattice pay?")] {
            assert_eq!(found(nothing), None, "{nothing:?}");
        }
    }
}
