//! Drafted answers: sentences with passages of the issue's snapshots, or the word that the sources do not tell.

use std::collections::HashMap;

use copydesk_domain::artifact::{Answer, Reply, ReplyKind, ReplyState};
use copydesk_domain::task::{AnswerPassage, DraftAnswer, DraftAnswerInput, IssueSentence};
use copydesk_domain::{AnswerId, ContentHash, ModelName, PromptData, Untrusted};
use copydesk_guard::IssueDay;
use copydesk_journal::{StageContext, StageError};
use copydesk_publish::{AnswerMail, answer_mail};
use copydesk_text::{sentence, similarity};

use super::Told;
use super::cited::Ground;
use super::replies::Mail;
use crate::models_used;
use crate::review::zone;

/// Passages that a writer is given.
const PASSAGES_MAX: usize = 12;

/// A sentence of a source.
pub(super) struct Passage {
    pub(super) snapshot: ContentHash,
    pub(super) publisher: Untrusted<String>,
    pub(super) start: usize,
    pub(super) text: String,
}

/// Drafts an answer for each question and correction that belongs to an issue. Gives the mails' bytes.
pub(crate) async fn draft(
    ctx: &StageContext,
    issues: &[Told],
    read: &mut [(Mail, Reply)],
    models: &mut Vec<String>,
) -> Result<Vec<Vec<u8>>, StageError> {
    let mut bodies = Vec::new();
    for (mail, reply) in read.iter_mut() {
        let wants_answer = matches!(reply.kind, ReplyKind::Question | ReplyKind::Correction);
        let told = issues
            .iter()
            .find(|told| Some(&told.past.slug) == reply.issue.as_ref());
        let Some(told) = told.filter(|_| wants_answer) else {
            continue;
        };
        let id = AnswerId::new(format!("a{}", bodies.len() + 1));
        let (answer, body, model) = draft_one(ctx, told, mail, reply.kind, id).await?;
        models_used::note(models, &model);
        reply.state = if answer.is_answered {
            ReplyState::Drafted
        } else {
            ReplyState::Open
        };
        reply.answer = Some(answer);
        bodies.push(body);
    }
    Ok(bodies)
}

async fn draft_one(
    ctx: &StageContext,
    told: &Told,
    mail: &Mail,
    kind: ReplyKind,
    id: AnswerId,
) -> Result<(Answer, Vec<u8>, ModelName), StageError> {
    let (passages, texts) = passages(ctx, told, mail).await?;
    let input = DraftAnswerInput {
        kind,
        question: mail.question().prompt_data(),
        issue_title: told.title.prompt_data(),
        sentences: told
            .draft
            .sentences
            .iter()
            .map(|sentence| IssueSentence {
                id: sentence.id.to_string(),
                text: sentence.text.prompt_data(),
            })
            .collect(),
        passages: passages
            .iter()
            .enumerate()
            .map(|(index, passage)| AnswerPassage {
                id: format!("q{}", index + 1),
                publisher: passage.publisher.prompt_data(),
                text: PromptData::from(passage.text.as_str()),
            })
            .collect(),
    };
    let key = format!("draft_answer/{}", mail.key());
    let asked = ctx.ask::<DraftAnswer>(&key, &input).await?;
    let question = mail.question();
    let ground = Ground::of(told, question.inspect(), &passages, texts, day(ctx));
    let cited = ground.cite(asked.output.inspect());
    for dropped in &cited.dropped {
        ctx.log(
            "warn",
            format!("{}: left out of the answer: {dropped}", told.past.slug),
        );
    }
    let body = answer_mail(&AnswerMail {
        to: &mail.from,
        from: "",
        subject: &mail.subject,
        in_reply_to: &mail.id,
        date: ctx.now(),
        body: &cited.text,
    });
    let answer = Answer {
        id,
        hash: ContentHash::of(&body),
        text: cited.text,
        evidence: cited.evidence,
        sentences: cited.sentences,
        is_answered: cited.is_answered,
        unsettled: cited.unsettled,
    };
    Ok((answer, body, asked.model))
}

/// The day that an answer speaks from.
fn day(ctx: &StageContext) -> IssueDay {
    let zone = zone(ctx);
    IssueDay {
        date: ctx.now().timestamp().to_zoned(zone.clone()).date(),
        zone,
    }
}

/// The passages that are nearest to the question, from everything that the issue's research read.
async fn passages(
    ctx: &StageContext,
    told: &Told,
    mail: &Mail,
) -> Result<(Vec<Passage>, HashMap<ContentHash, Untrusted<String>>), StageError> {
    let mut found: Vec<Passage> = Vec::new();
    let mut texts = HashMap::new();
    for source in told.brief.sources.iter().filter(|source| !source.is_sponsored) {
        if texts.contains_key(&source.snapshot) {
            continue;
        }
        let text = ctx.snapshot(&source.snapshot).await?.text;
        for range in sentence::split(text.inspect()) {
            let passage = text.inspect().get(range.clone()).unwrap_or_default().to_owned();
            if sentence::is_prose(&passage) && !sentence::addresses_model(&passage) {
                let publisher = source.publisher.clone();
                found.push(Passage {
                    snapshot: source.snapshot,
                    publisher,
                    start: range.start,
                    text: passage,
                });
            }
        }
        texts.insert(source.snapshot, text);
    }
    Ok((nearest(mail.question().inspect(), found), texts))
}

/// The passages whose words are nearest to the question, rare words counting most.
fn nearest(question: &str, passages: Vec<Passage>) -> Vec<Passage> {
    let all: Vec<&str> = std::iter::once(question)
        .chain(passages.iter().map(|passage| passage.text.as_str()))
        .collect();
    let corpus = similarity::Corpus::new(&all);
    let mut scored: Vec<(f64, Passage)> = passages
        .into_iter()
        .enumerate()
        .map(|(index, passage)| (corpus.cosine(0, index + 1), passage))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored
        .into_iter()
        .take(PASSAGES_MAX)
        .filter(|(near, _)| *near > 0.0)
        .map(|(_, passage)| passage)
        .collect()
}
